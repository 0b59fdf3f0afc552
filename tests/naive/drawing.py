"""Draws by hash: who is held out or in the control group, which arm a split gives, and when what a
pause held up goes on.
"""

import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from math import log

from tests.naive.asking import Doc

WHOLE = 2**64
MICROSECOND = timedelta(microseconds=1)


def among(per_cent: float, *names: str) -> bool:
    """Whether who is named so is among that percentage."""
    return _number(names) * 100 < per_cent * WHOLE


def drawn(arms: list[Doc], *names: str) -> Doc:
    """The arm for who is named so: each draws a time to wait, the heavier the shorter."""
    open_ = [arm for arm in arms if arm["weight"]]
    return min(open_, key=lambda arm: -log(_part((*names, arm["name"]))) / arm["weight"])


def after_resume(over: timedelta, id_: str) -> timedelta:
    """How long after a resume that goes on which fell due before it."""
    return timedelta(microseconds=_number(("resume", id_)) * (over // MICROSECOND) // WHOLE)


def id_of(*names: str | int) -> str:
    """The id of an enrolment (`enrolment`, customer, journey, which of hers), of a message
    (`message`, customer, enrolment, step, which visit) or of what is emitted (`emit`, as that).
    """
    return urlsafe_b64encode(_digest(names)[:12]).decode()


def _part(names: tuple[str, ...]) -> float:
    return (_number(names) + 0.5) / WHOLE


def _number(names: tuple[str, ...]) -> int:
    return int.from_bytes(_digest(names)[:8])


def _digest(names: tuple[str | int, ...]) -> bytes:
    text = json.dumps(names, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).digest()
