"""What can be said of a template before anybody is written to."""

import difflib
from operator import attrgetter

from sojourn.core.nouns import noun
from sojourn.rendering.engine import prepare
from sojourn.rendering.flaws import Flaw


@noun
class Problem:
    """Something wrong with a template's source, at a place counted in characters from 0."""

    at: int
    message: str


def check(source: str) -> tuple[Problem, ...]:
    """Everything wrong with a source, in order: syntax, and unknown tags, filters and currencies.

    A source without problems renders for whoever has the variables it needs, within the bounds.
    """
    flaws = prepare(source, markup=False).flaws
    problems = {Problem(flaw.at, _said(flaw)) for flaw in flaws}
    return tuple(sorted(problems, key=attrgetter("at", "message")))


def reads(source: str) -> frozenset[str]:
    """All dotted paths that a source reads, tests and defaults included."""
    return prepare(source, markup=False).read


def _said(flaw: Flaw) -> str:
    near = difflib.get_close_matches(flaw.name, sorted(flaw.known), 1) if flaw.name else []
    return f"{flaw.message}; did you mean `{near[0]}`?" if near else flaw.message
