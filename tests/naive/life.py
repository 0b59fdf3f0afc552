"""One customer's life as the language's description has it, one sentence after another.

Slow and plain: every stimulus looks at everything. It reads the same JSON as the product and none
of the product's code, so that where both agree, the description was read twice the same way.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.naive.asking import Doc, Happening, View
from tests.naive.clock import duration
from tests.naive.drawing import among
from tests.naive.nouns import NEVER, Enrolment, Message, Stimulus
from tests.naive.passage import LINKS, Passage
from tests.naive.releasing import Limits, Slot, Wanted
from tests.naive.words import said

MOST = 500
"""Messages and enrolments of a life that is compared: more come only of journeys that each begin
several others in one instant, whose number the product bounds (docs/language/README.md)."""


FOLLOWED = 50
"""So many journeys that she has left may still reach their goal (the same page)."""


class Life(Passage):
    """What comes of one customer's events; ``published`` are later states of the workspace."""

    published: Sequence[tuple[datetime, Doc]] = ()
    by_the_second = False
    """Whether messages go when a clock is asked that counts seconds."""

    def run(self) -> None:
        """Take everything up to the end."""
        while (at := self._next()) <= self.until:
            self.now = at
            if self.published and self.published[0][0] == at:
                (_, workspace), *later = self.published
                self.published = tuple(later)
                self.publish(workspace)
            elif self.events and self.events[0].taken == at:
                event = self.events.popleft()
                self._drain(Stimulus(event, silent=event.silent))
            elif self._is_due(at):
                self._drain(Stimulus(is_due=True))
            else:
                self._decide(min(self._ready(), key=_best))

    def come_to(self, at: datetime) -> None:
        """Take what is before an instant, and the events of it; nothing that falls due at it."""
        self.until = at - timedelta(microseconds=1)
        self.run()
        self.now = at
        while self.events:
            event = self.events.popleft()
            self._drain(Stimulus(event, silent=event.silent))

    def branches(self) -> bool:
        """Whether so much came of it that bounds may be met which are not lived here."""
        left = [one for one in self.enrolments if not one.is_live and "goal" in one.journey]
        return len(self.messages) + len(self.enrolments) > MOST or len(left) > FOLLOWED

    def _next(self) -> datetime:
        events = [self.events[0].taken] if self.events else []
        events += [at for at, _ in self.published[:1]]
        timers = [at for one in self._live() for at in self._timers(one)]
        wakes = [self._wakes(one) for one in self.messages if one.status == "held"]
        return max(self.now, min([NEVER, *events, *timers, *wakes]))

    def _is_due(self, at: datetime) -> bool:
        return any(timer <= at for one in self._live() for timer in self._timers(one))

    def _ready(self) -> list[Message]:
        held = [one for one in self.messages if one.status == "held"]
        return [one for one in held if self._wakes(one) <= self.now]

    def _wakes(self, message: Message) -> datetime:
        at = self._fires(message.enrolment, message.wakes_at, message)
        if self.by_the_second and at.microsecond and at < NEVER:
            return at.replace(microsecond=0) + timedelta(seconds=1)
        return at

    def _drain(self, begin: Stimulus) -> None:
        self.todo.append(begin)
        while self.todo:
            self.current = self.todo.popleft()
            self._take(self.current)

    def _take(self, stimulus: Stimulus) -> None:
        event, change = stimulus.event, stimulus.change
        if event is not None:
            if event.id in self.seen:
                return
            self.seen.add(event.id)
            if event.by_a_machine:
                return
            self.history.append(event)
            before = self.profile()
            self._fold(event)
            self._bind(event)
            change = before, self.profile()
        enters = self._exits(event, is_due=stimulus.is_due)
        for one in self._live():
            if one.is_live:
                self._wait(one, stimulus, change)
        if stimulus.silent:
            self._look_at_segments(event)
        else:
            self._entries(event, change, enters)

    def _timers(self, one: Enrolment) -> list[datetime]:
        stay = one.at + duration(one.journey.get("max_stay", "P365D"))
        if self._ends_by_archive(one):
            return [self.now]
        return [self._fires(one, at) for at in (stay, one.due) if at is not None]

    def _decide(self, message: Message) -> None:
        if message.asked_at < self.now:
            message.link = 0
        if message.link >= LINKS:
            self._leave(message.enrolment, "loop_limit")
            return
        step = message.enrolment.journey["steps"][message.step]
        limits = Limits(self.settings, self.zone, self.ledger)
        category = limits.category(message.category)
        addresses = self._open(message, category)
        blocked = self._blocked(message, addresses, category)
        if blocked is not None:
            self._settle(message, *blocked)
            return
        on_limit = step.get("on_limit", "hold")
        wanted = Wanted(message.channel, message.category, message.deadline, on_limit)
        verdict, until, reasons = limits.verdict(wanted, self.now)
        if verdict == "hold":
            message.wakes_at, message.reasons = until, reasons
            return
        if verdict != "send":
            self._settle(message, verdict, reasons)
            return
        body, missing = self._said(message, step)
        if missing is not None:
            self._settle(message, "failed", {f"render: {missing}"} if missing else set())
        else:
            message.body = body
            message.addresses, message.turn = addresses, len(self.ledger)
            counts = category["counts_toward_caps"]
            self.ledger.append(Slot(self.now, message.channel, message.category, counts))
            self._settle(message, "sent", set())

    def _said(self, message: Message, step: Doc) -> tuple[str, str | None]:
        view = self.view(message.enrolment, None)
        named = {
            "journey": {"id": message.enrolment.journey["id"]},
            "step": {"id": message.step},
            "event": {},
        }
        places = {**view.places, **named}
        view = View(view.now, view.zone, view.segments, view.history, places)
        part = "body" if message.channel == "push" else "text"
        return said(step["content"][part], view, message.given)

    def _open(self, message: Message, category: Doc) -> list[str]:
        """The addresses that nothing keeps a message from."""
        word, given_at = self.consent.get(message.category, (None, self.now))
        found = []
        for address in self._addresses(message.channel):
            status, at = self.statuses.get((message.channel, address), ("ok", self.now))
            if status == "ok" or (
                status == "unsubscribed"
                and (category["consent"] == "none" or (word is True and given_at > at))
            ):
                found.append(address)
        return found

    def _blocked(
        self, message: Message, addresses: list[str], category: Doc
    ) -> tuple[str, set[str]] | None:
        status = self._status(message.channel)
        if status == "missing":
            return "no_address", set()
        if not addresses:
            return "suppressed", {f"channels.{message.channel} {status}"}
        if not self._allows(message.category):
            return "no_consent", set()
        group = self.settings.get("control_group", 0)
        if category["obeys_caps"] and among(group, "control_group", self.in_group_as):
            return "suppressed", {"control_group"}
        return None

    def _settle(self, message: Message, status: str, reasons: set[str]) -> None:
        message.status, message.reasons, message.decided_at = status, reasons, self.now
        kind = status if status in {"sent", "failed"} else "skipped"
        properties: dict[str, Any] = {
            "channel": message.channel,
            "journey": message.enrolment.journey["id"],
            "step": message.step,
            "outcome": status,
        }
        fact = Happening(message.id, f"message.{kind}", self.now, self.now, properties, {})
        self._drain(Stimulus(fact, link=message.link + 1, outcome_of=message))


def _best(message: Message) -> tuple[int, datetime, str, int]:
    journey = message.enrolment.journey["id"]
    return -message.priority, message.deadline, journey, message.enrolment.number
