"""Patterns: EventBridge's event patterns, read once and asked of many entries.

An entry is a tree of objects; a pattern is a tree of the same shape whose leaves are lists of
tests. Every field must fit (and), one test of a list is enough (or). A list in the entry fits when
one of its members does; of a list of objects it must be one object that fits all fields. As AWS
documents it, numbers are compared by how they are written (300 is not 300.0), but for `numeric`.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from ipaddress import ip_address, ip_network

from sojourn.core.matching.comparisons import is_made_of
from sojourn.core.nouns import noun
from sojourn.core.values.exact import Json, JsonObject, dumps, is_number

type Place = tuple[str | int, ...]
"""Keys and positions from the top of a pattern."""

type Flaw = tuple[Place, str]
"""Where a pattern is wrong, and what is."""

type Test = Callable[[Json], bool]

LARGEST = Decimal(5_000_000_000)
"""Numbers of `numeric` lie within this and its negative, as EventBridge has it."""

DEEPEST = 32
"""The deepest nesting of a pattern."""

_COMPARES: Mapping[str, Callable[[int | Decimal, int | Decimal], bool]] = {
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    "=": lambda value, bound: value == bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}
_NUMERIC_LENGTHS = (2, 4)


@noun
class Leaf:
    """Tests on the values at a field; ``present`` and ``absent`` are `exists`."""

    tests: tuple[Test, ...]
    present: bool
    absent: bool


@noun
class Pattern:
    """Fields that must all fit, and of each group of ``choices`` one."""

    fields: tuple[tuple[str, "Leaf | Pattern"], ...]
    choices: tuple[tuple["Pattern", ...], ...] = ()


def read_pattern(doc: Mapping[str, Json]) -> tuple[Pattern, tuple[Flaw, ...]]:
    """The pattern a document says, and everything that is wrong with it.

    With flaws the pattern is of no use. EventBridge would refuse such a rule.
    """
    flaws: list[Flaw] = []
    pattern = _read(doc, (), flaws)
    return pattern, tuple(flaws)


def mismatch(pattern: Pattern, entry: JsonObject) -> Place | None:
    """The first field that does not fit the entry; None when all do."""
    return _mismatch(pattern, entry, ())


def _mismatch(pattern: Pattern, value: JsonObject, place: Place) -> Place | None:
    for name, inner in pattern.fields:
        found = value.get(name, _NOTHING)
        if isinstance(inner, Leaf):
            if not _fits(inner, found):
                return (*place, name)
        elif (wrong := _nearest(inner, found, (*place, name))) is not None:
            return wrong
    for group in pattern.choices:
        if all(_mismatch(choice, value, place) is not None for choice in group):
            return (*place, "$or")
    return None


def _nearest(pattern: Pattern, value: Json, place: Place) -> Place | None:
    """What does not fit in the last object; where there is none, what wants one to be there."""
    wrong: Place | None = place
    for item in _objects(value):
        wrong = _mismatch(pattern, item, place)
        if wrong is None:
            return None
    return wrong


def _objects(value: Json) -> Iterator[JsonObject]:
    """The objects a field holds, alone or in lists; an empty one where it holds none."""
    found = list(_members(value, dict))
    yield from found or [{}]


def _fits(leaf: Leaf, value: Json) -> bool:
    values = list(_members(value, _SCALARS))
    if leaf.absent and not values:
        return True
    return any(leaf.present or any(test(item) for test in leaf.tests) for item in values)


def _members[T](value: Json, kind: type[T] | tuple[type[T], ...]) -> Iterator[T]:
    if isinstance(value, kind):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _members(item, kind)


_SCALARS = (str, bool, int, Decimal, type(None))
_NOTHING: list[Json] = []
"""What stands where a field is missing: no value, and no object."""


def _read(doc: Mapping[str, Json], place: Place, flaws: list[Flaw]) -> Pattern:
    if not doc:
        flaws.append((place, "an empty object fits nothing; name a field"))
    if len(place) > DEEPEST:
        flaws.append((place, f"nested deeper than {DEEPEST}"))
        return Pattern(())
    fields: list[tuple[str, Leaf | Pattern]] = []
    choices: list[tuple[Pattern, ...]] = []
    for name, value in doc.items():
        here = (*place, name)
        if name == "$or" and isinstance(value, list):
            choices.append(tuple(_choices(value, here, flaws)))
        elif isinstance(value, dict):
            fields.append((name, _read(value, here, flaws)))
        elif isinstance(value, list):
            fields.append((name, _leaf(value, here, flaws)))
        else:
            flaws.append((here, "a list of values, or an object, is wanted"))
    return Pattern(tuple(fields), tuple(choices))


def _choices(items: list[Json], place: Place, flaws: list[Flaw]) -> Iterator[Pattern]:
    if not items:
        flaws.append((place, "a list of patterns is wanted"))
    for index, item in enumerate(items):
        if isinstance(item, dict):
            yield _read(item, (*place, index), flaws)
        else:
            flaws.append(((*place, index), "a pattern is wanted"))


def _leaf(items: list[Json], place: Place, flaws: list[Flaw]) -> Leaf:
    if not items:
        flaws.append((place, "an empty list fits nothing; name a value"))
    tests: list[Test] = []
    exists: set[bool] = set()
    for index, item in enumerate(items):
        here = (*place, index)
        if isinstance(item, dict) and item.keys() == {"exists"}:
            if isinstance(item["exists"], bool):
                exists.add(item["exists"])
            else:
                flaws.append(((*here, "exists"), "true or false is wanted"))
        else:
            tests.append(_test(item, here, flaws))
    return Leaf(tuple(tests), present=True in exists, absent=False in exists)


def _test(item: Json, place: Place, flaws: list[Flaw]) -> Test:
    if isinstance(item, dict):
        if len(item) == 1:
            ((name, operand),) = item.items()
            return _operator(name, operand, (*place, name), flaws)
        flaws.append((place, "an object with one operator is wanted"))
    elif isinstance(item, list):
        flaws.append((place, "a value or an operator is wanted, not a list"))
    return _exactly(item)


def _operator(name: str, operand: Json, place: Place, flaws: list[Flaw]) -> Test:
    match name:
        case "prefix" | "suffix":
            return _affix(name, operand, place, flaws)
        case "equals-ignore-case" | "wildcard" | "cidr":
            return _text_test(name, operand, place, flaws)
        case "numeric":
            return _numeric(operand, place, flaws)
        case "anything-but":
            return _anything_but(operand, place, flaws)
        case _:
            flaws.append((place, f"there is no operator {name}"))
    return _never


def _never(_value: Json) -> bool:
    return False


def _exactly(wanted: Json) -> Test:
    """Equal in kind and in writing."""
    written = dumps(wanted)
    return lambda value: dumps(value) == written


def _affix(name: str, operand: Json, place: Place, flaws: list[Flaw]) -> Test:
    """`prefix` and `suffix`, of a text or of `{"equals-ignore-case": text}`."""
    folded = isinstance(operand, dict) and operand.keys() == {"equals-ignore-case"}
    text = operand["equals-ignore-case"] if folded and isinstance(operand, dict) else operand
    if not isinstance(text, str):
        flaws.append((place, "text is wanted"))
        return _never
    wanted = text.casefold() if folded else text
    ends = str.startswith if name == "prefix" else str.endswith

    def test(value: Json) -> bool:
        return isinstance(value, str) and ends(value.casefold() if folded else value, wanted)

    return test


def _text_test(name: str, operand: Json, place: Place, flaws: list[Flaw]) -> Test:
    if not isinstance(operand, str):
        flaws.append((place, "text is wanted"))
        return _never
    match name:
        case "equals-ignore-case":
            folded = operand.casefold()
            return lambda value: isinstance(value, str) and value.casefold() == folded
        case "wildcard":
            return _wildcard(operand, place, flaws)
        case _:
            return _cidr(operand, place, flaws)


def _wildcard(text: str, place: Place, flaws: list[Flaw]) -> Test:
    r"""`*` is any text, `\*` and `\\` are themselves."""
    parts = [""]
    letters = iter(text)
    before = ""
    for letter in letters:
        if letter == "\\":
            letter = next(letters, "")  # noqa: PLW2901 - the escaped one stands for itself
            if letter not in ("*", "\\"):
                flaws.append((place, "a backslash stands before * or another backslash alone"))
            parts[-1] += letter
            before = ""
            continue
        if letter == "*" and before == "*":
            flaws.append((place, "two * beside one another; one says the same"))
        if letter == "*":
            parts.append("")
        else:
            parts[-1] += letter
        before = letter
    return lambda value: isinstance(value, str) and is_made_of(parts, value)


def _cidr(text: str, place: Place, flaws: list[Flaw]) -> Test:
    try:
        network = ip_network(text, strict=False)
    except ValueError as error:
        flaws.append((place, str(error)))
        return _never

    def test(value: Json) -> bool:
        if not isinstance(value, str):
            return False
        try:
            return ip_address(value) in network
        except ValueError:
            return False

    return test


def _numeric(operand: Json, place: Place, flaws: list[Flaw]) -> Test:
    """`["=", 5]`, or a range like `[">", 0, "<=", 5]`."""
    if not isinstance(operand, list) or len(operand) not in _NUMERIC_LENGTHS:
        flaws.append((place, 'a list like [">", 0, "<=", 5] is wanted'))
        return _never
    bounds: list[tuple[Callable[[int | Decimal, int | Decimal], bool], int | Decimal]] = []
    for index in range(0, len(operand), 2):
        sign, bound = operand[index], operand[index + 1]
        compares = _COMPARES.get(sign) if isinstance(sign, str) else None
        if compares is None:
            flaws.append(((*place, index), f"one of {', '.join(_COMPARES)} is wanted"))
        elif not is_number(bound):
            flaws.append(((*place, index + 1), "a number is wanted"))
        elif not -LARGEST <= bound <= LARGEST:
            flaws.append(((*place, index + 1), "no number beyond 5,000,000,000 is compared"))
        else:
            bounds.append((compares, bound))

    def test(value: Json) -> bool:
        return (
            is_number(value)
            and -LARGEST <= value <= LARGEST
            and all(compares(value, bound) for compares, bound in bounds)
        )

    return test


def _anything_but(operand: Json, place: Place, flaws: list[Flaw]) -> Test:
    """Any value but these: a value, a list of texts or of numbers, or one operator on texts."""
    if isinstance(operand, dict):
        return _anything_but_operator(operand, place, flaws)
    listed = operand if isinstance(operand, list) else [operand]
    kinds = {"number" if is_number(item) else type(item).__name__ for item in listed}
    if not kinds or len(kinds) > 1 or not kinds <= {"str", "number"}:
        flaws.append((place, "a text, a number, or a list of texts or of numbers is wanted"))
    refused = tuple(_exactly(item) for item in listed)
    return lambda value: not any(test(value) for test in refused)


def _anything_but_operator(operand: JsonObject, place: Place, flaws: list[Flaw]) -> Test:
    name = next(iter(operand), "")
    if len(operand) != 1 or name not in {"prefix", "suffix", "equals-ignore-case", "wildcard"}:
        message = "one of prefix, suffix, equals-ignore-case, wildcard is wanted"
        flaws.append((place, message))
        return _never
    inner = operand[name]
    listed = inner if isinstance(inner, list) and inner else [inner]
    refused = [_operator(name, item, (*place, name), flaws) for item in listed]
    return lambda value: not any(test(value) for test in refused)
