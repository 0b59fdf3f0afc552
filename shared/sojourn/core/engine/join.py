"""Join: two customers become one, as part of the stimulus that tells so.

Nothing is lost and nothing is widened: traits by their own time, the stricter consent and channel,
both ledgers, both counts of entries, every enrolment with its waits and messages. Of two live
enrolments with one key the one that is further stays; the other exits with `merged`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter

from sojourn.core.engine.draft import Draft
from sojourn.core.engine.entry_keys import EntryKey, bytes_of_key, entry_key, remembered
from sojourn.core.engine.facts import by_strictness, strictness, those_with_room
from sojourn.core.engine.holding import held_in_all, too_much
from sojourn.core.engine.profile import put_trait, with_texts
from sojourn.core.incoming.identity import ANONYMOUS, USER, Standing, named
from sojourn.core.limits import (
    CONFLICTS,
    CONSENTS,
    ENROLMENTS,
    HELD_BYTES,
    IDENTITIES,
    IDENTITIES_BYTES,
    JOINS,
    SEEN_IDS,
)
from sojourn.core.nouns import altered, noun
from sojourn.core.sending.caps import pruned
from sojourn.core.state.customer import (
    AddressStatus,
    Consent,
    Customer,
    Enrolment,
    Entries,
    Identity,
    Links,
)
from sojourn.core.state.history import History, JoinedHistory
from sojourn.core.values.ids import derived_id
from sojourn.core.values.instants import Instant

MERGED = "merged"
CONFLICT = "customer.identity_conflict"
REFUSED = "customer.join_refused"
ANOTHERS = "belongs to another customer"
"""As records say it: a customer's record names nobody else, or forgetting would not find it."""


@noun
class Joining:
    """A customer who is joined, as she was until then, with her history."""

    customer: Customer
    history: History
    is_user: bool = False


@noun
class Apart:
    """A customer who is not joined: she is another's by now, or the join is refused."""

    id: str
    is_anothers: bool
    reason: str


@noun
class Side:
    """One of those who became one: her enrolments, and what the others had been through."""

    enrolments: tuple[str, ...]
    others: History
    newest_at: Instant | None


def wanted(customer: Customer, links: Links) -> list[str]:
    """Ids the links join that are not settled yet, an alias last."""
    settled = {customer.id, *customer.absorbed}
    joins = [id_ for id_ in links.joins if (ANONYMOUS, id_) not in customer.conflicts]
    asked = joins if links.alias is None else [*joins, links.alias]
    return [id_ for id_ in dict.fromkeys(asked) if id_ not in settled]


def judged(into: str, asked: str, standing: Standing, links: Links) -> Apart | str | None:
    """Whom to join for an id that is asked for; None when she is this customer already.

    What a user was joined with stays hers; an alias moves a user, whoever she is by now.
    """
    if standing.id == into:
        return None
    if standing.is_user and not (asked == links.alias and standing.was_user):
        return Apart(asked, is_anothers=True, reason=f"{asked} {ANOTHERS}")
    return standing.id


def refusal(into: Customer, other: Customer) -> str | None:
    """Why two customers are too much for one; None when they are not."""
    if len(into.absorbed) + len(other.absorbed) >= JOINS:
        return f"limit: {JOINS} customers joined into one"
    live = [*into.live(), *other.live()]
    if len(live) > ENROLMENTS:
        return f"limit: {ENROLMENTS} live enrolments"
    size = held_in_all(live, [*into.messages.values(), *other.messages.values()])
    if size > HELD_BYTES:
        return too_much(size)
    if len(into.consents.keys() | other.consents.keys()) > CONSENTS:
        return f"limit: consents to {CONSENTS} categories"
    return None


def take_links(draft: Draft, links: Links, at: Instant) -> None:
    """Note by what the customer is known, and which identities turned out to be another's."""
    customer = draft.customer
    since = {claim: min(customer.identities.get(claim, at), at) for claim in links.claims}
    identities = {**customer.identities, **since}
    conflicts = {key: held for key, held in customer.conflicts.items() if key not in identities}
    draft.change(identities=_newest(identities), conflicts=conflicts)
    for identity in links.conflicts:
        if customer.conflicts.get(identity):
            continue
        kind, value = identity
        draft.record("identity_conflict", reason=f"{kind} {value} {ANOTHERS}")
        draft.announce(
            CONFLICT, derived_id(customer.id, kind, value), {"type": kind, "value": value}
        )
        _remember_conflict(draft, identity, is_anothers=True)


def _remember_conflict(draft: Draft, identity: Identity, *, is_anothers: bool) -> None:
    conflicts = {**draft.customer.conflicts, identity: is_anothers}
    draft.change(conflicts=dict(list(conflicts.items())[-CONFLICTS:]))


def stay_apart(draft: Draft, apart: Apart) -> None:
    """Note a join that is not made; one that is refused is announced."""
    draft.record("not_joined", reason=apart.reason, customer=apart.id)
    _remember_conflict(draft, (ANONYMOUS, apart.id), is_anothers=apart.is_anothers)
    if not apart.is_anothers:
        draft.announce(
            REFUSED,
            derived_id(draft.customer.id, apart.id),
            {"refused": apart.id, "reason": apart.reason},
        )


def absorb(draft: Draft, joinings: Sequence[Joining]) -> list[Side]:
    """Make the customers one; gives who had been through what, for `evaluate` to catch up."""
    histories = [draft.history, *(joining.history for joining in joinings)]
    enrolments = [tuple(draft.enrolments)]
    newest = [draft.newest_at]
    for joining in joinings:
        enrolments.append(tuple(joining.customer.enrolments))
        newest.append(joining.customer.newest_at)
        _absorb(draft, joining)
    draft.history = JoinedHistory(histories)
    draft.looked = draft.keys_bytes = None
    draft.holding.begin_anew()
    sides = []
    for place, own in enumerate(enrolments):
        others = JoinedHistory(histories[:place] + histories[place + 1 :])
        sides.append(Side(own, others, _latest(newest[:place] + newest[place + 1 :])))
    return sides


def _absorb(draft: Draft, joining: Joining) -> None:
    mine, other = draft.customer, joining.customer
    draws = _draws(draft, other)
    for name, trait in other.traits.items():
        known = mine.traits.get(name)
        if known is None or known.at < trait.at:
            put_trait(draft, name, trait.value, trait.at)
    seen = (*other.seen, *mine.seen)
    forgotten = [mine.forgotten_at, other.forgotten_at]
    if len(seen) > SEEN_IDS:
        forgotten += [mine.newest_at, other.newest_at]
    ledger = {sent.id: sent for sent in (*other.ledger, *mine.ledger)}.values()
    draft.change(
        created_at=min(mine.created_at, other.created_at),
        consents=_consents(mine.consents, other.consents),
        channels=_channels(mine.channels, other.channels),
        ledger=pruned(
            tuple(sorted(ledger, key=attrgetter("at"))),
            draft.plan.settings,
            draft.now,
        ),
        segments=mine.segments | other.segments,
        seen=seen[-SEEN_IDS:],
        forgotten_at=_latest(forgotten),
        newest_at=_latest([mine.newest_at, other.newest_at]),
        absorbed=(*mine.absorbed, *other.absorbed, other.id),
        draws=draws,
    )
    draft.entries = _entries(draft.entries, other.entries)
    draft.newest_at = _latest([draft.newest_at, other.newest_at])
    if other.decided_at == draft.now:
        draft.earlier = (*other.instant, *draft.earlier)[-SEEN_IDS:]
        draft.causes += other.causes
    _take_over(draft, other)
    _take_identities(draft, joining)
    draft.record("joined", customer=other.id, enrolments=len(other.live()))


def _latest(instants: Iterable[Instant | None]) -> Instant | None:
    return max((at for at in instants if at is not None), default=None)


def _take_over(draft: Draft, other: Customer) -> None:
    """Carry enrolments and messages over, numbered anew in the order of entry.

    Of those that entered one journey in one instant her own come first: what numbers the two had
    hangs on which of their ended ones are still kept. For the same reason her last number is how
    often both had entered: by it the next enrolment has its id, wherever the join is decided.
    """
    both = [
        *sorted(draft.enrolments.values(), key=attrgetter("number")),
        *sorted(other.enrolments.values(), key=attrgetter("number")),
    ]
    both.sort(key=attrgetter("entered_at", "journey"))
    draft.number += other.number
    draft.enrolments = {item.id: item for item in both}
    for number, item in enumerate(both, start=draft.number - len(both) + 1):
        draft.alter(item, number=number)
    messages = {**draft.messages, **other.messages}
    for message in messages.values():
        known = draft.enrolments.get(message.enrolment)
        number = message.number if known is None else known.number
        messages[message.id] = altered(message, number=number)
    draft.messages = messages


def _draws(draft: Draft, other: Customer) -> dict[str, str]:
    """Who was drawn for a journey stays as drawn; where both were, each enrolment as it was."""
    mine = draft.customer
    hers, others = (
        _entered(mine, draft.entries, draft.enrolments),
        _entered(other, other.entries, other.enrolments),
    )
    draws = {journey: other.drawn_as(journey) for journey in sorted(others - hers)}
    draws |= {
        item.id: other.draws.get(item.id, other.drawn_as(item.journey))
        for item in other.live()
        if item.journey in hers
    }
    draws |= mine.draws
    if not draft.number and other.number:
        draws[""] = other.drawn_as()
    return {key: id_ for key, id_ in draws.items() if id_ != mine.id}


def _entered(
    customer: Customer, entries: Mapping[EntryKey, Entries], enrolments: Mapping[str, Enrolment]
) -> set[str]:
    """The journeys for which she was drawn, as far as is known."""
    found = {journey for journey, _ in entries}
    found |= {item.journey for item in enrolments.values()}
    return found | {key for key in customer.draws if key and key not in enrolments}


def _consents(mine: Mapping[str, Consent], other: Mapping[str, Consent]) -> Mapping[str, Consent]:
    """A refusal of each category, else the newer: a word, or that one was taken back."""
    found = dict(mine)
    for name, consent in other.items():
        known = found.get(name)
        if known is None or _firmness(consent) > _firmness(known):
            found[name] = consent
    return with_texts(found)


def _firmness(consent: Consent) -> tuple[bool, Instant]:
    return consent.given is False, consent.at


type Standings = Mapping[str, Mapping[str, AddressStatus]]


def _channels(mine: Standings, other: Standings) -> dict[str, dict[str, AddressStatus]]:
    """How each address stands with the stricter of the two; the strictest are kept."""
    found = {channel: dict(table) for channel, table in mine.items()}
    for channel, table in other.items():
        standings = found.setdefault(channel, {})
        for address, theirs in table.items():
            known = standings.get(address)
            if known is None or strictness(theirs) > strictness(known):
                standings[address] = theirs
        in_order = by_strictness(standings)
        kept = those_with_room(in_order)
        if len(kept) < len(standings):
            found[channel] = {name: standings[name] for name in in_order if name in kept}
    return found


def _entries(
    mine: Mapping[EntryKey, Entries], other: Mapping[EntryKey, Entries]
) -> Mapping[EntryKey, Entries]:
    """Counts added, the later last entry; at the bound the oldest is forgotten."""
    found = dict(mine)
    for key, entries in other.items():
        known = found.get(key)
        if known is not None:
            last_at = max(known.last_at, entries.last_at)
            entries = Entries(known.count + entries.count, last_at)  # noqa: PLW2901 - both together
        found[key] = entries
    newest = dict(sorted(found.items(), key=lambda item: item[1].last_at))
    remembered(newest, sum(map(bytes_of_key, newest)))
    return newest


def _take_identities(draft: Draft, joining: Joining) -> None:
    """Know her by what the other was known by, the other's own id among it."""
    mine, other = draft.customer, joining.customer
    found = dict(mine.identities)
    own = (USER if joining.is_user else ANONYMOUS, other.id)
    theirs = dict(other.identities)
    if other.id not in map(named, other.identities):
        theirs[own] = other.created_at
    for identity, at in theirs.items():
        found[identity] = min(at, found.get(identity, at))
    settled = {(ANONYMOUS, id_) for id_ in (mine.id, *mine.absorbed)}
    conflicts = {
        identity: held
        for identity, held in {**other.conflicts, **mine.conflicts}.items()
        if identity not in found and identity not in settled
    }
    draft.change(identities=_newest(found), conflicts=dict(list(conflicts.items())[-CONFLICTS:]))


def _newest(identities: Mapping[Identity, Instant]) -> dict[Identity, Instant]:
    kept: dict[Identity, Instant] = {}
    size = 0
    for identity, at in sorted(identities.items(), key=lambda item: (item[1], item[0]))[::-1]:
        size += len(named(identity).encode())
        if len(kept) == IDENTITIES or size > IDENTITIES_BYTES:
            break
        kept[identity] = at
    return dict(reversed(kept.items()))


def part(draft: Draft) -> None:
    """Of live enrolments with one key where one is allowed, end all but the one that is further."""
    by_key: dict[EntryKey, list[Enrolment]] = {}
    for item in draft.live():
        if draft.route_of(item).journey.entry.reentry.mode != "always":
            by_key.setdefault(entry_key(item.journey, item.key), []).append(item)
    for enrolments in by_key.values():
        further, *rest = sorted(enrolments, key=_progress)
        for enrolment in rest:
            draft.exit(
                enrolment, MERGED, f"another enrolment with this key is further, at {further.step}"
            )


def _progress(enrolment: Enrolment) -> tuple[object, ...]:
    """The furthest first: who made more steps, who is longer at hers, who entered earlier."""
    return (
        -sum(enrolment.visits.values()),
        enrolment.step_at,
        enrolment.entered_at,
        enrolment.number,
    )


def overtaking(draft: Draft, enrolment: Enrolment, side: Side) -> Iterator[str]:
    """Names of the others' events that the enrolment's exit rules and goal ask about."""
    if side.newest_at is None or side.newest_at <= enrolment.begun_at:
        return
    journey = draft.route_of(enrolment).journey
    for rule in journey.exits:
        yield from rule.events
    if journey.goal is not None:
        yield from journey.goal.events
