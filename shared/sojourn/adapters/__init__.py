"""Adapters: the runtime's ports on AWS; nothing else in the library talks to it."""
