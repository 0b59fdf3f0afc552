"""Intake: a checked event goes into its customer's inbox, or beside it when nobody refers to it.

Events from the bus and rows of an import come this way alike, so that what holds for the one (who
is who, duplicates, joins, bounds) holds for the other.
"""

from dataclasses import replace

from sojourn.core.errors import Conflict
from sojourn.core.incoming.events import Identities, Incoming
from sojourn.core.incoming.identity import Standing, Whose, named, owner_of, plain, somebodys, whose
from sojourn.core.state.customer import ACCEPTED, ADDRESS_TRAITS, Event, Identity, addresses_in
from sojourn.core.values.instants import Instant
from sojourn.runtime.customer.forgotten import NOBODY, Forgotten, suppressed
from sojourn.runtime.customer.joining import present
from sojourn.runtime.customer.mailbox import MOST_HOPS, Gone, Moved
from sojourn.runtime.live_plan import LivePlan
from sojourn.runtime.ports import Appended, Directory, History, Mailboxes

MOST_KNOWN = 10_000
"""Identities that came together and are known to be settled: a few megabytes of a function's."""


REPORTS = (ACCEPTED, "message.delivered")
"""What the provider reports of every e-mail."""


class Intake:
    """Takes checked events one at a time; each costs one write and no read.

    An identity that is neither a `userId` nor an `anonymousId` costs one write more until it is
    known, a report of the provider one read.
    """

    def __init__(
        self, mailboxes: Mailboxes, directory: Directory, history: History, live: LivePlan
    ) -> None:
        """Work over these ports."""
        self._mailboxes = mailboxes
        self._directory = directory
        self._history = history
        self._live = live
        self._known_forgotten = NOBODY
        self._whose_known: dict[Identities, Whose] = {}
        self._moved: dict[str, str] = {}
        self._suppressed: dict[tuple[str, str, str], None] = {}

    def take(self, incoming: Incoming) -> Appended:
        """Find out whose an event is and store it; `duplicate` when it waits or was taken lately.

        Raises InvalidInput when all its identities are nobody's, Gone when its customer was
        forgotten; other identities that somebody forgotten had are left out.
        """
        identities = incoming.identities
        try:
            identities = self._present(incoming)
            found = self._whose(identities, incoming.event.received_at)
            taken = self.keep(found, incoming.event)
        except Gone as gone:
            self._leave_word(gone.customer_id, identities)
            if gone.since is None:
                self._let_go(gone.customer_id, incoming)
            raise
        if taken == "duplicate":
            self._leave_word(found.customer, identities)
        if found.links is not None:
            self._remember(identities, replace(found, links=None))
        return taken

    def check(self, incoming: Incoming) -> None:
        """Raise what `take` would, as far as that can be known without writing."""
        somebodys(self._present(incoming), self._live.plan().settings.nobody)

    def keep(self, found: Whose, event: Event) -> Appended:
        """Store an event of which it is known whose it is; raises Gone when she was forgotten."""
        plan = self._live.plan()
        if self._live.forgotten.knows(found.customer):
            raise Gone(found.customer)
        self._check(found.customer, event)
        if event.traits and self._live.forgotten.addresses:
            self._suppress(found, event)
        if found.links is not None:
            return self._append(found, replace(event, links=found.links))
        if event.traits or plan.refers_to(event.name):
            return self._append(found, event)
        if event.name in REPORTS:
            return self._keep_report(found, event)
        self._history.keep(found.customer, event, is_user=found.is_user)
        return "appended"

    def _suppress(self, found: Whose, event: Event) -> None:
        """Let her inbox tell first of an address at which somebody forgotten wanted nothing more.

        So the event that brings the address is decided on knowing that.
        """
        for channel, name in ADDRESS_TRAITS.items():
            for address in addresses_in(event.traits.get(name)):
                was = self._live.forgotten.standing(channel, address)
                told = found.customer, channel, address
                if was is not None and told not in self._suppressed:
                    self._append(found, suppressed(*told, was, event.received_at))
                    _bound(self._suppressed)
                    self._suppressed[told] = None

    def _keep_report(self, found: Whose, event: Event) -> Appended:
        """Store a report that comes of every e-mail and that nobody refers to, by what it proves.

        It costs a read, which is a fifth of a write: where its message is in flight or waits to be
        tried again, it settles that. Else the history keeps a delivery; that the provider took what
        is recorded as sent says nothing.
        """
        box = present(self._mailboxes, self._mailboxes.read(found.customer))
        message = event.properties.get("message_id")
        if box.customer is not None:
            if message in box.customer.messages:
                return self._append(found, event)
            if event.name == ACCEPTED and any(sent.id == message for sent in box.customer.ledger):
                return "duplicate"
        self._history.keep(found.customer, event, is_user=found.is_user)
        return "appended"

    def _check(self, customer: str, event: Event) -> None:
        """Raise Gone for an event from before its customer was let come back."""
        since = self._live.forgotten.back_since(customer)
        if since is not None and event.at < since:
            raise Gone(customer, since)

    def _present(self, incoming: Incoming) -> Identities:
        """The identities that nobody forgotten had; raises Gone when whose event it is was."""
        identities = incoming.identities
        nobody = self._live.plan().settings.nobody
        forgotten = self._live.forgotten
        if forgotten is not self._known_forgotten:
            self._known_forgotten = forgotten
            self._whose_known.clear()
            self._moved.clear()
            self._suppressed.clear()
        if not forgotten.ids and not forgotten.back:
            return identities
        owner = owner_of(identities, nobody)
        if forgotten.knows(owner):
            raise Gone(owner)
        self._check(owner, incoming.event)  # before any identity is claimed for her
        user, anonymous, previous = (
            None if value is None or forgotten.knows(value) else value
            for value in (identities.user, identities.anonymous, identities.previous)
        )
        external = [
            item for item in identities.external if not forgotten.knows(named(plain(*item)))
        ]
        return Identities(user, anonymous, previous, tuple(external))

    def _leave_word(self, her: str, identities: Identities) -> None:
        """Tell of identities that were claimed for an event which is not taken.

        They go with her: nothing else says that they are hers.
        """
        claimed = [("identity", *plain(*item)) for item in identities.external]
        if claimed:
            self._mailboxes.leave_word(her, claimed)

    def _let_go(self, her: str, incoming: Incoming) -> None:
        """Free what the event of somebody forgotten claimed for her before its ingest died.

        Nobody else would find it where her tombstone is gone by now. While that stands it was left
        word of it, and an identity may be what leads those to her who forget her.
        """
        box = self._mailboxes.read(her)
        if box.forgotten_at is not None or box.revision or box.arrivals:
            return
        for owner in {her, owner_of(incoming.identities, self._live.plan().settings.nobody)}:
            if owner == her or self._live.forgotten.knows(owner):
                for item in incoming.identities.external:
                    self._directory.let_go(plain(*item), owner, incoming.event.received_at)

    def _whose(self, identities: Identities, now: Instant) -> Whose:
        """Whose an event is; what came together before and was handed on says nothing new."""
        known = self._whose_known.get(identities)
        if known is not None:
            return known
        present = _Present(self._directory, self._live.forgotten, now)
        return whose(identities, present, self._live.plan().settings.nobody)

    def _append(self, found: Whose, event: Event) -> Appended:
        """Put an event into the inbox of whoever the customer is by now."""
        customer = found.customer
        for _ in range(MOST_HOPS):
            customer = self._moved.get(customer, customer)
            try:
                return self._mailboxes.append(customer, event, is_user=found.is_user)
            except Moved as moved:
                _bound(self._moved)
                self._moved[customer] = moved.into
        raise Conflict(f"customer {found.customer} was joined more than {MOST_HOPS} times over")

    def _remember(self, identities: Identities, found: Whose) -> None:
        _bound(self._whose_known)
        self._whose_known[identities] = found


class _Present:
    """The directory without whoever was forgotten: what one of them still holds is free.

    She may have been forgotten between a claim and its event, which nobody took in any more.
    """

    def __init__(self, directory: Directory, forgotten: Forgotten, now: Instant) -> None:
        self._directory = directory
        self._forgotten = forgotten
        self._now = now

    def claim(self, identity: Identity, customer: str) -> str:
        """See Directory."""
        holder = self._directory.claim(identity, customer)
        if holder != customer and self._forgotten.knows(holder):
            self._directory.let_go(identity, holder, self._now)
            holder = self._directory.claim(identity, customer)
        return holder

    def standing(self, customer: str) -> Standing:
        """See Directory."""
        return self._directory.standing(customer)


def _bound[K, V](known: dict[K, V]) -> None:
    """Make room for one more: the oldest goes."""
    if len(known) >= MOST_KNOWN:
        del known[next(iter(known))]
