"""The journey language: workspace files become findings and, when nothing is wrong, a plan."""
