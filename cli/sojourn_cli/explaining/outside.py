"""Outside: what keeps a customer out of a journey that is entered by no event.

It is entered by a segment or by the profile. No decision records why that was not so: the condition
is asked of what her story tells of her, by the engine's own eyes, where it rests on nothing else.
"""

from sojourn.core.engine.draft import Draft
from sojourn.core.engine.scope import DraftScope
from sojourn.core.matching.conditions import All, Condition, Did, InSegment, obstacle
from sojourn.core.matching.membership import parts_of
from sojourn.core.state.customer import Customer
from sojourn.core.state.history import LoadedHistory
from sojourn.core.values.instants import Instant
from sojourn.core.workspace.plan import Emit, Entry, Plan
from sojourn_cli.explaining.obstacles import Met, read_obstacle
from sojourn_cli.explaining.standing import Standing

_TOLD = {"profile", "consent"}
"""Roots of the paths of which a story tells all."""


def met_outside(entry: Entry, standing: Standing, at: Instant) -> Met | None:
    """The part of a segment, or of a profile, that does not hold at the end of a story.

    None where all of it holds or that cannot be told; of who is to leave a segment nothing is, as
    she may never have been in it.
    """
    condition: Condition = All(tuple(test for _, test in entry.profile))
    if entry.segment is not None:
        condition = InSegment(entry.segment)
    if entry.on == "leave" or not _is_told(condition, standing.plan):
        return None
    customer = Customer(
        standing.customer, 0, traits=dict(standing.traits), consents=dict(standing.consents)
    )
    draft = Draft(standing.plan, customer, at, LoadedHistory(standing.events), reasons=False)
    met = obstacle(condition, DraftScope(draft))
    return None if met is None else read_obstacle(condition, str(met), standing.plan.segments)


def _is_told(condition: Condition, plan: Plan) -> bool:
    """Whether it rests on nothing but traits, consent and what came in from outside."""
    journeys = plan.versions.values()
    steps = [step for journey in journeys for step in journey.steps.values()]
    emitted = {step.event for step in steps if isinstance(step, Emit)}
    for part, inside_did in parts_of(condition, plan.segments):
        if isinstance(part, Did):
            ours = any(name in emitted or name.startswith("message.") for name in part.events)
            if ours or part.since_entry:
                return False
        elif part.path[0] not in _TOLD and not (inside_did and part.path[0] == "event"):
            return False
    return True
