"""Release: may this message go now, and if not, when or why never?

`release(message, customer, settings, now)` answers Send, Hold until the first instant at which
quiet hours, closed days and caps all allow it, or Skip with an outcome and a reason. The order
is the language's: suppression, consent and control group, quiet hours, caps.
"""

from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from sojourn.core.caps import CapLimit, first_allowed
from sojourn.core.customer import AddressStatus, Customer, Message, Sent
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
    """It may go at ``until`` at the earliest; ``reason`` names the rule that binds longest.

    Of quiet hours and closed days that run into each other it is the one met first.
    """

    until: Instant
    reason: str


@dataclass(frozen=True, slots=True)
class Skip:
    """It never goes; ``outcome`` is a send outcome, ``reason`` names the rule."""

    outcome: str
    reason: str


type Release = Send | Hold | Skip

_UTC = ZoneInfo("UTC")


def zone_of(customer: Customer, settings: Settings) -> ZoneInfo:
    """The customer's zone: `profile.timezone` when it names one, else the settings'."""
    for name in (customer.trait("timezone"), settings.timezone):
        zone = find_zone(name) if isinstance(name, str) else None
        if zone is not None:
            return zone
    return _UTC


def release(message: Message, customer: Customer, settings: Settings, now: Instant) -> Release:
    """Decide about one message at one instant."""
    category = settings.category(message.category)
    addresses = customer.addresses(message.channel)
    if not addresses:
        return Skip("no_address", f"channels.{message.channel} missing")
    open_ones = _not_blocked(addresses, message.channel, customer, category)
    if not open_ones:
        status = customer.channel_status(message.channel)
        return Skip("suppressed", f"channels.{message.channel} {status}")
    unwanted = _unwanted(customer, category, settings)
    if unwanted is not None:
        return unwanted
    limits = _Limits(
        settings, category, message.channel, customer.ledger, zone_of(customer, settings)
    )
    limit = limits.first(now, message.deadline_at)
    if limit is None:
        return Send(open_ones)
    if limit.until is None or message.on_limit == "skip":
        return limits.skip(now)
    return Hold(limit.until, limit.reason)


def _not_blocked(
    addresses: tuple[str, ...], channel: str, customer: Customer, category: Category
) -> tuple[str, ...]:
    standings = customer.channels.get(channel)
    if not standings:
        return addresses
    return tuple(
        address for address in addresses if not _blocks(standings.get(address), customer, category)
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


def _unwanted(customer: Customer, category: Category, settings: Settings) -> Skip | None:
    """Refused by the customer, or hers is the control group."""
    if category.consent != "none":
        consent = customer.consents.get(category.name)
        given = consent.given if consent is not None else category.consent == "opt_out"
        if not given:
            return Skip("no_consent", f"consent {category.name}")
    if category.obeys_caps and falls_within(
        settings.control_group, "control_group", settings.draw(customer.id)
    ):
        return Skip("suppressed", "control_group")
    return None


@dataclass(frozen=True, slots=True)
class _Limits:
    """What can make one message wait."""

    settings: Settings
    category: Category
    channel: str
    ledger: tuple[Sent, ...]
    zone: ZoneInfo

    def quiet(self, at: Instant, deadline: Instant | None) -> QuietLimit | None:
        return first_open(self.settings, self.category, self.channel, at, self.zone, deadline)

    def cap(self, at: Instant) -> CapLimit | None:
        return first_allowed(self.settings, self.category, self.channel, self.ledger, at, self.zone)

    def first(self, now: Instant, deadline: Instant) -> CapLimit | QuietLimit | None:
        """Until when quiet hours and caps together make it wait, and which of them bound last.

        Nothing when nothing stands in the way at ``now``; without ``until`` when no instant up to
        the deadline is allowed. The two push each other on until neither does.
        """
        binding: CapLimit | QuietLimit | None = None
        at = now
        while True:
            limit = self.quiet(at, deadline) or self.cap(at)
            if limit is None:
                return binding
            if limit.until is None or limit.until > deadline:
                return replace(limit, until=None)
            binding, at = limit, limit.until

    def skip(self, now: Instant) -> Skip:
        """The outcome of what, taken alone, allows latest; caps on a tie."""
        alone = (("capped", self.cap(now)), ("quiet", self.quiet(now, None)))
        limits = [(outcome, limit) for outcome, limit in alone if limit is not None]
        outcome, limit = max(limits, key=lambda item: (item[1].until is None, item[1].until or 0))
        return Skip(outcome, limit.reason)
