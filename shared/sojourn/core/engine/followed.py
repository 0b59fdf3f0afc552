"""Who is followed: which enrolments that have ended a customer keeps, for what may still come."""

from collections.abc import Mapping

from sojourn.core.customer import Enrolment, Message
from sojourn.core.engine.timers import lost
from sojourn.core.instants import Instant
from sojourn.core.limits import FOLLOWED
from sojourn.core.plan import Plan


def kept(
    plan: Plan, enrolments: dict[str, Enrolment], messages: Mapping[str, Message], now: Instant
) -> dict[str, Enrolment]:
    """Live enrolments, and the newest ended ones for which something may still come."""
    ended = [item for item in enrolments.values() if item.exited_at is not None]
    if not ended:
        return enrolments
    waited_for = {message.enrolment for message in messages.values()}
    keep = [item.id for item in ended if item.id in waited_for or _may_convert(item, plan, now)]
    if len(keep) == len(ended) <= FOLLOWED:
        return enrolments
    newest = set(keep[-FOLLOWED:])
    return {
        id_: item for id_, item in enrolments.items() if item.exited_at is None or id_ in newest
    }


def _may_convert(enrolment: Enrolment, plan: Plan, now: Instant) -> bool:
    """Whether an enrolment that has ended may still reach its goal."""
    followed = plan.followed.get((enrolment.journey, enrolment.version))
    if followed is None:
        raise lost(enrolment, plan)
    return enrolment.converted_at is None and now < enrolment.begun_at + followed
