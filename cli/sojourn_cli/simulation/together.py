"""Several ids lived together: whose each event is is found out as it comes, and who is joined."""

from collections.abc import Sequence
from dataclasses import replace

from sojourn.core.course.forward import Course
from sojourn.core.engine.join import Apart, judged, refusal, wanted
from sojourn.core.errors import InvalidInput
from sojourn.core.incoming.events import Identities
from sojourn.core.incoming.identity import Standing, named, owner_of, whose
from sojourn.core.nouns import noun
from sojourn.core.state.customer import Customer, Event, Identity, Links
from sojourn.core.state.history import NO_HISTORY
from sojourn.core.values.instants import Instant
from sojourn.core.workspace.plan import Plan
from sojourn.runtime.customer.mailbox import Gone
from sojourn.runtime.customer.whom import holder_of
from sojourn.runtime.rights.requests import FORGET, LIFT, UNKNOWN
from sojourn_cli.simulation.clock import Clock, Life
from sojourn_cli.simulation.clock import Standing as AddressStanding
from sojourn_cli.simulation.forgetting import ForgottenIds, SuppressedAddresses, end_for_good
from sojourn_cli.simulation.lines import RefusedLine
from sojourn_cli.simulation.relations import Line
from sojourn_cli.simulation.requests import Request


@noun
class Lived:
    """Who the ids of a group turned out to be, each with a life, and lines that were refused.

    Who was forgotten stands before whoever has that id later.
    """

    lives: list[tuple[str, Life]]
    refused: list[RefusedLine]


def live_together(
    plan: Plan, lines: Sequence[Line | Request], until: Instant, *, reasons: bool = False
) -> Lived:
    """Run a group's lines up to and including ``until``."""
    group = _Group(plan, reasons=reasons)
    for line in lines:
        if line.order[0] > until:
            break
        group.take(line)
    lives = group.finish(until)
    later = [line for line in lines if line.order[0] > until]
    for _, life in lives[: len(later)]:
        life.more = True
    return Lived(lives, group.refused)


class _Being:
    """One customer on the way."""

    def __init__(self, course: Course, standing: AddressStanding) -> None:
        self.course = course
        self.life = Life(course.customer)
        self.clock = Clock(course, self.life, (), 0)
        self.clock.standing = standing

    def run(self, until: Instant) -> Life:
        """Take what falls due up to and including an instant."""
        self.clock.until = until
        return self.clock.run()


class _Group:
    """The customers of a group and who holds which identity: the directory of the group."""

    def __init__(self, plan: Plan, *, reasons: bool) -> None:
        self.refused: list[RefusedLine] = []
        self._plan = plan
        self._reasons = reasons
        self._forgotten = ForgottenIds()
        self._addresses = SuppressedAddresses()
        self._ended: list[tuple[str, Life]] = []
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

    def holder(self, identity: Identity) -> str | None:
        """See Directory."""
        return self._holders.get(identity)

    def take(self, line: Line | Request) -> None:
        """Take one line's event for whoever it is about, or do what it asks for."""
        try:
            if isinstance(line, Request):
                self._do(line)
            else:
                self._take_event(line.event, self._present(line.identities))
        except Gone as gone:
            self.refused.append(RefusedLine(line.number, self._forgotten.say(gone)))
        except InvalidInput as error:
            self.refused.append(RefusedLine(line.number, str(error)))

    def finish(self, until: Instant) -> list[tuple[str, Life]]:
        """Run everybody to the end."""
        return [*self._ended, *((id_, being.run(until)) for id_, being in self._beings.items())]

    def _present(self, identities: Identities) -> Identities:
        """The identities that nobody forgotten had; raises Gone when whose event it is was."""
        if not self._forgotten:
            return identities
        owner = owner_of(identities)
        if owner in self._forgotten:
            raise Gone(owner)
        user, anonymous, previous = (
            None if value is None or value in self._forgotten else value
            for value in (identities.user, identities.anonymous, identities.previous)
        )
        external = [item for item in identities.external if named(item) not in self._forgotten]
        return Identities(user, anonymous, previous, tuple(external))

    def _do(self, request: Request) -> None:
        """Do what somebody asked for; raises InvalidInput when it cannot be done."""
        who = self._whom(request.customer)
        if request.asked == FORGET:
            self._forget(who, request)
        elif request.asked == LIFT:
            self._forgotten.lift(request.customer, request.at)
        elif who is None:
            raise InvalidInput(UNKNOWN)

    def _whom(self, asked: str) -> str | None:
        """Who is known by an id, or by an identity that somebody holds."""
        for id_ in (asked, holder_of(asked, self)):
            if id_ is not None and (root := self.standing(id_).id) in self._beings:
                return root
        return None

    def _forget(self, who: str | None, request: Request) -> None:
        """End her, and know none of her ids any more."""
        ids = {request.customer}
        if who is not None:
            being = self._beings.pop(who)
            being.run(request.at - 1)
            self._addresses.add(being.course.customer, request.at)
            end_for_good(being.course, request.at)
            life = being.run(request.at - 1)
            life.forgotten_at = life.last_at = request.at
            self._ended.append((who, life))
            hers = {who, *being.course.customer.absorbed}
            held = [item for item, holder in self._holders.items() if holder in hers]
            for identity in held:
                del self._holders[identity]
            for id_ in hers:
                self._joined_into.pop(id_, None)
            self._users -= hers
            ids |= hers | set(map(named, held))
        for id_ in ids:
            self._forgotten.add(id_, request.at)

    def _take_event(self, event: Event, identities: Identities) -> None:
        found = whose(identities, self)
        self._forgotten.check(found.customer, event.at)
        if found.customer == identities.user:
            self._users.add(found.customer)
        id_ = self.standing(found.customer).id
        being = self._being(id_, event.received_at)
        being.run(event.received_at - 1)
        for fact in self._addresses.told_by(id_, event):
            self._take(being, fact, [])
        if found.links is None:
            self._take(being, event, [])
        else:
            others = self._others(being, found.links, event.received_at)
            self._take(being, replace(event, links=found.links), others)

    def _being(self, id_: str, at: Instant) -> _Being:
        known = self._beings.get(id_)
        if known is None:
            customer = Customer(id_, at)
            course = Course(self._plan, customer, NO_HISTORY, reasons=self._reasons)
            known = _Being(course, self._addresses.standing)
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
