"""Limits: how much of a cap was used at a moment, and which quiet hours a clock stood in."""

from collections.abc import Iterator
from datetime import datetime, time

from sojourn.core.nouns import noun
from sojourn.core.state.customer import Sent
from sojourn.core.values.exact import JsonObject
from sojourn.core.values.instants import Instant, format_duration, format_instant
from sojourn.core.values.localtime import WEEKDAYS, end_of_period, local_clock, start_of_period
from sojourn.core.workspace.settings import Cap, QuietHours
from sojourn_cli.explaining.standing import Standing
from sojourn_cli.explaining.words import counted, duration_in_words, listed

_MOST_NAMED = 3


@noun
class Use:
    """How much of a cap is used.

    ``counted`` are the sends it counts now, the oldest first; ``full`` says that they leave no
    room; ``frees_at`` is when it alone has room again (None: never, or it has room now).
    """

    cap: Cap
    counted: tuple[Sent, ...]
    full: bool
    frees_at: Instant | None

    def details(self) -> JsonObject:
        """The use as JSON."""
        return {
            "cap": self.cap.name,
            "max": self.cap.maximum,
            "per": _per(self.cap),
            "min_gap": None if self.cap.min_gap is None else format_duration(self.cap.min_gap),
            "counted": [
                {"journey": sent.journey, "step": sent.step, "at": format_instant(sent.at)}
                for sent in self.counted
            ],
        }


def _per(cap: Cap) -> str | None:
    if cap.window is None or isinstance(cap.window, int):
        return None if cap.window is None else format_duration(cap.window)
    return f"calendar_{cap.window}"


def use_of(cap: Cap, standing: Standing, now: Instant) -> Use:
    """How much of a cap is used at an instant, as far as the customer's records tell."""
    frees: list[Instant] = []
    found: list[Sent] = []
    never = False
    if cap.maximum is not None and cap.window is not None:
        found = _in_window(cap, standing, now)
        if len(found) >= cap.maximum:
            at = _window_frees_at(cap, found, standing, now)
            never = at is None
            frees += [] if at is None else [at]
    if cap.min_gap is not None:
        recent = standing.counted_by(cap, now - cap.min_gap)
        frees += [sent.at + cap.min_gap for sent in recent[-1:]]
        found = found or recent[-1:]
    return Use(cap, tuple(found), never or bool(frees), None if never else max(frees, default=None))


def _in_window(cap: Cap, standing: Standing, now: Instant) -> list[Sent]:
    if isinstance(cap.window, int):
        return standing.counted_by(cap, now - cap.window)
    return standing.counted_by(cap, start_of_period(now, cap.window or "", standing.zone) - 1)


def _window_frees_at(
    cap: Cap, found: list[Sent], standing: Standing, now: Instant
) -> Instant | None:
    if not cap.maximum:
        return None
    if isinstance(cap.window, int):
        return found[-cap.maximum].at + cap.window
    return end_of_period(now, cap.window or "", standing.zone)


def say_cap(use: Use) -> str:
    """What a cap allows and what was sent, as a clause."""
    cap = use.cap
    clauses = []
    if cap.maximum is not None and cap.window is not None:
        per = (
            f"in {duration_in_words(cap.window)}"
            if isinstance(cap.window, int)
            else f"in a calendar {cap.window}"
        )
        clauses.append(f"allows {cap.maximum} {per}")
    if cap.min_gap is not None:
        clauses.append(f"wants {duration_in_words(cap.min_gap)} between two")
    return f"cap {cap.name} {listed(clauses)}{_say_sends(use.counted)}"


def _say_sends(sends: tuple[Sent, ...]) -> str:
    if not sends:
        return ""
    named = [f"{sent.journey}/{sent.step} at {format_instant(sent.at)}" for sent in sends]
    if len(named) > _MOST_NAMED:
        earlier = len(named) - _MOST_NAMED
        named = [counted(earlier, "earlier one"), *named[-_MOST_NAMED:]]
    return f", and {listed(named)} {'counts' if len(sends) == 1 else 'count'}"


def quiet_windows(standing: Standing, channel: str, now: Instant) -> Iterator[str]:
    """The quiet hours and closed days that the customer's clock stands in, in words."""
    wall = local_clock(now, standing.zone)
    for closed in standing.plan.settings.closed:
        if _covers(closed.channels, channel) and closed.first <= wall.date() <= closed.last:
            one_day = closed.first == closed.last
            yield f"closed {closed.first}" if one_day else f"closed {closed.first} to {closed.last}"
    for window in standing.plan.settings.quiet_hours:
        if _covers(window.channels, channel) and _holds(window, wall):
            days = [WEEKDAYS[day].capitalize() for day in sorted(window.weekdays)]
            on = f" on {listed(days)}" if days else ""
            yield f"{_hours(window)}{on}"


def _hours(window: QuietHours) -> str:
    if window.start != window.end:
        return f"quiet hours {window.start:%H:%M} to {window.end:%H:%M}"
    return (
        "quiet all day" if window.start == time() else f"quiet for a day from {window.start:%H:%M}"
    )


def _covers(channels: frozenset[str] | None, channel: str) -> bool:
    return channels is None or channel in channels


def _holds(window: QuietHours, wall: datetime) -> bool:
    """Whether a window that began today or yesterday holds a local time."""
    now, today = wall.time(), wall.weekday()
    crosses = window.end <= window.start
    begun = now >= window.start and (crosses or now < window.end)
    left_over = crosses and now < window.end
    days = window.weekdays or frozenset(range(7))
    return (begun and today in days) or (left_over and (today - 1) % 7 in days)
