"""The virtual clock: a workspace run over a file of events, nothing sent."""
