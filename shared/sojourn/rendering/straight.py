"""Templates that only print: text, values at paths without filters, and `if` with one comparison.

Most are like that, so they have a short way: pieces put together. It is taken only where it writes
what python-liquid's way would write; for anything unusual, a missing value first of all, that way
is taken from the start.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal

from sojourn.core.nouns import noun
from sojourn.rendering.budget import OUTPUT_BYTES, Budget
from sojourn.rendering.library import (
    BooleanExpression,
    ContentNode,
    Expression,
    FilteredExpression,
    FloatLiteral,
    IfNode,
    IntegerLiteral,
    Node,
    OutputNode,
    Path,
    StringLiteral,
)
from sojourn.rendering.strict import Compared, Printed
from sojourn.rendering.values import Named

type Literal = str | int | Decimal
type Names = tuple[str, ...]
"""The path of a value."""

_LITERALS = (IntegerLiteral, FloatLiteral, StringLiteral)

_USUAL_CHARS = 255
"""A longer value costs more than one unit of work."""

_USUAL_SIZE = 10**18
_USUAL_PLACES = 38


type Value = tuple[str, Names, Choice | None]
"""What a name leads to, and each of others in it: to be printed, or to choose by. It takes one unit
of work.
"""


@noun
class Pieces:
    """Texts in order, and the values that stand in the places of some of them."""

    texts: tuple[str, ...]
    values: tuple[tuple[int, Value], ...]


@noun
class Choice:
    """``then`` when a value compares so with a literal, else ``otherwise``."""

    holds: Callable[[object, object], bool]
    literal: Literal
    then: Pieces
    otherwise: Pieces


_NOTHING = Pieces((), ())


def straight(nodes: Iterable[Node]) -> Pieces | None:
    """The pieces of a template's tree; None when there is more to do than to put them together."""
    texts: list[str] = []
    values: list[tuple[int, Value]] = []
    for place, node in enumerate(nodes):
        if type(node) is ContentNode:
            texts.append(node.text)
            continue
        value = _choice(node) if type(node) is IfNode else _printed(node)
        if value is None:
            return None
        texts.append("")
        values.append((place, value))
    return Pieces(tuple(texts), tuple(values))


def roots_of(pieces: Pieces) -> Iterator[str]:
    """The names with which the paths of values begin."""
    for _, (name, _, choice) in pieces.values:
        yield name
        if choice is not None:
            yield from roots_of(choice.then)
            yield from roots_of(choice.otherwise)


def _printed(node: Node) -> Value | None:
    """The value that an output prints; None when it is not as simple as that."""
    if type(node) is not OutputNode or type(node.expression) is not Printed:
        return None
    inner = node.expression.inner
    if type(inner) is FilteredExpression and not inner.filters:
        inner = inner.left
    return _value(inner)


def _value(expression: Expression, choice: Choice | None = None) -> Value | None:
    """The value at a path that is made of names alone."""
    if type(expression) is not Path:
        return None
    names = tuple(segment for segment in expression.path if type(segment) is str)
    return (names[0], names[1:], choice) if len(names) == len(expression.path) else None


def _choice(node: IfNode) -> Value | None:
    """One comparison of a path with a literal; None for any other test, and for more of them.

    What would write nothing but white space, python-liquid does not write.
    """
    test = node.condition
    if node.alternatives or node.blank or type(test) is not BooleanExpression:
        return None
    compared = test.expression
    if type(compared) is not Compared or type(compared.right) not in _LITERALS:
        return None
    then = straight(node.consequence.nodes)
    otherwise = straight(node.default.nodes) if node.default is not None else _NOTHING
    if then is None or otherwise is None:
        return None
    literal: Literal = compared.right.value  # type: ignore[attr-defined]  # a literal
    return _value(compared.left, Choice(compared.holds, literal, then, otherwise))


def put_together(pieces: Pieces, names: Mapping[str, object], budget: Budget) -> str | None:
    """The pieces with their values; None when one of them is not quite usual."""
    before = budget.left
    left = before - len(pieces.values)
    texts = list(pieces.texts)
    for place, (root, others, choice) in pieces.values:
        found = names.get(root)
        for name in others:
            kind = type(found)
            if kind is not dict and kind is not Named:
                return None  # a table is missing on the way
            found = found.get(name)  # type: ignore[attr-defined]  # a table
        usual = type(found) is str and len(found) <= _USUAL_CHARS
        text: str | None = found if usual else _usual(found)  # type: ignore[assignment]
        if text is not None and choice is not None:
            chosen = choice.then if choice.holds(found, choice.literal) else choice.otherwise
            budget.left = left
            text = put_together(chosen, names, budget)
            left, budget.left = budget.left, before
        if text is None:
            return None
        texts[place] = text
    written = "".join(texts)
    if left >= 0 and written.isascii() and len(written) <= OUTPUT_BYTES:
        budget.left = left
        return written
    return None


def _usual(found: object) -> str | None:
    """A number of usual size as it is printed; None for anything else."""
    kind = type(found)
    if kind is int:
        return str(found) if -_USUAL_SIZE < found < _USUAL_SIZE else None  # type: ignore[operator]
    if kind is Decimal and found.is_finite():  # type: ignore[attr-defined]  # a number
        text = str(found)
        if "E" in text:
            text = f"{found:f}"
        return text if len(text) <= _USUAL_PLACES else None
    return None
