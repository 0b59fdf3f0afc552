"""The settings: what holds for every journey, read into nouns that never change."""

from collections.abc import Mapping
from dataclasses import field
from datetime import date, time
from decimal import Decimal
from typing import Any

from sojourn.core.nouns import noun
from sojourn.core.values.instants import Duration


@noun
class Category:
    """A class of messages and which rules bind it; ``label`` is what customers see it called."""

    name: str
    consent: str
    obeys_caps: bool
    counts_toward_caps: bool
    quiet_hours: bool
    label: str | None = None


@noun
class Cap:
    """At most ``maximum`` sends per window, or at least ``min_gap`` between two.

    ``window`` is a duration (rolling) or `day`, `week`, `month` of the customer's calendar.
    """

    name: str
    channels: frozenset[str] | None
    categories: frozenset[str] | None
    maximum: int | None
    window: Duration | str | None
    min_gap: Duration | None


@noun
class QuietHours:
    """From ``start`` (quiet) to ``end`` (not quiet) on the local clock.

    ``weekdays`` name the day on which it starts (empty: every day).
    """

    channels: frozenset[str] | None
    start: time
    end: time
    weekdays: frozenset[int]


@noun
class Closed:
    """Whole local days, first to last, on which nothing is sent."""

    channels: frozenset[str] | None
    first: date
    last: date


@noun
class Settings:
    """What holds for every journey.

    ``nobody`` are globs of identities, in lower case, that are nobody's besides those that always
    are (`identity.NOBODY`). ``derived`` keeps what was worked out of the rest, so that it is once
    and not for each message.
    """

    timezone: str
    senders: Mapping[str, str]
    categories: Mapping[str, Category]
    caps: tuple[Cap, ...]
    quiet_hours: tuple[QuietHours, ...]
    closed: tuple[Closed, ...]
    control_group: int | Decimal
    seed: int = 0
    nobody: tuple[str, ...] = ()
    derived: dict[tuple[str, ...], Any] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def draw(self, customer: str) -> str:
        """Under which id a customer draws splits and groups; another ``seed`` draws anew."""
        return f"{self.seed} {customer}" if self.seed else customer

    def category(self, name: str) -> Category:
        """The category of that name; one that is not in the settings binds like marketing."""
        return self.categories.get(name) or Category(name, "opt_out", True, True, True)  # noqa: FBT003 - the noun's own order
