"""Markup: HTML in which every text is escaped, because only `element` makes HTML."""

from html import escape
from unicodedata import category


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


type Child = Html | str | int | None

_EMPTY = frozenset({"img", "input", "meta"})


def element(name: str, /, *children: Child, **attributes: str | bool | None) -> Html:
    """One element; plain text in it is escaped.

    An attribute that is None or False is left out, one that is True has no value. `class_` is
    `class`, and `_` in a name stands for `-`.
    """
    head = name + "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{text(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _EMPTY:
        return Html(f"<{head}>")
    return Html(f"<{head}>{joined(*children)}</{name}>")


def joined(*children: Child) -> Html:
    """Several pieces one after the other, plain text escaped."""
    return Html(
        "".join(
            child if isinstance(child, Html) else text(str(child))
            for child in children
            if child is not None
        )
    )


def text(words: str) -> str:
    """Text escaped for content and attributes; what no page may hold becomes a mark."""
    return escape("".join(map(_allowed, words)))


def _allowed(letter: str) -> str:
    harmless = letter in "\n\t" or category(letter) not in ("Cc", "Cs")
    return letter if harmless else "\N{REPLACEMENT CHARACTER}"
