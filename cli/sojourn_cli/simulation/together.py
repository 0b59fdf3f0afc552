"""Several ids lived together: whose each event is is found out as it comes, and who is joined."""

from collections.abc import Sequence
from dataclasses import replace

from sojourn.core.customer import Customer, Event, Identity, Links
from sojourn.core.engine.join import Apart, judged, refusal, wanted
from sojourn.core.forward import Course
from sojourn.core.history import NO_HISTORY
from sojourn.core.identity import Standing, whose
from sojourn.core.instants import Instant
from sojourn.core.plan import Plan
from sojourn_cli.simulation.clock import Clock, Life
from sojourn_cli.simulation.relations import Line


def live_together(
    plan: Plan, lines: Sequence[Line], until: Instant, *, reasons: bool = False
) -> dict[str, Life]:
    """Run a group's events up to and including ``until``; who they turn out to be, by id."""
    group = _Group(plan, reasons=reasons)
    for line in lines:
        if line.event.received_at > until:
            break
        group.take(line)
    lives = group.finish(until)
    later = [line for line in lines if line.event.received_at > until]
    for life in list(lives.values())[: len(later)]:
        life.more = True
    return lives


class _Being:
    """One customer on the way."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.life = Life(course.customer)
        self.clock = Clock(course, self.life, (), 0)

    def run(self, until: Instant) -> Life:
        """Take what falls due up to and including an instant."""
        self.clock.until = until
        return self.clock.run()


class _Group:
    """The customers of a group and who holds which identity: the directory of the group."""

    def __init__(self, plan: Plan, *, reasons: bool) -> None:
        self._plan = plan
        self._reasons = reasons
        self._beings: dict[str, _Being] = {}
        self._joined_into: dict[str, str] = {}
        self._holders: dict[Identity, str] = {}
        self._users: set[str] = set()

    def claim(self, identity: Identity, customer: str) -> str:
        """See Directory."""
        return self._holders.setdefault(identity, customer)

    def standing(self, customer: str) -> Standing:
        """See Directory."""
        present = customer
        while present in self._joined_into:
            present = self._joined_into[present]
        return Standing(present, present in self._users, customer in self._users)

    def take(self, line: Line) -> None:
        """Take one line's event for whoever it is about."""
        found = whose(line.identities, self)
        if found.customer == line.identities.user:
            self._users.add(found.customer)
        id_ = self.standing(found.customer).id
        event = line.event
        being = self._being(id_, event.received_at)
        being.run(event.received_at - 1)
        if found.links is None:
            self._take(being, event, [])
        else:
            others = self._others(being, found.links, event.received_at)
            self._take(being, replace(event, links=found.links), others)

    def finish(self, until: Instant) -> dict[str, Life]:
        """Run everybody to the end."""
        return {id_: being.run(until) for id_, being in self._beings.items()}

    def _being(self, id_: str, at: Instant) -> _Being:
        known = self._beings.get(id_)
        if known is None:
            customer = Customer(id_, at)
            known = _Being(Course(self._plan, customer, NO_HISTORY, reasons=self._reasons))
            self._beings[id_] = known
        return known

    def _others(self, into: _Being, links: Links, at: Instant) -> list[_Being | Apart]:
        """Whom an event joins, each run up to it, and whom it does not."""
        found: list[_Being | Apart] = []
        customer = into.course.customer
        for asked in wanted(customer, links):
            verdict = judged(customer.id, asked, self.standing(asked), links)
            if isinstance(verdict, Apart):
                found.append(verdict)
            elif verdict is not None:
                other = self._being(verdict, at)
                other.run(at - 1)
                reason = refusal(customer, other.course.customer)
                if reason is None:
                    other.course.is_user = verdict in self._users
                    self._joined_into[verdict] = customer.id
                    if links.is_alias_alone(asked):
                        self._users.add(asked)
                    found.append(self._beings.pop(verdict))
                else:
                    found.append(Apart(asked, is_anothers=False, reason=reason))
        return found

    def _take(self, being: _Being, event: Event, others: Sequence[_Being | Apart]) -> None:
        course, life = being.course, being.life
        at = max(event.received_at, course.customer.decided_at)
        for other in others:
            if isinstance(other, _Being):
                life.contents |= other.life.contents
                life.events += other.life.events
                life.zones |= other.life.zones
                life.holds |= other.life.holds
        course.join(
            event, [item if isinstance(item, Apart) else item.course for item in others], at
        )
        life.events.append(event)
        life.last_at = at
