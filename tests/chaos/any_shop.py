"""Any shop: random workspaces, published one after another, in an AWS that misbehaves."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from sojourn.core.values.exact import JsonObject
from sojourn.core.values.instants import DAY, Instant
from sojourn.core.workspace.documents import plan_from
from sojourn.core.workspace.plan import Plan
from sojourn.runtime.workspace.publishing import next_documents, with_thaw
from tests.chaos.looking import claims_of
from tests.chaos.promises import PROMISES, SLACK, Check
from tests.chaos.story import Happening, Published, Sent
from tests.chaos.world import World

CALM = 12 * DAY
"""Longer than any of its waits, spans and holds one after another."""


class AnyShop(World):
    """A world whose plan becomes live state by state; the first is live from the beginning."""

    def __init__(
        self,
        seed: int,
        states: Sequence[tuple[Instant, JsonObject]],
        sent: Sequence[Sent],
        *,
        calm: bool = False,
    ) -> None:
        self.begin = states[0][0]
        self._documents: list[JsonObject] = [{}]
        happenings: list[Happening] = list(sent)
        for at, workspace in states:
            before, revision = self._documents[-1], len(self._documents)
            after = with_thaw(next_documents(before, workspace, at), before, revision)
            self._documents.append(after)
            happenings.append(Published(at, f"revision {revision}", revision))
        self._plans = [plan_from(doc, number) for number, doc in enumerate(self._documents)]
        happenings = [item for item in happenings if item.id != "revision 1"]
        super().__init__(seed, sorted(happenings, key=lambda item: item.at), calm=calm)

    def documents(self, revision: int) -> JsonObject:
        """See World."""
        return self._documents[revision]

    def plan(self, revision: int = 1) -> Plan:
        """See World."""
        return self._plans[revision]

    def plans_at(self, at: Instant) -> list[Plan]:
        """See World."""
        lives = [(self.begin, 1), *((began, number) for number, began in self.live_from.items())]
        before = [number for began, number in sorted(lives) if began + SLACK < at]
        since = [number for began, number in lives if abs(began - at) <= SLACK]
        return [self.plan(number) for number in (*before[-1:], *since)]

    def live(self) -> None:
        """Let everything happen: a storm as long as something comes in, then calm."""
        with self._compiled():
            self.run(max(item.at for item in self.outside))
            self.faults.calm = True
            self.redrive()
            self.run(self.now + CALM)

    @contextmanager
    def _compiled(self) -> Iterator[None]:
        """Let every function have the plans that were compiled once."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                "sojourn.runtime.live_plan.plan_from", lambda _, number: self.plan(number)
            )
            yield


def nothing_goes_while_an_event_waits(world: World) -> Iterator[str]:
    """Whatever came in before a message is claimed is taken by then: it may have ended all."""
    for number, customer, message, _, _ in claims_of(world):
        waits = [item.event.id for item in world.mailboxes.changes[number].after.inbox]
        if waits:
            yield f"{message.step} of {customer} is claimed while {waits} wait"


def what_is_paused_sends_nothing(world: World) -> Iterator[str]:
    """While a journey is paused nothing of it goes."""
    lives = [(world.begin, 1), *((at, number) for number, at in sorted(world.live_from.items()))]
    for item in world.taken:
        before = [number for at, number in lives if at + SLACK < item.at]
        since = [number for at, number in lives if item.at - SLACK <= at + SLACK < item.at + SLACK]
        for number in before[-1:]:
            status = world.plan(number).current[item.message.journey].status
            if status == "paused" and not since:
                yield f"{item.message.step} of {item.message.journey} goes while it is paused"


ANYWHERE: dict[str, Check] = {
    name: check
    for name, check in PROMISES.items()
    if name not in {"an exit is immediate", "what is stopped sends nothing"}
} | {
    "nothing goes while an event waits": nothing_goes_while_an_event_waits,
    "what is paused sends nothing": what_is_paused_sends_nothing,
}
"""The promises, those aside that are about the shop of the other tests."""
