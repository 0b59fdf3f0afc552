"""Whoever dies, waits or is overtaken at whatever call: one send at most, nobody stuck."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from sojourn.core.values.instants import MINUTE, SECOND
from sojourn.runtime.decisions.deciding import body_of
from sojourn.runtime.ports import StoredPlan
from tests.chaos.mutants import RACES, Mutate
from tests.chaos.points import Meanwhile, run
from tests.chaos.promises import PROMISES, broken_promises
from tests.chaos.providers import feedback
from tests.chaos.shop import documents
from tests.chaos.story import Happening, Published, event, published_at
from tests.chaos.world import World

AT = published_at(4) - 80 * MINUTE
"""Some time before a pause would end, in the middle of the day."""

STORIES: dict[str, list[Happening]] = {
    "marketing": [event("cart.abandoned", "c0", AT, "c0-0-left", cart="c0-0")],
    "transactional and notice": [
        event("order.placed", "c0", AT, "c0-0-bought", cart="c0-0", order="c0-0")
    ],
}
TWO_CARTS: list[Happening] = [
    event("cart.abandoned", "c0", AT, "c0-0-left", cart="c0-0"),
    event("cart.abandoned", "c0", AT + SECOND, "c0-1-left", cart="c0-1"),
]
KINDS = (
    *("dies before", "dies after", "is throttled", "loses the answer"),
    *("never arrives", "is refused", "is slow"),
)


def points(story: list[Happening], what: str | Meanwhile, **more: bool | int) -> Iterator[World]:
    """The story once for each point at which something can happen to it."""
    _, undisturbed = run(story, **more)  # type: ignore[arg-type]  # told, lost
    for point in range(1, undisturbed.points + 1):
        yield run(story, point, what, **more)[0]  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("told", [True, False], ids=["told", "untold"])
def test_whatever_happens_at_any_call(story: str, kind: str, *, told: bool) -> None:
    count = 0
    for world in points(STORIES[story], kind, told=told):
        count += 1
        assert broken_promises(world) == {}, f"{kind} at {list(world.faults.struck)}"
        went = Counter(item.message.id for item in world.taken)
        in_doubt = 2 if story != "marketing" and not told else 1
        assert max(went.values(), default=0) <= in_doubt, list(world.faults.struck)
        assert world.mailboxes.read("c0").customer is not None
        assert world.letters.letters == []
    assert count > 10


# ---- What comes while somebody waits for an answer -----------------------------------------------


def another_dispatch(world: World) -> None:
    """The dispatch queue delivers the same work to another environment."""
    world.post(world.dispatch, world.now, body_of("c0"))
    _go_on(world)


def the_purchase(world: World) -> None:
    """She buys what is in her cart."""
    _comes(world, "order.placed", "c0-0-bought", cart="c0-0", order="c0-0")


def the_cancellation(world: World) -> None:
    """She cancels her order."""
    _comes(world, "order.cancelled", "c0-0-cancelled", order="c0-0")


def the_complaint(world: World) -> None:
    """She complains about a mail."""
    _comes(world, "message.complained", "c0-complained", channel="email")


def the_pause(world: World) -> None:
    """Carts are paused for a while; meanwhile somebody looks at her messages once more."""
    world.plans.publish(StoredPlan(3, documents(3), {}, {}), 1)
    world.live_from[3] = world.now
    world.happenings.append(Published(published_at(4), "revision 4", 4))
    world.post(world.dispatch, world.now + 45 * MINUTE, body_of("c0"))


def the_delivery(world: World) -> None:
    """The provider tells that it delivered whatever it has taken."""
    for number, item in enumerate(world.taken, start=1):
        if item.message.channel == "email":
            told = feedback("Delivery", "c0", item.message, number, world.now)
            world.post(world.way_in, world.now, told)
    _go_on(world)


def _comes(world: World, name: str, id_: str, **properties: str) -> None:
    """An event of just now is taken in; nobody has evaluated it yet."""
    came = event(name, "c0", world.now, id_, own_at=world.now + 1, **properties)
    world.post(world.way_in, world.now, came.body)
    world.step()


def _go_on(world: World) -> None:
    for _ in range(4):
        world.step()


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("lost", [0, 1])
@pytest.mark.parametrize(
    "meanwhile",
    [
        *(another_dispatch, the_purchase, the_cancellation),
        *(the_complaint, the_pause, the_delivery),
    ],
)
def test_whatever_comes_at_any_call(story: str, meanwhile: Meanwhile, lost: int) -> None:
    for world in points(STORIES[story], meanwhile, told=False, lost=lost):
        assert broken_promises(world) == {}, list(world.faults.struck)


def test_two_carts_paused_at_any_call() -> None:
    for world in points(TWO_CARTS, the_pause):
        assert broken_promises(world) == {}, list(world.faults.struck)


# ---- And it is seen when a guard is missing ------------------------------------------------------

RUNS: dict[str, Callable[[], Iterator[World]]] = {
    "an exit is immediate": lambda: points(STORIES["marketing"], the_purchase),
    "a message goes once": lambda: points(
        STORIES["transactional and notice"], the_delivery, told=False, lost=2
    ),
    "what is stopped sends nothing": lambda: points(TWO_CARTS, the_pause),
}


@pytest.mark.parametrize("mutate", RACES, ids=[mutate.__name__ for mutate in RACES])
def test_a_missing_guard_is_found(mutate: Mutate, monkeypatch: pytest.MonkeyPatch) -> None:
    promise = RACES[mutate]
    assert not any(complaint for world in RUNS[promise]() for complaint in PROMISES[promise](world))
    mutate(monkeypatch)
    assert any(complaint for world in RUNS[promise]() for complaint in PROMISES[promise](world))
