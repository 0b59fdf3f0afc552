"""How many examples are tried: a few in every run, as many as wanted by `make agree`."""

import os

from hypothesis import settings

TIMES = int(os.environ.get("AGREE_TIMES", "1"))


def examples(count: int) -> settings:
    """So many, or as many times that as is asked for."""
    return settings(max_examples=count * TIMES)
