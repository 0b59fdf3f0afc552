"""Ending: why a passage ended or a wait was in vain, and what would have made it otherwise."""

import re
from collections.abc import Iterator

from sojourn.core.matching.conditions import Condition
from sojourn.core.state.customer import Event
from sojourn.core.state.decisions import Record
from sojourn.core.values.exact import Json, JsonObject
from sojourn.core.values.instants import DAY, format_duration, format_instant
from sojourn.core.values.paths import Path, show_path
from sojourn.core.workspace.plan import Exit, Match, WaitFor
from sojourn_cli.explaining.chains import shorter_chain
from sojourn_cli.explaining.nearest import Nearest, fulfilling, in_file, no_change, said_of, without
from sojourn_cli.explaining.saying import Said, said
from sojourn_cli.explaining.standing import Standing
from sojourn_cli.explaining.words import condition_in_full, duration_in_words

_GO_ON = "it would have gone on"


def explain_exited(record: Record, standing: Standing) -> Said | None:
    """Why a passage ended; None for a reason that is not known here."""
    outcome, reason = record.details.get("outcome"), record.reason
    text = f"Ended as {outcome}"
    if reason is None:
        return said(f"{text}: {_end(record, standing)}", undoing(record, standing))
    kind, _, rest = reason.partition(" ")
    match kind:
        case "event":
            why = f"its exit rule on {rest}"
        case "goal":
            why = f"its goal was reached by {rest}, which ends it"
        case "exit":
            why = f"its exit rule without an event came true{_rule(record, standing)}"
        case "max_stay":
            journey = standing.journey_of(record)
            stay = f" ({duration_in_words(journey.max_stay)})" if journey is not None else ""
            why = f"the customer had stayed its longest{stay}"
        case "request":
            why = "the customer was forgotten"
        case "another":
            why = f"two customers became one, and {reason}"
        case "step" | "the" | "a":
            why = reason
        case _:
            return None
    return said(f"{text}: {why}", undoing(record, standing))


def _end(record: Record, standing: Standing) -> str:
    if record.details.get("outcome") == "archived":
        return "the journey was archived, and takes those inside along (on_archive exit)"
    step = standing.step_of(record)
    if isinstance(step, Exit):
        return f"its exit step {step.name}"
    return "its last step was done"


def undoing(record: Record, standing: Standing) -> Nearest | None:
    """What would have kept a passage from this end; None where it went to its own end."""
    file = f"journeys/{record.journey}.json"
    kind, _, rest = (record.reason or "").partition(" ")
    match kind:
        case "event" | "goal":
            return _without_event(rest, record, standing)
        case "exit":
            return _without_condition(record, standing)
        case "max_stay":
            return _longer_stay(record, standing, file)
        case "request":
            at = format_instant(record.at)
            return Nearest(f"without that request {_GO_ON}", {"without": rest, "at": at})
        case "another":
            words = "reentry mode always would have kept both"
            return in_file(words, file, "entry.reentry.mode", "always")
        case "step":
            return _more_visits(record, file)
        case "the":
            place = f"steps.{record.step}.until.if_past"
            return in_file("if_past continue would have gone on", file, place, "continue")
        case "a":
            return shorter_chain(record, standing)
        case "" if record.details.get("outcome") == "archived":
            return in_file(
                "on_archive finish would let those inside go on", file, "on_archive", "finish"
            )
        case _:
            return None


def _without_event(name: str, record: Record, standing: Standing) -> Nearest:
    """That the event which ended it had not come."""
    passage = standing.passage_of(record)
    entered = passage.event if passage is not None else None
    known = [item for item in standing.events if item.name == name]
    found = [item for item in known if item.received_at == record.at]
    if not found:
        found = [item for item in known if entered is not None and item.at > entered.at]
    if not found:
        return no_change(f"no {name} came in from outside")
    if len(found) > 1:
        return no_change(f"more than one {name} had come")
    at = format_instant(found[0].received_at)
    return Nearest(f"without that {name} {_GO_ON}", {"without": name, "at": at})


def _rules(record: Record, standing: Standing) -> list[Condition]:
    """The conditions of the exit rules without event that end with an outcome."""
    journey, outcome = standing.journey_of(record), record.details.get("outcome")
    rules = journey.exits if journey is not None else ()
    return [
        rule.where
        for rule in rules
        if not rule.events and rule.outcome == outcome and rule.where is not None
    ]


def _rule(record: Record, standing: Standing) -> str:
    found = _rules(record, standing)
    return f" ({condition_in_full(found[0])})" if len(found) == 1 else ""


def _without_condition(record: Record, standing: Standing) -> Nearest | None:
    found = _rules(record, standing)
    if not found:
        return None
    if len(found) > 1:
        return no_change("one of its rules without an event ended it")
    kept = without(found[0], standing.moment(record.at))
    words = kept.text.removesuffix(" it would")
    text = f"{words} {_GO_ON}" if words != kept.text else f"{words} to go on"
    return kept if kept.change is None else Nearest(text, kept.change)


def _longer_stay(record: Record, standing: Standing, file: str) -> Nearest | None:
    """The stay, in whole days, that outlasts the wait she was in, or is a day longer."""
    journey, passage = standing.journey_of(record), standing.passage_of(record)
    if journey is None:
        return None
    needed = journey.max_stay
    if passage is not None and passage.until is not None:
        needed = max(needed, passage.until - passage.entered_at)
    stay = (needed // DAY + 1) * DAY
    words = f"a max_stay of {duration_in_words(stay)} would have let it go on"
    return in_file(words, file, "max_stay", format_duration(stay))


def _more_visits(record: Record, file: str) -> Nearest | None:
    """How often its step would have to allow to be visited."""
    found = re.fullmatch(r"step (\S+) was visited (\d+) times", record.reason or "")
    if found is None:
        return None
    most = int(found[2]) + 1
    place = f"steps.{found[1]}.max_visits"
    return in_file(f"max_visits {most} would allow another", file, place, most)


# ---- What a wait was in vain for -----------------------------------------------------------------


def explain_timeout(record: Record, standing: Standing) -> Said:
    """What a wait was for that nothing ended, and what would have ended it."""
    step = standing.step_of(record)
    if not isinstance(step, WaitFor):
        return said("Nothing it waited for came")
    passage = standing.passage_of(record)
    if passage is not None and passage.step_at == record.at:
        return said("It waited no time", no_change("only what comes while it waits ends a wait"))
    within = "" if step.timeout is None else f" within {duration_in_words(step.timeout)}"
    changes = [_by_event(item, record, standing) for item in step.any]
    best = next((item for item in changes if item.change is not None), None)
    return said(f"Nothing it waited for came{within}", best or next(iter(changes), None))


def _by_event(match: Match, record: Record, standing: Standing) -> Nearest:
    """The event that would have ended a wait, in time."""
    name = match.events[0]
    if match.step is not None and not _was_sent(match.step, record, standing):
        return no_change(f"no {name} could come: {match.step} had sent nothing")
    values = fulfilling(match.where, standing.moment(record.at))
    pairs = _matching(match, record, standing)
    if values is None or pairs is None:
        asked = " and ".join(_asked(match))
        return no_change(f"it waited for {name} with {asked}, which rests on more than the event")
    if match.step is not None:
        values |= {"event.journey": record.journey, "event.step": match.step}
    values |= pairs
    change: JsonObject = {"event": name, "times": 1}
    if values:
        change["with"] = values
    words = f" with {said_of(values)}" if values else ""
    return Nearest(f"{name}{words} before that would have ended the wait", change)


def _was_sent(step: str, record: Record, standing: Standing) -> bool:
    return any(item.enrolment == record.enrolment and item.step == step for item in standing.sends)


def _asked(match: Match) -> Iterator[str]:
    if match.where is not None:
        yield condition_in_full(match.where)
    for one, other in match.match:
        yield f"{show_path(one)} as {show_path(other)}"


def _matching(match: Match, record: Record, standing: Standing) -> JsonObject | None:
    """The values of an event that its pairs of paths ask for; None when they are not known."""
    passage = standing.passage_of(record)
    entered = passage.event if passage is not None else None
    values: JsonObject = {}
    for pair in match.match:
        asked = [path for path in pair if path[0] == "event"]
        others = [path for path in pair if path[0] != "event"]
        value = _value(others[0], entered, standing) if len(others) == 1 else None
        if len(asked) != 1 or value is None:
            return None
        values[show_path(asked[0])] = value
    return values


def _value(path: Path, entered: Event | None, standing: Standing) -> Json:
    match path:
        case ("entry", name) if entered is not None:
            return entered.properties.get(name)
        case ("profile", name):
            return standing.trait(name)
        case _:
            return None
