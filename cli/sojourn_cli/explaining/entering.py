"""Entering: why a customer did not enter a journey, and what would have let her in."""

import re
from collections.abc import Callable
from dataclasses import replace

from sojourn.core.limits import KEY_BYTES, REASONS
from sojourn.core.state.decisions import Record
from sojourn.core.values.exact import Json
from sojourn.core.values.instants import Instant, format_instant, parse_instant
from sojourn.core.values.paths import show_path
from sojourn.core.workspace.plan import Journey
from sojourn_cli.explaining.chains import shorter_round
from sojourn_cli.explaining.nearest import Nearest, at_instant, in_file, nearest, no_change
from sojourn_cli.explaining.obstacles import Met, read_obstacle, say_met
from sojourn_cli.explaining.outside import met_outside
from sojourn_cli.explaining.saying import Said, said
from sojourn_cli.explaining.standing import Standing
from sojourn_cli.explaining.words import condition_in_full, counted, listed

type _Say = Callable[[re.Match[str], Record, Standing], Said]

DID_NOT_ENTER = "Did not enter"


def explain_not_entered(record: Record, standing: Standing) -> Said | None:
    """Why a journey was not entered; None for a reason that is not known here."""
    reason = record.reason or ""
    for pattern, say in _GATES.items():
        found = re.fullmatch(pattern, reason)
        if found is not None:
            return say(found, record, standing)
    return _explain_condition(record, standing)


def met_by(record: Record, standing: Standing) -> Met | None:
    """The part of the entry's condition that stood in the way, when that was it."""
    journey = standing.journey_of(record)
    if journey is None or journey.entry.where is None:
        return None
    return read_obstacle(journey.entry.where, record.reason or "", standing.plan.segments)


def _explain_condition(record: Record, standing: Standing) -> Said | None:
    journey, met = standing.journey_of(record), met_by(record, standing)
    if journey is None or met is None:
        return None
    on = f" on {listed(journey.entry.events, 'or')}" if journey.entry.events else ""
    outside = any(
        event.name in journey.entry.events and event.received_at == record.at
        for event in standing.events
    )
    is_ours = bool(journey.entry.events) and not outside
    change = nearest(met, replace(standing.moment(record.at), is_ours=is_ours))
    return said(f"{DID_NOT_ENTER}{on} because of {say_met(met)}", change)


def _is_not_live(found: re.Match[str], record: Record, _standing: Standing) -> Said:
    return said(
        f"{DID_NOT_ENTER}: the journey is {found[1]}, and nobody enters",
        _in_journey("live, it would be asked", record, "status", "live"),
    )


def _in_journey(text: str, record: Record, path: str, to: Json) -> Nearest:
    return in_file(text, f"journeys/{record.journey}.json", path, to)


def _opens_later(found: re.Match[str], _record: Record, _standing: Standing) -> Said:
    return said(
        f"{DID_NOT_ENTER}: entry was not open yet",
        at_instant(f"it opens at {found[1]}", parse_instant(found[1])),
    )


def _has_closed(found: re.Match[str], record: Record, _standing: Standing) -> Said:
    later = format_instant(record.at + 1)
    return said(
        f"{DID_NOT_ENTER}: entry was open until just before {found[1]}",
        _in_journey("a later end would let her in", record, "entry.until", later),
    )


def _is_in_it(_found: re.Match[str], record: Record, standing: Standing) -> Said:
    journey = standing.journey_of(record)
    passages = list(standing.passages_in(record.journey or "", record.details.get("key")))
    since = [f", since {format_instant(item.entered_at)} at {item.step}" for item in passages]
    return said(
        f"{DID_NOT_ENTER}: the customer was still in it{''.join(since)}; it takes one at a"
        f" time{_key(journey)} (reentry after_exit)",
        _always(
            "it is open again once that has ended; reentry mode always would let her in",
            record,
            standing,
        ),
    )


def _key(journey: Journey | None) -> str:
    if journey is None or journey.entry.key is None:
        return ""
    return f" per {show_path(journey.entry.key)}"


def _always(text: str, record: Record, standing: Standing) -> Nearest:
    """The mode that does not ask, unless another rule of re-entry stands behind it."""
    behind = _behind(record, standing, mode="always")
    if behind is not None:
        return no_change(f"and {behind} stands behind that")
    return _in_journey(text, record, "entry.reentry.mode", "always")


def _behind(record: Record, standing: Standing, *, mode: str) -> str | None:
    """The rule of re-entry that would say no next, if this one were another."""
    journey = standing.journey_of(record)
    if journey is None:
        return None
    rule = journey.entry.reentry
    entries = standing.entries_of(record)
    if mode != "max" and rule.max is not None and len(entries) >= rule.max:
        return f"reentry max {rule.max}"
    if rule.every is not None and entries and record.at - entries[-1] < rule.every:
        return f"reentry every, open again at {format_instant(entries[-1] + rule.every)},"
    return None


def _entered_before(_found: re.Match[str], record: Record, standing: Standing) -> Said:
    return said(
        f"{DID_NOT_ENTER}: the customer entered before{_when(record, standing)}, and it takes"
        f" nobody twice{_key(standing.journey_of(record))} (reentry never)",
        _always("reentry mode always would let her in", record, standing),
    )


def _entered_often(found: re.Match[str], record: Record, standing: Standing) -> Said:
    more = int(found[2]) + 1
    behind = _behind(record, standing, mode="max")
    change = _in_journey(f"a max of {more} would be enough", record, "entry.reentry.max", more)
    return said(
        f"{DID_NOT_ENTER}: the customer entered {counted(int(found[2]), 'time')}"
        f"{_when(record, standing)}, and {found[1]} {'is' if found[1] == '1' else 'are'} allowed"
        f"{_key(standing.journey_of(record))} (reentry max)",
        change if behind is None else no_change(f"and {behind} stands behind that"),
    )


def _entered_lately(found: re.Match[str], record: Record, standing: Standing) -> Said:
    return said(
        f"{DID_NOT_ENTER}: the customer entered lately{_when(record, standing)} (reentry every)",
        at_instant(f"it is open again at {found[1]}", parse_instant(found[1])),
    )


def _when(record: Record, standing: Standing) -> str:
    """When she entered last by this key."""
    entries = standing.entries_of(record)
    return f", last at {format_instant(entries[-1])}" if entries else ""


def _limit_of_enrolments(found: re.Match[str], _record: Record, _standing: Standing) -> Said:
    return said(
        f"{DID_NOT_ENTER}: the customer was in {found[1]} journeys, the most there can be",
        no_change("one of them would have to end first"),
    )


def _limit_of_entries(found: re.Match[str], _record: Record, _standing: Standing) -> Said:
    """As earlier versions said it."""
    return said(
        f"{DID_NOT_ENTER}: what entered her journeys would take {found[1]} characters in all, more"
        " than is kept",
        no_change("one of them would have to end first, or the event to bring less"),
    )


def _limit_of_what_is_held(found: re.Match[str], _record: Record, _standing: Standing) -> Said:
    return said(
        f"{DID_NOT_ENTER}: her journeys would hold {found[1]} bytes in all, more than is kept",
        no_change("one of them would have to end first, or the event to bring less"),
    )


def _limit_at_once(found: re.Match[str], _record: Record, _standing: Standing) -> Said:
    return said(
        f"{DID_NOT_ENTER}: {found[1]} journeys had begun at once already",
        no_change("fewer would have to"),
    )


def _limit_of_a_key(found: re.Match[str], _record: Record, _standing: Standing) -> Said:
    return said(
        f"{DID_NOT_ENTER}: its key has {found[1]} bytes, and may have {KEY_BYTES}",
        no_change("a shorter one would do"),
    )


def _chain(_found: re.Match[str], record: Record, standing: Standing) -> Said:
    return said(
        f"{DID_NOT_ENTER}: journeys that enter one another went too far in one instant",
        shorter_round(record, standing),
    )


def _no_journey(_found: re.Match[str], record: Record, _standing: Standing) -> Said:
    return said(
        f"{DID_NOT_ENTER}: there is no journey {record.journey}",
        no_change(f"a file journeys/{record.journey}.json would have to say what it is"),
    )


def _more(found: re.Match[str], _record: Record, _standing: Standing) -> Said:
    return said(
        f"{found[1]} more journeys were not entered either; their reasons are not kept",
        no_change("what stood in their way is not known"),
    )


_GATES: dict[str, _Say] = {
    r"journey is (paused|draft|archived)": _is_not_live,
    r"entry opens at (\S+)": _opens_later,
    r"entry closed at (\S+)": _has_closed,
    r"reentry after_exit: still in it": _is_in_it,
    r"reentry never: entered before": _entered_before,
    r"reentry max (\d+): entered (\d+) times": _entered_often,
    r"reentry every: open again at (\S+)": _entered_lately,
    r"limit: (\d+) live enrolments": _limit_of_enrolments,
    r"limit: entry\.\* of (\d+) characters in all": _limit_of_entries,
    r"limit: (\d+) bytes held by enrolments": _limit_of_what_is_held,
    r"limit: (\d+) journeys at once": _limit_at_once,
    r"limit: a key of (\d+) bytes": _limit_of_a_key,
    r"loop_limit": _chain,
    r"there is no such journey": _no_journey,
    r"and (\d+) more journeys": _more,
}
"""What is asked before and after the condition, by the reason it leaves."""


def explain_never_asked(
    journey: Journey, standing: Standing, at: Instant, *, crowded: bool, silent: bool = False
) -> Said:
    """Why nothing is recorded of a journey until ``at``, when the last event came.

    ``crowded`` says that once more journeys were not entered than reasons are kept, ``silent`` that
    what could have let her in came as history alone.
    """
    if journey.status not in {"live", "paused"}:
        return said(
            f"{DID_NOT_ENTER}: the journey is {journey.status}, and nobody enters",
            in_file("live, it would be asked", f"journeys/{journey.id}.json", "status", "live"),
        )
    if crowded:
        return said(
            f"{DID_NOT_ENTER}: where many journeys are not entered at once, {REASONS} reasons are"
            " kept, and its own is not among them"
        )
    if silent:
        return said(
            f"{DID_NOT_ENTER}: {_never_came(journey)} but as history, which lets nobody in",
            no_change("import with --enter-journeys would have asked it"),
        )
    return _outside(journey, standing, at)


def _outside(journey: Journey, standing: Standing, at: Instant) -> Said:
    text = f"{DID_NOT_ENTER}: {_never_came(journey)}"
    met = None if journey.entry.events else met_outside(journey.entry, standing, at)
    if met is None:
        return said(text)
    missed = "; ".join(say_met(item) for item in met.inside or (met,))
    text = f"{text}; what stood in the way when her last event came: {missed}"
    return said(text, nearest(met, standing.moment(at)))


def _never_came(journey: Journey) -> str:
    entry = journey.entry
    if entry.events:
        return f"it is entered on {listed(entry.events, 'or')}, which never came"
    if entry.segment is not None:
        crossing = "left" if entry.on == "leave" else "came into"
        return f"the customer never {crossing} segment {entry.segment}"
    tests = listed(condition_in_full(test) for _, test in entry.profile)
    return f"no change of the profile made {tests} true"
