"""The live plan, kept between calls and looked up again when it may be old."""

from sojourn.core.values.instants import SECOND, Duration, Instant
from sojourn.core.workspace.documents import plan_from
from sojourn.core.workspace.plan import Plan
from sojourn.runtime.customer.forgotten import NOBODY, Forgotten
from sojourn.runtime.ports import Clock, Plans

PLAN_AGE: Duration = 2 * SECOND
"""How old the plan may be by which ingest and evaluate go: a read each two seconds at most."""

SETTLED: Duration = PLAN_AGE + SECOND // 2
"""How long after its publishing everybody goes by a plan; a read may lag half a second behind."""


class LivePlan:
    """What is live, at most ``max_age`` microseconds old; 0 looks it up on every call."""

    def __init__(self, plans: Plans, clock: Clock, max_age: Duration) -> None:
        """Begin with nothing known."""
        self._plans = plans
        self._clock = clock
        self._max_age = max_age
        self._plan: Plan | None = None
        self._checked_at: Instant = 0
        self._forgettings = 0
        self._forgotten = NOBODY

    @property
    def forgotten(self) -> Forgotten:
        """Who was forgotten, as of when the plan was last looked up."""
        return self._forgotten

    def plan(self, at_least: int = 0) -> Plan:
        """The live plan; before anything was published, one without journeys.

        ``at_least`` is a revision that is known to have been live: others may have decided under it
        while this one was not looked up yet, and who decides after them must know what they knew.
        """
        now = self._clock.now()
        known = self._plan
        if known is None or known.revision < at_least or now - self._checked_at >= self._max_age:
            return self._looked_up(known, at_least, now)
        return known

    def known(self, at_least: int) -> Plan:
        """The plan as it was last looked up, at least that revision."""
        known = self._plan
        return self.plan(at_least) if known is None or known.revision < at_least else known

    def newest(self) -> Plan:
        """The plan looked up now, however young the known one is. One read."""
        return self._looked_up(self._plan, 0, self._clock.now())

    def _looked_up(self, known: Plan | None, at_least: int, now: Instant) -> Plan:
        """One read, and the documents when there is a newer revision.

        The read may be behind what is live, but revisions only grow. Likewise who was forgotten.
        """
        live = self._plans.live()
        if live.forgettings > self._forgettings:
            self._forgotten = self._plans.forgotten()
            self._forgettings = live.forgettings
        revision = max(live.revision, at_least)
        if known is None or revision > known.revision:
            documents = self._plans.documents(revision) if revision else {}
            known = self._plan = plan_from(documents, revision)
        self._checked_at = now
        return known
