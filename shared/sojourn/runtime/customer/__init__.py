"""One customer: her item, who she is, and what is told of her."""
