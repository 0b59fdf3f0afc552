"""Revisions of the plan in memory."""

from typing import Any

from sojourn.core.errors import Conflict, InvalidInput, Unavailable
from sojourn.core.values.exact import JsonObject, dumps, loads_object
from sojourn.runtime.customer.forgotten import NOBODY, Forgotten
from sojourn.runtime.ports import Live, StoredPlan


class FakePlans:
    """The port Plans; every revision that was live stays."""

    def __init__(self) -> None:
        """Begin with nothing published."""
        self._live = 0
        self._stored = {0: StoredPlan(0, {}, {}, {})}
        self._forgettings = 0
        self._forgotten = NOBODY

    def live(self) -> Live:
        """See Plans."""
        thawed: Any = self._stored[self._live].documents.get("thawed", 0)
        return Live(self.revision(), self._forgettings, thawed)

    def revision(self) -> int:
        """The live revision alone."""
        return self._live

    def forgotten(self) -> Forgotten:
        """See Plans."""
        return self._forgotten

    def tell(self, forgotten: Forgotten) -> None:
        """Let everybody hear who is forgotten by now."""
        self._forgotten = forgotten
        self._forgettings += 1

    def documents(self, revision: int) -> JsonObject:
        """See Plans."""
        if revision not in self._stored:
            raise Unavailable(f"revision {revision} of the plan is not stored")
        return loads_object(dumps(self._stored[revision].documents))

    def stored(self) -> StoredPlan:
        """See Plans."""
        return self._stored[self._live]

    def publish(self, plan: StoredPlan, replaces: int) -> None:
        """See Plans."""
        if plan.revision <= replaces:
            raise InvalidInput(f"revision {plan.revision} cannot replace {replaces}")
        live = self._stored[self._live]
        if replaces != self._live and live != plan:
            raise Conflict(f"revision {self._live} of the plan is live, not {replaces}")
        self._stored[plan.revision] = plan
        self._live = plan.revision
