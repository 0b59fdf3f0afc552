"""Every point of a run in turn: at the k-th call that any function makes, one thing happens.

Nothing else goes wrong, so each run shows what that one thing at that one point leads to.
"""

from collections.abc import Callable, Sequence

from sojourn.core.values.instants import HOUR
from tests.chaos.faults import CALL, REPORTED, SENDING, Fates
from tests.chaos.shop import shared_plans
from tests.chaos.story import BEGIN, Happening
from tests.chaos.world import World

type Meanwhile = Callable[[World], None]
"""Something that happens outside while a function waits for an answer."""

LASTS = 40 * HOUR


class AtPoint:
    """Stands for Faults: at point ``point`` of all calls ``what`` happens.

    ``lost`` is how many of the first hand-overs are taken by a provider whose caller then dies.
    """

    calm = True

    def __init__(self, point: int, what: str | Meanwhile, *, told: bool, lost: int) -> None:
        self.struck: dict[str, None] = {}
        self.points = 0
        self.world: World
        self._point = point
        self._what = what
        self._told = told
        self._lost = lost

    def out(self, _service: str, _now: int) -> bool:
        """No service is ever out."""
        return False

    def fate(self, name: str, fates: Fates) -> str | None:
        """What befalls something of that name; None: nothing."""
        if fates is REPORTED:
            return None if self._told else "is lost"
        if fates is SENDING and self._lost:
            self._lost -= 1
            return "dies after"
        if fates not in (CALL, SENDING):
            return None
        self.points += 1
        if self.points != self._point:
            return None
        self.struck[name] = None
        if isinstance(self._what, str):
            return self._what if self._what in dict(fates) else None
        self._what(self.world)
        return None


def run(
    happenings: Sequence[Happening],
    point: int = 0,
    what: str | Meanwhile = "dies before",
    *,
    told: bool = True,
    lost: int = 0,
) -> tuple[World, AtPoint]:
    """Let a story happen, with one thing more at one point; point 0 is none."""
    world = World(0, happenings, calm=True)
    faults = AtPoint(point, what, told=told, lost=lost)
    faults.world = world
    world.faults = faults  # type: ignore[assignment]  # it stands for Faults
    with shared_plans():
        world.run(BEGIN + LASTS)
        world.redrive()
        world.run(BEGIN + LASTS + HOUR)
    return world, faults
