"""Reading: documents of a workspace, already checked, become the plan's nouns.

The language package checks files first; these functions trust the shape. A value that cannot be
read raises InvalidInput with its JSON path, so a document that slipped through is still refused.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from sojourn.core.errors import InvalidInput
from sojourn.core.limits import CONDITION_DEPTH
from sojourn.core.matching.comparisons import DURATION_OPERATORS, OPERATORS, Span, read_moment
from sojourn.core.matching.conditions import All, Any_, Condition, Did, InSegment, Not, Test
from sojourn.core.values.exact import Json, is_number
from sojourn.core.values.instants import Duration, parse_duration
from sojourn.core.values.localtime import WEEKDAYS
from sojourn.core.values.paths import ROOTS, Path, parse_path
from sojourn.core.workspace.plan import From, Value

type Doc = Mapping[str, Any]

SECTIONS = frozenset({"all", "any", "not", "segment", "did"})
"""Keys of a condition that are not paths."""

_DID_KEYS = frozenset({"event", "where", "within", "since", "count", "sum"})


def read_at[T](place: str, read: Callable[[str], T], text: object) -> T:
    """Read a text by a parser; a wrong one raises InvalidInput that names its place."""
    if not isinstance(text, str):
        raise InvalidInput(f"{place}: text is wanted")
    try:
        return read(text)
    except ValueError as error:
        raise InvalidInput(f"{place}: {error}") from error


def read_path(text: object, place: str) -> Path:
    """A path that begins at a known root."""
    path = read_at(place, parse_path, text)
    if path[0] not in ROOTS or len(path) < 2:  # noqa: PLR2004 - a root and a name
        raise InvalidInput(f"{place}: {text} does not begin with one of {', '.join(ROOTS)}")
    return path


def read_condition(doc: object, place: str, depth: int = CONDITION_DEPTH) -> Condition:
    """A condition from its JSON form, nested at most ``depth`` deep."""
    if not isinstance(doc, Mapping):
        raise InvalidInput(f"{place}: a condition is an object")
    if depth == 0:
        raise InvalidInput(f"{place}: nested deeper than {CONDITION_DEPTH}")
    parts = [_read_part(key, value, f"{place}.{key}", depth - 1) for key, value in doc.items()]
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _read_part(key: str, value: object, place: str, depth: int) -> Condition:
    match key:
        case "all" | "any":
            if not isinstance(value, list):
                raise InvalidInput(f"{place}: a list of conditions is wanted")
            inner = tuple(
                read_condition(item, f"{place}[{index}]", depth) for index, item in enumerate(value)
            )
            return All(inner) if key == "all" else Any_(inner)
        case "not":
            return Not(read_condition(value, place, depth))
        case "segment":
            if not isinstance(value, str):
                raise InvalidInput(f"{place}: the id of a segment is wanted")
            return InSegment(value)
        case "did":
            return _read_did(value, place, depth)
        case _:
            return read_tests(read_path(key, place), value, place)


def read_tests(path: Path, doc: object, place: str) -> Condition:
    """The test or tests beside a path: a scalar, a list, or operators."""
    if isinstance(doc, list):
        return Test(path, "in", doc)
    if not isinstance(doc, Mapping):
        return Test(path, "eq", doc)
    folds = doc.get("ignore_case", False)
    if not isinstance(folds, bool):
        raise InvalidInput(f"{place}.ignore_case: true or false is wanted")
    operators = {name: operand for name, operand in doc.items() if name != "ignore_case"}
    tests: tuple[Condition, ...] = tuple(
        Test(path, name, operand, folds) for name, operand in read_operators(operators, place)
    )
    return tests[0] if len(tests) == 1 else All(tests)


def read_operators(doc: Mapping[str, Any], place: str) -> tuple[tuple[str, Any], ...]:
    """(operator, operand) pairs, at least one; durations become spans."""
    if not doc:
        raise InvalidInput(f"{place}: an operator is wanted")
    return tuple(
        (name, _read_operand(name, operand, f"{place}.{name}")) for name, operand in doc.items()
    )


def _read_operand(name: str, operand: object, place: str) -> object:
    if name not in OPERATORS:
        raise InvalidInput(f"{place}: there is no such operator")
    if name in DURATION_OPERATORS:
        return Span(read_at(place, parse_duration, operand), str(operand))
    if name in ("in", "not_in") and not isinstance(operand, list):
        raise InvalidInput(f"{place}: a list is wanted")
    if name == "between" and not (isinstance(operand, list) and len(operand) == 2):  # noqa: PLR2004
        raise InvalidInput(f"{place}: [low, high] is wanted")
    if name == "exists" and not isinstance(operand, bool):
        raise InvalidInput(f"{place}: true or false is wanted")
    if name in ("before", "after") and read_moment(operand) is None:
        raise InvalidInput(f"{place}: a date or an instant is wanted")
    return operand


def _read_did(doc: object, place: str, depth: int) -> Did:
    if not isinstance(doc, Mapping) or "event" not in doc:
        raise InvalidInput(f"{place}: an object with an event is wanted")
    unknown = sorted(doc.keys() - _DID_KEYS)
    if unknown:
        raise InvalidInput(f"{place}.{unknown[0]}: there is no such key")
    where, within, since = doc.get("where"), doc.get("within"), doc.get("since")
    if since not in (None, "entry"):
        raise InvalidInput(f"{place}.since: only entry can stand here")
    sum_of, sum_tests = _read_sum(doc.get("sum"), f"{place}.sum")
    return Did(
        names(doc["event"], f"{place}.event"),
        None if where is None else read_condition(where, f"{place}.where", depth),
        None if within is None else read_at(f"{place}.within", parse_duration, within),
        since == "entry",
        _read_count(doc.get("count", {"gte": 1}), f"{place}.count"),
        sum_of,
        sum_tests,
    )


def _read_count(count: object, place: str) -> tuple[tuple[str, Any], ...]:
    if isinstance(count, Mapping):
        return read_operators(count, place)
    return (("in", count),) if isinstance(count, list) else (("eq", count),)


def _read_sum(doc: object, place: str) -> tuple[Path | None, tuple[tuple[str, Any], ...]]:
    if doc is None:
        return None, ()
    if not isinstance(doc, Mapping):
        raise InvalidInput(f"{place}: an object with of and operators is wanted")
    path = read_path(doc.get("of"), f"{place}.of")
    if path[0] != "event":
        raise InvalidInput(f"{place}.of: a path that begins with event is wanted")
    tests = {name: operand for name, operand in doc.items() if name != "of"}
    return path, read_operators(tests, place)


def names(value: object, place: str = "event") -> tuple[str, ...]:
    """One name or a list of names."""
    listed = [value] if isinstance(value, str) else value
    if isinstance(listed, list) and listed and all(isinstance(name, str) for name in listed):
        return tuple(listed)
    raise InvalidInput(f"{place}: a name or a list of names is wanted")


def read_value(doc: Json, place: str) -> Value:
    """A literal, or `{"from": "<path>"}`."""
    if isinstance(doc, dict) and doc.keys() == {"from"}:
        return From(read_path(doc["from"], f"{place}.from"))
    return doc


def read_values(doc: Doc | None, place: str) -> dict[str, Value]:
    """Names with values."""
    return {name: read_value(value, f"{place}.{name}") for name, value in (doc or {}).items()}


def read_match(doc: Doc | None, place: str) -> tuple[tuple[Path, Path], ...]:
    """Pairs of paths that must be equal."""
    return tuple(
        (read_path(left, f"{place}.{left}"), read_path(right, f"{place}.{left}"))
        for left, right in (doc or {}).items()
    )


def read_weekdays(doc: object, place: str) -> frozenset[int]:
    """Weekday names as numbers, Monday being 0; none means every day."""
    if not isinstance(doc, list | None):
        raise InvalidInput(f"{place}: a list of weekdays is wanted")
    for name in doc or ():
        if name not in WEEKDAYS:
            raise InvalidInput(f"{place}: {name} is none of {', '.join(WEEKDAYS)}")
    return frozenset(WEEKDAYS.index(name) for name in doc or ())


def number(value: object, place: str) -> int | Decimal:
    """A number that is not a boolean."""
    if not is_number(value):
        raise InvalidInput(f"{place}: a number is wanted")
    return value


def condition_or_none(doc: Doc, key: str, place: str) -> Condition | None:
    """The condition under a key, if there is one."""
    found = doc.get(key)
    return None if found is None else read_condition(found, f"{place}.{key}")


def duration_or_none(doc: Doc, key: str, place: str) -> Duration | None:
    """The duration at a key of a document, None where there is none."""
    found = doc.get(key)
    return None if found is None else read_at(f"{place}.{key}", parse_duration, found)


def rule_condition(doc: Doc, place: str) -> Condition | None:
    """The `where` and the `segment` of a rule, both of which must hold."""
    where = condition_or_none(doc, "where", place)
    segment = doc.get("segment")
    if segment is None:
        return where
    if not isinstance(segment, str):
        raise InvalidInput(f"{place}.segment: the id of a segment is wanted")
    inside = InSegment(segment)
    return inside if where is None else All((where, inside))
