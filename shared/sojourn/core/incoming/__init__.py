"""Events as they come, and whose they are."""
