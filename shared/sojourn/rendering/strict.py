"""The parts of a template's tree that differ from python-liquid's: strict, exact and bounded.

`binding` puts them in their places after parsing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TextIO, cast, override

from sojourn.rendering.budget import LIST_ITEMS, check_items
from sojourn.rendering.failure import RenderFailed, Unfit
from sojourn.rendering.filters import FilterRule
from sojourn.rendering.library import (
    Blank,
    Empty,
    Expression,
    Filter,
    ForNode,
    ForTag,
    IfTag,
    LoopExpression,
    Mode,
    RenderContext,
    TablerowNode,
    TablerowTag,
    UnlessTag,
)
from sojourn.rendering.scope import Missing, Scope
from sojourn.rendering.values import whole, written


class BoundFilter(Filter):
    """One filter in its place; ``reads`` names the value it is applied to."""

    __slots__ = ("reads", "rule")

    def __init__(self, parsed: Filter, reads: str, rule: FilterRule) -> None:
        """Bind a parsed filter to its rule."""
        super().__init__(parsed.token, parsed.name, parsed.args)
        self.reads = reads
        self.rule = rule

    @override
    def evaluate(self, left: object, context: RenderContext) -> object:
        """Apply the filter; a missing value or argument is the answer itself, up to `default`."""
        scope = _scope(context)
        arguments, options = self.evaluate_args(scope)
        if self.name != "default":
            for value in (left, *arguments):
                if isinstance(value, Missing):
                    return value
            if left is None:
                return Missing(self.reads)
        scope.budget.spend_on(left)
        before = (scope.scene, left) if self.rule.scene else (left,)
        try:
            result = self.rule.apply(*before, *arguments, **options)
        except Unfit as error:
            raise RenderFailed(f"{self.reads} | {self.name}: {error}") from error
        scope.budget.spend_on(result)
        return Missing(f"{self.reads} | {self.name}") if result is None else result


class Around(Expression):
    """An expression that does something with what another one gives; ``reads`` names that one."""

    __slots__ = ("inner", "reads")

    def __init__(self, inner: Expression, reads: str) -> None:
        """Stand around ``inner``."""
        super().__init__(inner.token)
        self.inner = inner
        self.reads = reads

    @override
    def children(self) -> list[Expression]:
        """The expression within."""
        return [self.inner]


class Printed(Around):
    """An expression whose value is printed."""

    __slots__ = ()

    @override
    def evaluate(self, context: RenderContext) -> str:
        """The value as text, or as the HTML it is; raises RenderFailed when it is missing."""
        value = self.inner.evaluate(context)
        if isinstance(value, Missing):
            value.fail()
        if value is None:
            raise RenderFailed(self.reads)
        try:
            return written(value)
        except Unfit as error:
            raise RenderFailed(f"{self.reads}: {error}") from error


class Iterated(Around):
    """An expression that is looped over."""

    __slots__ = ()

    @override
    def __str__(self) -> str:
        """As it is written: `forloop.name` and `offset: continue` go by it."""
        return self.reads

    @override
    def evaluate(self, context: RenderContext) -> Sequence[object] | Mapping[str, object]:
        """A list, a range, or an object's pairs; raises RenderFailed for anything else."""
        value = self.inner.evaluate(context)
        if isinstance(value, Missing):
            value.fail()
        if not isinstance(value, list | tuple | range | Mapping):
            raise RenderFailed(f"{self.reads}: only lists can be looped over")
        return value


class Sliced(LoopExpression):
    """A loop's list and how much of it: of none, with `limit: 0`; python-liquid would take all."""

    __slots__ = ()

    def __init__(self, parsed: LoopExpression) -> None:
        """Loop over what was parsed."""
        super().__init__(
            parsed.token,
            parsed.identifier,
            parsed.iterable,
            limit=parsed.limit,
            offset=parsed.offset,
            reversed_=parsed.reversed,
            cols=parsed.cols,
        )

    @override
    def _slice(
        self,
        it: Iterator[object],
        length: int,
        context: RenderContext,
        *,
        limit: int | None,
        offset: int | str | None,
    ) -> tuple[Iterator[object], int]:
        """The items and how many; what begins at the first and ends before it has none."""
        is_begun = bool(offset)
        if offset == "continue":
            is_begun = context.stopindex(f"{self.identifier}-{self.iterable}") > 0
        there = 0 if limit == 0 and not is_begun else length
        return super()._slice(it, there, context, limit=limit, offset=offset)


class Counted(Around):
    """A loop's `limit`, `offset` or `cols`."""

    __slots__ = ()

    @override
    def evaluate(self, context: RenderContext) -> int:
        """A whole number from 0, at most as long as a list may be; else raises RenderFailed."""
        count = _whole(self.inner.evaluate(context), self.reads)
        if count < 0:
            raise RenderFailed(f"{self.reads}: a loop counts from 0")
        return min(count, LIST_ITEMS)


class RangeEnd(Expression):
    """The end of a range, seen together with its start, so that no range is longer than a list."""

    __slots__ = ("start", "stop")

    def __init__(self, start: Expression, stop: Expression) -> None:
        """Bound the range from ``start`` to ``stop``, both included."""
        super().__init__(stop.token)
        self.start = start
        self.stop = stop

    @override
    def evaluate(self, context: RenderContext) -> int:
        """The end as a whole number; raises RenderFailed for a range too long or without ends."""
        written = f"({self.start}..{self.stop})"
        first = _whole(self.start.evaluate(context), written)
        last = _whole(self.stop.evaluate(context), written)
        length = max(last - first + 1, 0)
        check_items(length)
        _scope(context).budget.spend(length)
        return last

    @override
    def __str__(self) -> str:
        """As it is written."""
        return str(self.stop)

    @override
    def children(self) -> list[Expression]:
        """Both ends."""
        return [self.start, self.stop]


class Compared(Expression):
    """A test of two values that goes by the journey language: other types never raise.

    ``holds`` is a test of `values.compared`, which is false for a missing value.
    """

    __slots__ = ("holds", "left", "right")

    def __init__(
        self, left: Expression, right: Expression, holds: Callable[[object, object], bool]
    ) -> None:
        """Compare what two expressions give."""
        super().__init__(left.token)
        self.left = left
        self.right = right
        self.holds = holds

    @override
    def evaluate(self, context: RenderContext) -> bool:
        """Whether it holds."""
        left, right = self.left.evaluate(context), self.right.evaluate(context)
        return self.holds(left, right)

    @override
    def children(self) -> list[Expression]:
        """Both sides."""
        return [self.left, self.right]


class BlankOrMissing(Blank):
    """`blank`, which a missing value equals."""

    __slots__ = ()

    @override
    def __eq__(self, other: object) -> bool:
        return other is None or super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]  # as its parent


class EmptyOrMissing(Empty):
    """`empty`, which a missing value equals."""

    __slots__ = ()

    @override
    def __eq__(self, other: object) -> bool:
        return other is None or super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]  # as its parent


class WeighedFor(ForNode):
    """A `for` that knows the work of one round."""

    __slots__ = ("weight",)
    weight: int

    @override
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Loop, once the scope has paid for all rounds."""
        _scope(context).weight = self.weight
        return super().render_to_output(context, buffer)


class WeighedTablerow(TablerowNode):
    """A `tablerow` that knows the work of one round."""

    __slots__ = ("weight",)
    weight: int

    @override
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Loop, once the scope has paid for all rounds."""
        _scope(context).weight = self.weight
        return super().render_to_output(context, buffer)


class WeighedForTag(ForTag):
    """`for`, making `WeighedFor`."""

    node_class = WeighedFor


class WeighedTablerowTag(TablerowTag):
    """`tablerow`, making `WeighedTablerow`."""

    node_class = WeighedTablerow


class StrictIfTag(IfTag):
    """`if` that refuses what it would else pass over: a second `else`, an `else` with a test."""

    mode = Mode.STRICT


class StrictUnlessTag(UnlessTag):
    """`unless` that refuses the same."""

    mode = Mode.STRICT


def _whole(value: object, written: str) -> int:
    if isinstance(value, Missing):
        value.fail()
    try:
        return whole(value)
    except Unfit as error:
        raise RenderFailed(f"{written}: {error}") from error


def _scope(context: RenderContext) -> Scope:
    """The engine renders with scopes alone; python-liquid's signatures cannot say so."""
    return cast("Scope", context)
