"""Facts about our own messages: which message each is about, and what it says of the address.

A channel's status gives way only to a stricter one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sojourn.core.engine.draft import Draft
from sojourn.core.engine.stimuli import Binding
from sojourn.core.limits import ADDRESS_BYTES, ADDRESSES, ADDRESSES_BYTES
from sojourn.core.state.customer import (
    ENDPOINT_GONE,
    MESSAGE_FACTS,
    STRICTNESS,
    AddressStatus,
    Customer,
    Enrolment,
    Event,
    MessageFacts,
    Sent,
    standing_key,
)
from sojourn.core.state.history import BEGINNING
from sojourn.core.values.exact import Json
from sojourn.core.values.instants import Instant
from sojourn.core.workspace.plan import CHANNELS

SOFT_BOUNCES = 5
"""Transient bounces in a row after which an address counts as bounced.

A delivery ends the row. There are a thousand deliveries to a bounce, so they are not counted as
they come: they lie in the history, and are looked for there when the bounces are many enough.
"""

_BOUNCED, _DELIVERED = "message.bounced", "message.delivered"

_FIELDS = {
    "message.delivered": "delivered_at",
    "message.opened": "opened_at",
    "message.clicked": "clicked_at",
    "message.bounced": "bounced_at",
}

_FACTS = frozenset({*MESSAGE_FACTS, ENDPOINT_GONE})

_VERDICTS = {
    "message.bounced": "bounced",
    "message.complained": "complained",
    "message.unsubscribed": "unsubscribed",
    ENDPOINT_GONE: "bounced",
}


def take_fact(draft: Draft, event: Event) -> None:
    """Bind a fact about a message to that message, and keep what it says."""
    if event.name not in _FACTS or (event.caused and event.id in draft.bindings):
        return  # what we caused was bound as it was, and says nothing of the address
    if event.name == ENDPOINT_GONE:
        _keep_status(draft, None, event)
        return
    binding = draft.bindings.get(event.id) or find_message(draft.customer, event)
    if binding is not None:
        draft.bind(event, binding)
        _keep_times(draft, binding, event)
    if not event.caused:
        _keep_status(draft, binding, event)


def concerns(draft: Draft, event: Event, enrolment: Enrolment, step: str) -> bool:
    """Whether a fact is about this enrolment's message from that step."""
    facts = enrolment.messages.get(step)
    if facts is not None and facts.id == event.properties.get("message_id"):
        return True
    binding = draft.bindings.get(event.id) or find_message(draft.customer, event)
    return binding is not None and (binding.enrolment, binding.step) == (enrolment.id, step)


def find_message(customer: Customer, event: Event) -> Binding | None:
    """The sent message a fact is about: by its id, else the latest from that journey and step."""
    id_ = event.properties.get("message_id")
    journey, step = event.properties.get("journey"), event.properties.get("step")
    for sent in reversed(customer.ledger):
        if sent.id == id_:
            return _binding(sent)
    for sent in reversed(customer.ledger):
        if sent.journey == journey and sent.step == step:
            return _binding(sent)
    return None


def _binding(sent: Sent) -> Binding:
    return Binding(sent.id, sent.enrolment, sent.step, sent.channel, sent.address)


def _keep_times(draft: Draft, binding: Binding, event: Event) -> None:
    """Keep when a message was first delivered, opened, clicked or bounced, by own times."""
    field = _FIELDS.get(event.name)
    enrolment = draft.enrolments.get(binding.enrolment) if field is not None else None
    if field is None or enrolment is None:
        return
    facts = enrolment.messages.get(binding.step)
    if facts is None or facts.id != binding.message:
        return
    known: Instant | None = getattr(facts, field)
    if known is None or event.at < known:
        kept: MessageFacts = replace(facts, **{field: event.at})  # type: ignore[arg-type]  # an instant
        draft.alter(enrolment, messages={**enrolment.messages, binding.step: kept})


def _keep_status(draft: Draft, binding: Binding | None, event: Event) -> None:
    """Set the status of the address the message went to, else of the present one.

    A fact that names an `address` is about that one, where a message went to several.
    """
    verdict = _verdict(event)
    if verdict is None:
        return
    channel = _channel(binding, event)
    if not isinstance(channel, str) or channel not in CHANNELS:
        draft.record("refused", reason=f"{event.name} names no channel")
        return
    addresses = _addresses(draft, binding, event, channel)
    for address in addresses:
        _judge(draft, channel, address, verdict, event)


def _channel(binding: Binding | None, event: Event) -> Json:
    return binding.channel if binding is not None else event.properties.get("channel", "email")


def _addresses(
    draft: Draft, binding: Binding | None, event: Event, channel: str
) -> tuple[str, ...]:
    """The addresses that a fact is about."""
    named = event.properties.get("address")
    if isinstance(named, str):
        return (named,)
    if binding is None:
        return draft.customer.addresses(channel)
    return tuple(binding.address.split(" ")) if channel == "push" else (binding.address,)


def _verdict(event: Event) -> str | None:
    """What a fact says of an address; None when it says nothing of it."""
    if event.name == _BOUNCED and event.properties.get("bounce_type") != "permanent":
        return "soft"
    return _VERDICTS.get(event.name)


def _judge(draft: Draft, channel: str, address: str, verdict: str, event: Event) -> None:
    size = len(address.encode())
    if size > ADDRESS_BYTES:
        draft.record("refused", reason=f"{event.name}: an address of {size} bytes")
        return
    address, table = standing_key(channel, address), draft.customer.channels.get(channel, {})
    before = table.get(address, AddressStatus("ok", event.at))
    if verdict == "soft":
        after = _softened(draft, channel, address, before, event)
    else:
        after = _judged(before, verdict, event.at)
    if after == before:
        return
    if address not in table:
        kept = those_with_room([*by_strictness(table), address])
        table = {name: standing for name, standing in table.items() if name in kept}
    draft.change(channels={**draft.customer.channels, channel: {**table, address: after}})
    if after.status != before.status:
        draft.record("channel", channel=channel, status=after.status, reason=event.name)


def strictness(standing: AddressStatus) -> tuple[int, int, Instant]:
    """How much a standing forbids; of like ones the newer forbids more."""
    return STRICTNESS[standing.status], standing.soft, standing.at


def by_strictness(table: Mapping[str, AddressStatus]) -> list[str]:
    """A channel's addresses, those last that stand the strictest."""
    return sorted(table, key=lambda address: strictness(table[address]))


def those_with_room(addresses: Sequence[str]) -> set[str]:
    """Of a channel's addresses the last ones, as many as are kept."""
    kept: set[str] = set()
    size = 0
    for address in reversed(addresses[-ADDRESSES:]):
        size_of_one = len(address.encode())
        if size + size_of_one <= ADDRESSES_BYTES:
            kept.add(address)
            size += size_of_one
    return kept


def _softened(
    draft: Draft, channel: str, address: str, before: AddressStatus, event: Event
) -> AddressStatus:
    """How an address stands after a transient bounce."""
    since = event.at if before.since is None else min(event.at, before.since)
    after = replace(before, soft=before.soft + 1, since=since)
    if after.soft < SOFT_BOUNCES:
        return after
    row = _row(draft, channel, address, since, event)
    if len(row) < SOFT_BOUNCES:
        return replace(after, soft=len(row), since=min(row, default=None))
    return _judged(after, "bounced", event.at)


def _row(draft: Draft, channel: str, address: str, since: Instant, event: Event) -> list[Instant]:
    """The own times of an address's transient bounces after its last delivery, by own times.

    A delivery that nobody refers to is in the history as soon as it is there, so it may have come
    after this event, which waited to be taken: then it does not count yet.
    """
    found_now = draft.events((_BOUNCED, _DELIVERED), since)
    known = {item.id: item for item in found_now if item.received_at <= draft.now}
    delivered_at, bounces = BEGINNING, []
    for item in {**known, event.id: event}.values():
        binding = find_message(draft.customer, item)
        if _channel(binding, item) != channel:
            continue
        found = _addresses(draft, binding, item, channel)
        if all(standing_key(channel, each) != address for each in found):
            continue
        if item.name == _DELIVERED:
            delivered_at = max(delivered_at, item.at)
        elif _verdict(item) == "soft":
            bounces.append(item.at)
    return [at for at in bounces if at > delivered_at]


def _judged(before: AddressStatus, verdict: str, at: Instant) -> AddressStatus:
    """How an address stands after a verdict: it gives way only to a stricter one."""
    if STRICTNESS[verdict] < STRICTNESS[before.status]:
        return before
    newer = at if verdict != before.status else max(at, before.at)
    return replace(before, status=verdict, at=newer)
