"""Holding: can conditions hold together at all?

Every way through them is tried. What `can_hold` denies is impossible; a yes may be a do not know.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import assert_never

from sojourn.core.matching.conditions import All, Any_, Condition, Did, InSegment, Not, Test
from sojourn.core.nouns import noun
from sojourn.core.values.paths import Path
from sojourn.language.proofs.intervals import between
from sojourn.language.proofs.regions import Region, allowed

type Claim = tuple[Condition, bool]
"""A condition, and whether it is to hold or is not to."""

_MOST_STEPS = 3_000
"""The most claims looked at for one answer; beyond it the answer is yes."""

_MOST_FORKS = 100
"""The most either-ors open at a time; beyond it likewise."""

_DEEPEST = 100
"""The most either-ors decided one within the other; beyond it likewise."""

_MOST_COUNTED = 50
"""The most different `did` told apart in one answer; what others say is left open."""

_COUNT, _SUM = "count of", "sum of"
"""Roots, which no path of the language has, for how often and how much."""

_NO_TIMES = Region(numbers=between(0, 0))
_ANY_TIMES = Region(numbers=between(0, None))
_ANY_SUM = Region(numbers=between(None, None))


@noun
class Knowledge:
    """What is known where a condition is looked at.

    ``domain`` gives the values a path can have at all; ``segments`` those that can be read.
    """

    domain: Callable[[Path], Region]
    segments: Mapping[str, Condition]


class Effort:
    """What may still be spent on the proofs of one file, in claims looked at."""

    def __init__(self, claims: int = 100_000) -> None:
        """Begin with so much."""
        self.left = claims


def can_hold(claims: Iterable[Claim], knowledge: Knowledge, effort: Effort) -> bool:
    """Whether all claims may come true at once; False only when they cannot."""
    search = _Search(knowledge, min(effort.left, _MOST_STEPS))
    before = search.left
    answer = search.solve(list(claims), {}, [])
    effort.left -= before - search.left
    return answer


class _Search:
    """One answer on its way."""

    def __init__(self, knowledge: Knowledge, steps: int, *, inner: bool = False) -> None:
        self.knowledge = knowledge
        self.left = steps
        self.inner = inner
        self.counted: list[Did] = []
        self.totals: dict[Path, Region] = {}

    def solve(
        self,
        claims: list[Claim],
        regions: dict[Path, Region],
        forks: list[list[Claim]],
        depth: int = 0,
    ) -> bool:
        """Whether nothing speaks against the claims, and one way of each fork."""
        while claims:
            self.left -= 1
            if self.left <= 0:
                return True
            condition, wanted = claims.pop()
            if not isinstance(condition, Test):
                self._open(condition, claims, forks, wanted=wanted)
            elif not self._narrow(regions, condition, holds=wanted):
                return False
        if not forks or len(forks) > _MOST_FORKS or depth == _DEEPEST:
            return True
        *others, ways = forks
        return any(self.solve([way], dict(regions), list(others), depth + 1) for way in ways)

    def _open(
        self,
        condition: All | Any_ | Not | InSegment | Did,
        claims: list[Claim],
        forks: list[list[Claim]],
        *,
        wanted: bool,
    ) -> None:
        """Take a condition apart, into claims that must all come true or into a fork."""
        match condition:
            case All(parts) | Any_(parts):
                ways = [(part, wanted) for part in parts]
                if isinstance(condition, All) is wanted:
                    claims += ways
                else:
                    forks.append(ways)
            case Not(part):
                claims.append((part, not wanted))
            case InSegment(name):
                inner = self.knowledge.segments.get(name)
                if inner is not None:
                    claims.append((inner, wanted))
            case Did():
                tests = self._tests_of(condition)
                if tests:
                    claims.append((All(tests), wanted))
            case _:
                assert_never(condition)

    def _narrow(self, regions: dict[Path, Region], test: Test, *, holds: bool) -> bool:
        """Keep what a test leaves of a path's values; whether anything is left."""
        path = test.path[1:] if test.path[:2] == ("profile", "consent") else test.path
        before = regions.get(path)
        if before is None:
            before = self.totals.get(path) or self.knowledge.domain(path)
        left = before.meet(allowed(test, holds=holds))
        regions[path] = left
        if path[0] == _COUNT:
            return any(part.has_whole for part in left.numbers.parts)
        return not left.is_empty

    def _tests_of(self, did: Did) -> tuple[Test, ...]:
        """A `did` as tests of its count and its sum, which stand at paths of their own."""
        plain = replace(did, count=(), sum_of=None, sum_tests=())
        if plain not in self.counted:
            if len(self.counted) == _MOST_COUNTED:
                return ()
            self.counted.append(plain)
        place = str(self.counted.index(plain))
        count, total = (_COUNT, place), (_SUM, place, *(did.sum_of or ()))
        never = self._never(did)
        self.totals |= {
            count: _NO_TIMES if never else _ANY_TIMES,
            total: _NO_TIMES if never else _ANY_SUM,
        }
        counts = (Test(count, name, operand) for name, operand in did.count)
        sums = (Test(total, name, operand) for name, operand in did.sum_tests)
        return (*counts, *sums)

    def _never(self, did: Did) -> bool:
        """Whether no event can count: none fits the condition, or the window has no length."""
        if did.within == 0:
            return True
        if did.where is None or self.inner:
            return False
        search = _Search(self.knowledge, self.left, inner=True)
        possible = search.solve([(did.where, True)], {}, [])
        self.left = search.left
        return not possible
