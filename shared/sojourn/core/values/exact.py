"""JSON in and out without loss: numbers stay exact, what is not JSON is refused.

Whole numbers are `int`, all others `Decimal` with the digits they were written with: `1.50` stays
`1.50`, and only an exponent is written anew (`1e2` as `1E+2`). `NaN`, infinities and lone
surrogates are refused. What is written can always be encoded.
"""

import re
from collections.abc import Callable, Mapping
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, DecimalException
from json import JSONDecoder, JSONEncoder
from typing import Any, NoReturn, TypeGuard

from sojourn.core.errors import InvalidInput

type Json = bool | int | Decimal | str | list[Json] | dict[str, Json] | None
type JsonObject = dict[str, Json]

NUMBERS = (int, Decimal)
"""What to ask `isinstance` for a number by, a boolean being one: `int | Decimal` makes a type anew
each time, which takes seven times as long."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")

_NUMBER_MARK = "\udfff"
"""Marks numbers on their way out: half a character, which no text that came in holds."""

_WIDE = Context(prec=400, Emax=MAX_EMAX, Emin=MIN_EMIN)
"""Room for any sum of DynamoDB's numbers: 38 digits, from 1E-130 up to 1E+125."""


class _HoldsDecimal(Exception):  # noqa: N818 - a signal inside this module, never seen outside
    pass


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidInput(f"{name} is not a JSON value")


_DECODER = JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant)
_scanned: Callable[[str, int], tuple[Any, int]] = _DECODER.scan_once  # type: ignore[attr-defined]
"""The value that begins at a place, and where it ends; StopIteration when none begins there."""


def loads(text: str | bytes) -> Json:
    """Read JSON text; raises InvalidInput with the place of the first mistake."""
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        elif not text.isascii():
            text.encode("utf-8")
        value = _decoded(text)
        if "\\u" in text and _ESCAPED_SURROGATE.search(text):
            _encoder(str).encode(value).encode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"not UTF-8 at byte {error.start}") from error
    except UnicodeEncodeError as error:
        raise InvalidInput("text with half a character (a lone surrogate)") from error
    except RecursionError as error:
        raise InvalidInput("nested too deeply") from error
    except DecimalException as error:
        raise InvalidInput("a number with an exponent beyond all bounds") from error
    except ValueError as error:
        raise InvalidInput(f"not JSON: {error}") from error
    return value


def _decoded(text: str) -> Json:
    """As the decoder does it, which looks for white space first: mostly there is none."""
    value: Json
    try:
        value, end = _scanned(text, 0)
    except StopIteration:
        value, end = None, -1  # no value begins here; where, or why not, is told by the decoder
    if end != len(text):
        value = _DECODER.decode(text)
    return value


def loads_object(text: str | bytes) -> JsonObject:
    """Read JSON text that must be an object; raises InvalidInput."""
    value = loads(text)
    if not isinstance(value, dict):
        raise InvalidInput(f"a JSON object is wanted, not {type_name(value)}")
    return value


def dumps(value: Any) -> str:  # noqa: ANN401 - any JSON value; what is none raises
    """Write JSON text, compact, in the order given, numbers as they were read.

    A lone surrogate, which only a program can have made, is escaped. Raises InvalidInput for NaN,
    infinities and what is nested too deeply.
    """
    try:
        try:
            text = _PLAIN.encode(value)
        except _HoldsDecimal:
            text = _with_decimals(value)
    except RecursionError as error:
        raise InvalidInput("nested too deeply") from error
    except ValueError as error:
        raise InvalidInput(f"not a JSON value: {error}") from error
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", text)
    return text


def _encoder(other: Callable[[Any], Any]) -> JSONEncoder:
    """Writes compactly; ``other`` replaces what the standard library cannot write."""
    return JSONEncoder(
        ensure_ascii=False,
        check_circular=False,
        allow_nan=False,
        separators=(",", ":"),
        default=other,
    )


def _plainly(value: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever is not plain JSON
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Decimal):
        raise _HoldsDecimal
    raise TypeError(f"{type(value).__name__} is not a JSON value")


_PLAIN = _encoder(_plainly)


def _with_decimals(value: Any) -> str:  # noqa: ANN401 - as above
    """Write every Decimal as marked text, then take marks and quotes away.

    Many times faster than writing each value here. Should the text hold the mark itself, a longer
    one is taken.
    """
    mark = _NUMBER_MARK
    while True:
        numbers: list[Decimal] = []
        text = _encoder(_marking(mark, numbers)).encode(value)
        if text.count(mark) == len(numbers):
            return re.sub(f'"{mark}([^"]*)"', r"\1", text)
        mark += _NUMBER_MARK


def _marking(mark: str, numbers: list[Decimal]) -> Callable[[Any], Any]:
    def write(value: Any) -> Any:  # noqa: ANN401 - as above
        if not isinstance(value, Decimal):
            return _plainly(value)
        if not value.is_finite():
            raise ValueError(f"{value} is no number")
        numbers.append(value)
        return f"{mark}{value}"

    return write


def is_number(value: object) -> TypeGuard[int | Decimal]:
    """Whether a value is a number; a boolean is none."""
    return isinstance(value, NUMBERS) and not isinstance(value, bool)


def add(left: int | Decimal, right: int | Decimal) -> int | Decimal:
    """The exact sum: nothing is rounded, and whole numbers stay whole."""
    if isinstance(left, int) and isinstance(right, int):
        return left + right
    return _WIDE.add(left, right)


def type_name(value: object) -> str:
    """The JSON name of a value's type, for messages."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | Decimal():
            return "a number"
        case str():
            return "text"
        case list() | tuple():
            return "a list"
        case dict():
            return "an object"
        case _:
            return type(value).__name__
