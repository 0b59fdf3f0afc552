"""Nouns for tests: made from the few words that matter to a test."""

from collections.abc import Mapping
from dataclasses import replace

from sojourn.core.state.customer import (
    AddressStatus,
    Consent,
    Customer,
    Enrolment,
    Event,
    Message,
    Sent,
    Trait,
)
from sojourn.core.values.exact import Json
from sojourn.core.values.instants import DAY, Instant, parse_instant

MONDAY = parse_instant("2026-01-05T09:00:00Z")


def customer(
    *,
    channels: Mapping[str, str] | None = None,
    consents: Mapping[str, tuple[bool | None, Instant]] | None = None,
    ledger: tuple[Sent, ...] = (),
    id_: str = "c1",
    **traits: Json,
) -> Customer:
    """A customer with an e-mail address and a phone; ``channels`` says how those stand.

    A status was set at Monday 09:00 UTC.
    """
    known: dict[str, Json] = {"email": "ana@example.com", "phone": "+27820000000", **traits}
    table = {"email": known["email"], "sms": known["phone"]}
    return Customer(
        id_,
        MONDAY,
        traits={name: Trait(value, MONDAY) for name, value in known.items()},
        consents={name: Consent(*item) for name, item in (consents or {}).items()},
        channels={
            channel: {str(table[channel]): AddressStatus(status, MONDAY)}
            for channel, status in (channels or {}).items()
        },
        ledger=ledger,
    )


def message(
    at: Instant = MONDAY,
    *,
    channel: str = "email",
    category: str = "marketing",
    hold: int = DAY,
    on_limit: str = "hold",
) -> Message:
    """A message wanted at an instant."""
    return Message(
        id="m1",
        enrolment="e1",
        journey="j",
        version=1,
        step="s",
        number=1,
        channel=channel,
        category=category,
        priority=50,
        requested_at=at,
        deadline_at=at + hold,
        wake_at=at,
        on_limit=on_limit,
        variables={},
    )


def sent(
    at: Instant | str, channel: str = "email", category: str = "marketing", *, counts: bool = True
) -> Sent:
    """A send in the ledger."""
    instant = parse_instant(at) if isinstance(at, str) else at
    return Sent(f"m{instant}", instant, channel, category, counts, "j", "s", "e1", "a@b.example")


def event(name: str, at: Instant | str, id_: str | None = None, **properties: Json) -> Event:
    """An event that was taken in when it happened."""
    instant = parse_instant(at) if isinstance(at, str) else at
    return Event(id_ or f"{name} {instant}", name, instant, instant, properties)


def enrolment(begun_at: Instant = MONDAY, **fields: object) -> Enrolment:
    """An enrolment in version 1 of journey `j`, entered when its event happened."""
    plain = Enrolment("e1", "j", 1, None, 1, begun_at, begun_at, "entering", {})
    return replace(plain, **fields)  # type: ignore[arg-type]  # fields of Enrolment
