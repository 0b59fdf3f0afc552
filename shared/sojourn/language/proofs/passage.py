"""Passage: how soon a customer can come to each step, and whether an event can be at hand there."""

from collections.abc import Iterator
from heapq import heappop, heappush

from sojourn.core.values.instants import Duration
from sojourn.core.workspace.plan import Branch, Exit, Journey, Send, Split, Step, Wait, WaitFor


def leads(step: Step) -> Iterator[tuple[str | None, Duration]]:
    """Where a step leads (None: out of the journey), and how long that takes at least."""
    match step:
        case Wait():
            yield step.next, step.duration or 0
        case WaitFor():
            yield from ((target, 0) for target in matched(step))
            if step.timeout is not None:
                yield step.on_timeout or step.next, step.timeout
        case Send():
            yield step.next, 0
            yield from ((target, 0) for target in step.on.values())
        case Branch():
            yield step.otherwise, 0
            yield from ((arm.next, 0) for arm in step.branches)
        case Split():
            yield from ((target, 0) for target in step.targets.values())
        case Exit():
            return
        case _:
            yield step.next, 0


def matched(step: WaitFor) -> Iterator[str | None]:
    """Where the events lead that a step waits for."""
    for match in step.any:
        yield match.next or step.next


def arrivals(journey: Journey) -> dict[str, Duration]:
    """How long after entering a customer comes to each step at the earliest."""
    found: dict[str, Duration] = {}
    ahead: list[tuple[Duration, str]] = [(0, journey.start)]
    while ahead:
        after, name = heappop(ahead)
        if name in found:
            continue
        found[name] = after
        for target, length in leads(journey.steps[name]):
            if target is not None and target not in found:
                heappush(ahead, (after + length, target))
    return found


def with_event(journey: Journey) -> frozenset[str]:
    """The steps at which an event can be at hand: the entering one, or one that moved her there.

    It is at hand only while it is worked: whoever comes from a message's outcome has none.
    """
    ahead: list[str | None] = [journey.start]
    for step in journey.steps.values():
        if isinstance(step, WaitFor):
            ahead += matched(step)
    found: set[str] = set()
    while ahead:
        name = ahead.pop()
        if name is None or name in found:
            continue
        found.add(name)
        step = journey.steps[name]
        if not isinstance(step, Send):
            ahead += [target for target, length in leads(step) if not length]
    return frozenset(found)
