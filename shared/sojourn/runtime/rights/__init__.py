"""What may be asked for about one customer: to be forgotten, let back in, or exported."""
