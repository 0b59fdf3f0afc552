"""How findings speak: quotes, lists, and the name that was perhaps meant.

Everything quoted from a file is shortened and made printable, whatever it holds.
"""

from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches
from unicodedata import category

from sojourn.language import meant

LONGEST_QUOTE = 60
_LONGEST_GUESSED = 80
_MOST_COMPARED = 200
_MOST_LISTED = 8
_MOST_NAMED = 10


def quoted(text: str) -> str:
    """The text in backticks, shortened and printable."""
    return f"`{printable(text)}`"


def printable(text: str, most: int = LONGEST_QUOTE) -> str:
    """The text, shortened, on one line, without control characters and lone surrogates."""
    short = text if len(text) <= most else text[: most - 1] + "…"
    if short.isprintable():
        return short
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in short
    )


def breaks_a_line(text: str) -> bool:
    """Whether a text holds a line break, a control character or half of a surrogate pair."""
    return any(category(letter) in ("Cc", "Zl", "Zp", "Cs") for letter in text)


def listed(names: Iterable[str], last: str = "or") -> str:
    """Names in backticks as a sentence lists them: `a`, `b` or `c`."""
    *most, final = [quoted(name) for name in names]
    return f"{', '.join(most)} {last} {final}" if most else final


def shown(names: Sequence[str]) -> str:
    """A way from name to name, shortened in the middle: a → b → … → z."""
    if len(names) > _MOST_LISTED:
        names = (*names[: _MOST_LISTED - 2], "…", names[-1])
    return " → ".join("…" if name == "…" else quoted(name) for name in names)


def near(name: str, known: Collection[str]) -> str | None:
    """The known name that was perhaps meant; None when there are too many to compare."""
    if len(name) > _LONGEST_GUESSED or len(known) > _MOST_COMPARED:
        return None
    ours = meant.word(name, known)
    if ours is not None:
        return ours
    by_fold = {_fold(other): other for other in sorted(known, reverse=True)}
    found = get_close_matches(_fold(name), by_fold, n=1, cutoff=0.7)
    return by_fold[found[0]] if found else None


def _fold(name: str) -> str:
    return meant.fold(name[:_LONGEST_GUESSED])


def hint(name: str, known: Collection[str]) -> str:
    """What a sentence about an unknown name ends with: what was perhaps meant, or what there is."""
    nearest = near(name, known)
    if nearest is not None:
        return f"; did you mean {quoted(nearest)}?"
    if 0 < len(known) <= _MOST_NAMED:
        verb = "is" if len(known) == 1 else "are"
        return f"; there {verb} {listed(sorted(known), 'and')}"
    return ""
