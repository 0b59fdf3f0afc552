"""Chance by name: what is drawn under one name does not depend on what else is drawn.

So an event or a fault can be taken out of a run, and everything else still happens as it did: that
is what makes a failing seed small.
"""

from collections import Counter
from hashlib import blake2b

_SPAN = 1 << 56


class Dice:
    """The draws of one seed."""

    def __init__(self, seed: int) -> None:
        self._key = str(seed).encode()
        self._drawn: Counter[str] = Counter()

    def draw(self, name: str) -> tuple[str, float]:
        """The next number from 0 up to 1 under a name, and what this draw is called."""
        count = self._drawn[name]
        self._drawn[name] = count + 1
        tag = f"{name} {count}" if count else name
        digest = blake2b(tag.encode(), digest_size=7, key=self._key).digest()
        return tag, int.from_bytes(digest) / _SPAN

    def number(self, name: str, below: int) -> int:
        """A whole number from 0 up to ``below``, under a name."""
        return int(self.draw(name)[1] * below)
