"""Entering: why a journey did not start, and what would have let the customer in."""

import re
from collections.abc import Callable

from sojourn.core.conditions import describe, show_path
from sojourn.core.decisions import Record
from sojourn.core.instants import format_instant
from sojourn.core.limits import REASONS
from sojourn.core.plan import Journey
from sojourn_cli.explaining.obstacles import Met, Nearest, nearest, read_obstacle, say_met
from sojourn_cli.explaining.saying import Said, said
from sojourn_cli.explaining.standing import Standing
from sojourn_cli.explaining.words import listed

type _Say = Callable[[re.Match[str], Record, Standing], Said]

DID_NOT_START = "Did not start"


def explain_not_entered(record: Record, standing: Standing) -> Said | None:
    """Why a journey did not start; None for a reason that is not known here."""
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
    return said(f"{DID_NOT_START}{on} because of {say_met(met)}", nearest(met, record.at))


def _is_not_live(found: re.Match[str], _record: Record, _standing: Standing) -> Said:
    return said(f"{DID_NOT_START}: the journey is {found[1]}, and nobody enters")


def _opens_later(found: re.Match[str], _record: Record, _standing: Standing) -> Said:
    return said(
        f"{DID_NOT_START}: entry was not open yet",
        Nearest(f"it opens at {found[1]}", {"at": found[1]}),
    )


def _has_closed(found: re.Match[str], _record: Record, _standing: Standing) -> Said:
    return said(f"{DID_NOT_START}: entry was open until just before {found[1]}")


def _is_in_it(_found: re.Match[str], record: Record, standing: Standing) -> Said:
    journey = standing.journey_of(record)
    passages = list(standing.passages_in(record.journey or ""))
    if journey is not None and journey.entry.key is not None and len(passages) > 1:
        passages = []  # records do not tell which of them has this key
    since = [f", since {format_instant(item.entered_at)} at {item.step}" for item in passages]
    return said(
        f"{DID_NOT_START}: the customer was still in it{''.join(since)}; it takes one at a"
        f" time{_key(journey)} (reentry after_exit)",
        Nearest(
            "it is open again once that has ended; reentry always would not ask",
            {"rule": {"entry.reentry.mode": "always"}},
        ),
    )


def _key(journey: Journey | None) -> str:
    if journey is None or journey.entry.key is None:
        return ""
    return f" per {show_path(journey.entry.key)}"


def _entered_before(_found: re.Match[str], record: Record, standing: Standing) -> Said:
    return said(
        f"{DID_NOT_START}: the customer entered before{_when(record, standing)}, and it takes"
        f" nobody twice{_key(standing.journey_of(record))} (reentry never)",
        Nearest("reentry always would not ask", {"rule": {"entry.reentry.mode": "always"}}),
    )


def _entered_often(found: re.Match[str], record: Record, standing: Standing) -> Said:
    more = int(found[2]) + 1
    return said(
        f"{DID_NOT_START}: the customer entered {found[2]} times{_when(record, standing)}, and"
        f" {found[1]} are allowed{_key(standing.journey_of(record))} (reentry max)",
        Nearest(f"a max of {more} would be enough", {"rule": {"entry.reentry.max": more}}),
    )


def _entered_lately(found: re.Match[str], record: Record, standing: Standing) -> Said:
    return said(
        f"{DID_NOT_START}: the customer entered lately{_when(record, standing)} (reentry every)",
        Nearest(f"it is open again at {found[1]}", {"at": found[1]}),
    )


def _when(record: Record, standing: Standing) -> str:
    """When she entered last, by whatever key."""
    entries = standing.entries.get(record.journey or "", [])
    return f", last at {format_instant(entries[-1])}" if entries else ""


def _limit_of_enrolments(found: re.Match[str], _record: Record, _standing: Standing) -> Said:
    return said(f"{DID_NOT_START}: the customer was in {found[1]} journeys, the most there can be")


def _limit_of_entries(found: re.Match[str], _record: Record, _standing: Standing) -> Said:
    return said(
        f"{DID_NOT_START}: what entered her journeys would take {found[1]} characters in all, more"
        " than is kept"
    )


def _chain(_found: re.Match[str], _record: Record, _standing: Standing) -> Said:
    return said(f"{DID_NOT_START}: journeys that enter one another went too far in one instant")


def _no_journey(_found: re.Match[str], record: Record, _standing: Standing) -> Said:
    return said(f"{DID_NOT_START}: there is no journey {record.journey}")


def _more(found: re.Match[str], _record: Record, _standing: Standing) -> Said:
    return said(f"{found[1]} more journeys did not start either; their reasons are not kept")


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
    r"loop_limit": _chain,
    r"there is no such journey": _no_journey,
    r"and (\d+) more journeys": _more,
}
"""What is asked before and after the condition, by the reason it leaves."""


def explain_never_asked(journey: Journey, *, crowded: bool) -> Said:
    """Why nothing is recorded of a journey.

    ``crowded`` says that once more journeys did not start than reasons are kept.
    """
    if journey.status not in {"live", "paused"}:
        return said(f"{DID_NOT_START}: the journey is {journey.status}, and nobody enters")
    if crowded:
        return said(
            f"{DID_NOT_START}: where many journeys did not start at once, {REASONS} reasons are"
            " kept, and its own is not among them"
        )
    return said(f"{DID_NOT_START}: {_never_came(journey)}")


def _never_came(journey: Journey) -> str:
    entry = journey.entry
    if entry.events:
        return f"it begins with {listed(entry.events, 'or')}, which never came"
    if entry.segment is not None:
        crossing = "left" if entry.on == "leave" else "came into"
        return f"the customer never {crossing} segment {entry.segment}"
    tests = listed(describe(test) for _, test in entry.profile)
    return f"no change of the profile made {tests} true"
