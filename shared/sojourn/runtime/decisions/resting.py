"""Resting: who waits for nothing but the end of a pause is taken out of the timer index.

A paused journey's timers that fall due would else be brought up at each look, and their number
would hold up everybody else's. A rest is noted beside the customer, under the plan's revision; when
a pause has ended with a later one, wake brings everybody up who rests under an earlier one.

Decisions write timers into the index as if nothing were paused. Only a wake-up that found nothing
to do takes them out, after the rest was noted: so whoever dies in between has lost nothing.
"""

import json
from collections.abc import Iterator

from sojourn.core.engine.timers import (
    LEASE,
    after_pause,
    due_of,
    expires_at,
    expiry_of,
    journey_of,
    message_due,
)
from sojourn.core.state.customer import Customer
from sojourn.core.values.exact import loads_object
from sojourn.core.values.instants import MINUTE, Instant
from sojourn.core.workspace.plan import Plan
from sojourn.runtime.customer.mailbox import Mailbox
from sojourn.runtime.ports import Mailboxes

RESTED = "rested"
THAWED = "thawed"
"""The fields of a wake-up's body that say under which revision its customer rested, and by which a
pause has ended since."""


def timers(customer: Customer, plan: Plan) -> Iterator[tuple[Instant, Instant | None]]:
    """Each timer of a customer as the index has it, and when it fires; None while it is paused.

    Messages in flight stand there a lease later, to the minute, so that one which a lost call left
    behind is found; claiming one then changes nothing in the index.
    """
    for message in customer.messages.values():
        if message.status == "held":
            yield message.wake_at, message_due(message, plan)
            continue
        began = message.claimed_at if message.claimed_at is not None else message.wake_at
        found = -(-(began + LEASE) // MINUTE) * MINUTE
        moved = after_pause(began, message.journey, message.id, plan)
        yield found, found if message.claimed_at is not None or moved == began else moved
    for enrolment in customer.live():
        if enrolment.due_at is not None:
            yield enrolment.due_at, due_of(enrolment, plan)
        yield expires_at(enrolment, journey_of(enrolment, plan)), expiry_of(enrolment, plan)


def index_of(customer: Customer, plan: Plan, now: Instant) -> tuple[Instant | None, bool]:
    """When the index has to bring up who was looked at just now, and whether something rests."""
    dues: list[Instant] = []
    rests = False
    for found, due in timers(customer, plan):
        if due is not None or found > now:
            dues.append(found if due is None else due)
        else:
            rests = True
    return min(dues, default=None), rests


def set_aside(
    mailboxes: Mailboxes, box: Mailbox, plan: Plan, now: Instant, rested: int | None
) -> None:
    """Bring the index up to date for a customer of whom nothing fell due after all.

    ``rested`` is the revision under which she rested until now: that is struck, so what rests on
    is noted anew, whatever the index says.
    """
    if box.customer is None:
        return
    timer_at, rests = index_of(box.customer, plan, now)
    overdue = box.timer_at is not None and box.timer_at <= now and not is_in_flight(box, now)
    is_changed = timer_at != box.timer_at and (overdue or rested is not None)
    if rests and (is_changed or rested is not None):
        mailboxes.note_rest(box.customer_id, plan.revision)
    if is_changed:
        mailboxes.set_timer(box, timer_at)


def is_in_flight(box: Mailbox, now: Instant) -> bool:
    """Whether a message is in somebody's hands: then an entry of the index may be overdue."""
    messages = box.customer.messages.values() if box.customer is not None else ()
    claims = (message.claimed_at for message in messages if message.claimed_at is not None)
    return any(now < claimed_at + LEASE for claimed_at in claims)


def body_rested(customer_id: str, revision: int, thawed: int) -> str:
    """A wake-up for a customer who rested under a revision, when a pause ended by a later one."""
    return json.dumps({"customer": customer_id, RESTED: revision, THAWED: thawed})


def rested_in(body: str) -> tuple[int, int] | None:
    """Under which revision a wake-up's customer rested and by which a pause has ended since.

    None for any other wake-up.
    """
    doc = loads_object(body)
    revision, thawed = doc.get(RESTED), doc.get(THAWED)
    return (revision, thawed) if isinstance(revision, int) and isinstance(thawed, int) else None
