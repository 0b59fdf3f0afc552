"""Caps: from which instant on does the ledger leave room for one more send?

A send exactly one window ago no longer counts. The n-th newest send that counts tells when room
comes: no stepping through time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sojourn.core.customer import Sent
from sojourn.core.instants import Instant
from sojourn.core.limits import LEDGER_KEPT
from sojourn.core.localtime import start_of_period
from sojourn.core.plan import Cap, Category, Settings


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
    """The cap that binds longest from ``at`` on, or None when all leave room at ``at``."""
    if not category.obeys_caps:
        return None
    longest: CapLimit | None = None
    for cap in settings.caps:
        if cap.channels is not None and channel not in cap.channels:
            continue
        if cap.categories is not None and category.name not in cap.categories:
            continue
        free_at = _free_at(cap, ledger, at, zone)
        if free_at == at:
            continue
        if free_at is None:
            return CapLimit(None, f"cap {cap.name}")
        if longest is None or longest.until is None or free_at > longest.until:
            longest = CapLimit(free_at, f"cap {cap.name}")
    return longest


def _free_at(cap: Cap, ledger: Sequence[Sent], at: Instant, zone: ZoneInfo) -> Instant | None:
    """The first instant not before ``at`` at which the cap leaves room; None: never."""
    free = at
    if cap.min_gap is not None:
        newest = _newest(cap, ledger, 1)
        if newest is not None:
            free = max(free, newest + cap.min_gap)
    if cap.maximum is None or cap.window is None:
        return free
    if cap.maximum == 0:
        return None
    nth = _newest(cap, ledger, cap.maximum)
    if nth is None:
        return free
    if isinstance(cap.window, int):
        return max(free, nth + cap.window)
    if nth >= start_of_period(free, cap.window, zone):
        return max(free, start_of_period(nth, cap.window, zone, periods=1))
    return free


def _newest(cap: Cap, ledger: Sequence[Sent], nth: int) -> Instant | None:
    """The instant of the n-th newest send the cap counts; the ledger is in order of time."""
    left = nth
    for sent in reversed(ledger):
        if _counts(cap, sent):
            left -= 1
            if not left:
                return sent.at
    return None


def _counts(cap: Cap, sent: Sent) -> bool:
    return (
        sent.counts
        and (cap.channels is None or sent.channel in cap.channels)
        and (cap.categories is None or sent.category in cap.categories)
    )


def longest_window(settings: Settings) -> Instant:
    """How long a send can matter to any cap, in microseconds; calendar months count 32 days."""
    day = 86_400_000_000
    calendar = {"day": 2 * day, "week": 8 * day, "month": 32 * day}
    spans = [0]
    for cap in settings.caps:
        spans.append(cap.min_gap or 0)
        window = cap.window
        spans.append(calendar[window] if isinstance(window, str) else window or 0)
    return max(spans)


def pruned(ledger: tuple[Sent, ...], settings: Settings, now: Instant) -> tuple[Sent, ...]:
    """The ledger without old sends that no cap can count; the newest ones always stay.

    A cap looks at its newest ``maximum`` sends only, so what stays is bounded by the sum of the
    caps' maxima even when every send is recent.
    """
    if len(ledger) <= LEDGER_KEPT:
        return ledger
    oldest = now - longest_window(settings)
    old, kept = ledger[:-LEDGER_KEPT], ledger[-LEDGER_KEPT:]
    room = {id(cap): (cap.maximum or 0) + 1 for cap in settings.caps}
    needed: list[Sent] = []
    for sent in reversed(old):
        counted = [cap for cap in settings.caps if room[id(cap)] and _counts(cap, sent)]
        for cap in counted:
            room[id(cap)] -= 1
        if counted and sent.at > oldest:
            needed.append(sent)
    return (*reversed(needed), *kept)
