"""The most messages that one customer can get in a day or a week, by a journey and by all of them.

An upper bound. Caps bind what they count; what they leave free is bound by the ways through a
journey, and by how often it lets the same customer in. It holds while the plan and the customer's
zone stay as they are, and while fewer of her entries are counted than `limits.ENTRY_KEYS`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import combinations

from sojourn.core.nouns import noun
from sojourn.core.values.instants import DAY, HOUR, WEEK, Duration
from sojourn.core.workspace.plan import Journey, Send
from sojourn.core.workspace.settings import Cap, Settings
from sojourn.language.proofs.walks import most_sends
from sojourn.language.wording import listed, quoted

type Kind = tuple[str, str]
"""A channel and a category: what a cap tells messages apart by."""

WINDOWS: Mapping[str, Duration] = {"day": DAY, "week": WEEK}
"""The windows that are looked at, rolling: 24 hours, and seven times that."""

_MOST_CAPS = 6
"""Of more caps not every choice is tried, but each alone, and all."""

_SHORTEST_PERIOD = {"day": 23 * HOUR, "week": WEEK - HOUR, "month": 28 * DAY - HOUR}
"""A calendar period when clocks are put forward in it."""


@noun
class Most:
    """The most messages in any window of that name; ``count`` None stands for unbounded.

    ``journey`` is None for the whole workspace. ``because`` names the caps, or the steps and the
    rule of re-entry, that show it.
    """

    journey: str | None
    per: str
    count: int | None
    because: str


def most_messages(journeys: Iterable[Journey], settings: Settings) -> Iterator[Most]:
    """The most per day and per week, for each journey that is no draft and for all together."""
    running = [journey for journey in journeys if journey.status != "draft"]
    for per, window in WINDOWS.items():
        for journey in running:
            yield Most(journey.id, per, *_bound([journey], settings, window))
        yield Most(None, per, *_bound(running, settings, window))


def _bound(journeys: list[Journey], settings: Settings, window: Duration) -> tuple[int | None, str]:
    """The least that any choice of caps shows, and what shows it."""
    kinds = {kind for journey in journeys for kind in _kinds(journey).values()}
    caps = {cap: _counted(cap, kinds, settings) for cap in settings.caps}
    bounds = [
        _bound_by(chosen, journeys, kinds.difference(*(caps[cap] for cap in chosen)), window)
        for chosen in _choices([cap for cap, counted in caps.items() if counted])
    ]
    known = [(count, because) for count, because in bounds if count is not None]
    if known:
        return min(known, key=lambda bound: bound[0])
    return bounds[-1]


def _choices(caps: list[Cap]) -> Iterator[tuple[Cap, ...]]:
    """Choices of caps, from none to all."""
    yield ()
    if len(caps) <= _MOST_CAPS:
        for number in range(1, len(caps)):
            yield from combinations(caps, number)
    else:
        yield from ((cap,) for cap in caps)
    if caps:
        yield tuple(caps)


def _bound_by(
    caps: tuple[Cap, ...], journeys: list[Journey], free: Collection[Kind], window: Duration
) -> tuple[int | None, str]:
    """What these caps allow, and what the journeys send of the kinds they leave free."""
    total = sum(_allowance(cap, window) for cap in caps)
    reasons = [f"cap {quoted(cap.name)}" for cap in caps]
    for journey in journeys:
        steps = frozenset(name for name, kind in _kinds(journey).items() if kind in free)
        if not steps:
            continue
        each = most_sends(journey, steps, window)
        times, rule = _entries(journey, window)
        shown = f"{quoted(journey.id)} {rule} and sends by {listed(sorted(steps), 'and')}"
        if times is None:
            return None, f"{shown}, bound by no cap"
        total += times * each
        reasons.append(shown)
    return total, "; ".join(reasons) or "nothing is sent"


def _kinds(journey: Journey) -> dict[str, Kind]:
    """The send steps, and what kind of message each sends."""
    return {
        step.name: (step.channel, step.category or journey.category)
        for step in journey.steps.values()
        if isinstance(step, Send)
    }


def _counted(cap: Cap, kinds: Collection[Kind], settings: Settings) -> frozenset[Kind]:
    """The kinds of messages that a cap both counts and stops."""
    return frozenset(
        (channel, name)
        for channel, name in kinds
        if (cap.channels is None or channel in cap.channels)
        and (cap.categories is None or name in cap.categories)
        and settings.category(name).obeys_caps
        and settings.category(name).counts_toward_caps
    )


def _allowance(cap: Cap, window: Duration) -> int:
    """The most messages that a cap allows in a half-open window."""
    allowed = []
    if cap.min_gap is not None:
        allowed.append(-(-window // cap.min_gap))
    if cap.maximum is not None and isinstance(cap.window, int):
        allowed.append(cap.maximum * -(-window // cap.window))
    elif cap.maximum is not None and isinstance(cap.window, str):
        allowed.append(cap.maximum * (window // _SHORTEST_PERIOD[cap.window] + 2))
    return min(allowed)


def _entries(journey: Journey, window: Duration) -> tuple[int | None, str]:
    """How many enrolments of one customer can send within a window, and by which rule."""
    rule = journey.entry.reentry
    if journey.entry.key is not None:
        return None, "may be entered with a new key at any time"
    if rule.mode == "never":
        return 1, "is entered once"
    found: list[tuple[int, str]] = []
    if rule.max is not None:
        found.append((rule.max, f"is entered {rule.max} times at most"))
    if rule.every:
        inside = 0 if rule.mode == "after_exit" else journey.max_stay
        times = -(-(window + inside) // rule.every) + 1
        found.append((times, f"has {times} enrolments in that time at most"))
    if not found:
        again = "after each exit" if rule.mode == "after_exit" else "by each event"
        return None, f"may be entered again {again}"
    return min(found)
