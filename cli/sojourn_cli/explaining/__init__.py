"""Explaining: what happened to one customer, what did not, and why."""
