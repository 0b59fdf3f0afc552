"""Caps: from which instant on does the ledger leave room for one more send?

A send exactly one window ago no longer counts. The n-th newest send that counts tells when room
comes: no stepping through time. A calendar period counts everything since its first instant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sojourn.core.customer import Sent
from sojourn.core.instants import DAY, Duration, Instant
from sojourn.core.limits import LEDGER_KEPT
from sojourn.core.localtime import end_of_period, start_of_period
from sojourn.core.plan import Cap, Category, Settings

_LONGEST_PERIOD: dict[str, Duration] = {"day": 2 * DAY, "week": 8 * DAY, "month": 32 * DAY}
"""No calendar period is longer, whatever its clock does: a clock gains at most a day."""


@dataclass(frozen=True, slots=True)
class CapLimit:
    """A cap that leaves no room before ``until`` (None: never)."""

    until: Instant | None
    reason: str


def first_allowed(  # noqa: PLR0913 - one decision's inputs
    settings: Settings,
    category: Category,
    channel: str,
    ledger: Sequence[Sent],
    at: Instant,
    zone: ZoneInfo,
) -> CapLimit | None:
    """The cap that binds longest from ``at`` on, or None when all leave room at ``at``.

    ``until`` is the first instant at which every cap leaves room; the ledger is in order of time.
    """
    if not category.obeys_caps:
        return None
    caps = [cap for cap in settings.caps if _covers(cap, channel, category.name)]
    free, longest, settled = at, None, False
    while not settled:
        settled = True
        for cap in caps:
            free_at = _free_at(cap, ledger, free, zone)
            if free_at is None:
                return CapLimit(None, f"cap {cap.name}")
            if free_at > free:
                free, longest, settled = free_at, cap, False
    return None if longest is None else CapLimit(free, f"cap {longest.name}")


def _covers(cap: Cap, channel: str, category: str) -> bool:
    return (cap.channels is None or channel in cap.channels) and (
        cap.categories is None or category in cap.categories
    )


def _free_at(cap: Cap, ledger: Sequence[Sent], at: Instant, zone: ZoneInfo) -> Instant | None:
    """The first instant not before ``at`` at which the cap leaves room; None: never."""
    free = at
    if cap.min_gap is not None:
        newest = _newest(cap, ledger, 1, since=at - cap.min_gap)
        if newest is not None:
            free = newest + cap.min_gap
    if cap.maximum is None or cap.window is None:
        return free
    if cap.maximum == 0:
        return None
    if isinstance(cap.window, int):
        nth = _newest(cap, ledger, cap.maximum, since=free - cap.window)
        return free if nth is None else nth + cap.window
    nth = _newest(cap, ledger, cap.maximum, since=free - _LONGEST_PERIOD[cap.window])
    return free if nth is None else _in_later_period(nth, free, cap.window, zone)


def _in_later_period(sent_at: Instant, at: Instant, period: str, zone: ZoneInfo) -> Instant | None:
    """The first instant not before ``at`` in a period that began after a send."""
    free: Instant | None = at
    while free is not None and start_of_period(free, period, zone) <= sent_at:
        free = end_of_period(free, period, zone)
    return free


def _newest(cap: Cap, ledger: Sequence[Sent], nth: int, *, since: Instant) -> Instant | None:
    """The instant of the n-th newest send the cap counts, if it is after ``since``."""
    channels, categories = cap.channels, cap.categories
    for sent in reversed(ledger):
        if sent.at <= since:
            return None
        if (
            sent.counts
            and (channels is None or sent.channel in channels)
            and (categories is None or sent.category in categories)
        ):
            nth -= 1
            if not nth:
                return sent.at
    return None


def longest_window(settings: Settings) -> Duration:
    """How long a send can matter to any cap, in microseconds."""
    spans: list[Duration] = [0]
    for cap in settings.caps:
        spans.append(cap.min_gap or 0)
        window = cap.window or 0
        spans.append(window if isinstance(window, int) else _LONGEST_PERIOD[window])
    return max(spans)


def pruned(ledger: tuple[Sent, ...], settings: Settings, now: Instant) -> tuple[Sent, ...]:
    """The ledger without old sends that no cap can count; the newest ones always stay.

    A cap looks at its newest ``maximum`` sends only, so what stays is bounded by the sum of the
    caps' maxima even when every send is recent.
    """
    if len(ledger) <= LEDGER_KEPT:
        return ledger
    oldest = now - longest_window(settings)
    room = [max(cap.maximum or 0, 1 if cap.min_gap else 0) for cap in settings.caps]
    kept: list[Sent] = []
    for age, sent in enumerate(reversed(ledger)):
        counting = [
            number
            for number, cap in enumerate(settings.caps)
            if room[number] and _counts(cap, sent)
        ]
        for number in counting:
            room[number] -= 1
        if age < LEDGER_KEPT or (counting and sent.at > oldest):
            kept.append(sent)
    return tuple(reversed(kept))


def _counts(cap: Cap, sent: Sent) -> bool:
    return sent.counts and _covers(cap, sent.channel, sent.category)
