"""Expressions: JMESPath over an entry, exact and bounded.

JMESPath knows floats alone and lets an expression of forty characters double its value at every
pipe. Here numbers stay as they are written, and what one expression may do is counted.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from math import ceil, floor
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions, signature
from jmespath.visitor import Options, TreeInterpreter

from sojourn.core.errors import InvalidInput
from sojourn.core.limits import EVENT_BYTES, NUMBER_DIGITS
from sojourn.core.values.exact import Json, add, dumps, is_number

EXPRESSION_CHARS = 1_000
"""The longest expression."""

MOST_WORK = 200_000
"""Steps one expression may take and values it may make; the largest event has about 30,000."""

REASON_CHARS = 200
"""The longest reason why an expression finds nothing; it goes with a dead letter."""

_GROWS = frozenset({"flatten", "function_expression", "multi_select_dict", "multi_select_list"})
_CHARS_A_UNIT = 16


class Expression:
    """A JMESPath, read once. Raises InvalidInput when it is none."""

    def __init__(self, text: str) -> None:
        """Read it."""
        if len(text) > EXPRESSION_CHARS:
            raise InvalidInput(f"longer than {EXPRESSION_CHARS} characters")
        try:
            tree: Any = jmespath.compile(text).parsed
        except (JMESPathError, RecursionError) as error:
            first, *_ = str(error).splitlines()
            raise InvalidInput(f"not a JMESPath: {first}") from error
        self._tree = _exact_tree(tree)
        unknown = sorted(_called(self._tree) - _FUNCTIONS.FUNCTION_TABLE.keys())
        if unknown:
            raise InvalidInput(f"not a JMESPath: there is no function {unknown[0]}()")

    def of(self, entry: Json) -> Json:
        """What it says of an entry; null where there is nothing. Raises InvalidInput."""
        try:
            found: Json = _Interpreter().visit(self._tree, entry)
        except (JMESPathError, RecursionError, TypeError, ArithmeticError) as error:
            first, *_ = str(error).splitlines() or [type(error).__name__]
            raise InvalidInput(_short(first)) from error
        return found


def _short(reason: str) -> str:
    """A reason without all of a large value that JMESPath quotes."""
    return reason if len(reason) <= REASON_CHARS else f"{reason[:REASON_CHARS]}..."


def _exact_tree(node: Any) -> Any:  # noqa: ANN401 - jmespath's own tree
    """The tree with the floats of its literals as they were written."""
    if node.get("type") == "literal":
        return {**node, "value": _exact(node["value"])}
    children = [_exact_tree(item) if isinstance(item, dict) else item for item in node["children"]]
    return {**node, "children": children}


def _exact(value: Any) -> Any:  # noqa: ANN401 - any JSON
    match value:
        case float():
            return Decimal(repr(value))
        case list():
            return [_exact(item) for item in value]
        case dict():
            return {key: _exact(item) for key, item in value.items()}
        case _:
            return value


def _called(node: Mapping[str, Any]) -> set[str]:
    names: set[str] = {node["value"]} if node["type"] == "function_expression" else set()
    for child in node["children"]:
        if isinstance(child, dict):
            names |= _called(child)
    return names


class _Functions(Functions):
    """JMESPath's functions on exact numbers."""

    def _get_allowed_pytypes(self, types: Any) -> Any:  # noqa: ANN401 - as inherited
        plain, members = super()._get_allowed_pytypes(types)  # type: ignore[misc] # not in the stubs
        return _with_decimals(plain), [_with_decimals(names) for names in members]

    def _convert_to_jmespath_type(self, pyobject: str) -> str:
        name: str = super()._convert_to_jmespath_type(pyobject)  # type: ignore[misc] # likewise
        return "number" if pyobject == "Decimal" else name

    @signature({"types": []})
    def _func_type(self, arg: Json) -> str:
        return self._convert_to_jmespath_type(type(arg).__name__)

    @signature({"types": []})
    def _func_to_string(self, arg: Json) -> str:
        return arg if isinstance(arg, str) else dumps(arg)

    @signature({"types": []})
    def _func_to_number(self, arg: Json) -> Json:
        if isinstance(arg, str):
            try:
                number = Decimal(arg)
            except InvalidOperation:
                return None
            whole = number.is_finite() and number.as_tuple().exponent == 0
            return int(number) if whole else number if number.is_finite() else None
        return arg if is_number(arg) else None

    @signature({"types": ["number"]})
    def _func_abs(self, arg: int | Decimal) -> Json:
        return arg.copy_abs() if isinstance(arg, Decimal) else abs(arg)

    @signature({"types": ["number"]})
    def _func_ceil(self, arg: int | Decimal) -> Json:
        return ceil(_writable(arg))

    @signature({"types": ["number"]})
    def _func_floor(self, arg: int | Decimal) -> Json:
        return floor(_writable(arg))

    @signature({"types": ["array-number"]})
    def _func_sum(self, arg: list[int | Decimal]) -> Json:
        total: int | Decimal = 0
        for number in arg:
            total = add(total, number)
        return total

    @signature({"types": ["array-number"]})
    def _func_avg(self, arg: list[int | Decimal]) -> Json:
        return Decimal(sum(arg)) / len(arg) if arg else None

    @signature({"types": ["string"]}, {"types": ["array-string"]})
    def _func_join(self, separator: str, array: list[str]) -> str:
        if len(separator) * len(array) + sum(map(len, array)) > EVENT_BYTES:
            raise InvalidInput(f"join() makes a text longer than {EVENT_BYTES} characters")
        return separator.join(array)


def _writable(number: int | Decimal) -> int | Decimal:
    """A number that can be written out; `1e999999999` would take all the memory there is."""
    if isinstance(number, Decimal) and number.adjusted() >= NUMBER_DIGITS:
        raise InvalidInput(f"a number of more than {NUMBER_DIGITS} digits")
    return number


def _with_decimals(names: Any) -> tuple[str, ...]:  # noqa: ANN401 - a list or a tuple of names
    return (*names, "Decimal") if "int" in names else tuple(names)


_FUNCTIONS = _Functions()


class _Interpreter(TreeInterpreter):
    """Walks an expression, and counts."""

    def __init__(self) -> None:
        super().__init__(Options(custom_functions=_FUNCTIONS))
        self._left = MOST_WORK

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as inherited
        self._pay(1)
        found = super().visit(node, *args, **kwargs)
        if node["type"] in _GROWS:
            self._weigh(found)
        return found

    def _weigh(self, value: Json) -> None:
        match value:
            case str():
                self._pay(1 + len(value) // _CHARS_A_UNIT)
            case list():
                self._pay(1)
                for item in value:
                    self._weigh(item)
            case dict():
                self._pay(1)
                for item in value.values():
                    self._weigh(item)
            case _:
                self._pay(1)

    def _pay(self, units: int) -> None:
        self._left -= units
        if self._left < 0:
            raise InvalidInput("this expression does too much; make it simpler")
