"""Proofs about messages: variables that nothing sets, and messages that can never go."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from sojourn.core.values.instants import HOUR, MINUTE
from sojourn.core.workspace.plan import (
    Branch,
    Emit,
    Enter,
    Journey,
    LocalTime,
    Send,
    Split,
    Step,
    Update,
    Wait,
)
from sojourn.core.workspace.settings import Cap, QuietHours, Settings
from sojourn.language.findings import Code, Place, Problem
from sojourn.language.inlining import Source
from sojourn.language.liquid import root_of
from sojourn.language.models.content import SEEN
from sojourn.language.paths import CUSTOMER_FIELDS
from sojourn.language.placeholders import calls_her, ours
from sojourn.language.proofs.knowledge import Domains
from sojourn.language.proofs.passage import leads
from sojourn.language.wording import near, quoted
from sojourn.rendering.checking import reads
from sojourn.rendering.scan import INCLUDE

_SECOND = re.compile(r"\w+\.([^\W\d][\w-]*)")
_SHARED = {"content_blocks", "partials", "snippet", "snippets"}
"""Where other tools keep what several messages share."""

_DAY_MINUTES = 24 * 60
_WEEK_MINUTES = 7 * _DAY_MINUTES

_CLOCK_CHANGE = 3 * HOUR
"""More than any clock is put forward in summer: so much sooner than it reads may quiet end."""


def unset_variables(
    step: Send, sources: Iterable[Source], domains: Domains, template: str | None
) -> Iterator[Problem]:
    """Names in a step's message that nothing ever sets.

    ``template`` is the file the message is in when it is not the journey's own.
    """
    for source in sources:
        for path in sorted(reads(source.whole.text)):
            reason = _unset(path, step, domains)
            if reason is None:
                continue
            written = source.whole.origins_of(path)[0]
            place: Place = source.origin.place
            because: tuple[str, ...] = ()
            if template is not None:
                place, because = ("steps", step.name, "template"), (template,)
            if template is not None or written != source.origin:
                reason = f"{written.file}: {reason}"
            yield Problem(place, Code.UNSET_VARIABLE, reason, "warning", because)


def _unset(path: str, step: Send, domains: Domains) -> str | None:
    """Why a path of a template never has a value, or None when it may have one."""
    root = root_of(path)
    if root == "event" or (root in step.variables and root not in SEEN):
        return None
    if root not in SEEN:
        sentence = f"nothing sets {quoted(path)}"
        if root in _SHARED:
            return f"{sentence}; what several messages share is taken in by {INCLUDE}"
        meant = near(root, (*SEEN, *step.variables))
        if meant is not None and not calls_her(root):
            return f"{sentence}; did you mean {quoted(meant + path.removeprefix(root))}?"
        return f"{sentence}; a trait is {quoted(ours(path))}, and a step's `with` hands over others"
    second = _SECOND.match(path)
    name = second[1] if second is not None else None
    match root:
        case "vars" if name is not None and name not in (domains.variables or ()):
            return f"nothing sets {quoted(path)}: no `update` step of this journey does"
        case "customer" if name is not None and name not in CUSTOMER_FIELDS:
            return f"nothing sets {quoted(path)}; a trait is {quoted(ours(path))}"
        case _:
            return None


def never_sent(journey: Journey, settings: Settings) -> Iterator[Problem]:
    """Messages that the settings, or the time at which they come, keep from ever going."""
    clocks = _clocks(journey)
    for step in journey.steps.values():
        if isinstance(step, Send):
            reason = _never(step, journey, settings, clocks.get(step.name))
            if reason is not None:
                message = f"this message can never be sent: {reason}"
                yield Problem(("steps", step.name), Code.NEVER_SENT, message, "warning")


def _never(
    step: Send, journey: Journey, settings: Settings, clock: frozenset[LocalTime] | None
) -> str | None:
    category = settings.category(step.category or journey.category)
    if category.obeys_caps:
        for cap in settings.caps:
            if cap.maximum == 0 and _binds(cap, step.channel, category.name):
                return f"the cap {quoted(cap.name)} allows none; raise its `max`"
        if settings.control_group >= 100:  # noqa: PLR2004 - per cent
            return "`control_group` is 100, which is every customer"
    if not category.quiet_hours:
        return None
    quiet = _quiet_minutes(settings.quiet_hours, step.channel)
    if all(quiet):
        return "quiet hours cover the whole week"
    if clock:
        opens = [
            _minutes_to_open(quiet, weekday * _DAY_MINUTES + at.at.hour * 60 + at.at.minute)
            for at in clock
            for weekday in at.weekdays or range(7)
        ]
        hold = step.hold if step.on_limit == "hold" else 0
        if min(opens) * MINUTE > hold + _CLOCK_CHANGE:
            times = " and ".join(sorted({f"{at.at:%H:%M}" for at in clock}))
            return f"it comes at {times}, in quiet hours, and `hold` ends before they do"
    return None


def _binds(cap: Cap, channel: str, category: str) -> bool:
    return (cap.channels is None or channel in cap.channels) and (
        cap.categories is None or category in cap.categories
    )


@lru_cache(maxsize=64)
def _quiet_minutes(windows: tuple[QuietHours, ...], channel: str) -> tuple[bool, ...]:
    """For each minute of a week, from Monday 00:00 on, whether the clock says quiet."""
    quiet = [False] * _WEEK_MINUTES
    for window in windows:
        if window.channels is not None and channel not in window.channels:
            continue
        start = window.start.hour * 60 + window.start.minute
        end = window.end.hour * 60 + window.end.minute
        length = (end - start) % _DAY_MINUTES or _DAY_MINUTES
        for weekday in window.weekdays or range(7):
            first = weekday * _DAY_MINUTES + start
            for minute in range(first, first + length):
                quiet[minute % _WEEK_MINUTES] = True
    return tuple(quiet)


def _minutes_to_open(quiet: tuple[bool, ...], minute: int) -> int:
    """How long it is quiet from a minute of the week on, by the clock; some minute is not."""
    return next(
        passed for passed in range(_WEEK_MINUTES) if not quiet[(minute + passed) % _WEEK_MINUTES]
    )


def _clocks(journey: Journey) -> Mapping[str, frozenset[LocalTime] | None]:
    """For each step the local times at one of which it is always come to; None when at any."""
    found: dict[str, frozenset[LocalTime] | None] = {journey.start: None}
    ahead = [journey.start]
    while ahead:
        name = ahead.pop()
        step = journey.steps[name]
        for target, _ in leads(step):
            if target is None:
                continue
            before = found.get(target, frozenset())
            here = _clock_after(step, found[name])
            joined = None if before is None or here is None else before | here
            if target not in found or joined != before:
                found[target] = joined
                ahead.append(target)
    return found


def _clock_after(step: Step, before: frozenset[LocalTime] | None) -> frozenset[LocalTime] | None:
    """The local times at which a step is left."""
    match step:
        case Wait(until=LocalTime() as until):
            return frozenset({until})
        case Branch() | Split() | Update() | Emit() | Enter():
            return before
        case _:
            return None
