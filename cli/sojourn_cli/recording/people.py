"""People: several ids of a table are one customer, as far as their decisions joined them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Protocol

from sojourn.core.nouns import noun
from sojourn.core.state.customer import Event
from sojourn.core.values.instants import LATEST, Instant
from sojourn_cli.recording.pasts import Past
from sojourn_cli.recording.turns import Party, Taken, joined_by


class Pasts(Protocol):
    """Where a customer's past is read."""

    def past(self, customer: str) -> Past:
        """Everything under one id, as it is now."""


@noun
class Person:
    """One customer: her own past, and by id the pasts of those who were joined into her.

    ``untold`` says that somebody, she herself perhaps, was joined before a journal told of that.
    """

    past: Past
    joined: Mapping[str, Past]
    untold: bool = False

    @property
    def all(self) -> list[Past]:
        """Every past, her own last."""
        return [*self.joined.values(), self.past]

    @property
    def events(self) -> list[tuple[Past, Event]]:
        """Every event with whose it was, in the order in which they were taken.

        One that had been taken before is among them where it told who is one.
        """
        there = {
            (past.customer, event.id): (past, event) for past in self.all for event in past.events
        }
        found: dict[tuple[object, ...], tuple[Past, Event]] = {}
        for past, id_, known in self._order(self.past):
            if known is not None:
                found[past.customer, id_, known.received_at] = past, known
            elif (past.customer, id_) in there:
                found[past.customer, id_] = there[past.customer, id_]
        return sorted((found | there).values(), key=lambda item: item[1].received_at)

    def _order(self, past: Past) -> Iterator[tuple[Past, str, Event | None]]:
        for turn in past.turns:
            yield from self._taken(past, turn.taken)

    def _taken(self, past: Past, taken: Taken) -> Iterator[tuple[Past, str, Event | None]]:
        for meeting in taken.meetings:
            for party in meeting.parties:
                other = self.joined.get(party.customer)
                if other is not None:
                    yield from self._order(other)
                    yield from self._taken(other, party.taken)
        for id_ in taken.events:
            yield past, id_, None
        for meeting in taken.meetings:
            if meeting.known is not None:
                yield past, meeting.event, meeting.known


def person(customer: str, pasts: Pasts, until: Instant = LATEST) -> Person:
    """Who an id stands for, as far as was decided by an instant: nothing later is in it."""
    read = root = pasts.past(customer)
    found = Person(_up_to(read, until), {})
    untold = False
    while True:
        known = _joined(_up_to(root, until), pasts, until)
        if customer == root.customer or customer in known:
            found = _as_one(_up_to(root, until), known, until)
        untold |= any(past.untold for past in (root, *known.values()))
        if root.joined_into is None:
            return replace(found, untold=untold)
        root = pasts.past(root.joined_into)


def _joined(past: Past, pasts: Pasts, until: Instant) -> dict[str, Past]:
    """Those whom a past's turns joined, and whom theirs had joined before."""
    found: dict[str, Past] = {}
    for party in joined_by(past.turns, until):
        is_user = party.is_user and _was_user(party, pasts)
        other = replace(pasts.past(party.customer), is_user=is_user)
        found |= {other.customer: other, **_joined(other, pasts, until)}
    return found


def _was_user(party: Party, pasts: Pasts) -> bool:
    """Whether she had come with a `userId` before she was joined, for which she counts as one.

    Who had is joined by an alias alone, which then names a user.
    """
    return party.alias is not None and pasts.past(party.alias).is_user


def _as_one(past: Past, joined: Mapping[str, Past], until: Instant) -> Person:
    """Give everybody the events that another's turns took; what waited for the joined was taken."""
    lent: dict[str, list[Event]] = {}
    for one in (past, *joined.values()):
        for id_, events in one.lent.items():
            lent.setdefault(id_, []).extend(events)
    others = {}
    for id_, other in joined.items():
        own = [event for event in other.events if event.id not in other.waiting]
        events = [event for event in (*own, *lent.get(id_, ())) if event.received_at <= until]
        events.sort(key=lambda event: event.received_at)
        others[id_] = replace(other, events=tuple(events), waiting=frozenset())
    return Person(past, others)


def _up_to(past: Past, until: Instant) -> Past:
    """The past without what came later: a turn that began in time stays whole."""
    turns, begun_at = [], 0
    for turn in past.turns:
        if begun_at > until:
            break
        turns.append(turn)
        begun_at = max(turn.at, turn.carried_to)
    events = tuple(event for event in past.events if event.received_at <= until)
    waiting = past.waiting.intersection(event.id for event in events)
    return replace(past, turns=tuple(turns), events=events, waiting=waiting)
