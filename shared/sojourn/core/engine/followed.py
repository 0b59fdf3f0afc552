"""Who is followed: which enrolments that have ended a customer keeps, for what may still come."""

from collections.abc import Callable, Mapping

from sojourn.core.customer import Enrolment, Message
from sojourn.core.instants import DAY, Instant
from sojourn.core.limits import FOLLOWED
from sojourn.core.plan import Journey

LATENESS = 7 * DAY
"""How long after its window a goal's event may still come for an enrolment that has ended."""


def kept(
    enrolments: dict[str, Enrolment],
    messages: Mapping[str, Message],
    journey_of: Callable[[Enrolment], Journey],
    now: Instant,
) -> dict[str, Enrolment]:
    """Live enrolments, and the newest ended ones for which something may still come."""
    ended = [item for item in enrolments.values() if item.exited_at is not None]
    if not ended:
        return enrolments
    waited_for = {message.enrolment for message in messages.values()}
    keep = [
        item.id
        for item in ended
        if item.id in waited_for or _may_convert(item, journey_of(item), now)
    ]
    if len(keep) == len(ended) <= FOLLOWED:
        return enrolments
    newest = set(keep[-FOLLOWED:])
    return {id_: item for id_, item in enrolments.items() if item.live or id_ in newest}


def _may_convert(enrolment: Enrolment, journey: Journey, now: Instant) -> bool:
    """Whether an ended enrolment may still reach its goal."""
    goal = journey.goal
    if goal is None or enrolment.converted_at is not None:
        return False
    return goal.within is None or now < enrolment.begun_at + goal.within + LATENESS
