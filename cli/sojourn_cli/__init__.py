"""The `sojourn` command: everything a person does with journeys from a terminal."""
