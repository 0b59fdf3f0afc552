"""Comparing: the same history under two workspaces, and what each customer gains or loses."""
