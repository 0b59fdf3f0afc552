"""Segments: into how many parts a text message is cut on its way, which is what it costs.

Source: 3GPP TS 23.038 (alphabets) and 23.040 (concatenation: six octets of each part's head).
"""

from sojourn.core.nouns import noun

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
"""Characters that take two places of GSM-7."""

_ROOM = {"GSM-7": (160, 153), "UCS-2": (70, 67)}
"""What fits into a message of one part, and into each part of several."""

_PLANE = 0xFFFF
"""The last character that takes one place of UCS-2; later ones take two."""


@noun
class Segments:
    """How a text goes out: its alphabet, how many places it takes there, and in how many parts."""

    alphabet: str
    places: int
    count: int


def segments_of(text: str) -> Segments:
    """Count the parts of a text; one character outside GSM-7 makes the whole of it UCS-2."""
    plain = all(char in _BASIC or char in _EXTENDED for char in text)
    alphabet = "GSM-7" if plain else "UCS-2"
    widths = [2 if (char in _EXTENDED if plain else ord(char) > _PLANE) else 1 for char in text]
    places = sum(widths)
    whole, part = _ROOM[alphabet]
    if places <= whole:
        return Segments(alphabet, places, 1)
    count, room = 1, part
    for width in widths:
        if width > room:
            count, room = count + 1, part
        room -= width
    return Segments(alphabet, places, count)
