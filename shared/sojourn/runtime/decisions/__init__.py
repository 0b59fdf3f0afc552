"""Decisions: what waits in an inbox or falls due, decided, written once and carried on."""
