"""Release: may this message go now, and if not, when or why never?

`release(message, customer, settings, now)` answers Send, Hold until the first instant at which
quiet hours, closed days and caps all allow it, or Skip with an outcome and a reason. The order
is the language's: suppression, consent and control group, quiet hours, caps.
"""

from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from sojourn.core.nouns import maker, noun
from sojourn.core.sending.caps import CapLimit, first_allowed
from sojourn.core.sending.quiet import QuietLimit, first_open
from sojourn.core.state.customer import (
    ADDRESS_TRAITS,
    AddressStatus,
    Customer,
    Message,
    addresses_in,
    standing_key,
)
from sojourn.core.values.ids import falls_within
from sojourn.core.values.instants import Instant
from sojourn.core.values.localtime import find_zone
from sojourn.core.workspace.settings import Category, Settings


@noun
class Send:
    """It may go now, to these addresses."""

    addresses: tuple[str, ...]


@noun
class Hold:
    """It may go at ``until`` at the earliest; ``reason`` names the rule that binds longest.

    Of quiet hours and closed days that run into each other it is the one met first.
    """

    until: Instant
    reason: str


@noun
class Skip:
    """It never goes; ``outcome`` is a send outcome, ``reason`` names the rule."""

    outcome: str
    reason: str


type Release = Send | Hold | Skip

_UTC = ZoneInfo("UTC")
_ZONE = ("zone",)
"""Under which the settings keep their own zone, found once."""


def zone_of(customer: Customer, settings: Settings) -> ZoneInfo:
    """The customer's zone: `profile.timezone` when it names one, else the settings'."""
    trait = customer.traits.get("timezone")
    if trait is not None and isinstance(trait.value, str):
        own = find_zone(trait.value)
        if own is not None:
            return own
    found: ZoneInfo | None = settings.derived.get(_ZONE)
    if found is None:
        found = settings.derived[_ZONE] = find_zone(settings.timezone) or _UTC
    return found


def release(message: Message, customer: Customer, settings: Settings, now: Instant) -> Release:
    """Decide about one message at one instant."""
    category, channel = settings.category(message.category), message.channel
    trait = customer.traits.get(ADDRESS_TRAITS[channel])
    addresses = addresses_in(trait.value) if trait is not None else ()
    open_ones = addresses
    if customer.channels:
        open_ones = _not_blocked(addresses, channel, customer, category)
    barred = _barred(message, customer, settings, category, open_ones)
    if barred is not None:
        return barred
    zone, ledger = zone_of(customer, settings), customer.ledger
    quiet = first_open(settings, category, channel, now, zone) if category.quiet_hours else None
    limit = quiet or first_allowed(settings, category, channel, ledger, now, zone)
    if limit is None:
        return _made_send(open_ones)
    if message.on_limit == "hold":
        hold = _hold(message, customer, settings, category, zone, limit)
        if hold is not None:
            return hold
    if quiet is None:
        return Skip("capped", limit.reason)
    return _skip(quiet, first_allowed(settings, category, channel, ledger, now, zone))


_made_send = maker(Send)


def _barred(
    message: Message,
    customer: Customer,
    settings: Settings,
    category: Category,
    open_ones: tuple[str, ...],
) -> Skip | None:
    """Kept back whenever it is: no address is open, the customer refused, hers is the control
    group.
    """
    if not open_ones:
        status = customer.channel_status(message.channel)
        outcome = "no_address" if status == "missing" else "suppressed"
        return Skip(outcome, f"channels.{message.channel} {status}")
    if category.consent != "none" and not _consents(customer, category):
        return Skip("no_consent", f"consent {category.name}")
    if category.obeys_caps and in_control_group(customer, settings):
        return Skip("suppressed", "control_group")
    return None


def in_control_group(customer: Customer, settings: Settings) -> bool:
    """Whether a customer gets no messages that caps count."""
    return _is_control(settings.control_group, settings.draw(customer.drawn_as()))


@lru_cache(maxsize=256)
def _is_control(per_cent: int | Decimal, drawn: str) -> bool:
    """Whether who draws so is in the control group: asked for each of her messages."""
    return falls_within(per_cent, "control_group", drawn)


def wants(customer: Customer, channel: str, category: Category) -> bool:
    """Whether what the customer said lets messages of a category come by a channel."""
    addresses = customer.addresses(channel)
    if addresses and not _not_blocked(addresses, channel, customer, category):
        return False
    return _consents(customer, category)


def _hold(  # noqa: PLR0913 - one decision's inputs
    message: Message,
    customer: Customer,
    settings: Settings,
    category: Category,
    zone: ZoneInfo,
    standing: QuietLimit | CapLimit,
) -> Hold | None:
    """Hold to the first instant that quiet hours and caps both allow, if the deadline allows it.

    Where the one ends the other may stand: they push each other on until neither does.
    """
    limit: QuietLimit | CapLimit | None = standing
    channel, ledger, deadline_at = message.channel, customer.ledger, message.deadline_at
    while limit is not None and limit.until is not None and limit.until <= deadline_at:
        at, reason = limit.until, limit.reason
        if isinstance(limit, QuietLimit):
            limit = first_allowed(settings, category, channel, ledger, at, zone)
        else:
            limit = first_open(settings, category, channel, at, zone)
        if limit is None:
            return Hold(at, reason)
    return None


def _skip(quiet: QuietLimit, cap: CapLimit | None) -> Skip:
    """Skip for whichever limit, taken alone from now, allows later; for caps on a tie."""
    if cap is None or (cap.until is not None and (quiet.until is None or quiet.until > cap.until)):
        return Skip("quiet", quiet.reason)
    return Skip("capped", cap.reason)


def _not_blocked(
    addresses: tuple[str, ...], channel: str, customer: Customer, category: Category
) -> tuple[str, ...]:
    standings = customer.channels.get(channel)
    if not standings:
        return addresses
    return tuple(
        address
        for address in addresses
        if not _blocks(standings.get(standing_key(channel, address)), customer, category)
    )


def _blocks(standing: AddressStatus | None, customer: Customer, category: Category) -> bool:
    """An unsubscription blocks until a newer consent, the other statuses always."""
    if standing is None or standing.status == "ok":
        return False
    if standing.status != "unsubscribed":
        return True
    if category.consent == "none":
        return False
    consent = customer.consents.get(category.name)
    return consent is None or not consent.given or consent.at <= standing.at


def _consents(customer: Customer, category: Category) -> bool:
    if category.consent == "none":
        return True
    said = customer.consent(category.name)
    return said if said is not None else category.consent == "opt_out"
