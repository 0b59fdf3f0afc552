"""Membership: on what the answer of a condition rests, told from the condition alone.

So whoever has asked once need not ask again where nothing of that has changed.
"""

from collections.abc import Iterable, Iterator, Mapping

from sojourn.core.matching.comparisons import DURATION_OPERATORS
from sojourn.core.matching.conditions import All, Any_, Condition, Did, InSegment, Not, Test

_MORE = frozenset({"gt", "gte"})
"""Operators that hold for a count, and for any larger one."""

type Segments = Mapping[str, Condition]


def rest_on(names: Iterable[str], segments: Segments) -> frozenset[str] | None:
    """The events on which the answers of segments rest at one instant, beside the customer.

    None when one of them rests on the event at hand itself.
    """
    found: set[str] = set()
    for name in names:
        for part, inside_did in parts_of(segments.get(name), segments):
            if isinstance(part, Did):
                if part.since_entry:  # before entry that is the event at hand
                    return None
                found |= set(part.events)
            elif part.path[0] == "event" and not inside_did:
                return None
    return frozenset(found)


def fades(condition: Condition | None, segments: Segments) -> bool:
    """Whether time alone can only make it fail, while no event's own time is still to come."""
    match condition:
        case All(parts) | Any_(parts):
            return all(fades(part, segments) for part in parts)
        case Did() as did:
            counts_up = not did.sum_tests and all(operator in _MORE for operator, _ in did.count)
            return (counts_up or did.within is None) and _is_timeless(did.where, segments)
        case Test(operator=operator):
            return operator not in DURATION_OPERATORS
        case None:
            return True
        case _:
            return False


def _is_timeless(condition: Condition | None, segments: Segments) -> bool:
    """Whether it compares nothing with now, and looks at no other event."""
    return all(
        isinstance(part, Test) and part.operator not in DURATION_OPERATORS
        for part, _ in parts_of(condition, segments)
    )


def parts_of(
    condition: Condition | None,
    segments: Segments,
    seen: set[tuple[str, bool]] | None = None,
    *,
    inside_did: bool = False,
) -> Iterator[tuple[Test | Did, bool]]:
    """The tests of a condition, through segments, and whether each looks at a past event.

    Each segment is gone through once.
    """
    seen = set() if seen is None else seen
    match condition:
        case All(parts) | Any_(parts):
            for part in parts:
                yield from parts_of(part, segments, seen, inside_did=inside_did)
        case Not(part):
            yield from parts_of(part, segments, seen, inside_did=inside_did)
        case InSegment(name) if (name, inside_did) not in seen:
            seen.add((name, inside_did))
            yield from parts_of(segments.get(name), segments, seen, inside_did=inside_did)
        case Did(where=where) as did:
            yield did, inside_did
            yield from parts_of(where, segments, seen, inside_did=True)
        case Test() as test:
            yield test, inside_did
        case _:
            return
