"""JSON in and out without loss: numbers stay as written, what is not JSON is refused.

Whole numbers are `int`, all others `Decimal`; `NaN`, infinities and lone surrogates are refused.
"""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any, NoReturn

from sojourn.core.errors import InvalidInput

type Json = bool | int | Decimal | str | list[Json] | dict[str, Json] | None
type JsonObject = dict[str, Json]


class _NeedsDecimal(Exception):  # noqa: N818 - a signal inside this module, never seen outside
    pass


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidInput(f"{name} is not a JSON value")


def loads(text: str | bytes) -> Json:
    """Read JSON text; raises InvalidInput with the place of the first mistake."""
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        value: Json = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise InvalidInput(f"not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise InvalidInput("nested too deeply") from error
    except ValueError as error:
        raise InvalidInput(f"not JSON: {error}") from error
    return value


def loads_object(text: str | bytes) -> JsonObject:
    """Read JSON text that must be an object; raises InvalidInput."""
    value = loads(text)
    if not isinstance(value, dict):
        raise InvalidInput(f"a JSON object is wanted, not {type_name(value)}")
    return value


def _signal(_value: object) -> NoReturn:
    raise _NeedsDecimal


def dumps(value: Any) -> str:  # noqa: ANN401 - any JSON value; the recursion checks it
    """Write JSON text, compact, in the order given, numbers as they were read."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_signal)
    except _NeedsDecimal:
        return _write(value)


def _write(value: Any) -> str:  # noqa: ANN401 - as above
    match value:
        case str():
            return encode_basestring(value)
        case Decimal():
            return str(value)
        case Mapping():
            pairs = (f"{encode_basestring(str(key))}:{_write(item)}" for key, item in value.items())
            return "{" + ",".join(pairs) + "}"
        case Sequence():
            return "[" + ",".join(_write(item) for item in value) + "]"
        case _:
            return json.dumps(value)


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
