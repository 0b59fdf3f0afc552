"""Draws by hash: who is held out, who is in the control group, and which arm a split gives."""

import json
from hashlib import sha256
from math import log

from tests.naive.asking import Doc

WHOLE = 2**64


def among(per_cent: float, *names: str) -> bool:
    """Whether who is named so is among that percentage."""
    return _number(names) * 100 < per_cent * WHOLE


def drawn(arms: list[Doc], *names: str) -> Doc:
    """The arm for who is named so: each draws a time to wait, the heavier the shorter."""
    open_ = [arm for arm in arms if arm["weight"]]
    return min(open_, key=lambda arm: -log(_part((*names, arm["name"]))) / arm["weight"])


def _part(names: tuple[str, ...]) -> float:
    return (_number(names) + 0.5) / WHOLE


def _number(names: tuple[str, ...]) -> int:
    text = json.dumps(names, separators=(",", ":"), ensure_ascii=False)
    return int(sha256(text.encode()).hexdigest()[:16], 16)
