"""Joining: whom an event's links name is found, made hers for good, and carried up to that event.

First the other's item is joined into this one's, after which nothing of it changes any more; then
it is read into the decision. Who dies in between finds it so again: the event is still there.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from sojourn.core.course.forward import Course, Met
from sojourn.core.engine.join import Apart, judged, refusal, wanted
from sojourn.core.errors import Conflict, CorruptState, HistoryNeeded
from sojourn.core.incoming.identity import Standing, named
from sojourn.core.state.codec import decode_event
from sojourn.core.state.customer import Customer, Event, Links
from sojourn.core.state.history import BEGINNING, LoadedHistory
from sojourn.core.values.exact import Json, loads_object
from sojourn.core.values.instants import DAY, Instant
from sojourn.core.workspace.plan import Plan
from sojourn.runtime.customer.forgotten import Forgotten
from sojourn.runtime.customer.mailbox import MOST_HOPS, Mailbox
from sojourn.runtime.ports import History, Mailboxes

AHEAD = DAY
"""How far an event's own time may be ahead of its receipt and still be found: moved lines are kept
by the instant of their decision."""

_TRIES = 20
_NOTHING_LOADED = LoadedHistory((), since=1 << 62)


def present(mailboxes: Mailboxes, box: Mailbox) -> Mailbox:
    """The item of whom a customer is by now: her own, or that of whom she was joined into."""
    for _ in range(MOST_HOPS):
        if box.joined_into is None:
            return box
        box = mailboxes.read(box.joined_into)
    raise CorruptState(f"customer {box.customer_id} was joined more than {MOST_HOPS} times over")


def is_a_user(box: Mailbox, history: History) -> bool:
    """Whether a customer came with a `userId`, be it with events alone that nobody refers to.

    Those leave no mark in her item, as they are one write beside it.
    """
    return box.is_user or history.came_as_user(box.customer_id)


def carry(  # noqa: PLR0913 - one port for each thing it touches
    box: Mailbox,
    plan: Plan,
    mailboxes: Mailboxes,
    history: History,
    now: Instant,
    forgotten: Forgotten,
    setting_out: type[Course] = Course,
) -> Course:
    """Take a mailbox's inbox and what is due by ``now``; reads history only when it is needed.

    Who is ``forgotten`` is joined into nobody, whatever waits in an inbox. Raises Overtaken when
    the customer was joined into another meanwhile. ``setting_out`` is the customer's own course.
    """
    return _Carrier(box, plan, mailboxes, history, forgotten).carry(now, setting_out)


class _Carrier:
    """Carries one customer, and whoever is joined into her on the way."""

    def __init__(
        self,
        box: Mailbox,
        plan: Plan,
        mailboxes: Mailboxes,
        history: History,
        forgotten: Forgotten,
    ) -> None:
        self._forgotten = forgotten
        self._box = box
        self._plan = plan
        self._mailboxes = mailboxes
        self._history = history
        self._since: Instant | None = None
        self._met: dict[str, str] = {}
        self._gone: set[str] = set()
        self._first: dict[str, Instant | None] = {}

    def carry(self, now: Instant, setting_out: type[Course]) -> Course:
        """Carry her; what turns out to be needed of the history is read, and all decided again."""
        while True:
            self._met = {}
            course = self._course(self._box, now, setting_out)
            try:
                course.take_inbox(self._waiting(self._box), now, self._meet)
            except HistoryNeeded as needed:
                self._since = min(needed.since, self._since or needed.since)
            except _Buried as buried:
                self._gone.add(buried.id)
            else:
                return course

    def _waiting(self, box: Mailbox) -> list[Event]:
        """The events of an inbox, with no word of anybody who was forgotten since they came."""
        return [_unlinked(item.event, self._is_gone) for item in box.inbox]

    def _is_gone(self, id_: str) -> bool:
        """Whether an id was forgotten, be it so lately that only its tombstone tells."""
        return id_ in self._gone or self._forgotten.knows(id_)

    def _course(self, box: Mailbox, now: Instant, setting_out: type[Course] = Course) -> Course:
        loaded = _NOTHING_LOADED
        if self._since is not None:
            loaded = load_history(box, self._history, self._since)
        came = came_at(box)
        customer = box.customer or Customer(box.customer_id, now if came is None else came)
        if box.decided_under < self._plan.asks_since:
            customer = self._since_the_first(customer)
        return setting_out(self._plan, customer, loaded, is_user=box.is_user)

    def _since_the_first(self, customer: Customer) -> Customer:
        """The customer since her first event of any kind: those nobody refers to made no customer.

        It is looked up once, in her first decision under plans in which something asks for it.
        """
        for id_ in (*customer.absorbed, customer.id):
            if id_ not in self._first:
                self._first[id_] = self._history.first_at(id_)
        found = (self._first[id_] for id_ in (*customer.absorbed, customer.id))
        first = min((at for at in found if at is not None), default=customer.created_at)
        return replace(customer, created_at=min(first, customer.created_at))

    def _meet(self, course: Course, event: Event) -> Met:
        """Whom the event's links join into the customer of a course."""
        links = event.links or Links()
        others: list[Course | Apart] = []
        later: list[Event] = []
        for asked in wanted(course.customer, links):
            found = self._join(course.customer, asked, event, links)
            if isinstance(found, Apart):
                others.append(found)
            elif found is not None:
                other = self._carried(found, event)
                hers = (found.customer_id, *other.customer.absorbed)
                self._met |= dict.fromkeys(hers, course.customer.id)
                others.append(other)
                waiting = self._waiting(found)
                later += [item for item in waiting if item.received_at > event.received_at]
        return Met(others, later)

    def _join(
        self, into: Customer, asked: str, event: Event, links: Links
    ) -> Mailbox | Apart | None:
        """Join whom an id stands for; None when she is this customer already.

        Raises _Buried when she was forgotten, so that nothing is kept of the event's word of her.
        """
        root = self._box.customer_id
        for _ in range(_TRIES):
            first = box = self._mailboxes.read(asked)
            while box.joined_into not in {None, root, into.id}:
                box = self._mailboxes.read(str(box.joined_into))
            if box.forgotten_at is not None:
                raise _Buried(asked)
            if box.customer_id in {root, into.id, *into.absorbed}:
                return None
            if box.joined_into is not None:
                return self._joined_before(into, box, first, links)
            was_user = is_a_user(first, self._history)
            is_user = was_user if box is first else is_a_user(box, self._history)
            standing = Standing(box.customer_id, is_user, was_user)
            verdict = judged(into.id, asked, standing, links)
            if isinstance(verdict, Apart):
                return verdict
            reason = refusal(into, box.customer or Customer(box.customer_id, event.received_at))
            if reason is not None:
                return Apart(asked, is_anothers=False, reason=reason)
            alias = asked if links.is_alias_alone(asked) else None
            if self._mailboxes.join(box, root, alias=alias):
                joined = replace(box, revision=box.revision + 1, joined_into=root)
                return self._taken_over(joined)
        raise Conflict(f"customer {asked} changed {_TRIES} times while she was joined")

    def _joined_before(
        self, into: Customer, box: Mailbox, asked: Mailbox, links: Links
    ) -> Mailbox | Apart | None:
        """Whom somebody joined who died over it; who was met in this decision is not met again."""
        met_by = self._met.get(box.customer_id)
        if met_by == into.id:
            return None
        hers = box if met_by is None else self._box
        standing = Standing(hers.customer_id, hers.is_user, asked.is_user)
        verdict = judged(into.id, asked.customer_id, standing, links)
        if isinstance(verdict, Apart):
            return verdict
        return self._taken_over(box) if met_by is None else None

    def _taken_over(self, box: Mailbox) -> Mailbox:
        """Keep the journal of an item that is joined, so that her history has all of it."""
        if box.journal:
            self._history.keep_journal(box.customer_id, box.journal, box.revision)
        return box

    def _carried(self, box: Mailbox, event: Event) -> Course:
        """Another customer up to the event that joins her, whoever she joins on the way too."""
        course = self._course(box, event.received_at)
        waiting = self._waiting(box)
        early = [item for item in waiting if item.received_at <= event.received_at]
        course.take_inbox(early, event.received_at - 1, self._meet)
        return course


class _Buried(Exception):  # noqa: N818 - an answer, not a failure of ours
    """An id is a tombstone's, whose forgetting is not known here yet."""

    def __init__(self, id_: str) -> None:
        super().__init__("whom an event names was forgotten")
        self.id = id_


def _unlinked(event: Event, is_gone: Callable[[str], bool]) -> Event:
    """An event without what it says of ids that were forgotten."""
    links = event.links
    if links is None:
        return event
    kept = Links(
        tuple(id_ for id_ in links.joins if not is_gone(id_)),
        None if links.alias is None or is_gone(links.alias) else links.alias,
        links.claims,
        tuple(item for item in links.conflicts if not is_gone(named(item))),
    )
    return event if kept == links else replace(event, links=kept)


def came_at(box: Mailbox) -> Instant | None:
    """Since when a customer is there, by her item alone; None when it holds nothing of her."""
    if box.customer is not None:
        return box.customer.created_at
    return min((item.event.received_at for item in box.inbox), default=None)


def load_history(
    box: Mailbox, history: History, since: Instant, course: Course | None = None
) -> LoadedHistory:
    """Every event taken since an own time: moved lines, the journal, events nobody referred to.

    Of those joined into her too; with a ``course`` also what was taken on it, and by whom it joins.
    """
    events: list[Event] = []
    moved_since = max(BEGINNING, since - AHEAD)
    customer = course.customer if course is not None else box.customer
    ids = (*(customer.absorbed if customer is not None else ()), box.customer_id)
    lines = [line for id_ in ids for line in history.lines(id_, moved_since)]
    for line in (*lines, *box.lines):
        events += map(decode_event, rows(loads_object(line).get("e")))
    for id_ in ids:
        events += history.events(id_, since)
    events += course.taken if course is not None else ()
    return LoadedHistory(events, since)


def rows(value: Json) -> Sequence[Json]:
    """A stored list; nothing when there is none."""
    return value if isinstance(value, list) else []
