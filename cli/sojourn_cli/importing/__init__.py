"""Importing: rows of a file become events of customers, as if they had been sent when they were."""
