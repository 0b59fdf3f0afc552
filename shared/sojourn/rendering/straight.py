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

type Value = str | int | Decimal
type Names = tuple[str, ...]
"""The path of a value."""

type Piece = str | Names | Choice
"""Text as it stands, a value to print, or one of two rows of pieces."""

type Pieces = tuple[Piece, ...]

_LITERALS = (IntegerLiteral, FloatLiteral, StringLiteral)

_USUAL_CHARS = 255
"""A longer value costs more than one unit of work."""

_USUAL_SIZE = 10**18
_USUAL_PLACES = 38


@noun
class Choice:
    """``then`` when the value at a path compares so with a literal, else ``otherwise``."""

    path: Names
    holds: Callable[[object, object], bool]
    literal: Value
    then: tuple[Piece, ...]
    otherwise: tuple[Piece, ...]


def straight(nodes: Iterable[Node]) -> tuple[Piece, ...] | None:
    """The pieces of a template's tree; None when there is more to do than to put them together."""
    pieces: list[Piece] = []
    for node in nodes:
        piece: Piece | None
        if type(node) is ContentNode:
            piece = node.text
        elif type(node) is IfNode:
            piece = _choice(node)
        else:
            piece = _printed(node)
        if piece is None:
            return None
        pieces.append(piece)
    return tuple(pieces)


def roots_of(pieces: Iterable[Piece]) -> Iterator[str]:
    """The names with which the paths of values begin."""
    for piece in pieces:
        if isinstance(piece, Choice):
            yield piece.path[0]
            yield from roots_of((*piece.then, *piece.otherwise))
        elif not isinstance(piece, str):
            yield piece[0]


def _printed(node: Node) -> Names | None:
    """The path that an output prints; None when it is not as simple as that."""
    if type(node) is not OutputNode or type(node.expression) is not Printed:
        return None
    inner = node.expression.inner
    if type(inner) is FilteredExpression and not inner.filters:
        inner = inner.left
    return _path(inner)


def _path(expression: Expression) -> Names | None:
    if type(expression) is not Path:
        return None
    names = tuple(segment for segment in expression.path if type(segment) is str)
    return names if len(names) == len(expression.path) else None


def _choice(node: IfNode) -> Choice | None:
    """One comparison of a path with a literal; None for any other test, and for more of them.

    What would write nothing but white space, python-liquid does not write.
    """
    test = node.condition
    if node.alternatives or node.blank or type(test) is not BooleanExpression:
        return None
    compared = test.expression
    if type(compared) is not Compared or type(compared.right) not in _LITERALS:
        return None
    path, then = _path(compared.left), straight(node.consequence.nodes)
    otherwise = straight(node.default.nodes) if node.default is not None else ()
    if path is None or then is None or otherwise is None:
        return None
    literal: Value = compared.right.value  # type: ignore[attr-defined]  # a literal
    return Choice(path, compared.holds, literal, then, otherwise)


def put_together(
    pieces: Iterable[Piece], names: Mapping[str, object], budget: Budget
) -> str | None:
    """The pieces with their values; None when one of them is not quite usual."""
    before = left = budget.left
    texts: list[str] = []
    for piece in pieces:
        if type(piece) is str:
            texts.append(piece)
            continue
        left -= 1
        found: object = names
        for name in piece.path if type(piece) is Choice else piece:  # type: ignore[union-attr]
            kind = type(found)
            if kind is not dict and kind is not Named:
                return None  # a table is missing on the way
            found = found.get(name)  # type: ignore[attr-defined]  # a table
        usual = type(found) is str and len(found) <= _USUAL_CHARS
        text: str | None = found if usual else _usual(found)  # type: ignore[assignment]
        if text is not None and type(piece) is Choice:
            chosen = piece.then if piece.holds(found, piece.literal) else piece.otherwise
            budget.left = left
            text = put_together(chosen, names, budget)
            left, budget.left = budget.left, before
        if text is None:
            return None
        texts.append(text)
    text = "".join(texts)
    if left >= 0 and text.isascii() and len(text) <= OUTPUT_BYTES:
        budget.left = left
        return text
    return None


def _usual(found: object) -> str | None:
    """A number of usual size as it is printed; None for anything else."""
    if type(found) is int:
        return str(found) if -_USUAL_SIZE < found < _USUAL_SIZE else None
    if isinstance(found, Decimal) and found.is_finite():
        text = str(found)
        if "E" in text:
            text = f"{found:f}"
        return text if len(text) <= _USUAL_PLACES else None
    return None
