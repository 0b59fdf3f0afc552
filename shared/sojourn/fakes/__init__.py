"""Fakes: every port in memory, held to the adapters' behaviour by the same contract suites."""
