"""The demonstration: the example's stories on the emulated AWS, with an account of why."""
