"""Conditions: what is wrong with one, everything at once, and what it refers to.

At least as strict as `sojourn.core.workspace.reading`: a condition without problems can be read.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated

from sojourn.core.matching.comparisons import OPERATORS, TEXT_OPERATORS
from sojourn.core.values.exact import Json, dumps
from sojourn.core.workspace.reading import SECTIONS
from sojourn.language import meant, paths, unread, words
from sojourn.language.findings import Code, Problem, no_such
from sojourn.language.forms import Checked, unknown_key, wrong_type
from sojourn.language.wording import printable, quoted

_DID_KEYS = ("event", "where", "within", "since", "count", "sum")
_PAIR = 2
_ABSENCES = frozenset({"did-not", "didnt", "has-not-done", "not-did"})
_LONGEST = 200
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:[.,][0-9]+)?")

SIGNS = {
    "=": "eq", "==": "eq", "!=": "ne", "<>": "ne", "≠": "ne",
    ">": "gt", ">=": "gte", "≥": "gte", "<": "lt", "<=": "lte", "≤": "lte",
}  # fmt: skip
"""What is written elsewhere for an operator."""

_SIGN_IN_TEXT = re.compile(
    rf"(?P<sign>[<>]=?|≥|≤|==?|!=|<>|≠)\s*(?P<number>{_NUMBER.pattern})"
    r"|(?P<other>==?|!=|<>|≠)\s*(?P<text>\w.*)"
)
"""An order is only one of numbers: `<b>` is a text."""


def condition_problems(value: object) -> Iterator[Problem]:
    """What is wrong with a condition; the file's depth is bounded, so the recursion is."""
    if not isinstance(value, dict):
        yield wrong_type("a condition, an object,", value)
        return
    for key, item in value.items():
        for problem in _entry(key, item):
            yield problem.under(key)


def _entry(key: str, item: Json) -> Iterator[Problem]:
    match key:
        case "all" | "any":
            yield from _list(item)
        case "not":
            yield from condition_problems(item)
        case "segment":
            yield from words.id_problems(item)
        case "did":
            yield from _did(item)
        case _ if isinstance(item, dict) and meant.fold(key) in _ABSENCES:
            written = dumps({"not": {"did": item}})
            message = (
                f"there is no condition {quoted(key)}; write {quoted(printable(written, _LONGEST))}"
            )
            yield Problem((), Code.UNKNOWN_KEY, message)
        case _:
            yield from _path(key)
            yield from tests_problems(item)


def _path(key: str) -> Iterator[Problem]:
    """A key that is no path may be a misspelt `all`, `any`, `not`, `segment` or `did`."""
    if "." in key or '"' in key:
        yield from paths.path_problems(key)
    else:
        sections = [*sorted(SECTIONS), *(f"{root}.<name>" for root in ("profile", "event"))]
        yield no_such("condition", key, sections, Code.UNKNOWN_KEY)


def _list(items: Json) -> Iterator[Problem]:
    if not isinstance(items, list):
        yield wrong_type("a list of conditions", items)
        return
    for index, item in enumerate(items):
        for problem in condition_problems(item):
            yield problem.under(index)


def tests_problems(value: object) -> Iterator[Problem]:
    """What is wrong with the test beside a path: a scalar, a list, or operators."""
    if isinstance(value, dict) and (problem := unread.compared(value)) is not None:
        yield replace(problem, code=Code.UNKNOWN_OPERATOR, severity="error").under("from")
        return
    yield from _unread(value)
    if isinstance(value, str):
        yield from _sign_in_text(value)
    if not isinstance(value, dict):
        return
    if not value.keys() - {"ignore_case"}:
        yield Problem((), Code.EMPTY, "an operator is missing here, such as `eq` or `exists`")
    if "ignore_case" in value:
        yield from _ignore_case(value)
    yield from _operators(value, {"ignore_case"})


def _unread(operand: object) -> Iterator[Problem]:
    """Paths written as what a value is compared with, alone or in a list."""
    if (problem := unread.compared(operand)) is not None:
        yield problem
    for index, item in enumerate(operand if isinstance(operand, list) else ()):
        if (problem := unread.compared(item)) is not None:
            yield problem.under(index)


def _sign_in_text(value: str) -> Iterator[Problem]:
    """A sign within the quotes is no operator: the text is compared with sign and all."""
    found = _SIGN_IN_TEXT.fullmatch(value.strip())
    if found is not None:
        number = found["number"]
        operand = dumps(found["text"]) if number is None else number.replace(",", ".")
        written = f'{{"{SIGNS[found["sign"] or found["other"]]}": {operand}}}'
        message = (
            f"{quoted(value)} is compared as it stands, as a text with a sign in it; write"
            f" {quoted(written)}"
        )
        yield Problem((), Code.UNKNOWN_OPERATOR, message, "warning")


def _ignore_case(value: Mapping[str, Json]) -> Iterator[Problem]:
    if not isinstance(value["ignore_case"], bool):
        yield wrong_type("true or false", value["ignore_case"]).under("ignore_case")
    elif value.keys() - {"ignore_case"} and not value.keys() & TEXT_OPERATORS:
        message = "`ignore_case` does nothing here: no operator beside it compares texts"
        yield Problem(("ignore_case",), Code.CONFLICTING_KEYS, message, "warning")


def _operators(value: Mapping[str, Json], others: set[str]) -> Iterator[Problem]:
    for name, operand in value.items():
        if name in others:
            continue
        if name in SIGNS:
            message = f"there is no operator {quoted(name)}; write {quoted(SIGNS[name])}"
            yield Problem((name,), Code.UNKNOWN_OPERATOR, message)
            continue
        if name not in OPERATORS:
            known = (*OPERATORS, *others)
            yield no_such("operator", name, known, Code.UNKNOWN_OPERATOR).under(name)
            continue
        for problem in _operand(name, operand):
            yield problem.under(name)


def _operand(name: str, operand: Json) -> Iterator[Problem]:
    match name:
        case "in" | "not_in":
            if not isinstance(operand, list):
                yield wrong_type("a list", operand)
            yield from _unread(operand)
        case "between":
            yield from _between(operand)
        case "gt" | "gte" | "lt" | "lte":
            yield from _bound(operand)
        case "eq" | "ne" | "contains" | "starts_with" | "ends_with":
            yield from _unread(operand)
        case "exists":
            if not isinstance(operand, bool):
                yield wrong_type("true or false", operand)
        case "before" | "after":
            yield from words.moment_problems(operand)
        case "within" | "older_than" | "in_next":
            yield from words.duration_problems(operand)
        case _:
            return  # what a value is compared with may be of any type


def _between(value: Json) -> Iterator[Problem]:
    if not isinstance(value, list) or len(value) != _PAIR:
        yield Problem((), Code.WRONG_TYPE, "[low, high] is wanted, both ends in")
        return
    for index, bound in enumerate(value):
        for problem in _bound(bound):
            yield problem.under(index)


def _bound(value: Json) -> Iterator[Problem]:
    """A text that only looks like a number or a path: no number is greater or less than it."""
    yield from _unread(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        number = value.strip().replace(",", ".")
        message = (
            f"{quoted(value)} is a text, and no number is greater or less than a text; write"
            f" {quoted(number)} without quotes"
        )
        yield Problem((), Code.NUMBER_AS_TEXT, message, "warning")


def _did(value: Json) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield wrong_type("an object with an `event`", value)
        return
    if "event" not in value:
        yield Problem(("event",), Code.MISSING_KEY, "`event` is missing here")
    for key, item in value.items():
        for problem in _did_entry(key, item):
            yield problem.under(key)


def _did_entry(key: str, item: Json) -> Iterator[Problem]:
    match key:
        case "event":
            yield from words.event_names_problems(item)
        case "where":
            yield from condition_problems(item)
        case "within":
            yield from words.duration_problems(item)
        case "since":
            if item != "entry":
                yield Problem((), Code.UNKNOWN_VALUE, "only `entry` can stand here")
        case "count":
            yield from _count(item)
        case "sum":
            yield from _sum(item)
        case _:
            yield unknown_key(key, item, _DID_KEYS)


def _count(value: Json) -> Iterator[Problem]:
    if isinstance(value, str):
        yield from _sign_in_text(value)
    if not isinstance(value, dict):
        return
    if not value:
        yield Problem((), Code.EMPTY, "an operator is missing here, such as `gte`")
    yield from _operators(value, set())


def _sum(value: Json) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield wrong_type("an object with `of` and operators", value)
        return
    if "of" in value:
        for problem in paths.path_problems(value["of"], ("event",)):
            yield problem.under("of")
    else:
        yield Problem(("of",), Code.MISSING_KEY, "`of` is missing here: the path to add up")
    if not value.keys() - {"of"}:
        yield Problem((), Code.EMPTY, "an operator is missing here, such as `gte`")
    yield from _operators(value, {"of"})


def _trait_tests(value: object) -> Iterator[Problem]:
    """Traits with tests, as the entry of a journey has them."""
    if not isinstance(value, dict):
        yield wrong_type("an object of traits with tests", value)
        return
    if not value:
        yield Problem((), Code.EMPTY, "this is empty; name a trait")
    for trait, tests in value.items():
        for problem in paths.path_problems(f"profile.{trait}"):
            yield problem.under(trait)
        for problem in tests_problems(tests):
            yield problem.under(trait)


Condition = Annotated[object, Checked(condition_problems, words.shared("Condition"))]
TraitTests = Annotated[
    object,
    Checked(
        _trait_tests,
        {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": words.shared("Test"),
        },
    ),
]
