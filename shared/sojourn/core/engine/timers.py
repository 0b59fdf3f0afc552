"""When things fall due: waits, timeouts, the longest stay, messages that want to be decided."""

from sojourn.core.errors import CorruptState
from sojourn.core.state.customer import Customer, Enrolment, Message
from sojourn.core.values.ids import chance
from sojourn.core.values.instants import MINUTE, Instant
from sojourn.core.workspace.plan import Journey, Plan

LEASE = 2 * MINUTE
"""How long a claimed message may wait for the provider's answer to be recorded; dispatch's own
time limit is half a minute, so nobody is still sending it then."""

_SPAN = 1 << 64


def journey_of(enrolment: Enrolment, plan: Plan) -> Journey:
    """The version an enrolment runs on; raises CorruptState when the plan has lost it."""
    found = plan.versions.get((enrolment.journey, enrolment.version))
    if found is None:
        raise lost(enrolment, plan)
    return found


def lost(enrolment: Enrolment, plan: Plan) -> CorruptState:
    """What to raise when the plan does not hold the version that an enrolment runs on."""
    return CorruptState(
        f"enrolment {enrolment.id} runs on version {enrolment.version} of journey"
        f" {enrolment.journey}, which plan {plan.revision} does not hold"
    )


def is_paused(journey: str, plan: Plan) -> bool:
    """Whether those inside keep their place for now."""
    current = plan.current.get(journey)
    return current is not None and current.status == "paused"


def ends_by_archive(journey: Journey, plan: Plan) -> bool:
    """Whether those inside leave because the journey is archived; a deleted file archives."""
    current = plan.current.get(journey.id)
    if current is None:
        return journey.on_archive == "exit"
    return current.status == "archived" and current.on_archive == "exit"


def due_of(enrolment: Enrolment, plan: Plan) -> Instant | None:
    """When an enrolment's timer really fires; None while it has none or its journey is paused."""
    if enrolment.due_at is None:
        return None
    return after_pause(enrolment.due_at, enrolment.journey, enrolment.id, plan)


def expiry_of(enrolment: Enrolment, plan: Plan) -> Instant | None:
    """When an enrolment really expires; None while its journey is paused."""
    at = expires_at(enrolment, journey_of(enrolment, plan))
    return after_pause(at, enrolment.journey, enrolment.id, plan)


def expires_at(enrolment: Enrolment, journey: Journey) -> Instant:
    """When an enrolment has stayed its longest."""
    return enrolment.entered_at + journey.max_stay


def message_due(message: Message, plan: Plan) -> Instant | None:
    """When a message wants to be looked at; None while its journey is paused."""
    if message.claimed_at is not None:
        return message.claimed_at + LEASE
    if (message.journey, message.version) in plan.undisturbed:
        return message.wake_at
    return after_pause(message.wake_at, message.journey, message.id, plan)


def after_pause(at: Instant, journey: str, id_: str, plan: Plan) -> Instant | None:
    """``at``, or when a pause lets it be: what fell due before the resume is spread after it."""
    current = plan.current.get(journey)
    if current is None:
        return at
    if current.status == "paused":
        return None
    resumed = current.resumed_at
    if resumed is None or at >= resumed:
        return at
    return resumed + chance("resume", id_) * current.resume_over // _SPAN


def next_timer(customer: Customer, plan: Plan) -> Instant | None:
    """The earliest instant at which an enrolment of the customer falls due."""
    earliest: Instant | None = None
    for enrolment in customer.enrolments.values():
        if enrolment.exited_at is not None:
            continue
        stay = plan.undisturbed.get((enrolment.journey, enrolment.version))
        due: Instant | None
        if stay is None:
            due = falls_due(enrolment, plan)
        else:
            due, own = enrolment.entered_at + stay, enrolment.due_at
            if own is not None and own < due:
                due = own
        if due is not None and (earliest is None or due < earliest):
            earliest = due
    return earliest


def falls_due(enrolment: Enrolment, plan: Plan) -> Instant | None:
    """When an enrolment falls due next on whose journey a pause or an archive may bear."""
    journey = journey_of(enrolment, plan)
    if ends_by_archive(journey, plan):
        current = plan.current.get(journey.id)
        archived_at = current.archived_at if current is not None else None
        return max(enrolment.entered_at, archived_at or 0)
    expiry = after_pause(expires_at(enrolment, journey), enrolment.journey, enrolment.id, plan)
    due = due_of(enrolment, plan)
    if due is None or expiry is None:
        return expiry
    # What was overdue at a resume may come later than a stay that ends only after it.
    return min(due, expiry)


def next_message_at(customer: Customer, plan: Plan) -> Instant | None:
    """The earliest instant at which a message of the customer wants to be looked at."""
    if not customer.messages:
        return None
    earliest: Instant | None = None
    for message in customer.messages.values():
        due = message_due(message, plan)
        if due is not None and (earliest is None or due < earliest):
            earliest = due
    return earliest
