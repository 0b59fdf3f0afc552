"""Who is followed: which enrolments that have ended a customer keeps, for what may still come."""

from collections.abc import Collection, Mapping, Sequence

from sojourn.core.engine.holding import held_by, held_in_all, most_held_by
from sojourn.core.engine.timers import lost
from sojourn.core.limits import FOLLOWED, HELD_BYTES
from sojourn.core.state.customer import Enrolment, Message
from sojourn.core.values.instants import Instant
from sojourn.core.workspace.plan import Plan


def kept(
    plan: Plan,
    enrolments: dict[str, Enrolment],
    messages: Mapping[str, Message],
    now: Instant,
    *,
    is_weighed: bool,
) -> dict[str, Enrolment]:
    """Live enrolments, and the newest ended ones for which something may still come.

    ``is_weighed`` says that any has changed, so that they may hold more than before.
    """
    keep: list[Enrolment] = []
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
            keep.append(item)
        elif messages:
            if waited_for is None:
                waited_for = [message.enrolment for message in messages.values()]
            if item.id in waited_for:
                keep.append(item)
    newest = newest_followed(keep, enrolments) if is_weighed else keep[-FOLLOWED:]
    if len(newest) == ended:
        return enrolments
    newest_ids = {item.id for item in newest}
    return {
        id_: item for id_, item in enrolments.items() if item.exited_at is None or id_ in newest_ids
    }


def newest_followed(
    ended: Sequence[Enrolment], enrolments: Mapping[str, Enrolment]
) -> Sequence[Enrolment]:
    """Of ended enrolments, in the order of entry, the newest that live ones leave room for."""
    newest = ended[-FOLLOWED:]
    if sum(map(most_held_by, enrolments.values())) <= HELD_BYTES:
        return newest
    room = HELD_BYTES - held_in_all(enrolments.values(), ())
    first = len(newest)
    while first and (room := room - held_by(newest[first - 1])) >= 0:
        first -= 1
    return newest[first:]
