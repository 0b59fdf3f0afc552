"""The engine: one stimulus of one customer in, one decision out."""
