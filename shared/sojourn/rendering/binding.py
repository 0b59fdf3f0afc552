"""One walk over a parsed template that makes it strict, exact and bounded, and looks it through.

python-liquid parses; the walk then puts the house's own parts (`strict`) into the tree, weighs each
loop's round, and notes what the template reads and what is wrong with it.
"""

import operator
from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import takewhile

from sojourn.rendering.dates import CLOCK_WORDS, problem_in_format
from sojourn.rendering.filters import FILTERS
from sojourn.rendering.flaws import Flaw
from sojourn.rendering.library import (
    AnyExpression,
    Blank,
    BooleanExpression,
    BreakNode,
    ContainsExpression,
    ContentNode,
    ContinueNode,
    CycleNode,
    Empty,
    EqExpression,
    Expression,
    Filter,
    FilteredExpression,
    FloatLiteral,
    GeExpression,
    GtExpression,
    KeywordArgument,
    LeExpression,
    LogicalAndExpression,
    LogicalOrExpression,
    LoopExpression,
    LtExpression,
    NeExpression,
    Node,
    OutputNode,
    Path,
    RangeLiteral,
    RenderContext,
    StringLiteral,
    Token,
)
from sojourn.rendering.money import CURRENCIES, problem_in_currency
from sojourn.rendering.paths import dotted
from sojourn.rendering.strict import (
    BlankOrMissing,
    BoundFilter,
    Compared,
    Counted,
    EmptyOrMissing,
    Iterated,
    Printed,
    RangeEnd,
    Sliced,
    WeighedFor,
    WeighedTablerow,
)
from sojourn.rendering.values import compared, contains

EXPRESSION_DEPTH = 100
"""The deepest nesting of an expression, and the most terms that `and` and `or` put together."""

_LABEL_CHARS = 60
_CHARS_PER_UNIT = 256
_COMPARISONS: dict[type[Expression], Callable[[object, object], bool]] = {
    LtExpression: compared(operator.lt),
    LeExpression: compared(operator.le),
    GtExpression: compared(operator.gt),
    GeExpression: compared(operator.ge),
}
_LOOP_NAMES = frozenset({"forloop", "tablerowloop"})


class TooDeep(Exception):  # noqa: N818 - a signal inside this package, never seen outside
    """An expression is nested too deeply to be walked."""

    def __init__(self, at: int) -> None:
        """Remember the place."""
        super().__init__(at)
        self.flaw = Flaw(at, f"an expression is nested over {EXPRESSION_DEPTH} deep")


class Binder:
    """The walk, and what it found: ``flaws`` and paths ``read``.

    Names the template makes itself are left out.
    """

    def __init__(self, static: RenderContext) -> None:
        """``static`` is what python-liquid asks for when it lists a node's children."""
        self.flaws: list[Flaw] = []
        self.read: set[str] = set()
        self._static = static
        self._own: set[str] = set()
        self._depth = 0

    def nodes(self, nodes: Iterable[Node], block: frozenset[str] = frozenset()) -> int:
        """Bind nodes that see the names of ``block``; answers the work of visiting them once."""
        return sum(self._node(node, block) for node in nodes)

    def _node(self, node: Node, block: frozenset[str]) -> int:
        if isinstance(node, ContentNode):
            return _weight(node.text)
        if isinstance(node, BreakNode | ContinueNode) and not block & _LOOP_NAMES:
            self._flaw(node.token, f"`{node.token.value}` stands outside a loop")
        work = 1 + sum(self._expression(part, block) for part in node.expressions())
        self._print(node)
        self._own.update(node.template_scope())
        inside = block | frozenset(node.block_scope())
        children = self.nodes(node.children(self._static, include_partials=False), inside)
        if isinstance(node, WeighedFor | WeighedTablerow):
            node.weight = 1 + children
            node.expression = Sliced(node.expression)
        return work + children

    def _print(self, node: Node) -> None:
        if isinstance(node, OutputNode):
            if isinstance(node.expression, FilteredExpression):
                node.expression = Printed(node.expression, _label_of_all(node.expression))
            else:
                self._flaw(node.token, "`echo` has nothing to print")
        elif isinstance(node, CycleNode):
            node.args = [Printed(argument, _label(argument)) for argument in node.args]

    def _expression(self, part: Expression, block: frozenset[str]) -> int:
        match part:
            case FilteredExpression():
                return self._filtered(part, block)
            case Path():
                self._path(part, block)
            case FloatLiteral():
                part.value = Decimal(part.token.value)  # type: ignore[assignment]  # exact, not float
            case StringLiteral():
                return _weight(part.value)
            case _:
                pass
        self._depth += 1
        if self._depth > EXPRESSION_DEPTH:
            raise TooDeep(part.token.start_index)
        work = 1 + sum(self._expression(inner, block) for inner in part.children())
        self._depth -= 1
        _replace_parts(part)
        return work

    def _path(self, path: Path, block: frozenset[str]) -> None:
        written = list(takewhile(lambda segment: not isinstance(segment, Path), path.path))
        if written and written[0] not in block | self._own:
            self.read.add(dotted(written))

    def _filtered(self, part: FilteredExpression, block: frozenset[str]) -> int:
        work = 1 + self._expression(part.left, block)
        label = _label(part.left)
        bound: list[Filter] = []
        for at, one in enumerate(part.filters or []):
            work += sum(self._expression(argument.value, block) for argument in one.args)
            if self._fits(one):
                bound.append(BoundFilter(one, label, FILTERS[one.name]))
            if at == 0 and isinstance(part.left, StringLiteral):
                self._constant(one, part.left.value)
            label = f"{label} | {one.name}"
        part.filters = bound
        return work + len(bound)

    def _fits(self, one: Filter) -> bool:
        rule = FILTERS.get(one.name)
        if rule is None:
            self.flaws.append(
                Flaw(
                    one.token.start_index,
                    f"there is no filter `{one.name}`",
                    one.name,
                    frozenset(FILTERS),
                )
            )
            return False
        options = frozenset(arg.name for arg in one.args if isinstance(arg, KeywordArgument))
        if problem := rule.problem_with(len(one.args) - len(options), options):
            self._flaw(one.token, f"`{one.name}` {problem}")
            return False
        for argument in one.args:
            if isinstance(argument.value, StringLiteral):
                self._constant_argument(one, argument.value.value)
        return True

    def _constant(self, one: Filter, value: str) -> None:
        if one.name == "date" and value in CLOCK_WORDS:
            self._flaw(
                one.token, f"there is no `{value}` here: a message is decided without a clock"
            )

    def _constant_argument(self, one: Filter, value: str) -> None:
        if one.name == "date" and (problem := problem_in_format(value)):
            self._flaw(one.token, problem)
        if one.name == "money" and (problem := problem_in_currency(value)):
            self.flaws.append(Flaw(one.token.start_index, problem, value.upper(), CURRENCIES))

    def _flaw(self, token: Token, message: str) -> None:
        self.flaws.append(Flaw(token.start_index, message))


def _weight(text: str) -> int:
    return 1 + len(text) // _CHARS_PER_UNIT


def _replace_parts(part: Expression) -> None:
    """Put the house's own expressions where python-liquid's differ."""
    match part:
        case BooleanExpression():
            part.expression = _replaced(part.expression)
        case EqExpression() | NeExpression() | LogicalAndExpression() | LogicalOrExpression():
            part.left, part.right = _replaced(part.left), _replaced(part.right)
        case AnyExpression():
            part.expressions = [_replaced(wanted) for wanted in part.expressions]
        case RangeLiteral():
            part.stop = RangeEnd(part.start, part.stop)
        case LoopExpression():
            part.iterable = Iterated(part.iterable, _label(part.iterable))
            part.limit, part.cols = _counted(part.limit), _counted(part.cols)
            if not (isinstance(part.offset, StringLiteral) and part.offset.value == "continue"):
                part.offset = _counted(part.offset)
        case _:
            pass


def _replaced(part: Expression) -> Expression:
    match part:
        case Blank():
            return BlankOrMissing(part.token)
        case Empty():
            return EmptyOrMissing(part.token)
        case LtExpression() | LeExpression() | GtExpression() | GeExpression():
            return Compared(part.left, part.right, _COMPARISONS[type(part)])
        case ContainsExpression():
            return Compared(part.left, part.right, contains)
        case _:
            return part


def _counted(part: Expression | None) -> Expression | None:
    return None if part is None else Counted(part, str(part))


def _label(part: Expression) -> str:
    if isinstance(part, Path) and not any(isinstance(segment, Path) for segment in part.path):
        return dotted(part.path)
    return str(part)[:_LABEL_CHARS] or part.token.value  # `nil` has no text of its own


def _label_of_all(part: FilteredExpression) -> str:
    return " | ".join([_label(part.left), *(one.name for one in part.filters or [])])
