"""Ids and chances are derived by hashing, so that deciding twice gives the same."""

from binascii import b2a_base64
from collections.abc import Mapping
from decimal import Context, Decimal, localcontext
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring

from sojourn.core.values.exact import Json, dumps

_SPAN = 1 << 64
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _digest(parts: tuple[Json, ...]) -> bytes:
    """Hash the parts as a JSON list; nearly all are text or numbers, which need no encoder."""
    written = [
        encode_basestring(part)
        if type(part) is str
        else str(part)
        if type(part) is int
        else dumps(part)
        for part in parts
    ]
    return sha256(_bytes(f"[{','.join(written)}]")).digest()


def _bytes(text: str) -> bytes:
    """UTF-8, of any text that there can be."""
    try:
        return text.encode()
    except UnicodeEncodeError:  # half a pair of surrogates
        return text.encode("utf-8", "surrogatepass")


def derived_id(*parts: Json) -> str:
    """A short id of 96 bits that the same parts always give; letters, digits, `-` and `_`."""
    return _text(_digest(parts)[:12])


def enrolment_id(customer: str, journey: str, number: int) -> str:
    """The id of a customer's n-th enrolment."""
    return _short(f'["enrolment",{_quoted(customer)},{_quoted(journey)},{number}]')


def message_id(customer: str, enrolment: str, step: str, visit: int) -> str:
    """The id of the message that an enrolment's n-th visit to a step sends."""
    sender = encode_basestring(enrolment)
    return _short(f'["message",{_quoted(customer)},{sender},{_quoted(step)},{visit}]')


_quoted = lru_cache(maxsize=256)(encode_basestring)
"""What is named over and over while one customer is decided about."""


def _short(text: str) -> str:
    """What `derived_id` makes of the text; in one piece, as it is asked for so often."""
    digest = sha256(text.encode() if text.isascii() else _bytes(text)).digest()
    return b2a_base64(digest[:12], newline=False).translate(_URL_SAFE).decode()


@lru_cache(maxsize=256)
def mark(text: str) -> str:
    """Eight characters (48 bits) that stand for a message id in the list of ids seen.

    Asked several times over while an event is taken.
    """
    return _text(sha256(_bytes(text)).digest()[:6])


def _text(digest: bytes) -> str:
    """Bytes in URL-safe base64; `urlsafe_b64encode` takes three calls more."""
    return b2a_base64(digest, newline=False).translate(_URL_SAFE).decode()


def chance(*parts: Json) -> int:
    """A whole number from 0 up to 2**64, evenly spread over the parts."""
    return int.from_bytes(_digest(parts)[:8])


def falls_within(per_cent: int | Decimal, *parts: str) -> bool:
    """Whether the parts are in the first ``per_cent`` of all; a raised share keeps who was in."""
    end = _share(per_cent)
    return end > 0 and _drawn(parts) < end


@lru_cache(maxsize=256)
def _drawn(parts: tuple[str, ...]) -> int:
    """Their chance: a customer's control group is asked for each of her messages."""
    return chance(*parts)


@lru_cache(maxsize=256)
def _share(per_cent: int | Decimal) -> int:
    """The first chance that is not among so many per cent."""
    numerator, denominator = per_cent.as_integer_ratio()
    return -(-numerator * _SPAN // (denominator * 100))


def choose(weights: Mapping[str, int | Decimal], *parts: Json) -> str:
    """Pick a name by weight; a changed weight moves only into or out of that name.

    Weighted rendezvous hashing: each name draws ``-ln(u) / weight``, the least wins. Logarithms
    are taken in decimal, so every machine picks the same. Without any weight it is the empty name.
    """
    with localcontext(Context(prec=28)):
        draws = {
            name: -_fraction(chance(*parts, name)).ln() / weight
            for name, weight in weights.items()
            if weight > 0
        }
    return min(draws, key=draws.__getitem__, default="")


def _fraction(drawn: int) -> Decimal:
    """A chance as a number between 0 and 1, neither of them in."""
    return Decimal(2 * drawn + 1) / (2 * _SPAN)
