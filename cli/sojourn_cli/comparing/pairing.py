"""Pairing: which message of one run is the same message of the other.

First enrolments are paired: of one journey, those that the same event let in; of the rest those
with the same key that began at the same instant; of the rest, by key, the first with the first.
Within a pair of enrolments the n-th message of a step is the n-th of that step in the other.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace
from typing import Literal

from sojourn.core.nouns import noun
from sojourn.core.values.instants import Duration
from sojourn_cli.comparing.enrolments import Enrolled, Fate

type Kind = Literal["gained", "lost", "moved", "changed", "same"]


@noun
class Pair:
    """A message as it went in both runs; None where that run never asked for it.

    ``instead`` is what became of the enrolment there.
    """

    a: Fate | None
    b: Fate | None
    instead: str | None = None

    @property
    def kind(self) -> Kind | None:
        """What the customer sees of the difference; None when neither run sent it.

        Sent at another instant it moved, even when it reads otherwise, too.
        """
        before = None if self.a is None else self.a.sent_at
        after = None if self.b is None else self.b.sent_at
        match before, after:
            case None, None:
                return None
            case None, _:
                return "gained"
            case _, None:
                return "lost"
            case _ if before != after:
                return "moved"
        return "changed" if self.differs else "same"

    @property
    def later(self) -> Duration:
        """How much later b sent it than a; negative is earlier, 0 unless both sent it."""
        before = None if self.a is None else self.a.sent_at
        after = None if self.b is None else self.b.sent_at
        return 0 if before is None or after is None else after - before

    @property
    def differs(self) -> tuple[str, ...]:
        """What reads otherwise, of a message that both runs sent."""
        a, b = self.a, self.b
        if a is None or b is None or a.sent_at is None or b.sent_at is None:
            return ()
        names = ("channel", "category", "subject", "body")
        return tuple(name for name in names if getattr(a, name) != getattr(b, name))


def pairs(before: Sequence[Enrolled], after: Sequence[Enrolled]) -> Iterator[Pair]:
    """Every message of one customer in two runs."""
    for a, b in _paired_enrolments(before, after):
        old, new = (() if item is None else item.messages for item in (a, b))
        for pair in _paired_messages(old, new):
            lacking = b if pair.b is None else a
            is_whole = pair.a is not None and pair.b is not None
            yield pair if is_whole else replace(pair, instead=_instead(lacking))


def _instead(enrolment: Enrolled | None) -> str:
    """What became of an enrolment, as far as it says why a message was not asked for."""
    if enrolment is None:
        return "not entered"
    if enrolment.outcome == "held_out":
        return "held out"
    return "still inside" if enrolment.outcome is None else f"ended as {enrolment.outcome}"


def _paired_enrolments(
    before: Sequence[Enrolled], after: Sequence[Enrolled]
) -> Iterator[tuple[Enrolled | None, Enrolled | None]]:
    left, right = list(before), list(after)
    for likeness in (_by_event, _by_beginning, _by_key):
        left, right, found = _matched(left, right, likeness)
        yield from found
    yield from ((enrolment, None) for enrolment in left)
    yield from ((None, enrolment) for enrolment in right)


def _by_event(enrolment: Enrolled) -> Hashable:
    return (enrolment.journey, enrolment.entry_event) if enrolment.entry_event else None


def _by_beginning(enrolment: Enrolled) -> Hashable:
    return enrolment.journey, enrolment.key, enrolment.entered_at


def _by_key(enrolment: Enrolled) -> Hashable:
    return enrolment.journey, enrolment.key


def _matched[T](
    left: Sequence[T], right: Sequence[T], likeness: Callable[[T], Hashable]
) -> tuple[list[T], list[T], list[tuple[T, T]]]:
    """What is left of both sides, and the pairs that are alike, the first with the first."""
    waiting: dict[Hashable, list[T]] = {}
    for item in right:
        waiting.setdefault(likeness(item), []).append(item)
    waiting.pop(None, None)
    alone: list[T] = []
    found: list[tuple[T, T]] = []
    for item in left:
        alike = waiting.get(likeness(item))
        if alike:
            found.append((item, alike.pop(0)))
        else:
            alone.append(item)
    taken = {id(item) for _, item in found}
    return alone, [item for item in right if id(item) not in taken], found


def _paired_messages(before: Sequence[Fate], after: Sequence[Fate]) -> Iterator[Pair]:
    left, right, found = _matched(before, after, lambda fate: fate.step)
    yield from (Pair(a, b) for a, b in found)
    yield from (Pair(fate, None) for fate in left)
    yield from (Pair(None, fate) for fate in right)
