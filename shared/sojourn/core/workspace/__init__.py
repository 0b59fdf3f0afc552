"""A marketer's files, already checked, as the plan that the engine goes by."""
