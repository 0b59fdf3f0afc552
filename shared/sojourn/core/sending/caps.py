"""Caps: from which instant on does the ledger leave room for one more send?

A send exactly one window ago no longer counts. The n-th newest send that counts tells when room
comes: no stepping through time. A calendar period counts everything since its first instant.
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sojourn.core.limits import LEDGER_KEPT
from sojourn.core.nouns import noun
from sojourn.core.state.customer import Sent
from sojourn.core.values.instants import DAY, Duration, Instant
from sojourn.core.values.localtime import end_of_period, start_of_period
from sojourn.core.workspace.settings import Cap, Category, Settings

_LONGEST_PERIOD: dict[str, Duration] = {"day": 2 * DAY, "week": 8 * DAY, "month": 32 * DAY}
"""No calendar period is longer, whatever its clock does: a clock gains at most a day."""


@noun
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
    binding: _Binding | None = settings.derived.get(("caps", channel, category.name))
    if binding is None:
        binding = _binding(settings, channel, category.name)
    if binding.never is not None:
        return CapLimit(None, f"cap {binding.never.name}")
    if not ledger:
        return None
    free, longest, last_at = at, None, ledger[-1].at
    for cap, reach in binding.rolling:
        if last_at > at - reach:
            rolled_at = _rolled_free_at(cap, ledger, last_at, at)
            if rolled_at > free:
                free, longest = rolled_at, cap
    if binding.calendars:
        later = _first_in_periods(binding.calendars, ledger, free, zone)
        if later is not None:
            return later
    return None if longest is None else CapLimit(free, f"cap {longest.name}")


@noun
class _Binding:
    """The caps that bind a channel and category: one that lets nothing pass, else by their kind.

    A cap may be in ``rolling``, for its gap, and in ``calendars``. Beside each that rolls
    stands how long a send matters to it.
    """

    never: Cap | None
    rolling: tuple[tuple[Cap, Duration], ...]
    calendars: tuple[Cap, ...]


def _binding(settings: Settings, channel: str, category: str) -> _Binding:
    """Find the caps that bind a channel and category, and keep them."""
    caps = [cap for cap in settings.caps if _covers(cap, channel, category)]
    reaches = [(cap, max(cap.min_gap or 0, _window_of(cap))) for cap in caps]
    found = settings.derived["caps", channel, category] = _Binding(
        next((cap for cap in caps if cap.maximum == 0), None),
        tuple([(cap, reach) for cap, reach in reaches if reach]),
        tuple([cap for cap in caps if isinstance(cap.window, str)]),
    )
    return found


def _window_of(cap: Cap) -> Duration:
    """How long its rolling window is; 0 without one."""
    return cap.window if isinstance(cap.window, int) else 0


def _covers(cap: Cap, channel: str, category: str) -> bool:
    return (cap.channels is None or channel in cap.channels) and (
        cap.categories is None or category in cap.categories
    )


def _rolled_free_at(cap: Cap, ledger: Sequence[Sent], last_at: Instant, at: Instant) -> Instant:
    """The first instant not before ``at`` at which gap and rolling window leave room.

    From there on they always do. ``last_at`` is when the last of the ledger was sent.
    """
    free, gap, window = at, cap.min_gap, cap.window
    if gap is not None and last_at > at - gap:
        newest = _newest(cap, ledger, 1, at - gap)
        if newest is not None:
            free = newest + gap
    if isinstance(window, int) and last_at > free - window:
        nth = _newest(cap, ledger, cap.maximum or 0, free - window)
        if nth is not None:
            free = nth + window
    return free


def _first_in_periods(
    calendars: Sequence[Cap], ledger: Sequence[Sent], at: Instant, zone: ZoneInfo
) -> CapLimit | None:
    """The calendar cap that binds longest from ``at`` on, or None when all leave room at ``at``.

    Where the clock goes back over midnight a day comes again, so that what left room leaves none
    later: they are asked until all agree.
    """
    limit: CapLimit | None = None
    free, moved = at, True
    while moved:
        moved = False
        for cap in calendars:
            later = _in_later_period(cap, ledger, free, zone)
            if later is None:
                return CapLimit(None, f"cap {cap.name}")
            if later > free:
                free, limit, moved = later, CapLimit(later, f"cap {cap.name}"), len(calendars) > 1
    return limit


def _in_later_period(
    cap: Cap, ledger: Sequence[Sent], at: Instant, zone: ZoneInfo
) -> Instant | None:
    """The first instant not before ``at`` in a period that leaves room; None: never."""
    period = str(cap.window)
    nth = _newest(cap, ledger, cap.maximum or 0, at - _LONGEST_PERIOD[period])
    free: Instant | None = at
    while nth is not None and free is not None and start_of_period(free, period, zone) <= nth:
        free = end_of_period(free, period, zone)
    return free


def _newest(cap: Cap, ledger: Sequence[Sent], nth: int, since: Instant) -> Instant | None:
    """The instant of the n-th newest send the cap counts, if there is one after ``since``."""
    channels, categories = cap.channels, cap.categories
    if channels is None and categories is None:
        for sent in reversed(ledger):
            if sent.at <= since:
                return None
            if sent.counts:
                nth -= 1
                if not nth:
                    return sent.at
        return None
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
