"""What a customer says with the link in a message, and the page it opens."""
