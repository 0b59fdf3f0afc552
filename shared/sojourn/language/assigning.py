"""Assigning: the values that steps hand over, and the paths of which they change the value."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from sojourn.core.values.exact import Json, dumps
from sojourn.core.values.paths import parse_path
from sojourn.language.findings import Code, Problem
from sojourn.language.forms import wrong_type
from sojourn.language.paths import WRITABLE, path_problems
from sojourn.language.unread import handed_over
from sojourn.language.wording import quoted


def _source(value: Json) -> Iterator[Problem]:
    """A value: a literal, or `{"from": "<path>"}`."""
    if not isinstance(value, dict) or "from" not in value:
        return
    source, besides = value["from"], [key for key in value if key != "from"]
    problems = list(path_problems(source))
    if not besides:
        yield from (problem.under("from") for problem in problems)
    elif isinstance(source, str) and not problems:
        written = dumps({"from": source})
        message = (
            f"with {quoted(besides[0])} beside `from` this object is taken as it stands, and"
            f" {quoted(source)} is not read; write {quoted(written)} alone"
        )
        yield Problem((besides[0],), Code.UNKNOWN_KEY, message, "warning")


def values_problems(value: object) -> Iterator[Problem]:
    """What is wrong with names and their values."""
    yield from _values(value)
    for name, item in (value if isinstance(value, dict) else {}).items():
        if (problem := handed_over(item)) is not None:
            yield problem.under(name)


def _values(value: object) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield wrong_type("an object of names with values", value)
        return
    for name, item in value.items():
        for problem in _source(item):
            yield problem.under(name)


def assignments_problems(value: object) -> Iterator[Problem]:
    """What is wrong with paths and what they become; consent is given by a clear word alone."""
    yield from _targets(value)
    for path, given in (value if isinstance(value, dict) else {}).items():
        is_read = isinstance(given, dict) and given.keys() == {"from"}
        if not _is_consent(path):
            if (problem := handed_over(given)) is not None:
                yield problem.under(path)
        elif not (isinstance(given, bool) or is_read):
            yield wrong_type('consent: true, false or {"from": "<path>"}', given).under(path)


def _targets(value: object) -> Iterator[Problem]:
    """Paths that can be written to, with values of any kind."""
    yield from _values(value)
    yield from _writable(value if isinstance(value, dict) else {})


def _is_consent(path: str) -> bool:
    try:
        return parse_path(path)[:2] == ("profile", "consent")
    except ValueError:
        return False  # said where the path is checked


def increments_problems(value: object) -> Iterator[Problem]:
    """What is wrong with paths and what is added to them."""
    yield from _targets(value)
    for path, by in (value if isinstance(value, dict) else {}).items():
        if _is_consent(path):
            message = f"{quoted(path)} is no number: consent is true or false; `set` it"
            yield Problem((path,), Code.WRONG_TYPE, message)
        elif not isinstance(by, dict | int | Decimal) or isinstance(by, bool):
            yield wrong_type('a number or {"from": "<path>"}', by).under(path)
        elif isinstance(by, dict) and by.keys() != {"from"}:
            message = 'a number or {"from": "<path>"} is wanted'
            yield Problem((path,), Code.WRONG_TYPE, message)


def _writable(paths: Mapping[str, Json]) -> Iterator[Problem]:
    if not paths:
        yield Problem((), Code.EMPTY, "this is empty; name a path or leave the key out")
    for path in paths:
        for problem in path_problems(path, WRITABLE):
            yield problem.under(path)


def writable_problems(value: object) -> Iterator[Problem]:
    """What is wrong with a path that is written to."""
    yield from path_problems(value, WRITABLE)
