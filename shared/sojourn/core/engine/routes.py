"""Routes: versions of journeys, with what a plan tells of each before anybody is inside.

The one place where the engine binds anything beforehand. Whoever enters a journey, walks, waits and
leaves asks a route for what rests on the version and the plan alone; it is made once for each plan,
when somebody first asks.
"""

from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal
from typing import Any

from sojourn.core.engine.entry_keys import EntryKey, entry_key
from sojourn.core.engine.timers import ends_by_archive, is_paused, journey_of
from sojourn.core.nouns import noun
from sojourn.core.state.customer import OUTCOME_FACTS, Enrolment
from sojourn.core.values.instants import Duration
from sojourn.core.values.paths import Path
from sojourn.core.workspace.plan import Journey, Plan, Reentry, Step

type Rank = tuple[int | Decimal, str]
"""By what journeys are entered in order: the highest priority first, then by id."""

_ROUTES = ("routes",)
"""Under which a plan keeps its own."""


@noun
class Route:
    """One version of a journey under one plan.

    ``moves`` says by step what may move who is there, as `Plan` has it. ``stay`` is the longest
    stay (None: a pause or an archive bears on it), ``followed`` how long after the entering event
    the goal may still come, ``is_archived`` whether those inside leave for an archive,
    ``is_paused`` whether they keep their place for now. ``is_open`` says that nothing but its
    conditions and re-entry stands before its entry, ``asks`` that exit rules or a goal are looked
    at as soon as somebody enters, ``tests`` that a rule needs no event, ``remembers`` that an entry
    with a key is counted. ``unkeyed`` is under what an entry without a key is. ``strides`` are what
    walking makes of each step, when somebody first comes to it.
    """

    journey: Journey
    rank: Rank
    steps: Mapping[str, Step]
    moves: Mapping[str, frozenset[str]]
    stay: Duration | None
    followed: Duration
    is_archived: bool
    is_paused: bool
    start: str
    is_open: bool
    key: Path | None
    reentry: Reentry
    asks: bool
    tests: bool
    remembers: bool
    unkeyed: EntryKey
    strides: dict[str, Any] = field(default_factory=dict)


@noun
class Routes:
    """What is known of a plan beforehand.

    ``known`` are the routes that were asked for so far, by the journey's id and the version's
    number, ``newest`` those of them that can be entered, by the journey's id. ``unheard`` are facts
    about our own messages that concern nobody but who sent the message: no step waits for them,
    nobody is examined or let in by them; ``unasked`` those of them that no condition asks for
    either. ``are_undisturbed`` says that no pause and no archive bears on any version.
    """

    known: dict[tuple[str, int], Route]
    newest: dict[str, Route]
    unheard: frozenset[str]
    unasked: frozenset[str]
    are_undisturbed: bool


def routes_of(plan: Plan) -> Routes:
    """What is known of a plan, found once."""
    found: Routes | None = plan.derived.get(_ROUTES)
    if found is None:
        heard = plan.waited_for | plan.examined.keys() | plan.by_event.keys()
        unheard = frozenset(() if plan.always_examined else OUTCOME_FACTS) - heard
        found = plan.derived[_ROUTES] = Routes(
            known={},
            newest={},
            unheard=unheard,
            unasked=unheard - plan.names,
            are_undisturbed=plan.undisturbed.keys() == plan.versions.keys(),
        )
    return found


def route_of(enrolment: Enrolment, plan: Plan) -> Route:
    """The route of an enrolment; raises CorruptState when the plan has lost its version."""
    known, place = routes_of(plan).known, (enrolment.journey, enrolment.version)
    found = known.get(place)
    if found is None:
        found = known[place] = _made(journey_of(enrolment, plan), plan)
    return found


def new_route_into(journey: Journey, plan: Plan) -> Route:
    """The route of a journey's newest version that nobody asked for yet."""
    routes, place = routes_of(plan), (journey.id, journey.version)
    route = routes.newest[journey.id] = routes.known.setdefault(place, _made(journey, plan))
    return route


def _made(journey: Journey, plan: Plan) -> Route:
    place = journey.id, journey.version
    entry, rule = journey.entry, journey.entry.reentry
    is_examined = bool(journey.exits) or journey.goal is not None
    return Route(
        journey=journey,
        rank=(-journey.priority, journey.id),
        steps=journey.steps,
        moves={name: plan.moves[(*place, name)] for name in journey.steps},
        stay=plan.undisturbed.get(place),
        followed=plan.followed[place],
        is_archived=ends_by_archive(journey, plan),
        is_paused=is_paused(journey.id, plan),
        start=journey.start,
        key=entry.key,
        reentry=rule,
        is_open=journey.status == "live" and entry.after is None and entry.until is None,
        asks=is_examined,
        tests=any(not rule.events for rule in journey.exits),
        remembers=rule.mode == "never" or rule.every is not None or rule.max is not None,
        unkeyed=entry_key(journey.id, None),
    )
