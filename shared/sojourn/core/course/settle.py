"""Settling: which message is decided next, and what follows from its outcome.

Messages of one customer that want to go now are decided one at a time, the best first: priority,
then earlier deadline, then journey id. What each outcome causes is taken before the next.
"""

from sojourn.core.engine.draft import Draft
from sojourn.core.engine.evaluate import take_outcome
from sojourn.core.engine.timers import message_due
from sojourn.core.engine.walk import LOOP_LIMIT, TOO_LONG
from sojourn.core.limits import CHAIN_LINKS
from sojourn.core.nouns import altered, closed, maker, opened
from sojourn.core.sending.caps import pruned
from sojourn.core.state.customer import Customer, Message, Sent, with_status
from sojourn.core.state.decisions import Decision
from sojourn.core.state.history import NO_HISTORY, History
from sojourn.core.values.instants import Instant, format_instant
from sojourn.core.workspace.plan import Plan

LOST = "the provider's answer was lost"
"""Why a message is tried again, or given up, that may have been sent: its cap slot stays taken."""

LATE = "late: what was decided held no more when it was to be handed over"
"""Why a message that was claimed is decided again, and no provider has seen it."""


def next_message(customer: Customer, plan: Plan, now: Instant) -> Message | None:
    """The message to decide next at ``now``; None when none wants to go, or one is in flight."""
    ready: list[Message] = []
    for message in customer.messages.values():
        if message.claimed_at is not None:
            return None
        due = message_due(message, plan)
        if due is not None and due <= now:
            ready.append(message)
    if len(ready) > 1:
        return min(ready, key=_rank)
    return ready[0] if ready else None


def _rank(message: Message) -> tuple[object, ...]:
    return (-message.priority, message.deadline_at, message.journey, message.number, message.id)


def is_wanted(customer: Customer, message: Message) -> bool:
    """Whether the message's enrolment is still at its step."""
    enrolment = customer.enrolments.get(message.enrolment)
    return enrolment is not None and enrolment.live and enrolment.step == message.step


def hold(  # noqa: PLR0913 - what a hold consists of
    plan: Plan, customer: Customer, message: Message, until: Instant, reason: str, now: Instant
) -> Decision:
    """Hold a message until an instant, for a reason that is kept."""
    draft = Draft(plan, customer, now, NO_HISTORY, reasons=True)
    work_hold(draft, message, until, reason)
    return draft.decision()


def work_hold(draft: Draft, message: Message, until: Instant, reason: str) -> None:
    """The same on a draft."""
    draft.want(with_status(message, "held", wake_at=until, reason=reason))
    if draft.reasons:
        draft.record_message("held", message, reason, until=format_instant(until))


def with_claim(
    customer: Customer,
    message: Message,
    addresses: tuple[str, ...],
    plan: Plan,
    now: Instant,
) -> Customer:
    """The customer with the message claimed and its cap slot taken, in one change."""
    claimed = altered(message, status="claimed", claimed_at=now, attempt=message.attempt + 1)
    after = opened(customer)
    after.messages = {**customer.messages, message.id: claimed}
    after.ledger = with_send(customer.ledger, message, addresses, plan, now)
    return closed(after)  # type: ignore[no-any-return]  # a customer


_made_sent = maker(Sent)


def with_send(
    ledger: tuple[Sent, ...],
    message: Message,
    addresses: tuple[str, ...],
    plan: Plan,
    now: Instant,
) -> tuple[Sent, ...]:
    """The ledger with one send more, in order of time.

    A message has a second line when nobody knows whether its first sending came to anything.
    """
    counts = plan.settings.category(message.category).counts_toward_caps
    at = max(now, ledger[-1].at) if ledger else now
    sent = _made_sent(
        message.id,
        at,
        message.channel,
        message.category,
        counts,
        message.journey,
        message.step,
        message.enrolment,
        addresses[0] if len(addresses) == 1 else " ".join(addresses),
    )
    return pruned((*ledger, sent), plan.settings, now)


def without_slot(customer: Customer, message: Message) -> Customer:
    """The customer without the cap slot of a sending that definitely came to nothing, the last."""
    ledger = customer.ledger
    for place in range(len(ledger) - 1, -1, -1):
        if ledger[place].id == message.id:
            return altered(customer, ledger=(*ledger[:place], *ledger[place + 1 :]))
    return customer


def put_back(  # noqa: PLR0913 - as `hold`
    plan: Plan, customer: Customer, message: Message, until: Instant, reason: str, now: Instant
) -> Decision:
    """Hold a claimed message to try it again; its cap slot is free unless its answer is LOST."""
    if reason != LOST:
        customer = without_slot(customer, message)
    return hold(plan, customer, altered(message, claimed_at=None), until, reason, now)


def conclude(  # noqa: PLR0913 - a message's fate in full
    plan: Plan,
    customer: Customer,
    message: Message,
    outcome: str,
    reason: str | None,
    now: Instant,
    history: History = NO_HISTORY,
    *,
    reasons: bool = True,
    segments: int | None = None,
) -> Decision:
    """Settle a message with a send outcome and take the fact it causes.

    A `sent` message is already in the ledger (see `with_claim`). ``segments`` is into how many
    parts a text message was cut, for the record.
    """
    draft = Draft(plan, customer, now, history, reasons=reasons)
    work_outcome(draft, message, outcome, reason, segments)
    return draft.decision()


def work_outcome(
    draft: Draft, message: Message, outcome: str, reason: str | None, segments: int | None = None
) -> None:
    """The same on a draft."""
    link = message.link if message.requested_at == draft.now else 0
    draft.causes += 1
    take_outcome(draft, message, outcome, reason, segments, link + 1)


def passes_chain_limit(message: Message, now: Instant) -> bool:
    """Whether deciding this message now would be one link too many for its chain."""
    return message.requested_at == now and message.link >= CHAIN_LINKS


def limit_chain(plan: Plan, customer: Customer, message: Message, now: Instant) -> Decision:
    """Exit the enrolment of a message whose chain of causes grew too long."""
    draft = Draft(plan, customer, now, NO_HISTORY, reasons=True)
    work_limit(draft, message)
    return draft.decision()


def work_limit(draft: Draft, message: Message) -> None:
    """The same on a draft."""
    enrolment = draft.enrolments.get(message.enrolment)
    if enrolment is None or not enrolment.live:
        _drop(draft, message)
    else:
        draft.exit(enrolment, LOOP_LIMIT, TOO_LONG)


def cancel(plan: Plan, customer: Customer, message: Message, now: Instant) -> Decision:
    """Drop a message whose enrolment has ended while nobody knew whether it was sent."""
    draft = Draft(plan, customer, now, NO_HISTORY, reasons=True)
    _drop(draft, message)
    return draft.decision()


def _drop(draft: Draft, message: Message) -> None:
    enrolment = draft.enrolments.get(message.enrolment)
    outcome = enrolment.outcome if enrolment is not None else None
    draft.settle(message, "cancelled", "exit" if outcome is None else f"exit {outcome}")
