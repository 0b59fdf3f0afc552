"""Outcomes: a message's fate becomes a fact about it, which is a stimulus of its own."""

from sojourn.core.engine.draft import Draft
from sojourn.core.engine.stimuli import Binding
from sojourn.core.nouns import maker
from sojourn.core.state.customer import ACCEPTED, CHANNEL_FACTS, Event, Message, Sent
from sojourn.core.values.exact import Json

_NAMES = {"sent": "message.sent", "failed": "message.failed"}
"""Outcomes with an event of their own; every other is `message.skipped`."""

_PROOFS = (ACCEPTED, *CHANNEL_FACTS)
"""What the channel only says of a message that was sent."""

_made_event = maker(Event)


def settle(
    draft: Draft, message: Message, outcome: str, reason: str | None, segments: int | None = None
) -> str:
    """Settle a message with a send outcome; gives the name of the fact it causes.

    A `sent` message is in the ledger already.
    """
    sent = _sending(draft, message) if outcome == "sent" else None
    draft.settle(message, outcome, reason, sent, segments)
    return _NAMES.get(outcome, "message.skipped")


def told(draft: Draft, name: str, message: Message, outcome: str, reason: str | None) -> Event:
    """The fact of that name that a settled message causes, to be taken next."""
    properties = _properties(message, outcome, reason)
    id_, now = f"{name}:{message.id}", draft.now
    event = _made_event(id_, name, now, now, properties, caused=True)
    if name not in draft.unheard:
        draft.bind(event, _binding(draft, message))
    if draft.reasons:
        draft.announce(name, message.id, properties)
    return event


def fail(draft: Draft, message: Message, reason: str) -> None:
    """Settle a message as failed that is not to be decided; the fact is taken next."""
    event = told(draft, settle(draft, message, "failed", reason), message, "failed", reason)
    draft.bind(event, _binding(draft, message))
    draft.caused(event)


def _binding(draft: Draft, message: Message) -> Binding:
    sent = _sending(draft, message)
    return Binding(
        message.id,
        message.enrolment,
        message.step,
        message.channel,
        sent.address if sent is not None else "",
    )


def _sending(draft: Draft, message: Message) -> Sent | None:
    """The newest line of the ledger about a message."""
    for item in reversed(draft.customer.ledger):
        if item.id == message.id:
            return item
    return None


def _properties(message: Message, outcome: str, reason: str | None) -> dict[str, Json]:
    properties: dict[str, Json] = {
        "channel": message.channel,
        "journey": message.journey,
        "step": message.step,
        "message_id": message.id,
        "reason": reason,
    }
    return properties if outcome in _NAMES else properties | {"outcome": outcome}


def proven_sent(draft: Draft, event: Event) -> Message | None:
    """The message whose sending an event of the channel proves, and nobody has recorded.

    It is in flight, or waits to be tried again because the answer was lost. What comes of the
    sending has to come before this event.
    """
    if event.name not in _PROOFS:
        return None
    for message in draft.messages.values():
        if message.attempt and message.id == event.properties.get("message_id"):
            return message
    return None
