"""Ids and chances are derived by hashing, so that deciding twice gives the same."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from decimal import Decimal, localcontext
from hashlib import sha256

from sojourn.core.exact import Json, dumps

_SPAN = 1 << 64


def _digest(parts: tuple[Json, ...]) -> bytes:
    return sha256(dumps(list(parts)).encode("utf-8", "surrogatepass")).digest()


def derived_id(*parts: Json) -> str:
    """A short id of 96 bits that the same parts always give; letters, digits, `-` and `_`."""
    return urlsafe_b64encode(_digest(parts)[:12]).decode("ascii")


def enrolment_id(customer: str, journey: str, number: int) -> str:
    """The id of a customer's n-th enrolment."""
    return derived_id("enrolment", customer, journey, number)


def mark(text: str) -> str:
    """Eight characters (48 bits) that stand for a message id in the list of ids seen."""
    return urlsafe_b64encode(sha256(text.encode("utf-8", "surrogatepass")).digest()[:6]).decode(
        "ascii"
    )


def chance(*parts: Json) -> int:
    """A whole number from 0 up to 2**64, evenly spread over the parts."""
    return int.from_bytes(_digest(parts)[:8])


def falls_within(per_cent: int | Decimal, *parts: Json) -> bool:
    """Whether the parts are in the first ``per_cent`` of all; a raised share keeps who was in."""
    return chance(*parts) * 100 < per_cent * _SPAN


def choose(weights: Mapping[str, int | Decimal], *parts: Json) -> str:
    """Pick a name by weight; a changed weight moves only into or out of that name.

    Weighted rendezvous hashing: each name draws ``-ln(u) / weight``, the least wins. Logarithms
    are taken in decimal, so every machine picks the same.
    """
    best = ""
    best_draw: Decimal | None = None
    with localcontext() as context:
        context.prec = 28
        for name, weight in weights.items():
            if weight <= 0:
                continue
            share = Decimal(2 * chance(*parts, name) + 1) / Decimal(2 * _SPAN)
            draw = -share.ln() / Decimal(weight)
            if best_draw is None or draw < best_draw:
                best, best_draw = name, draw
    return best
