"""A stack of one's own on the emulated AWS, for as long as a measurement takes."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sojourn_cli.local.stack import LocalStack, Wanted, running

SENDER = "hello@shop.example"
"""Who e-mails come from."""


@contextmanager
def deployed(max_minutes: int = 10) -> Iterator[tuple[LocalStack, Path]]:
    """A deployed stack and an empty folder, both gone afterwards; it ends by itself in any case."""
    wanted = Wanted(stack="sojourn-bench", sender=SENDER, max_minutes=max_minutes)
    with tempfile.TemporaryDirectory(prefix="sojourn-bench-") as name:
        folder = Path(name)
        (folder / "own").mkdir()
        with running(folder / "aws", wanted) as stack:
            yield stack, folder / "own"
