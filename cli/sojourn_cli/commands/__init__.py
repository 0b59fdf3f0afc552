"""The commands of `sojourn`, one module each."""
