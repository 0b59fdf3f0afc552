"""Two become one: what an event that tells so does before it is taken.

The plain reading of what docs/language/README.md and docs/decisions/0012-one-person.md say.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from json import dumps

from tests.naive.asking import Doc, Happening
from tests.naive.life import Life
from tests.naive.nouns import NEVER, Enrolment, Message, Stimulus
from tests.naive.person import RANKS


class Joined(Life):
    """A customer into whom ``others`` are joined, each by the event of that id."""

    def __init__(
        self,
        workspace: Doc,
        events: Sequence[Happening],
        until: datetime,
        others: Mapping[str, Life],
    ) -> None:
        """Make her ready; each of the others has the events that came for her before her join."""
        super().__init__(workspace, events, until)
        self.others, self.were_live = others, False

    def _take(self, stimulus: Stimulus) -> None:
        if stimulus.event is not None and stimulus.event.id in self.others:
            other = self.others[stimulus.event.id]
            other.come_to(self.now)
            self._join(other)
        super()._take(stimulus)

    def _join(self, other: Life) -> None:
        mine, theirs = list(self.enrolments), list(other.enrolments)
        self.were_live |= all(any(one.is_live for one in those) for those in (mine, theirs))
        my_history, their_history = list(self.history), list(other.history)
        before: dict[str, Doc] = {one.id: self.profile() for one in mine}
        before |= {one.id: other.profile() for one in theirs}
        was: list[Doc] = [self.profile(), other.profile()]
        self._draw_as(other)
        self._know(other)
        self._carry(other)
        for those, events in ((mine, their_history), (theirs, my_history)):
            self._catch_up(those, events)
        self._part()
        self._change(was, before)
        while self.todo:
            self.current = self.todo.popleft()
            self._take(self.current)

    def _draw_as(self, other: Life) -> None:
        """A draw that was made stays; where both had drawn, each enrolment keeps its own."""
        hers = {one.journey["id"] for one in self.enrolments} | self.drawn.keys()
        for one in other.enrolments:
            if one.journey["id"] not in hers:
                self.drawn[one.journey["id"]] = one.drawn_as
        if not self.enrolments and other.enrolments:
            self.in_group_as = other.in_group_as

    def _know(self, other: Life) -> None:
        """The newer of each trait, the stricter consent and channel status, all that happened."""
        self.began = min(self.began, other.began)
        for name, (value, at) in other.traits.items():
            if name not in self.traits or self.traits[name][1] < at:
                self.traits[name] = (value, at)
        for category, answer in other.consent.items():
            known = self.consent.get(category, answer)
            self.consent[category] = max(known, answer, key=lambda one: (one[0] is False, one[1]))
        for place, status in other.statuses.items():
            both = [self.statuses.get(place, status), status]
            self.statuses[place] = max(both, key=lambda one: (RANKS.index(one[0]), one[1]))
        for place, told in other.soft.items():
            self.soft[place] = self.soft.get(place, []) + told
        self.history = sorted([*other.history, *self.history], key=lambda one: one.taken)
        self.seen |= other.seen
        self.members |= other.members

    def _carry(self, other: Life) -> None:
        """Every enrolment in the order of entry, every message, and what both were sent."""
        both = [
            *sorted(self.enrolments, key=lambda one: one.number),
            *sorted(other.enrolments, key=lambda one: one.number),
        ]
        both.sort(key=lambda one: (one.at, one.journey["id"]))
        for number, one in enumerate(both, 1):
            one.number = number
        self.enrolments = both
        ledger = [*other.ledger, *self.ledger]
        sent = [
            message
            for life in (other, self)
            for message in sorted(life.messages, key=lambda one: one.turn)
            if message.status == "sent"
        ]
        self.messages += other.messages
        self.ledger = sorted(ledger, key=lambda slot: slot.at)
        for turn, message in enumerate(sorted(sent, key=_sent_at)):
            message.turn = turn

    def _catch_up(self, those: list[Enrolment], events: list[Happening]) -> None:
        """What happened to the other ends her journeys and waits, as if it had overtaken."""
        enters: list[tuple[str, Happening]] = []
        hers = {one.id for one in those}
        by_own_time = sorted(events, key=lambda one: (one.own, one.taken, one.id))
        for one in [each for each in self._in_order() if each.id in hers]:
            for event in by_own_time:
                if event.own > one.by.own:
                    enters += self._examine(one, event, asks=True)
            since = one.since
            if one.is_live and since is not None and self._waits_for(one):
                here = [event for event in events if event.taken >= since]
                next((event for event in here if self._moves(one, event)), None)
        if self.current.silent:
            self._look_at_segments(None)
        else:
            self._entries(None, None, enters)

    def _waits_for(self, one: Enrolment) -> bool:
        return bool(one.journey["steps"][one.step]["type"] == "wait_for")

    def _part(self) -> None:
        """Of two with one key the one stays that is further."""
        by_key: dict[tuple[str, str], list[Enrolment]] = {}
        for one in self._live():
            if one.journey["entry"].get("reentry", {}).get("mode") != "always":
                by_key.setdefault((one.journey["id"], dumps(one.key)), []).append(one)
        for those in by_key.values():
            _, *rest = sorted(
                those,
                key=lambda one: (-one.visits.total(), one.since or NEVER, one.at, one.number),
            )
            for one in rest:
                self._leave(one, "merged")

    def _change(self, was: list[Doc], before: dict[str, Doc]) -> None:
        """What she is by now is a change, for whoever of both was otherwise."""
        after = self.profile()
        enters = self._exits(None, is_due=False)
        for one in self._live():
            if one.is_live:
                self._wait(one, Stimulus(), (before.get(one.id, after), after))
        if self.current.silent:
            self._look_at_segments(None)
            return
        self._entries(None, (*was, after), enters)


def _sent_at(message: Message) -> datetime:
    return message.decided_at or NEVER
