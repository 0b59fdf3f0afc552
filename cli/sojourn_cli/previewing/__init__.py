"""Previewing: content as one customer would get it, and a page that shows it."""
