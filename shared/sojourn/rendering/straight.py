"""Templates that only print: text, and values at paths without filters.

Most are like that, so they have a short way: pieces put together. It is taken only where it writes
what python-liquid's way would write; for anything unusual, a missing value first of all, that way
is taken from the start.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from sojourn.rendering.budget import OUTPUT_BYTES, Budget
from sojourn.rendering.library import ContentNode, FilteredExpression, Node, OutputNode, Path
from sojourn.rendering.strict import Printed

type Piece = str | tuple[str, ...]
"""Text as it stands, or the path of a value."""

_USUAL_CHARS = 255
"""A longer value costs more than one unit of work."""

_USUAL_SIZE = 10**18
_USUAL_PLACES = 38


def straight(nodes: Iterable[Node]) -> tuple[Piece, ...] | None:
    """The pieces of a template's tree; None when there is more to do than to put them together."""
    pieces: list[Piece] = []
    for node in nodes:
        piece = node.text if type(node) is ContentNode else _path(node)
        if piece is None:
            return None
        pieces.append(piece)
    return tuple(pieces)


def _path(node: Node) -> tuple[str, ...] | None:
    """The path that an output prints; None when it is not as simple as that."""
    if type(node) is not OutputNode or type(node.expression) is not Printed:
        return None
    inner = node.expression.inner
    if type(inner) is FilteredExpression and not inner.filters:
        inner = inner.left
    if type(inner) is not Path:
        return None
    names = tuple(segment for segment in inner.path if type(segment) is str)
    return names if len(names) == len(inner.path) else None


def put_together(
    pieces: Iterable[Piece], names: Mapping[str, object], budget: Budget
) -> str | None:
    """The pieces with their values; None when one of them is not quite usual."""
    written: list[str] = []
    work = 0
    for piece in pieces:
        if type(piece) is tuple:
            found = _value(names, piece)
            if found is None:
                return None
            work += 1
            written.append(found)
        else:
            written.append(piece)  # type: ignore[arg-type]  # a text, as it is no tuple
    text = "".join(written)
    if work > budget.left or not text.isascii() or len(text) > OUTPUT_BYTES:
        return None
    budget.spend(work)
    return text


def _value(names: Mapping[str, object], path: tuple[str, ...]) -> str | None:
    """A short text or a number of usual size, as it is printed; None for anything else."""
    found: object = names
    for name in path:
        if type(found) is not dict:
            return None
        found = found.get(name)
    if type(found) is str:
        return found if len(found) <= _USUAL_CHARS else None
    if type(found) is int:
        return str(found) if -_USUAL_SIZE < found < _USUAL_SIZE else None
    if type(found) is Decimal and found.is_finite():
        shown = f"{found:f}"
        return shown if len(shown) <= _USUAL_PLACES else None
    return None
