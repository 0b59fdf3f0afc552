"""The customer as text and back: compact JSON, lists instead of names, trailing defaults cut.

Every write costs by the kilobyte, so an enrolment's id, which its journey and number give, is not
stored, unless it began with another customer who was joined. ``FORMAT`` goes first, so that a later
form can still read an older one. A list that is longer than known here is of a later version too:
it is refused, as whoever wrote it back without its end would lose that. So a version reads a form
before another writes it (docs/deploying.md).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sojourn.core.errors import CorruptState, InvalidInput, NewerForm
from sojourn.core.state.customer import (
    STRICTNESS,
    AddressStatus,
    Consent,
    Customer,
    Enrolment,
    Entries,
    Event,
    Links,
    Message,
    MessageFacts,
    Sent,
    Trait,
    standing_key,
)
from sojourn.core.values.exact import Json, dumps, loads
from sojourn.core.values.ids import enrolment_id

FORMAT = 1

_FIELDS = 21
_ENROLMENT_FIELDS = 24
_MESSAGE_FIELDS = 19
_CONSENT_FIELDS = 4
_LINKS_FIELDS = 4
_EVENT_FIELDS = 9
"""How long the lists are before trailing defaults are cut."""

_MARK = re.compile(".{8}")
"""A mark (see `ids.mark`)."""


def encode_customer(customer: Customer) -> str:
    """The customer as text."""
    return dumps(
        _trimmed(
            [
                FORMAT,
                customer.created_at,
                {name: [trait.value, trait.at] for name, trait in customer.traits.items()},
                {name: _encode_consent(item) for name, item in customer.consents.items()},
                {
                    channel: {
                        address: _trimmed([item.status, item.at, item.soft, item.since])
                        for address, item in table.items()
                    }
                    for channel, table in customer.channels.items()
                },
                [encode_enrolment(item, customer) for item in customer.enrolments.values()],
                [_encode_message(item) for item in customer.messages.values()],
                [_encode_sent(item) for item in customer.ledger],
                [[*key, item.count, item.last_at] for key, item in customer.entries.items()],
                sorted(customer.segments),
                "".join(customer.seen),
                customer.forgotten_at,
                customer.newest_at,
                customer.decided_at,
                customer.number,
                "".join(customer.instant),
                customer.causes or None,
                list(customer.absorbed),
                dict(customer.draws),
                [[*key, at] for key, at in customer.identities.items()],
                [[*key, held] for key, held in customer.conflicts.items()],
            ]
        )
    )


def decode_customer(id_: str, text: str) -> Customer:
    """The customer from text; raises CorruptState when it is not what was stored, or NewerForm."""
    try:
        return _decode(id_, loads(text))
    except (InvalidInput, TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
        raise CorruptState(f"customer {id_}: the stored state cannot be read: {error}") from error


def _decode_standings(channel: str, table: Mapping[str, Sequence[Any]]) -> dict[str, AddressStatus]:
    """How addresses stand; of two ways to write one, kept by earlier versions, the stricter."""
    found: dict[str, AddressStatus] = {}
    for address, item in table.items():
        key, standing = standing_key(channel, address), AddressStatus(*item)
        known = found.get(key)
        if known is None or STRICTNESS[known.status] <= STRICTNESS[standing.status]:
            found[key] = standing
    return found


def _decode(id_: str, stored: Any) -> Customer:  # noqa: ANN401 - JSON of our own making
    form = stored[0] if stored else None
    if isinstance(form, int) and form > FORMAT:
        raise NewerForm(
            f"customer {id_}: form {form} of the state, which a later version wrote: this one reads"
            f" up to form {FORMAT}; use that one"
        )
    _, created_at, traits, consents, channels, enrolments, *rest = _padded(stored, _FIELDS)
    if form != FORMAT:
        raise CorruptState(f"customer {id_}: the state is in a form this version cannot read")
    messages, ledger, entries, segments, seen, forgotten_at, newest_at, *rest = rest
    decided_at, number, instant, causes, absorbed, draws, identities, conflicts = rest
    going = [decode_enrolment(id_, item) for item in enrolments or ()]
    waiting = [_decode_message(item) for item in messages or ()]
    return Customer(
        id_,
        created_at,
        {name: Trait(*item) for name, item in traits.items()} if traits else {},
        {name: _decode_consent(item) for name, item in consents.items()} if consents else {},
        {channel: _decode_standings(channel, table) for channel, table in (channels or {}).items()},
        {item.id: item for item in going},
        {item.id: item for item in waiting},
        tuple([Sent(*item) for item in ledger]) if ledger else (),
        {(item[0], item[1]): Entries(item[2], item[3]) for item in entries or ()},
        frozenset(segments or ()),
        marks_in(seen),
        forgotten_at,
        newest_at,
        decided_at or 0,
        marks_in(instant),
        number or 0,
        causes or 0,
        tuple(absorbed or ()),
        draws or {},
        {(kind, value): at for kind, value, at in identities or ()},
        {(kind, value): bool(held) for kind, value, held in conflicts or ()},
    )


def _padded(stored: Sequence[Any], length: int) -> list[Any]:
    """A stored list at its whole length: what was trimmed is None. Raises NewerForm."""
    if len(stored) > length:
        raise _longer(length)
    return [*stored[:length], *[None] * (length - len(stored))]


def _longer(length: int) -> NewerForm:
    return NewerForm(
        f"a stored list has more than the {length} fields that this version reads: a later one"
        " wrote it; use that one"
    )


def _decode_consent(stored: Sequence[Any]) -> Consent:
    row = _Row(stored, _CONSENT_FIELDS)
    return Consent(row.take(), row.take(), row.take(""), row.take(""))


def marks_in(text: str | None) -> tuple[str, ...]:
    """The marks that are written one behind another."""
    return tuple(_MARK.findall(text)) if text else ()


def _encode_consent(item: Consent) -> list[Json]:
    return _trimmed([item.given, item.at, item.source or None, item.wording or None])


class _Row:
    """A stored list, read from the front; what was trimmed is its default. Raises NewerForm."""

    __slots__ = ("_values",)

    def __init__(self, values: Sequence[Any], length: int) -> None:
        if len(values) > length:
            raise _longer(length)
        self._values = iter(values)

    def take(self, default: Any = None) -> Any:  # noqa: ANN401 - JSON of our own making
        """The next value, or the default past the end and for null."""
        value = next(self._values, None)
        return default if value is None else value


def _trimmed(values: list[Any]) -> list[Any]:
    """A list without what is nothing at its end: null and what is empty, but not 0 and false."""
    end = len(values)
    while end and not values[end - 1] and values[end - 1] != 0:
        end -= 1
    del values[end:]
    return values


def encode_enrolment(item: Enrolment, customer: Customer) -> list[Json]:
    """An enrolment of a customer as a list."""
    derives = not customer.absorbed or item.id == enrolment_id(
        customer.id, item.journey, item.number
    )
    return _trimmed(
        [
            item.journey,
            item.version,
            item.key,
            item.number,
            item.entered_at,
            item.begun_at - item.entered_at,
            item.entry_event,
            dict(item.entry),
            item.step,
            item.step_at - item.entered_at if item.step is not None else None,
            None if item.due_at is None else item.due_at - item.entered_at,
            dict(item.vars),
            dict(item.visits),
            {step: _trimmed(_encode_facts(facts)) for step, facts in item.messages.items()},
            [[at, step] for at, step in item.sends],
            item.exited_at,
            item.outcome,
            item.converted_at,
            item.credited_to,
            "".join(item.moved_by),
            item.date,
            item.past or None,
            list(item.onward),
            None if derives else item.id,
        ]
    )


def _encode_facts(facts: MessageFacts) -> list[Json]:
    return [
        facts.id,
        facts.channel,
        facts.status,
        facts.sent_at,
        facts.delivered_at,
        facts.opened_at,
        facts.clicked_at,
        facts.bounced_at,
    ]


def decode_enrolment(customer: str, stored: Sequence[Any]) -> Enrolment:
    """An enrolment from its list; an error in it is any that Python raises for a wrong list."""
    journey, version, key, number, entered_at, begun, event, entry, step, *rest = _padded(
        stored, _ENROLMENT_FIELDS
    )
    step_at, due, variables, visits, messages, sends, exited_at, outcome, *rest = rest
    converted_at, credited_to, moved_by, date, past, onward, id_ = rest
    since = entered_at if step is not None else 0
    return Enrolment(
        id_ or enrolment_id(customer, journey, number),
        journey,
        version,
        key,
        number,
        entered_at,
        entered_at + (begun or 0),
        event or "",
        entry or {},
        step,
        since + (step_at or 0),
        None if due is None else entered_at + due,
        variables or {},
        visits or {},
        {name: MessageFacts(*facts) for name, facts in messages.items()} if messages else {},
        tuple([(at, name) for at, name in sends]) if sends else (),
        marks_in(moved_by),
        exited_at,
        outcome,
        converted_at,
        credited_to,
        date,
        bool(past),
        tuple(onward or ()),
    )


def _encode_message(item: Message) -> list[Json]:
    return _trimmed(
        [
            item.id,
            item.enrolment,
            item.journey,
            item.version,
            item.step,
            item.number,
            item.channel,
            item.category,
            item.priority,
            item.requested_at,
            item.deadline_at,
            item.wake_at,
            item.on_limit,
            dict(item.variables),
            item.status,
            item.reason,
            item.claimed_at,
            item.attempt,
            item.link,
        ]
    )


def _decode_message(stored: Sequence[Any]) -> Message:
    *plain, variables, status, reason, claimed_at, attempt, link = _padded(stored, _MESSAGE_FIELDS)
    values = [
        *plain,
        variables or {},
        status or "wanted",
        reason,
        claimed_at,
        attempt or 0,
        link or 0,
    ]
    return Message(*values)


def _encode_sent(item: Sent) -> list[Json]:
    return [
        item.id,
        item.at,
        item.channel,
        item.category,
        item.counts,
        item.journey,
        item.step,
        item.enrolment,
        item.address,
    ]


def encode_event(event: Event) -> list[Json]:
    """An event as a list; caused and silent ones are marked."""
    return _trimmed(
        [
            event.id,
            event.name,
            event.at,
            event.received_at - event.at,
            dict(event.properties),
            dict(event.traits),
            True if event.caused else None,
            None if event.links is None else _encode_links(event.links),
            True if event.silent else None,
        ]
    )


def _encode_links(links: Links) -> list[Json]:
    return _trimmed(
        [
            list(links.joins),
            links.alias,
            [list(claim) for claim in links.claims],
            [list(identity) for identity in links.conflicts],
        ]
    )


def _decode_links(stored: Sequence[Any]) -> Links:
    row = _Row(stored, _LINKS_FIELDS)
    return Links(
        tuple(row.take([])),
        row.take(),
        tuple((kind, value) for kind, value in row.take([])),
        tuple((kind, value) for kind, value, *_ in row.take([])),
    )


def decode_event(stored: Json) -> Event:
    """An event from its list; raises CorruptState or NewerForm."""
    try:
        row = _Row(stored, _EVENT_FIELDS)  # type: ignore[arg-type]
        id_, name, at = row.take(), row.take(), row.take()
        return Event(
            id_,
            name,
            at,
            at + row.take(0),
            row.take({}),
            row.take({}),
            caused=row.take(default=False),
            links=None if (links := row.take()) is None else _decode_links(links),
            silent=row.take(default=False),
        )
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise CorruptState(f"a stored event cannot be read: {error}") from error
