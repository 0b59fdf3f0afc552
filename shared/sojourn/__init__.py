"""Customer journeys as pure decisions, carried out exactly once."""
