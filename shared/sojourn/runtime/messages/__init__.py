"""Messages: released, composed, and handed to a provider once."""
