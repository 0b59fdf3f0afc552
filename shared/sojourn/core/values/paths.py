"""Paths: where a value is looked for, and what is found where there is none."""

from functools import lru_cache
from typing import Final

from sojourn.core.values.exact import Json

type Path = tuple[str, ...]
"""A path's root and names: `profile.address.city` is ('profile', 'address', 'city')."""

ROOTS = ("profile", "event", "entry", "vars", "messages", "consent", "channels", "customer")


class Missing:
    """The value at a path where there is none; it has one instance, `MISSING`."""

    def __repr__(self) -> str:
        """Read as people say it."""
        return "missing"


MISSING: Final = Missing()

type Found = Json | Missing


@lru_cache(maxsize=4096)  # every version of a journey has nearly the same
def parse_path(text: str) -> Path:
    """Split a path at its dots; a name in double quotes may hold dots and spaces.

    Raises ValueError with a sentence.
    """
    names: list[str] = []
    rest = text
    while True:
        if rest.startswith('"'):
            name, quote, rest = rest[1:].partition('"')
            if not quote:
                raise ValueError(f"{text!r} has a quote that does not end")
        else:
            name, dot, rest = rest.partition(".")
            if _wants_quotes(name):
                raise ValueError(f"{text!r} has a name that is empty or wants double quotes")
            rest = dot + rest
        names.append(name)
        if not rest:
            return tuple(names)
        if not rest.startswith("."):
            raise ValueError(f"{text!r} wants a dot after a quoted name")
        rest = rest[1:]


def show_path(path: Path) -> str:
    """The path as it is written in a file."""
    return ".".join(f'"{name}"' if _wants_quotes(name) else name for name in path)


def _wants_quotes(name: str) -> bool:
    return not name or any(letter in '."' or letter.isspace() for letter in name)


def descend(value: Found, names: Path) -> Found:
    """Follow names through nested objects; MISSING where there is none."""
    for name in names:
        if not isinstance(value, dict):
            return MISSING
        value = value.get(name, MISSING)
    return value
