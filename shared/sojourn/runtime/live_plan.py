"""The live plan, kept between calls and looked up again when it may be old."""

from sojourn.core.documents import plan_from
from sojourn.core.instants import Duration, Instant
from sojourn.core.plan import Plan
from sojourn.runtime.ports import Clock, Plans


class LivePlan:
    """What is live, at most ``max_age`` microseconds old; 0 looks it up on every call."""

    def __init__(self, plans: Plans, clock: Clock, max_age: Duration) -> None:
        """Begin with nothing known."""
        self._plans = plans
        self._clock = clock
        self._max_age = max_age
        self._plan: Plan | None = None
        self._checked_at: Instant = 0

    def plan(self) -> Plan:
        """The live plan; before anything was published, one without journeys."""
        now = self._clock.now()
        if self._plan is None or now - self._checked_at >= self._max_age:
            return self.refreshed()
        return self._plan

    def refreshed(self) -> Plan:
        """The live plan, looked up now: one read, and the documents when it changed."""
        self._checked_at = self._clock.now()
        revision = self._plans.revision()
        if self._plan is None or self._plan.revision != revision:
            documents = self._plans.documents(revision) if revision else {}
            self._plan = plan_from(documents, revision)
        return self._plan
