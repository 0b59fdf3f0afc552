"""Turns: what a customer's journal says of each decision, as far as it is needed to decide again.

What went in is kept (events, who was joined, the plan's revision, when dispatch looked at a
message, what the provider answered), never what came out: that is what a replay finds by itself.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from sojourn.core.engine.join import Apart
from sojourn.core.nouns import noun
from sojourn.core.state.codec import decode_event, encode_event
from sojourn.core.state.customer import Event
from sojourn.core.values.exact import Json, JsonObject
from sojourn.core.values.instants import EARLIEST, Instant, format_instant, parse_instant


@noun
class Look:
    """Dispatch looked at a message: ``outcome`` as recorded (`held`, or a message's), and why.

    Outcome and reason matter where they were the provider's answer; else they are decided again.
    ``segments`` is into how many parts a text message was cut: links in it are not made again.
    """

    message: str
    at: Instant
    outcome: str
    reason: str | None
    until: Instant | None
    segments: int | None = None


@noun
class Claim:
    """A message was claimed for the provider at an instant."""

    message: str
    at: Instant


@noun
class Taken:
    """What was taken of one customer: ids of events in order, and whom these joined into her.

    ``again`` are ids of those that were known already, with when they came.
    """

    events: tuple[str, ...] = ()
    again: tuple[tuple[str, Instant], ...] = ()
    meetings: tuple["Meeting", ...] = ()


@noun
class Party:
    """Who was joined, and what was taken of hers in the same decision, before that.

    ``alias`` is the id that an alias named, if one did; ``created_at`` is since when she was there
    at its beginning, ``carried_to`` up to when what fell due of hers was taken.
    """

    customer: str
    is_user: bool
    alias: str | None
    created_at: Instant
    carried_to: Instant
    taken: Taken


@noun
class Meeting:
    """Whom an event joined, and whom it did not; ``known`` is one that was taken before."""

    event: str
    others: tuple[Party | Apart, ...]
    known: Event | None = None

    @property
    def parties(self) -> Iterator[Party]:
        """Those who were joined."""
        return (item for item in self.others if isinstance(item, Party))


@noun
class Turn:
    """One decision of production: the ``revision`` of the customer that it made.

    ``plan`` is the plan's revision, ``carried_to`` the instant up to which what fell due was taken,
    ``at`` that of its last stimulus. ``since`` is when her first event had come, where that was
    found out in it: one that nobody referred to.
    """

    revision: int
    plan: int
    carried_to: Instant
    at: Instant
    taken: Taken = Taken()
    looks: tuple[Look, ...] = ()
    claim: Claim | None = None
    since: Instant | None = None

    def as_document(self) -> JsonObject:
        """The turn as JSON."""
        return {
            "revision": self.revision,
            "plan": self.plan,
            "carried_to": format_instant(self.carried_to),
            "at": format_instant(self.at),
            **_taken_document(self.taken),
            "looks": [
                [
                    look.message,
                    format_instant(look.at),
                    look.outcome,
                    look.reason,
                    None if look.until is None else format_instant(look.until),
                    look.segments,
                ]
                for look in self.looks
            ],
            "claim": None
            if self.claim is None
            else [self.claim.message, format_instant(self.claim.at)],
            **({} if self.since is None else {"since": format_instant(self.since)}),
        }


def turn_from(doc: Any) -> Turn:  # noqa: ANN401 - JSON that `as_document` made
    """The turn from JSON."""
    claim = doc["claim"]
    return Turn(
        doc["revision"],
        doc["plan"],
        parse_instant(doc["carried_to"]),
        parse_instant(doc["at"]),
        _taken_from(doc),
        tuple(
            Look(id_, parse_instant(at), outcome, reason, until and parse_instant(until), segments)
            for id_, at, outcome, reason, until, segments in doc["looks"]
        ),
        None if claim is None else Claim(claim[0], parse_instant(claim[1])),
        parse_instant(doc["since"]) if "since" in doc else None,
    )


def _taken_document(taken: Taken) -> JsonObject:
    doc: JsonObject = {
        "events": list(taken.events),
        "again": [[id_, format_instant(at)] for id_, at in taken.again],
    }
    if taken.meetings:
        doc["meetings"] = [_meeting_document(item) for item in taken.meetings]
    return doc


def _taken_from(doc: Any) -> Taken:  # noqa: ANN401 - as above
    return Taken(
        tuple(doc["events"]),
        tuple((id_, parse_instant(at)) for id_, at in doc["again"]),
        tuple(_meeting_from(item) for item in doc.get("meetings", ())),
    )


def _meeting_document(meeting: Meeting) -> Json:
    return {
        "event": meeting.event,
        "known": None if meeting.known is None else encode_event(meeting.known),
        "others": [
            {"apart": other.id, "is_anothers": other.is_anothers, "reason": other.reason}
            if isinstance(other, Apart)
            else {
                "joined": other.customer,
                "is_user": other.is_user,
                "alias": other.alias,
                "created_at": format_instant(other.created_at),
                "carried_to": format_instant(other.carried_to),
                **_taken_document(other.taken),
            }
            for other in meeting.others
        ],
    }


def _meeting_from(doc: Any) -> Meeting:  # noqa: ANN401 - as above
    others = tuple(
        Apart(item["apart"], item["is_anothers"], item["reason"])
        if "apart" in item
        else Party(
            item["joined"],
            item["is_user"],
            item["alias"],
            parse_instant(item["created_at"]),
            parse_instant(item["carried_to"]),
            _taken_from(item),
        )
        for item in doc["others"]
    )
    known = doc["known"]
    return Meeting(doc["event"], others, None if known is None else decode_event(known))


def joined_by(turns: Iterable[Turn], until: Instant) -> Iterator[Party]:
    """Those whom turns joined up to an instant, that instant included."""
    for turn in turns:
        yield from _joined_by(turn.taken, until)


def _joined_by(taken: Taken, until: Instant) -> Iterator[Party]:
    for meeting in taken.meetings:
        for party in meeting.parties:
            if party.carried_to < until:
                yield party
                yield from _joined_by(party.taken, until)


def revisions_over(turns: Iterable[Turn]) -> list[tuple[Instant, int]]:
    """Revisions of the plan in order, each with the instant after which was decided under it."""
    found: list[tuple[Instant, int]] = []
    decided_at: Instant = 0
    for turn in turns:
        if not found or found[-1][1] != turn.plan:
            found.append((decided_at, turn.plan))
        decided_at = turn.at
    return found


def known_event(id_: str, at: Instant) -> Event:
    """What stands for an event that was taken before: its id is all that is looked at."""
    return Event(id_, "", EARLIEST, at)
