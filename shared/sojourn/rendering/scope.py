"""What a template sees while it renders: the names it was given, its own, and nothing else.

Strict: a name, property or item that is not there, or is null, is `Missing`. It counts as nil in a
test (`if`, `unless`, `case`, a comparison), passes through filters up to `default`, and fails the
message with its path wherever it would be printed or looped over.
"""

from collections.abc import Mapping, Sequence
from contextlib import _GeneratorContextManager
from decimal import Decimal
from typing import Never, override

from sojourn.core.nouns import noun
from sojourn.rendering.budget import Budget
from sojourn.rendering.failure import RenderFailed
from sojourn.rendering.library import (
    UNDEFINED,
    BoundTemplate,
    ForLoop,
    ReadOnlyChainMap,
    RenderContext,
    TableRow,
    Token,
)
from sojourn.rendering.paths import dotted


@noun
class Scene:
    """For whom and for what a part is rendered: what filters may ask beside their arguments.

    ``zone`` is an IANA name, ``locale`` a BCP 47 tag; ``markup`` is true where the part is HTML.
    """

    zone: str
    locale: str | None
    markup: bool


class Missing:
    """A value that is not there; ``path`` says where it was looked for.

    Whoever needs the value itself, as a number or text, fails with the path.
    """

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        """Remember the path."""
        self.path = path

    def __liquid__(self) -> None:
        """What python-liquid's tests see: nil."""

    def fail(self) -> Never:
        """Raise RenderFailed with the path."""
        raise RenderFailed(self.path)

    def __str__(self) -> str:
        """Fail: it would be printed."""
        raise RenderFailed(self.path)


class Scope(RenderContext):
    """One rendering's names, scene and budget.

    ``weight`` is the work of one round of the loop that is about to begin.
    """

    __slots__ = ("budget", "scene", "weight")

    def __init__(
        self,
        template: BoundTemplate,
        names: Mapping[str, object],
        scene: Scene,
        budget: Budget,
    ) -> None:
        """See ``names`` and what the template assigns itself; python-liquid would add a clock."""
        super().__init__(template, globals=names)
        self.scope = ReadOnlyChainMap(self.locals, self.globals, self.counters)
        self.scene = scene
        self.budget = budget
        self.weight = 1

    @override
    def get(
        self, path: list[object], *, token: Token | None, default: object = UNDEFINED
    ) -> object:
        """What stands at a path, or `Missing`; a segment may itself be missing."""
        for segment in path:
            if isinstance(segment, Missing):
                return segment
        found: object = self.scope
        for segment in path:
            found = _inside(found, segment)
            if isinstance(found, Missing):
                return found
            if found is None:
                return Missing(dotted(path))
        self.budget.spend_on(found)
        return found

    @override
    def assign(self, key: str, val: object) -> None:
        """Keep a value under a name, and pay for it."""
        self.budget.spend_on(val)
        super().assign(key, val)

    @override
    def loop(
        self, namespace: Mapping[str, object], forloop: ForLoop | TableRow
    ) -> _GeneratorContextManager[RenderContext]:
        """Pay for all rounds of a loop before the first."""
        self.budget.spend(forloop.length * self.weight)
        return super().loop(namespace, forloop)

    @override
    def parentloop(self) -> object:
        """The loop around this one, if there is one."""
        return next((loop for loop in reversed(self.loops) if isinstance(loop, ForLoop)), None)


def _inside(holder: object, key: object) -> object:
    """One step of a path; None when there is nothing.

    An object has its own keys alone: python-liquid would answer `profile.size` with the number of
    traits when there is no such trait. Lists have `size`, `first`, `last` and whole numbers.
    """
    match holder, key:
        case Mapping(), str():
            return holder.get(key)
        case Sequence(), "size":
            return len(holder)
        case str(), _:
            return None
        case Sequence(), "first":
            return holder[0] if holder else None
        case Sequence(), "last":
            return holder[-1] if holder else None
        case Sequence(), int() | Decimal() if not isinstance(key, bool) and key == int(key):
            return holder[int(key)] if -len(holder) <= key < len(holder) else None
        case _:
            return None
