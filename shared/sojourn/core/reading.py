"""Reading: documents of a workspace, already checked, become the plan's nouns.

The language package checks files first; these functions trust the shape. A value that cannot be
read raises InvalidInput with its JSON path, so a document that slipped through is still refused.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from sojourn.core.conditions import (
    DURATION_OPERATORS,
    OPERATORS,
    ROOTS,
    All,
    Any_,
    Condition,
    Did,
    InSegment,
    Not,
    Path,
    Span,
    Test,
    parse_path,
)
from sojourn.core.errors import InvalidInput
from sojourn.core.exact import Json
from sojourn.core.instants import parse_duration
from sojourn.core.localtime import WEEKDAYS
from sojourn.core.plan import From, Value

type Doc = Mapping[str, Any]

SECTIONS = frozenset({"all", "any", "not", "segment", "did"})
"""Keys of a condition that are not paths."""


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


def read_condition(doc: object, place: str) -> Condition:
    """A condition from its JSON form."""
    if not isinstance(doc, Mapping):
        raise InvalidInput(f"{place}: a condition is an object")
    parts: list[Condition] = []
    for key, value in doc.items():
        here = f"{place}.{key}"
        match key:
            case "all" | "any":
                if not isinstance(value, list):
                    raise InvalidInput(f"{here}: a list of conditions is wanted")
                inner = tuple(
                    read_condition(item, f"{here}[{index}]") for index, item in enumerate(value)
                )
                parts.append(All(inner) if key == "all" else Any_(inner))
            case "not":
                parts.append(Not(read_condition(value, here)))
            case "segment":
                if not isinstance(value, str):
                    raise InvalidInput(f"{here}: the id of a segment is wanted")
                parts.append(InSegment(value))
            case "did":
                parts.append(_read_did(value, here))
            case _:
                parts.append(read_tests(read_path(key, here), value, here))
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def read_tests(path: Path, doc: object, place: str) -> Condition:
    """The test or tests beside a path: a scalar, a list, or operators."""
    if isinstance(doc, list):
        return Test(path, "in", doc)
    if not isinstance(doc, Mapping):
        return Test(path, "eq", doc)
    folds = doc.get("ignore_case") is True
    tests: tuple[Condition, ...] = tuple(
        Test(path, name, operand, folds) for name, operand in read_operators(doc, place)
    )
    if not tests:
        raise InvalidInput(f"{place}: an operator is wanted")
    return tests[0] if len(tests) == 1 else All(tests)


def read_operators(doc: Mapping[str, Any], place: str) -> tuple[tuple[str, Any], ...]:
    """(operator, operand) pairs; durations become spans."""
    pairs: list[tuple[str, Any]] = []
    for name, operand in doc.items():
        here = f"{place}.{name}"
        if name == "ignore_case":
            continue
        if name not in OPERATORS:
            raise InvalidInput(f"{here}: there is no such operator")
        if name in DURATION_OPERATORS:
            pairs.append((name, Span(read_at(here, parse_duration, operand), str(operand))))
        elif name in ("in", "not_in") and not isinstance(operand, list):
            raise InvalidInput(f"{here}: a list is wanted")
        elif name == "between" and not (isinstance(operand, list) and len(operand) == 2):  # noqa: PLR2004
            raise InvalidInput(f"{here}: [low, high] is wanted")
        elif name == "exists" and not isinstance(operand, bool):
            raise InvalidInput(f"{here}: true or false is wanted")
        else:
            pairs.append((name, operand))
    return tuple(pairs)


def _read_did(doc: object, place: str) -> Did:
    if not isinstance(doc, Mapping) or "event" not in doc:
        raise InvalidInput(f"{place}: an object with an event is wanted")
    total = doc.get("sum")
    count = doc.get("count", {"gte": 1})
    counted: tuple[tuple[str, Any], ...]
    if isinstance(count, Mapping):
        counted = read_operators(count, f"{place}.count")
    else:
        counted = (("in", count),) if isinstance(count, list) else (("eq", count),)
    sum_of: Path | None = None
    sum_tests: tuple[tuple[str, Any], ...] = ()
    if isinstance(total, Mapping):
        sum_of = read_path(total.get("of"), f"{place}.sum.of")
        rest = {name: operand for name, operand in total.items() if name != "of"}
        sum_tests = read_operators(rest, f"{place}.sum")
    where = doc.get("where")
    within = doc.get("within")
    return Did(
        names(doc["event"]),
        None if where is None else read_condition(where, f"{place}.where"),
        None if within is None else read_at(f"{place}.within", parse_duration, within),
        doc.get("since") == "entry",
        counted,
        sum_of,
        sum_tests,
    )


def names(value: object) -> tuple[str, ...]:
    """One name or a list of names."""
    return (value,) if isinstance(value, str) else tuple(value)  # type: ignore[arg-type]


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
    found = set()
    for name in doc or ():  # type: ignore[attr-defined]
        if name not in WEEKDAYS:
            raise InvalidInput(f"{place}: {name} is none of {', '.join(WEEKDAYS)}")
        found.add(WEEKDAYS.index(name))
    return frozenset(found)


def number(value: object, place: str) -> int | Decimal:
    """A number that is not a boolean."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise InvalidInput(f"{place}: a number is wanted")
    return value


def condition_or_none(doc: Doc, key: str, place: str) -> Condition | None:
    """The condition under a key, if there is one."""
    found = doc.get(key)
    return None if found is None else read_condition(found, f"{place}.{key}")


def rule_condition(doc: Doc, place: str) -> Condition | None:
    """The `where` and the `segment` of a rule, both of which must hold."""
    where = condition_or_none(doc, "where", place)
    segment = doc.get("segment")
    if segment is None:
        return where
    inside = InSegment(segment)
    return inside if where is None else All((where, inside))
