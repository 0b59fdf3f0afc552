"""Decoding: the bytes of a file become a JSON document, or exact problems.

Stricter than JSON: what would be lost, guessed or mean two things is refused with its place.
"""

import json
from collections.abc import Iterator
from decimal import Decimal, DecimalException
from json import JSONDecodeError
from typing import Any

from sojourn.core.limits import NUMBER_DIGITS
from sojourn.core.nouns import noun
from sojourn.core.values.exact import Json, JsonObject, type_name
from sojourn.language.findings import Code, Place, Problem
from sojourn.language.slips import slip
from sojourn.language.wording import quoted

FILE_BYTES = 1_000_000
"""The largest file that is read. A journey of a hundred steps has about 20 KB."""

DEEPEST = 64
"""The deepest nesting of a document; conditions take two levels for each `all`, `any` or `not`."""

_BOM = b"\xef\xbb\xbf"
_WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff")
_SMALLEST, _LARGEST = -130, 125
"""The exponents a number of DynamoDB's can have."""


class NoFile(bytes):
    """Stands where a file ought to be and is none; its text says what is there and what to do."""


@noun
class _Refused:
    """Stands where a value cannot be kept."""

    code: Code
    message: str


class _Doubled(dict[str, Any]):
    """An object some of whose keys came more than once."""

    __slots__ = ("names",)
    names: tuple[str, ...]


def decode(content: bytes) -> tuple[JsonObject | None, tuple[Problem, ...]]:
    """The document in a file, and what is wrong with its text; None when it cannot be checked."""
    text, problems = decode_text(content)
    if text is None:
        return None, problems
    document, more = _parse(text)
    problems += more
    if problems:
        return None, problems
    if not isinstance(document, dict):
        message = f"a file holds one JSON object, not {type_name(document)}"
        return None, (Problem((), Code.WRONG_TYPE, message),)
    return document, ()


def decode_text(content: bytes) -> tuple[str | None, tuple[Problem, ...]]:
    """The text of a file, and what is wrong with its bytes."""
    if isinstance(content, NoFile):
        return None, (Problem((), Code.NO_FILE, content.decode()),)
    if len(content) > FILE_BYTES:
        message = f"the file is larger than {FILE_BYTES // 1_000_000} MB, the most that is read"
        return None, (Problem((), Code.TOO_LARGE, message),)
    problems: tuple[Problem, ...] = ()
    if content.startswith(_BOM):
        message = "the file begins with a byte order mark; save it as UTF-8 without one"
        problems = (Problem((), Code.BYTE_ORDER_MARK, message),)
        content = content[len(_BOM) :]
    try:
        return content.decode("utf-8"), problems
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"byte {error.start + 1} (line {line}) is not UTF-8; save the file as UTF-8"
        if content.startswith(_WIDE_BOMS):
            message = "the file is UTF-16; save it as UTF-8"
        return None, (*problems, Problem((), Code.NOT_UTF8, message))


def _parse(text: str) -> tuple[Json, tuple[Problem, ...]]:
    if not text.strip():
        return None, (Problem((), Code.NOT_JSON, "the file is empty; a JSON object is wanted"),)
    try:
        document = json.loads(
            text,
            parse_float=_fraction,
            parse_int=_whole,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        return None, (Problem((), Code.NOT_JSON, f"{place}: {slip(text, error)}"),)
    except RecursionError:
        return None, (_too_deep(()),)
    return document, tuple(_values(document))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) == len(pairs):
        return table
    doubled = _Doubled(table)
    seen: set[str] = set()
    doubled.names = tuple(
        dict.fromkeys(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
    )
    return doubled


def _whole(text: str) -> int | _Refused:
    return int(text) if len(text.lstrip("-")) <= NUMBER_DIGITS else _inexact(text)


def _fraction(text: str) -> Decimal | _Refused:
    try:
        value = Decimal(text)
    except DecimalException:
        return _inexact(text)
    digits = len(value.as_tuple().digits)
    if digits > NUMBER_DIGITS or not _SMALLEST <= value.adjusted() <= _LARGEST:
        return _inexact(text)
    return value


def _inexact(text: str) -> _Refused:
    message = f"{quoted(text)} has more than {NUMBER_DIGITS} digits or is out of all range"
    return _Refused(Code.INEXACT_NUMBER, message)


def _constant(name: str) -> _Refused:
    return _Refused(Code.NOT_A_NUMBER, f"{quoted(name)} is no JSON value; give a number")


def _too_deep(place: Place) -> Problem:
    return Problem(place, Code.TOO_DEEP, f"nested more than {DEEPEST} levels deep")


def _values(document: Json) -> Iterator[Problem]:
    """What is wrong with single values and keys, without recursion."""
    ahead: list[tuple[Place, Any]] = [((), document)]
    while ahead:
        place, value = ahead.pop()
        match value:
            case str():
                yield from _text(value, place)
            case _Refused(code, message):
                yield Problem(place, code, message)
            case dict() | list() if len(place) >= DEEPEST:
                yield _too_deep(place[:8])
            case dict():
                if isinstance(value, _Doubled):
                    for name in value.names:
                        message = f"the key {quoted(name)} stands here more than once; keep one"
                        yield Problem((*place, name), Code.DUPLICATE_KEY, message)
                for key, item in value.items():
                    yield from _text(key, (*place, key))
                    ahead.append(((*place, key), item))
            case list():
                ahead += [((*place, index), item) for index, item in enumerate(value)]
            case _:
                continue


def _text(text: str, place: Place) -> Iterator[Problem]:
    if "\0" in text:
        message = "a text holds the character \\u0000, which nothing can show; take it out"
        yield Problem(place, Code.NULL_CHARACTER, message)
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            message = "a text holds half of a surrogate pair (\\ud800 to \\udfff); write it whole"
            yield Problem(place, Code.LONE_SURROGATE, message)
