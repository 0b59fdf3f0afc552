"""Relations: keys of one object that need or exclude one another, for checks and for editors."""

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import combinations
from typing import Any

from sojourn.core.nouns import noun
from sojourn.core.values.exact import Json
from sojourn.language.findings import Code, Problem
from sojourn.language.wording import quoted


@noun
class Relation:
    """What must be so of an object's keys; ``schema`` says the same as JSON Schema does.

    ``problems`` of an object are asked with the keys that are ``meant`` by misspelt ones.
    """

    problems: Callable[[Mapping[str, Json], Collection[str]], Iterator[Problem]]
    schema: Mapping[str, Any]


def exactly_one(*keys: str) -> tuple[Relation, Relation]:
    """One of the keys stands there, and only one."""
    return at_least_one(*keys), at_most_one(*keys)


def at_least_one(*keys: str, said: str = "") -> Relation:
    """One of the keys at least stands there; ``said`` names them in other words."""

    def problems(doc: Mapping[str, Json], meant: Collection[str]) -> Iterator[Problem]:
        if not any(key in doc or key in meant for key in keys):
            names = said or " or ".join(quoted(key) for key in keys)
            yield Problem((), Code.MISSING_KEY, f"{names} is missing here")

    return Relation(problems, {"anyOf": [{"required": [key]} for key in keys]})


def at_most_one(*keys: str) -> Relation:
    """Of the keys no two stand there."""

    def problems(doc: Mapping[str, Json], meant: Collection[str]) -> Iterator[Problem]:
        del meant
        given = [key for key in keys if key in doc]
        for key in given[1:]:
            message = f"{quoted(key)} and {quoted(given[0])} exclude one another; keep one"
            yield Problem((key,), Code.CONFLICTING_KEYS, message)

    pairs = [{"required": [*pair]} for pair in combinations(keys, 2)]
    return Relation(problems, {"not": {"anyOf": pairs}})


def needs(key: str, other: str) -> Relation:
    """Where ``key`` stands, ``other`` stands too."""

    def problems(doc: Mapping[str, Json], meant: Collection[str]) -> Iterator[Problem]:
        if key in doc and other not in doc and other not in meant:
            message = f"{quoted(key)} does nothing without {quoted(other)}, which is missing here"
            yield Problem((other,), Code.MISSING_KEY, message)

    return Relation(problems, {"dependentRequired": {key: [other]}})
