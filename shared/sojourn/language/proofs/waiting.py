"""Proofs about time: waits nobody outlasts, events that end the journey first, events long gone."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from sojourn.core.values.exact import JsonObject
from sojourn.core.values.instants import Duration, format_duration
from sojourn.core.values.paths import Path
from sojourn.core.workspace.plan import (
    DEFAULT_VISITS,
    DateWait,
    Enter,
    Exit,
    ExitRule,
    Goal,
    Journey,
    Match,
    Step,
    Wait,
    WaitFor,
)
from sojourn.language.findings import Code, Place, Problem
from sojourn.language.graphs import knots, reachable
from sojourn.language.mentions import in_step
from sojourn.language.proofs.passage import arrivals, leads, with_event
from sojourn.language.tolerant import as_object
from sojourn.language.wording import listed, quoted


def in_journey(doc: JsonObject, journey: Journey) -> Iterator[Problem]:
    """What can be proved of a journey's waits."""
    reached = arrivals(journey)
    for name, after in reached.items():
        step = journey.steps[name]
        if isinstance(step, Wait):
            yield from _endless(("steps", name, "for"), step, after, journey)
        elif isinstance(step, WaitFor):
            yield from _endless(("steps", name, "timeout"), step, after, journey)
            if after > 0:
                yield from _ended_first(name, step, journey)
    yield from _gone(doc, journey)
    yield from _unsent(journey)
    yield from _without_end(doc, journey, reached)


def _endless(
    place: Place, step: Wait | WaitFor, after: Duration, journey: Journey
) -> Iterator[Problem]:
    """A wait that ends only when the longest stay is over; that is looked at first."""
    length = step.duration if isinstance(step, Wait) else step.timeout
    if length is None or after + length < journey.max_stay:
        return
    if isinstance(step, Wait) and step.until is not None and after + length == journey.max_stay:
        return  # a changed trait may move it on in that very instant
    message = (
        "this wait never ends: by then `max_stay` has ended the journey as `expired`; make one"
        " shorter or the other longer"
    )
    yield Problem(place, Code.WAIT_PAST_MAX_STAY, message, "warning")


def _without_end(doc: JsonObject, journey: Journey, reached: Iterable[str]) -> Iterator[Problem]:
    """A round that no step leads out of, where the file does not say how long it is to go on."""
    ways = {name: {target for target, _ in leads(journey.steps[name])} for name in reached}
    stuck = {name: ahead for name, ahead in ways.items() if not _ends(journey.steps[name], ahead)}
    while True:
        inner = {name: ahead for name, ahead in stuck.items() if ahead <= stuck.keys()}
        if len(inner) == len(stuck):
            break
        stuck = inner
    for round_ in knots({name: sorted(filter(None, ahead)) for name, ahead in stuck.items()}):
        least = min(journey.steps[name].max_visits for name in round_)
        written = [as_object(as_object(doc["steps"])[name]).get("max_visits") for name in round_]
        is_few = least <= DEFAULT_VISITS  # said by whoever means few, also without `max_stay`
        if least in written and (is_few or "max_stay" in doc):
            continue
        message = (
            "no way leads out of this round: who is not taken out ends as `expired` after"
            f" {format_duration(journey.max_stay)}, or as `loop_limit` after {least} visits; say by"
            " `max_stay`, and by `max_visits` of each step in it, how long it is meant to go on"
        )
        yield Problem(("steps", round_[0]), Code.NO_WAY_OUT, message, "warning")


def _ends(step: Step, ahead: Collection[str | None]) -> bool:
    """Whether a journey may end with a step."""
    if isinstance(step, Exit) or None in ahead:
        return True
    date = step.until if isinstance(step, Wait) else None
    return isinstance(date, DateWait) and date.if_past == "exit"


def _ended_first(name: str, step: WaitFor, journey: Journey) -> Iterator[Problem]:
    """Events that never move anybody, for they end the journey before steps move.

    Only where time has passed since entry: of what came in the entering instant some counts here
    and not there.
    """
    goal = journey.goal if journey.goal is not None and journey.goal.exit else None
    ends = [*journey.exits, *((goal,) if goal is not None and goal.within is None else ())]
    for index, match in enumerate(step.any):
        taken = {event for rule in ends if _catches(rule, match) for event in rule.events}
        if taken.issuperset(match.events):
            message = (
                f"{listed(match.events, 'and')} always ends the journey before it moves a step;"
                " wait for another event, or take it out of `exit` and `goal`"
            )
            place = ("steps", name, "any", index, "event")
            yield Problem(place, Code.EXIT_COMES_FIRST, message, "warning")


def _catches(rule: ExitRule | Goal, match: Match) -> bool:
    """Whether a rule applies whenever the match does; what other steps change does not matter."""
    fixed = all(_is_fixed(left) and _is_fixed(right) for left, right in rule.match)
    return rule.where is None and fixed and set(rule.match) <= set(match.match)


def _is_fixed(path: Path) -> bool:
    return path[0] in ("event", "entry")


def _unsent(journey: Journey) -> Iterator[Problem]:
    """Facts about a message of a step that no customer can have come through before."""
    ways = {
        name: {target for target, _ in leads(step) if target is not None}
        for name, step in journey.steps.items()
    }
    for name, step in journey.steps.items():
        for index, match in enumerate(step.any if isinstance(step, WaitFor) else ()):
            if match.step is None or name in reachable(ways, match.step):
                continue
            message = (
                f"this can never come: no way leads from {quoted(match.step)} to here, so it has"
                " sent nothing yet; wait after it, or for another step's message"
            )
            place = ("steps", name, "any", index, "step")
            yield Problem(place, Code.IMPOSSIBLE_CONDITION, message, "warning")


def _gone(doc: JsonObject, journey: Journey) -> Iterator[Problem]:
    """Paths of the event at hand where none can be."""
    here = with_event(journey)
    for name, step in journey.steps.items():
        if name in here or isinstance(step, WaitFor):
            continue
        for mention in in_step(as_object(as_object(doc["steps"])[name])):
            if (
                mention.kind == "path"
                and mention.name.startswith("event.")
                and ("did" not in mention.place)
            ):
                message = (
                    f"{quoted(mention.name)} is never there: no event is at hand after a wait or a"
                    " send; what entered is `entry`"
                )
                place = ("steps", name, *mention.place)
                yield Problem(place, Code.EVENT_IS_GONE, message, "warning")


def closed_doors(journey: Journey, others: Mapping[str, Journey]) -> Iterator[Problem]:
    """Journeys that are led into and let nobody in."""
    if journey.status not in ("live", "paused"):
        return
    doors: list[tuple[Place, str]] = [
        (("steps", name, "journey"), step.journey)
        for name, step in journey.steps.items()
        if isinstance(step, Enter)
    ]
    doors += [
        (("exit", index, "enter"), rule.enter)
        for index, rule in enumerate(journey.exits)
        if rule.enter is not None
    ]
    for place, name in doors:
        other = others.get(name)
        if other is not None and other.status != "live":
            message = f"nobody enters: the journey {quoted(name)} is {other.status}, not live"
            because = (f"journeys/{name}.json",)
            yield Problem(place, Code.CLOSED_JOURNEY, message, "warning", because)
