"""Messages from templates: Liquid, strict, bounded and pure."""
