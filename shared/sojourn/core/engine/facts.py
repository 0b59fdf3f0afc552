"""What an event says about the customer herself: traits, consent, and facts about messages.

Traits obey own times: an older one overwrites nothing newer. A channel's status gives way only
to a stricter one.
"""

from dataclasses import replace

from sojourn.core.customer import (
    STRICTNESS,
    AddressStatus,
    Consent,
    Customer,
    Event,
    MessageFacts,
    Sent,
    Trait,
)
from sojourn.core.engine.draft import Binding, Draft
from sojourn.core.exact import Json, dumps
from sojourn.core.limits import PROFILE_BYTES
from sojourn.core.plan import CHANNELS

SOFT_BOUNCES = 5
"""Transient bounces in a row after which an address counts as bounced."""

MESSAGE_EVENTS = (
    *("message.sent", "message.skipped", "message.failed"),
    *("message.delivered", "message.opened", "message.clicked", "message.bounced"),
    *("message.complained", "message.unsubscribed"),
)

_FIELDS = {
    "message.delivered": "delivered_at",
    "message.opened": "opened_at",
    "message.clicked": "clicked_at",
    "message.bounced": "bounced_at",
}


def fold_traits(draft: Draft, event: Event) -> bool:
    """Merge an event's traits into the profile; whether anything changed."""
    if not event.traits:
        return False
    traits = dict(draft.customer.traits)
    changed = False
    for name, value in event.traits.items():
        if name == "consent":
            changed |= _fold_consent(draft, value, event)
            continue
        before = traits.get(name)
        if before is not None and before.at > event.at:
            continue
        traits[name] = Trait(value, event.at)
        if _profile_bytes(traits) > PROFILE_BYTES:
            draft.record("refused", reason=f"profile is full: trait {name} does not fit")
            traits = {**traits, name: before} if before is not None else _without(traits, name)
            continue
        changed |= before is None or before.value != value
    draft.change(traits=traits)
    if changed:
        draft.record("profile", names=", ".join(event.traits))
    return changed


def _profile_bytes(traits: dict[str, Trait]) -> int:
    sizes = (len(name) + _size(trait.value) for name, trait in traits.items())
    return sum(sizes)


def _size(value: Json) -> int:
    return len(value) if isinstance(value, str) else len(dumps(value))


def _without(traits: dict[str, Trait], name: str) -> dict[str, Trait]:
    return {key: trait for key, trait in traits.items() if key != name}


def _fold_consent(draft: Draft, value: Json, event: Event) -> bool:
    if not isinstance(value, dict):
        draft.record("refused", reason="trait consent is not an object of true and false")
        return False
    consents = dict(draft.customer.consents)
    changed = False
    for category, given in value.items():
        if not isinstance(given, bool):
            draft.record("refused", reason=f"consent {category} is neither true nor false")
            continue
        before = consents.get(category)
        if before is not None and before.at > event.at:
            continue
        consents[category] = Consent(given, event.at)
        changed |= before is None or before.given != given
    draft.change(consents=consents)
    return changed


def is_by_a_machine(event: Event) -> bool:
    """Whether a fact was marked as a mail proxy's or a link scanner's doing: it moves nothing."""
    return event.name in MESSAGE_EVENTS and event.properties.get("bot") is True


def take_fact(draft: Draft, event: Event) -> None:
    """Bind a fact about a message to that message, and keep what it says."""
    if event.name not in MESSAGE_EVENTS:
        return
    binding = draft.bindings.get(event.id) or find_message(draft.customer, event)
    if binding is not None:
        draft.bind(event, binding)
        _keep_times(draft, binding, event)
    if not event.caused:
        _keep_status(draft, binding, event)


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
    return Binding(sent.id, sent.enrolment, sent.journey, sent.step, sent.channel, sent.address)


def _keep_times(draft: Draft, binding: Binding, event: Event) -> None:
    """The first time of each kind stays."""
    field = _FIELDS.get(event.name)
    enrolment = draft.enrolments.get(binding.enrolment)
    if field is None or enrolment is None:
        return
    facts = enrolment.messages.get(binding.step)
    if facts is None or facts.id != binding.message or getattr(facts, field) is not None:
        return
    kept: MessageFacts = replace(facts, **{field: event.at})  # type: ignore[arg-type]  # an instant
    draft.alter(enrolment, messages={**enrolment.messages, binding.step: kept})


def _keep_status(draft: Draft, binding: Binding | None, event: Event) -> None:
    """Set the status of the address the message went to, else of the present one."""
    match event.name:
        case "message.bounced":
            permanent = event.properties.get("bounce_type") == "permanent"
            verdict = "bounced" if permanent else "soft"
        case "message.complained":
            verdict = "complained"
        case "message.unsubscribed":
            verdict = "unsubscribed"
        case "message.delivered":
            verdict = "delivered"
        case _:
            return
    channel = binding.channel if binding is not None else event.properties.get("channel", "email")
    if not isinstance(channel, str) or channel not in CHANNELS:
        draft.record("refused", reason=f"{event.name} names no channel")
        return
    if binding is not None:
        addresses: tuple[str, ...] = tuple(binding.address.split(" "))
    else:
        addresses = draft.customer.addresses(channel)
    for address in addresses:
        _judge(draft, channel, address, verdict, event)


def _judge(draft: Draft, channel: str, address: str, verdict: str, event: Event) -> None:
    now = draft.customer.address_status(channel, address)
    before = now if now is not None else AddressStatus("ok", event.at)
    if verdict == "delivered":
        after = replace(before, soft=0)
    elif verdict == "soft":
        soft = before.soft + 1
        bounced = soft >= SOFT_BOUNCES and STRICTNESS[before.status] < STRICTNESS["bounced"]
        after = AddressStatus("bounced" if bounced else before.status, event.at, soft)
    elif STRICTNESS[verdict] > STRICTNESS[before.status] or verdict == before.status:
        after = AddressStatus(verdict, max(event.at, before.at), before.soft)
    else:
        return
    if after == now or (now is None and after.status == "ok" and not after.soft):
        return
    table = {**draft.customer.channels.get(channel, {}), address: after}
    draft.change(channels={**draft.customer.channels, channel: table})
    if after.status != before.status:
        draft.record("channel", channel=channel, status=after.status, reason=event.name)
