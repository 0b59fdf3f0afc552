"""When a message may go: caps, quiet hours, release."""
