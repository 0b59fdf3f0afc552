"""Forgetting: everything about one person goes, and nothing that comes later makes her anew.

First the list of who was forgotten has her marks; then her item becomes a tombstone, in one write:
from then on no message of hers is claimed and no event is stored. What lies elsewhere is deleted,
and once nobody can work any more who has not heard of it, all is looked at again and the tombstones
go too. Whoever dies in between finds it so again: each part may be done any number of times, by
several at once too. So a tombstone that went is never put there again: nobody would come for it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial

from sojourn.core.engine.draft import Draft
from sojourn.core.engine.facts import take_fact
from sojourn.core.engine.join import judged
from sojourn.core.engine.profile import fold_traits
from sojourn.core.errors import Conflict, InvalidInput, Unavailable
from sojourn.core.incoming.identity import ANONYMOUS, USER, Standing, named
from sojourn.core.nouns import noun
from sojourn.core.state.codec import decode_event
from sojourn.core.state.customer import AddressStatus, Customer, Event, Identity, Links
from sojourn.core.state.history import BEGINNING, NO_HISTORY
from sojourn.core.values.exact import loads_object
from sojourn.core.values.instants import DAY, Duration, Instant, format_instant
from sojourn.core.workspace.plan import Plan
from sojourn.runtime.customer.forgotten import SETTLING, mark_of_address, mark_of_id
from sojourn.runtime.customer.joining import is_a_user, present, rows
from sojourn.runtime.customer.mailbox import Mailbox, Place
from sojourn.runtime.customer.whom import holder_of, meant
from sojourn.runtime.live_plan import LivePlan
from sojourn.runtime.ports import Directory, Exports, History, Mailboxes, Tombstones

LIFTED_AFTER = 2 * DAY
"""How long after the beginning of the day of her forgetting an id may come back: the table's stream
brings a change for a day, and what was decided before she was forgotten must not be decided on."""

LEFT_AFTER: Duration = 2 * SETTLING
"""How old a tombstone is when it goes. An id without an item gets one for SETTLING only, by whoever
began within it and works a minute at most: so nobody makes one anew when the first of them go."""

_TRIES = 20
_IDS = ("customer", "perhaps", "joining", "alias")


class Settling(Unavailable):
    """She is forgotten; somebody may still be at work who has not heard of it."""


@noun
class Belongings:
    """What hangs on one of her ids: other ids, addresses that stay suppressed, and places."""

    ids: frozenset[str]
    standings: Mapping[tuple[str, str], AddressStatus]
    places: frozenset[Place]


class Forgetting:
    """Forgets customers, and lets their ids come back."""

    def __init__(  # noqa: PLR0913 - one port for each thing it touches
        self,
        mailboxes: Mailboxes,
        directory: Directory,
        history: History,
        live: LivePlan,
        tombstones: Tombstones,
        exports: Exports,
    ) -> None:
        """Work over these ports."""
        self._mailboxes = mailboxes
        self._directory = directory
        self._history = history
        self._live = live
        self._tombstones = tombstones
        self._exports = exports

    def forget(self, asked: str, now: Instant, asked_at: Instant | None = None) -> None:
        """Forget whom an id stands for; raises Settling when some of it is left for later.

        Raises InvalidInput for a request from before she was let come back.
        """
        secret = self._tombstones.secret()
        root = self._whom(asked)
        if root.forgotten_at is None:
            if self._is_done(root, asked, now, secret):
                return
            self._check(asked, asked_at)
            root = self._bury(root, asked, now, secret)
        hers = self._clear(root, asked, now, secret)
        if self._mailboxes.read(root.customer_id).forgotten_at is None:
            self._tombstones.remove(asked)  # somebody else was through meanwhile
            return
        _wait_for(max(hers.values()), now)
        # The id that was asked for comes last: it leads here for as long as anything is left.
        order = [id_ for id_ in sorted(hers) if id_ not in (asked, root.customer_id)]
        for id_ in (*order, root.customer_id, asked):
            self._tombstones.remove(id_)

    def lift(self, id_: str, now: Instant) -> None:
        """Let one id come back; raises InvalidInput when it was not forgotten, or just now.

        Likewise while her forgetting is not finished: nothing of her could be stored where her
        tombstone stands, nor be decided where her item still lies, and it would go with her.
        """
        secret = self._tombstones.secret()
        mark = mark_of_id(secret, id_)
        liftable(self._tombstones.noted_at(mark), now)
        if self._is_unfinished(self._whom(id_), secret):
            raise InvalidInput(
                "customer: her forgetting is not finished; `sojourn dead-letters redrive` does it"
            )
        self._tombstones.lift(mark, now)

    def _is_unfinished(self, root: Mailbox, secret: bytes) -> bool:
        """Whether there is something left of whoever was forgotten."""
        if root.forgotten_at is not None:
            return True
        mark = mark_of_id(secret, root.customer_id)
        return _is_there(root) and self._tombstones.noted_at(mark) is not None

    def _check(self, asked: str, asked_at: Instant | None) -> None:
        """Raise InvalidInput for a request from before she was let come back."""
        self._live.newest()
        since = self._live.forgotten.back_since(asked)
        if since is not None and asked_at is not None and asked_at < since:
            at = format_instant(since)
            raise InvalidInput(f"customer: came back at {at}, after this was asked; ask anew")

    def _whom(self, asked: str) -> Mailbox:
        """The item of whom an id stands for by now."""
        box = self._mailboxes.read(asked)
        if not _is_there(box) and not self._history.events(asked, BEGINNING):
            holder = holder_of(asked, self._directory)
            box = box if holder is None else self._mailboxes.read(holder)
        return present(self._mailboxes, box)

    def _is_done(self, root: Mailbox, asked: str, now: Instant, secret: bytes) -> bool:
        """Whether nothing is left of whom an id stands for, and she is known to be forgotten.

        The tombstone of the id that was asked for may be the last one, and goes.
        """
        boxes = {root.customer_id: root, asked: self._mailboxes.read(asked)}
        if any(_is_there(box) and box.forgotten_at is None for box in boxes.values()):
            return False
        if any(self._tombstones.noted_at(mark_of_id(secret, id_)) is None for id_ in boxes):
            return False
        for id_ in boxes:
            self._tombstones.sweep(id_)
        for identity in meant(asked):  # it may be all that is left of her
            self._tombstones.release(("identity", *identity), boxes.keys())
        last = boxes[asked]
        if last.forgotten_at is not None:
            if last.joined_into is not None and present(self._mailboxes, last).forgotten_at:
                raise Settling("another is about to forget her; it is looked at again in minutes")
            _wait_for(last.forgotten_at, now)
            self._tombstones.remove(asked)
        return True

    def _bury(
        self, box: Mailbox, asked: str, now: Instant, secret: bytes, person: str | None = None
    ) -> Mailbox:
        """Make an item a tombstone, which keeps where else things of hers lie.

        ``person`` is who she was joined into; None when she is that one.
        """
        id_ = box.customer_id
        for _ in range(_TRIES):
            is_hers = partial(self._is_hers, {id_, id_ if person is None else person})
            found = belongings(box, self._events(box), self._live.plan(), now, is_hers)
            self._tombstones.note(
                {mark_of_id(secret, each) for each in {*found.ids, asked}},
                {
                    mark_of_address(secret, *where): standing
                    for where, standing in found.standings.items()
                },
                now,
                person=mark_of_id(secret, id_ if person is None else person),
            )
            into = person if person != id_ else None
            self._tombstones.mark(box, {*found.places, ("customer", asked)}, now, into)
            box = self._mailboxes.read(id_)
            if box.forgotten_at is not None:
                return box
            if person is None:
                box = present(self._mailboxes, box)
                id_ = box.customer_id
        raise Conflict(f"a customer changed {_TRIES} times while she was to be forgotten")

    def _is_hers(self, whom: Collection[str], identity: Identity) -> bool:
        """Whether nobody holds an identity, or one of some ids or who was joined into one.

        Who was joined in the table may not be known to the customer yet: that is decided later.
        """
        holder = self._directory.holder(identity)
        if holder is None or holder in whom:
            return True
        return present(self._mailboxes, self._mailboxes.read(holder)).customer_id in whom

    def _clear(self, root: Mailbox, asked: str, now: Instant, secret: bytes) -> dict[str, Instant]:
        """Delete everything of hers but the tombstones: those of all her ids, since when."""
        hers: dict[str, Instant] = {}
        named: dict[Place, Instant] = {("identity", *item): now for item in meant(asked)}
        named[("customer", asked)] = now
        named |= dict.fromkeys(
            {*root.places, ("customer", root.customer_id)}, root.forgotten_at or now
        )
        looked_at: set[Place] = set()
        while todo := {place for place in named if place[0] in _IDS} - looked_at:
            for place in sorted(todo):
                looked_at.add(place)
                stone = self._buried(place, named[place], root, asked, now, secret)
                if stone is not None:
                    id_ = stone.customer_id
                    hers[id_] = stone.forgotten_at or named[place]
                    named = dict.fromkeys(stone.places, hers[id_]) | named
                    self._tombstones.sweep(id_)
                    self._exports.purge(mark_of_id(secret, id_).hex())
        for place in sorted(named):
            self._tombstones.release(place, hers)
        return hers

    def _buried(  # noqa: PLR0913 - what there is to know of a place
        self, place: Place, since: Instant, root: Mailbox, asked: str, now: Instant, secret: bytes
    ) -> Mailbox | None:
        """What is left of an id since that tombstone stands which named it; None when not hers.

        An id under which nothing is kept has a tombstone too: whoever has not heard of it yet would
        make a customer of it. Once all have heard it has gone, or is not needed any more.
        """
        kind, id_ = place
        box = self._mailboxes.read(id_)
        whom = present(self._mailboxes, box)
        if box.forgotten_at is not None:  # or it is another's, whose own request it leads
            return box if whom.customer_id == root.customer_id else None
        if whom.customer_id != root.customer_id:
            if self._joins(root.customer_id, place, box, whom):
                # Once the id that leads to her has a tombstone, nothing else would say so.
                self._mailboxes.leave_word(root.customer_id, [("customer", whom.customer_id)])
                box = whom
            elif kind != "customer" or _is_there(box):
                return None
        if not _is_there(box) and now >= since + SETTLING:
            if id_ != asked:
                return box
            now = since  # she leads to the person; nobody has to hear of her any more
        return self._bury(box, asked, now, secret, root.customer_id)

    def _joins(self, root: str, place: Place, box: Mailbox, whom: Mailbox) -> bool:
        """Whether an event that was not taken any more would have joined whom an id stands for."""
        kind, id_ = place
        links = {"joining": Links((id_,)), "alias": Links(alias=id_)}.get(kind)
        if links is None or whom.forgotten_at is not None:
            return False
        is_user, was_user = (is_a_user(each, self._history) for each in (whom, box))
        standing = Standing(whom.customer_id, is_user, was_user)
        return isinstance(judged(root, id_, standing, links), str)

    def _events(self, box: Mailbox) -> Iterator[Event]:
        """Every event of one id that is kept anywhere."""
        lines = (*self._history.lines(box.customer_id, BEGINNING), *box.lines)
        for line in lines:
            for stored in rows(loads_object(line).get("e")):
                yield decode_event(stored)
        yield from self._history.events(box.customer_id, BEGINNING)
        for waiting in box.inbox:
            yield waiting.event


def liftable(noted_at: Instant | None, now: Instant) -> None:
    """Raise InvalidInput when an id cannot come back that was forgotten on some day, or never."""
    if noted_at is None:
        raise InvalidInput("customer: was not forgotten, or so long ago that she may come back")
    if now < noted_at + LIFTED_AFTER:
        until = format_instant(noted_at + LIFTED_AFTER)
        raise InvalidInput(f"customer: was forgotten lately; she may come back from {until} on")


def _wait_for(forgotten_at: Instant, now: Instant) -> None:
    """Raise Settling while a tombstone is too young to go."""
    if now < forgotten_at + LEFT_AFTER:
        raise Settling("she is forgotten; what is left of her item goes in a few minutes")


def _is_there(box: Mailbox) -> bool:
    """Whether there is an item at all."""
    return bool(box.revision or box.arrivals)


def belongings(
    box: Mailbox,
    events: Iterable[Event],
    plan: Plan,
    now: Instant,
    is_hers: Callable[[Identity], bool],
) -> Belongings:
    """What hangs on an item, with what waits in its inbox and what its history tells of.

    An identity that somebody else holds is not hers, even if it came with her events. It is a place
    all the same: who holds it may turn out to be she, and else it is not released.
    """
    customer = _with_inbox(box, plan, now)
    identities = {*customer.identities, *_claimed(box)}
    numbers = {*customer.addresses("sms"), *customer.channels.get("sms", {})}
    numbers |= {sent.address for sent in customer.ledger if sent.channel == "sms"}
    others: set[str] = set()
    waiting: set[Place] = set()
    for event in events:
        phone = event.traits.get("phone")
        numbers |= {phone} if isinstance(phone, str) else set()
        if event.links is not None:
            identities |= set(event.links.claims)
            others |= {*event.links.joins, *([event.links.alias] if event.links.alias else [])}
    for links in [item.event.links or Links() for item in box.inbox]:
        joins = {id_ for id_ in links.joins if (ANONYMOUS, id_) not in customer.conflicts}
        waiting |= {("joining", id_) for id_ in joins}
        waiting |= {("alias", links.alias)} if links.alias is not None else set()
    kind, colon, value = box.customer_id.partition(":")
    identities |= {(kind, value)} if colon else set()
    ids = {box.customer_id, *customer.absorbed}
    own = {_id_of(item) for item in identities if is_hers(item)}
    places: set[Place] = {("customer", id_) for id_ in {*customer.absorbed, *own}}
    places |= {("perhaps", id_) for id_ in others} | waiting
    places |= {("identity", *item) for item in identities}
    places |= {("number", number) for number in numbers}
    standings = {
        (channel, address): standing
        for channel, known in customer.channels.items()
        for address, standing in known.items()
        if standing.status != "ok"
    }
    return Belongings(frozenset(ids | own), standings, frozenset(places))


def _claimed(box: Mailbox) -> Iterator[Identity]:
    """Identities that were claimed for events which were not taken."""
    for kind, *what in box.places:
        if kind == "identity":
            yield what[0], what[1]


def _with_inbox(box: Mailbox, plan: Plan, now: Instant) -> Customer:
    """The customer with what waiting events say of her addresses; nothing else is decided."""
    draft = Draft(
        plan, box.customer or Customer(box.customer_id, now), now, NO_HISTORY, reasons=False
    )
    for waiting in box.inbox:
        if not waiting.event.by_a_machine:
            fold_traits(draft, waiting.event)
            take_fact(draft, waiting.event)
    return draft.customer


def _id_of(identity: Identity) -> str:
    """The customer's id that an identity is, or would be if it stood alone."""
    return identity[1] if identity[0] in (USER, ANONYMOUS) else named(identity)
