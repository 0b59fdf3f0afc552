"""Templates as trees, filled in for somebody: what each of them says, without Liquid."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from tests.naive.wording import Asked, Body, Filtered, Json, Node, Place, literal

type Values = Mapping[str, Json]


class Failed(Exception):  # noqa: N818 - what becomes of a message, no error of ours
    """The message cannot be written; its reason, when something is missing, is what is."""


@dataclass(frozen=True, slots=True)
class Gone:
    """Nothing, and what is missing."""

    path: str


class Left(Exception):  # noqa: N818 - how a loop's turn ends
    """`break` or `continue`, by name."""


def filled(body: Body, names: dict[str, Json]) -> str:
    """What the template says to somebody; raises Failed."""
    written: list[str] = []
    _fill(body, names, written)
    return "".join(written)


def _fill(body: Body, names: dict[str, Json], written: list[str]) -> None:
    for node in body:
        match node.kind:
            case "text":
                written.append(node.text)
            case "print":
                written.append(shown(_there(evaluated(node.value, names))))
            case "assign":
                names[node.text] = evaluated(node.value, names)
            case "break" | "continue":
                raise Left(node.kind)
            case "if" | "unless":
                _fill(_way(node, names), names, written)
            case "case":
                value = _nothing(looked(node.text, names))
                bodies = [to for values, to in node.ways if any(same(value, o) for o in values)]
                for to in bodies or [node.otherwise or ()]:
                    _fill(to, names, written)
            case _:
                _loop(node, names, written)


def _way(node: Node, names: dict[str, Json]) -> Body:
    for number, (tests, body) in enumerate(node.ways):
        holds = _hold([_holds(test, names) for test in tests], list(node.words))
        if holds != (node.kind == "unless" and number == 0):
            return body
    return node.otherwise or ()


def _hold(tests: list[bool], words: list[str]) -> bool:
    """From right to left."""
    (first, *tests), (word, *words) = tests, [*words, ""]
    if not tests:
        return first
    rest = _hold(tests, words)
    return (first and rest) if word == "and" else (first or rest)


def _loop(node: Node, names: dict[str, Json], written: list[str]) -> None:
    value = _there(looked(node.text, names))
    if not isinstance(value, list):
        raise Failed
    begin = node.offset or 0
    items = value[begin:] if node.limit is None else value[begin : begin + node.limit]
    if node.backwards:
        items = items[::-1]
    if not items:
        _fill(node.otherwise or (), names, written)
    ((_, body),) = node.ways
    for number, item in enumerate(items, 1):
        # What a template assigns stays; the item and the count of the loop are the loop's own.
        place = {
            "index": number, "first": number == 1, "last": number == len(items),
            "length": len(items),
        }  # fmt: skip
        outer: dict[str, Json] = {
            name: names[name] for name in ("item", "forloop") if name in names
        }
        names["item"], names["forloop"] = item, place
        try:
            _fill(body, names, written)
        except Left as left:
            if str(left) == "break":
                break
        finally:
            del names["item"], names["forloop"]
            names |= outer


def _there(value: Json) -> Json:
    if isinstance(value, Gone):
        raise Failed(value.path)
    return value


def _nothing(value: Json) -> Json:
    return None if isinstance(value, Gone) else value


def looked(name: str, names: Values) -> Json:
    """What stands at a place."""
    found: Json = names
    for part in name.split("."):
        if isinstance(found, Gone):
            return found
        if isinstance(found, list) and part in {"size", "first", "last"}:
            found = {"size": len(found), **_ends(found)}.get(part)
        elif isinstance(found, str) and part == "size":
            found = len(found)
        else:
            found = found.get(part) if isinstance(found, Mapping) else None
        if found is None:
            return Gone(name)
    return found


def _ends(found: list[Json]) -> dict[str, Json]:
    return {"first": found[0], "last": found[-1]} if found else {}


def same(one: Json, other: Json) -> bool:
    """Whether two values are equal, and of one type."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _holds(test: Asked, names: Values) -> bool:
    value = _nothing(looked(test.path, names))
    other = test.other
    match test.sign:
        case None:
            return value is not None and value is not False
        case "==" | "!=":
            if other == Place("blank"):
                is_same = value in {None, ""} if isinstance(value, str | None) else value == []
            elif other == Place("empty"):
                is_same = value is None or (isinstance(value, str | list) and not value)
            else:
                is_same = same(value, other)
            return is_same == (test.sign == "==")
        case "contains":
            if isinstance(value, str):
                return shown(other) in value
            return isinstance(value, list) and any(same(item, other) for item in value)
        case _:
            return _compares(value, test.sign, other)


def _compares(value: Json, sign: str | None, other: Json) -> bool:
    texts = isinstance(value, str) and isinstance(other, str)
    if not (texts or (_is_number(value) and _is_number(other))):
        return False
    held = {"<": value < other, "<=": value <= other, ">": value > other, ">=": value >= other}
    return bool(held[str(sign)])


def _is_number(value: Json) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def shown(value: Json) -> str:
    """A value as it is printed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "".join(map(shown, value))
    if value is None or isinstance(value, Mapping):
        raise Failed
    return str(value)


def evaluated(value: Filtered, names: Values) -> Json:
    """What comes of a value and its filters; Gone when that is nothing."""
    found, reads = value.begin, literal(value.begin)
    if isinstance(found, Place):
        found = looked(found, names)
    for name, given in value.filters:
        if name == "default":
            is_nothing = isinstance(found, Gone) or found is False or found in ("", [], {})
            found = given[0] if is_nothing else found
        elif not isinstance(found, Gone):
            found = FILTERS[name](found, *(given or ()))
            found = Gone(f"{reads} | {name}") if found is None else found
        reads += f" | {name}"
    return found


def _number(value: Json) -> int | Decimal:
    if isinstance(value, str) and value.lstrip("-").replace(".", "", 1).isdecimal():
        value = Decimal(value) if "." in value else int(value)
    if not _is_number(value):
        raise Failed
    number: int | Decimal = value
    return number


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise Failed
    return value


def _of(item: Json, name: str) -> Json:
    return item.get(name) if isinstance(item, Mapping) else None


def _round(value: Json, digits: int = 0) -> int | Decimal:
    found = Decimal(_number(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return found if digits else int(found)


def _size(value: Json) -> int:
    if not isinstance(value, str | list | Mapping):
        raise Failed
    return len(value)


def _truncated(value: Json, length: int) -> str:
    text = shown(value)
    return text if len(text) <= length else text[: max(0, length - 3)] + "..."


def _capitalized(value: Json) -> str:
    text = shown(value)
    return text[:1].upper() + text[1:].lower()


def _once(value: Json) -> list[Json]:
    found: list[Json] = []
    for item in _list(value):
        if not any(same(item, other) for other in found):
            found.append(item)
    return found


def _where(value: Json, name: str, wanted: Json = None) -> list[Json]:
    if wanted is None:
        return [item for item in _list(value) if _of(item, name) not in {None, False}]
    return [item for item in _list(value) if same(_of(item, name), wanted)]


def _sorted(value: Json, name: str | None = None) -> list[Json]:
    keys = [item if name is None else _of(item, name) for item in _list(value)]
    there = [key for key in keys if key is not None]
    if not all(map(_is_number, there)) and not all(isinstance(key, str) for key in there):
        raise Failed
    pairs = list(zip(keys, value, strict=True))
    found = sorted((pair for pair in pairs if pair[0] is not None), key=lambda pair: pair[0])
    return [item for _, item in found] + [item for key, item in pairs if key is None]


FILTERS: dict[str, Callable[..., Json]] = {
    "append": lambda value, more: shown(value) + shown(more),
    "prepend": lambda value, more: shown(more) + shown(value),
    "upcase": lambda value: shown(value).upper(),
    "downcase": lambda value: shown(value).lower(),
    "capitalize": _capitalized,
    "strip": lambda value: shown(value).strip(),
    "replace": lambda value, old, new: shown(value).replace(old, new),
    "remove": lambda value, old: shown(value).replace(old, ""),
    "truncate": _truncated,
    "split": lambda value, mark: shown(value).split(mark) if shown(value) else [],
    "size": _size,
    "plus": lambda value, more: _number(value) + _number(more),
    "minus": lambda value, less: _number(value) - _number(less),
    "times": lambda value, times: _number(value) * _number(times),
    "at_least": lambda value, least: max(_number(value), _number(least)),
    "at_most": lambda value, most: min(_number(value), _number(most)),
    "round": _round,
    "first": lambda value: next(iter(_list(value)), None),
    "last": lambda value: next(reversed(_list(value)), None),
    "join": lambda value, mark=" ": mark.join(map(shown, _list(value))),
    "reverse": lambda value: _list(value)[::-1],
    "map": lambda value, name: [_of(item, name) for item in _list(value)],
    "compact": lambda value: [item for item in _list(value) if item is not None],
    "uniq": _once,
    "where": _where,
    "sort": _sorted,
    "sum": lambda value: sum(map(_number, _list(value))),
}
