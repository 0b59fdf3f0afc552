"""What splits, holdouts and the control group came to: conversions, group by group."""
