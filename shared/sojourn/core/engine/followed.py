"""Who is followed: which enrolments that have ended a customer keeps, for what may still come."""

from collections.abc import Collection, Mapping

from sojourn.core.engine.timers import lost
from sojourn.core.limits import FOLLOWED
from sojourn.core.state.customer import Enrolment, Message
from sojourn.core.values.instants import Instant
from sojourn.core.workspace.plan import Plan


def kept(
    plan: Plan, enrolments: dict[str, Enrolment], messages: Mapping[str, Message], now: Instant
) -> dict[str, Enrolment]:
    """Live enrolments, and the newest ended ones for which something may still come."""
    keep: list[str] = []
    ended = 0
    waited_for: Collection[str] | None = None
    for item in enrolments.values():
        if item.exited_at is None:
            continue
        ended += 1
        followed = plan.followed.get((item.journey, item.version))
        if followed is None:
            raise lost(item, plan)
        if item.converted_at is None and now < item.begun_at + followed:
            keep.append(item.id)
        elif messages:
            if waited_for is None:
                waited_for = [message.enrolment for message in messages.values()]
            if item.id in waited_for:
                keep.append(item.id)
    if len(keep) == ended <= FOLLOWED:
        return enrolments
    newest = set(keep[-FOLLOWED:])
    return {
        id_: item for id_, item in enrolments.items() if item.exited_at is None or id_ in newest
    }
