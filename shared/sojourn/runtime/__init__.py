"""The runtime: what each function does with one item of work, over ports that adapters fill."""
