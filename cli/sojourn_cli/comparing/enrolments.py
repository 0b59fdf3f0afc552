"""Enrolments: what one customer went through in a run, as far as two runs are compared by it."""

from collections.abc import Iterable, Iterator

from sojourn.core.nouns import noun
from sojourn.core.state.customer import Enrolment, Event, Message
from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import Instant
from sojourn_cli.simulation.clock import Life

type Hold = tuple[Instant, str]
"""When a message was held, and by which rule."""


@noun
class Fate:
    """What became of one message; ``decided_at`` is None while it is held at the end.

    ``subject`` and ``body`` are None unless it was sent.
    """

    journey: str
    step: str
    channel: str
    category: str
    status: str
    reason: str | None
    requested_at: Instant
    decided_at: Instant | None
    subject: str | None
    body: str | None
    holds: tuple[Hold, ...]

    @property
    def sent_at(self) -> Instant | None:
        """When it was sent, if it was."""
        return self.decided_at if self.status == "sent" else None


@noun
class Enrolled:
    """One enrolment with its messages, in the order in which they were asked for.

    ``key`` is the key's JSON text; ``entry_event`` the id of the event that let the customer in,
    empty when none did. ``outcome`` is None while she is inside.
    """

    journey: str
    key: str
    entry_event: str
    entered_at: Instant
    converted: bool
    messages: tuple[Fate, ...]
    outcome: str | None = None


def enrolled(life: Life) -> list[Enrolled]:
    """Every enrolment of a life, in the order in which they began."""
    messages: dict[str, list[Fate]] = {}
    for enrolment, fate in sorted(_fates(life), key=lambda pair: pair[1].requested_at):
        messages.setdefault(enrolment, []).append(fate)
    return [
        _enrolled(item, tuple(messages.get(item.id, ())))
        for item in sorted(life.enrolments.values(), key=lambda item: item.number)
    ]


class Everybody:
    """Gathers every customer's enrolments."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self.enrolled: dict[str, list[Enrolled]] = {}

    def look(self, customer: str, life: Life) -> None:
        """See Gathering."""
        self.enrolled.setdefault(customer, []).extend(enrolled(life))

    def taken(self) -> dict[str, list[Enrolled]]:
        """See Gathering."""
        found, self.enrolled = self.enrolled, {}
        return found

    def add(self, piece: dict[str, list[Enrolled]]) -> None:
        """See Gathering."""
        for customer, found in piece.items():
            self.enrolled.setdefault(customer, []).extend(found)


def _enrolled(item: Enrolment, messages: tuple[Fate, ...]) -> Enrolled:
    converted = item.converted_at is not None
    key = dumps(item.key)
    return Enrolled(
        item.journey, key, item.entry_event, item.entered_at, converted, messages, item.outcome
    )


def _fates(life: Life) -> Iterator[tuple[str, Fate]]:
    """Every message with its enrolment's id."""
    for item in life.settled:
        fate = _fate(life, item.message, item.status, item.reason, item.decided_at)
        yield item.message.enrolment, fate
    for message in life.customer.messages.values():
        yield message.enrolment, _fate(life, message, "held", message.reason, None)


def _fate(
    life: Life, message: Message, status: str, reason: str | None, decided_at: Instant | None
) -> Fate:
    content = life.contents.get(message.id) if status == "sent" else None
    return Fate(
        journey=message.journey,
        step=message.step,
        channel=message.channel,
        category=message.category,
        status=status,
        reason=reason,
        requested_at=message.requested_at,
        decided_at=decided_at,
        subject=None if content is None else content.subject,
        body=None if content is None else content.text or content.body,
        holds=tuple(life.holds.get(message.id, ())),
    )


def once(events: Iterable[Event], until: Instant) -> Iterator[Event]:
    """Events that came in up to an instant, one id once."""
    seen: set[str] = set()
    for event in events:
        if event.received_at <= until and event.id not in seen:
            seen.add(event.id)
            yield event
