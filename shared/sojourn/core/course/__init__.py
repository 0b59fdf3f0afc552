"""A customer carried on through time: what comes and what falls due, each at its instant."""
