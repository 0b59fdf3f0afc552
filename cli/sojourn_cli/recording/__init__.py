"""Recording: what a deployed stack took in and under which plan, so that it can decide it again."""
