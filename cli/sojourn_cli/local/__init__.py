"""The emulated AWS on loopback: starting it, deploying into it, watching it, stopping it."""
