"""What comes in: events, reports of providers, answers to text messages."""
