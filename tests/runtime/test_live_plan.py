"""The live plan: looked up when it may be old, never replaced by an older one."""

import pytest

from sojourn.core.errors import Unavailable
from sojourn.core.values.exact import JsonObject
from sojourn.core.values.instants import SECOND
from sojourn.fakes.clock import FakeClock
from sojourn.fakes.plans import FakePlans
from sojourn.runtime.live_plan import LivePlan
from sojourn.runtime.ports import StoredPlan
from tests.runtime.given import NOON


class CountedPlans(FakePlans):
    """Plans that count what is asked, may be behind, and may not answer."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.behind: int | None = None
        self.fails = False

    def revision(self) -> int:
        self.asked.append("revision")
        if self.fails:
            raise Unavailable("the table does not answer")
        return super().revision() if self.behind is None else self.behind

    def documents(self, revision: int) -> JsonObject:
        self.asked.append(f"documents {revision}")
        return super().documents(revision)

    def make_live(self, revision: int) -> None:
        self.publish(StoredPlan(revision, {}, {}, {}), super().revision())


def test_before_anything_is_published_the_plan_has_no_journeys_and_costs_one_read() -> None:
    plans = CountedPlans()
    plan = LivePlan(plans, FakeClock(NOON), SECOND).plan()
    assert (plan.revision, dict(plan.current)) == (0, {})
    assert plans.asked == ["revision"]


def test_within_its_age_the_plan_costs_nothing() -> None:
    plans, clock = CountedPlans(), FakeClock(NOON)
    plans.make_live(1)
    live = LivePlan(plans, clock, 5 * SECOND)
    live.plan()
    clock.advance(5 * SECOND - 1)
    plans.make_live(2)
    assert live.plan().revision == 1
    assert plans.asked == ["revision", "documents 1"]


def test_when_it_may_be_old_it_is_looked_up_and_read_only_if_it_changed() -> None:
    plans, clock = CountedPlans(), FakeClock(NOON)
    plans.make_live(1)
    live = LivePlan(plans, clock, 5 * SECOND)
    live.plan()
    clock.advance(5 * SECOND)
    assert live.plan().revision == 1
    plans.make_live(2)
    clock.advance(5 * SECOND)
    assert live.plan().revision == 2
    assert plans.asked == ["revision", "documents 1", "revision", "revision", "documents 2"]


def test_without_an_age_it_is_looked_up_every_time() -> None:
    plans = CountedPlans()
    live = LivePlan(plans, FakeClock(NOON), 0)
    live.plan()
    plans.make_live(1)
    assert live.plan().revision == 1


def test_a_read_that_is_behind_brings_no_older_plan_back() -> None:
    plans = CountedPlans()
    live = LivePlan(plans, FakeClock(NOON), 0)
    plans.make_live(1)
    plans.make_live(2)
    assert live.plan().revision == 2
    plans.behind = 1
    assert live.plan().revision == 2


def test_a_revision_that_is_known_to_have_been_live_is_read_even_when_the_read_is_behind() -> None:
    plans = CountedPlans()
    live = LivePlan(plans, FakeClock(NOON), 5 * SECOND)
    plans.make_live(1)
    assert live.plan().revision == 1
    plans.make_live(2)
    plans.behind = 1
    assert live.plan(at_least=2).revision == 2
    assert live.plan(at_least=1).revision == 2


def test_a_look_up_that_failed_is_made_up_for_by_the_next() -> None:
    plans, clock = CountedPlans(), FakeClock(NOON)
    live = LivePlan(plans, clock, 5 * SECOND)
    live.plan()
    plans.make_live(1)
    clock.advance(5 * SECOND)
    plans.fails = True
    with pytest.raises(Unavailable):
        live.plan()
    plans.fails = False
    assert live.plan().revision == 1
