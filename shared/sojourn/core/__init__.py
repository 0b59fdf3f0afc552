"""The pure core: nouns and decisions; the standard library alone, no I/O, no clock, no chance."""
