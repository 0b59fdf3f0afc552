"""Release: may this message go now, and if not, when or why never?

`release(message, customer, settings, now)` answers Send, Hold until the first instant at which
quiet hours, closed days and caps all allow it, or Skip with an outcome and a reason. The order
is the language's: suppression, consent and control group, quiet hours, caps.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sojourn.core.caps import CapLimit, first_allowed
from sojourn.core.customer import Customer, Message
from sojourn.core.ids import falls_within
from sojourn.core.instants import Instant
from sojourn.core.localtime import find_zone
from sojourn.core.plan import Category, Settings
from sojourn.core.quiet import QuietLimit, first_open


@dataclass(frozen=True, slots=True)
class Send:
    """It may go now, to these addresses."""

    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hold:
    """It may go at ``until`` at the earliest; ``reason`` names the rule that binds longest."""

    until: Instant
    reason: str


@dataclass(frozen=True, slots=True)
class Skip:
    """It never goes; ``outcome`` is a send outcome, ``reason`` names the rule."""

    outcome: str
    reason: str


type Release = Send | Hold | Skip


def zone_of(customer: Customer, settings: Settings) -> ZoneInfo:
    """The customer's zone: `profile.timezone` when it names one, else the settings'."""
    name = customer.trait("timezone")
    zone = find_zone(name) if isinstance(name, str) else None
    if zone is None:
        zone = find_zone(settings.timezone)
    return zone if zone is not None else ZoneInfo("UTC")


def release(message: Message, customer: Customer, settings: Settings, now: Instant) -> Release:
    """Decide about one message at one instant."""
    category = settings.category(message.category)
    refused = _unreachable(message, customer, category) or _unwanted(customer, category, settings)
    if refused is not None:
        return refused
    zone = zone_of(customer, settings)
    at, limit = _first_instant(message, customer, settings, category, now, zone)
    if limit is None:
        return Send(_open_addresses(message, customer, category))
    if message.on_limit == "hold" and at is not None and at <= message.deadline_at:
        return Hold(at, limit.reason)
    return _skip(message, customer, settings, category, now, zone)


def _unreachable(message: Message, customer: Customer, category: Category) -> Skip | None:
    addresses = customer.addresses(message.channel)
    if not addresses:
        return Skip("no_address", f"channels.{message.channel} missing")
    if _open_addresses(message, customer, category):
        return None
    return Skip(
        "suppressed", f"channels.{message.channel} {customer.channel_status(message.channel)}"
    )


def _open_addresses(message: Message, customer: Customer, category: Category) -> tuple[str, ...]:
    return tuple(
        address
        for address in customer.addresses(message.channel)
        if not _blocked(message.channel, address, customer, category)
    )


def _blocked(channel: str, address: str, customer: Customer, category: Category) -> bool:
    standing = customer.address_status(channel, address)
    if standing is None or standing.status == "ok":
        return False
    if standing.status != "unsubscribed":
        return True
    if category.consent == "none":
        return False
    consent = customer.consents.get(category.name)
    return not (consent is not None and consent.given and consent.at > standing.at)


def _unwanted(customer: Customer, category: Category, settings: Settings) -> Skip | None:
    consent = customer.consents.get(category.name)
    given = consent.given if consent is not None else category.consent == "opt_out"
    if category.consent != "none" and not given:
        return Skip("no_consent", f"consent {category.name}")
    if category.obeys_caps and falls_within(
        settings.control_group, "control_group", settings.draw(customer.id)
    ):
        return Skip("suppressed", "control_group")
    return None


def _first_instant(  # noqa: PLR0913 - one decision's inputs
    message: Message,
    customer: Customer,
    settings: Settings,
    category: Category,
    now: Instant,
    zone: ZoneInfo,
) -> tuple[Instant | None, CapLimit | QuietLimit | None]:
    """The first instant from ``now`` on that every rule allows, and the rule that bound last.

    (now, None) when nothing stands in the way; (None, rule) when no instant up to the message's
    deadline is allowed. Quiet hours and caps push each other on until neither does.
    """
    at = now
    binding: CapLimit | QuietLimit | None = None
    while True:
        quiet = first_open(settings, category, message.channel, at, zone, message.deadline_at)
        if quiet is not None:
            binding = quiet
            if quiet.until is None:
                return None, binding
            at = quiet.until
        cap = first_allowed(settings, category, message.channel, customer.ledger, at, zone)
        if cap is None:
            return at, binding
        binding = cap
        if cap.until is None or cap.until > message.deadline_at:
            return None, binding
        at = cap.until


def _skip(  # noqa: PLR0913 - one decision's inputs
    message: Message,
    customer: Customer,
    settings: Settings,
    category: Category,
    now: Instant,
    zone: ZoneInfo,
) -> Skip:
    """The outcome of a limit: whichever rule, taken alone from now, allows later; caps on a tie."""
    quiet = first_open(settings, category, message.channel, now, zone, None)
    cap = first_allowed(settings, category, message.channel, customer.ledger, now, zone)
    if cap is None or (quiet is not None and _is_later(quiet.until, cap.until)):
        assert quiet is not None, "one of the two stood in the way at this instant"  # noqa: S101
        return Skip("quiet", quiet.reason)
    return Skip("capped", cap.reason)


def _is_later(until: Instant | None, other: Instant | None) -> bool:
    """Whether ``until`` comes after ``other``; None stands for never."""
    return other is not None and (until is None or until > other)
