"""What is known of one customer and decided about her, and how it is stored."""
