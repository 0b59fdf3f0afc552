"""Conditions: asked one by one, and looked up for many at once."""
