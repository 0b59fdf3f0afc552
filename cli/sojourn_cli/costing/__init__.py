"""What a workspace costs over a file of events: the functions' own classes, every call counted."""
