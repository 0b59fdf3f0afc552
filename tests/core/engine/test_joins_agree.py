"""Who is who, against a simple model: sets of ids, and everything that happened to any of them.

Lines come twice and out of order. Nobody's profile, consent, cap or enrolment suffers by a join.
"""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import DAY, MINUTE, Instant, format_instant, parse_instant
from sojourn_cli.simulation.clock import Life
from sojourn_cli.simulation.lines import read_events
from sojourn_cli.simulation.run import Simulation, simulate
from tests.core.engine.given import plan_of

BEGIN = parse_instant("2026-03-02T08:00:00Z")
USERS = ("ana", "ben", "cleo")
VISITORS = ("v1", "v2", "v3")
CARDS = ("L1", "L2")
MOST = 2

PLAN = plan_of(
    {
        "id": "visits",
        "status": "live",
        "entry": {"event": "visited", "reentry": {"mode": "always"}},
        "start": "write",
        "steps": {
            "write": {
                "type": "send",
                "channel": "email",
                "on_limit": "skip",
                "content": {"subject": "s", "text": "t"},
                "next": "pause",
            },
            "pause": {"type": "wait", "for": "P5D"},
        },
    },
    {
        "id": "carts",
        "status": "live",
        "entry": {"event": "visited", "key": "event.cart"},
        "start": "pause",
        "steps": {"pause": {"type": "wait", "for": "P5D"}},
    },
    settings={"caps": [{"name": "few", "max": MOST, "per": "P1D"}]},
)

type Doc = dict[str, Any]


@st.composite
def messages(draw: st.DrawFn) -> Doc:
    """An event with whatever identities: at least one."""
    kind = draw(st.sampled_from(["track", "track", "identify", "alias"]))
    user = draw(st.none() | st.sampled_from(USERS))
    if kind == "alias":
        user = user or "ana"
    visitor = draw(st.none() | st.sampled_from(VISITORS))
    cards = draw(st.lists(st.sampled_from(CARDS), unique=True, max_size=1 if user else 2))
    if not (user or visitor or cards):
        visitor = "v1"
    doc: Doc = {"type": kind, "userId": user, "anonymousId": visitor}
    doc["context"] = {"externalIds": [{"type": "card", "id": card} for card in cards]}
    if kind == "alias":
        others = [id_ for id_ in (*USERS, *VISITORS) if id_ != visitor]
        doc["previousId"] = draw(st.sampled_from(others))
    if kind == "track":
        doc |= {"event": "visited", "properties": {"cart": draw(st.integers(1, 3))}}
        # Without another identity the address would be one, and everybody the same person.
        doc["traits"] = {"email": "a@b.example"} if user or visitor else {}
    if kind == "identify":
        doc["traits"] = draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "name": st.sampled_from(["Ana", "Ben", None]),
                    "size": st.integers(1, 5),
                    "consent": st.fixed_dictionaries({"tips": st.booleans()}),
                },
            )
        )
    return doc


@st.composite
def files(draw: st.DrawFn) -> list[Doc]:
    """Messages in the order in which they were received: some twice, own times a little mixed."""
    found = []
    for number, doc in enumerate(draw(st.lists(messages(), min_size=2, max_size=14))):
        # Own times differ all, so that of two traits one is always the newer.
        own = BEGIN + (number + draw(st.integers(-3, 3))) * 40 * MINUTE + number
        stamps = {"timestamp": format_instant(own), "messageId": f"m{number}"}
        found.append(doc | stamps)
    again = draw(st.lists(st.sampled_from(found), max_size=4))
    for doc in again:
        found.insert(draw(st.integers(found.index(doc) + 1, len(found))), doc)
    return [
        doc | {"receivedAt": format_instant(BEGIN + place * 30 * MINUTE)}
        for place, doc in enumerate(found)
    ]


@dataclass
class Person:
    """Somebody in the model: every id of hers, and what became known."""

    ids: set[str]
    users: set[str] = field(default_factory=set)
    traits: dict[str, tuple[Instant, Any]] = field(default_factory=dict)
    consent: tuple[Instant, bool] | None = None
    entered: set[str] = field(default_factory=set)


class Model:
    """People as sets of ids."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.holder: dict[str, Person] = {}
        self.seen: dict[str, set[str]] = {}

    def person(self, id_: str) -> Person:
        return self.people.setdefault(id_, Person({id_}))

    def merge(self, into: Person, other: Person) -> Person:
        if other is into:
            return into
        for id_ in other.ids:
            self.people[id_] = into
        for card, holder in self.holder.items():
            if holder is other:
                self.holder[card] = into
        into.ids |= other.ids
        into.users |= other.users
        into.entered |= other.entered
        for name, value in other.traits.items():
            into.traits[name] = max(into.traits.get(name, value), value, key=lambda item: item[0])
        answers = [answer for answer in (into.consent, other.consent) if answer is not None]
        if answers:
            into.consent = max(answers, key=lambda item: (not item[1], item[0]))
        return into

    def take(self, doc: Doc) -> None:
        user, visitor = doc["userId"], doc["anonymousId"]
        cards = [item["id"] for item in doc["context"]["externalIds"]]
        if user or visitor:
            person = self.person(user or visitor)
        else:
            person = self.holder.get(cards[0]) or self.person(f"card:{cards[0]}")
        if user:
            person.users.add(user)
            if visitor and not self.person(visitor).users:
                person = self.merge(person, self.person(visitor))
        for card in cards:
            holder = self.holder.setdefault(card, person)
            if holder is person:
                continue
            if not person.users:
                person = self.merge(holder, person)
            elif not holder.users:
                person = self.merge(person, holder)
        if doc["type"] == "alias":
            previous = doc["previousId"]
            other = self.person(previous)
            if not other.users or previous in other.users:  # a visitor stays where she was joined
                person = self.merge(person, other)
                person.users.add(previous)
        self.happen(person, doc)

    def happen(self, person: Person, doc: Doc) -> None:
        if any(doc["messageId"] in self.seen.get(id_, ()) for id_ in person.ids):
            return
        for id_ in person.ids:
            self.seen.setdefault(id_, set()).add(doc["messageId"])
        at = parse_instant(doc["timestamp"])
        for name, value in doc.get("traits", {}).items():
            if name != "consent":
                known = person.traits.get(name, (at, value))
                person.traits[name] = max(known, (at, value), key=lambda item: item[0])
            elif person.consent is None or person.consent[0] <= at:
                person.consent = (at, value["tips"])
        if doc.get("event") == "visited":
            person.entered.add(doc["messageId"])

    def persons(self) -> list[Person]:
        return list({id(item): item for item in self.people.values()}.values())


def lived(lines: list[Doc]) -> tuple[Simulation, Model]:
    file = read_events([dumps(line).encode() for line in lines])
    assert file.refused == []
    model = Model()
    for line in lines:
        model.take(line)
    return simulate(PLAN, file, BEGIN + 2 * DAY, reasons=True), model


def life_of(found: Simulation, person: Person) -> Life:
    lives = {id(life): life for id_ in person.ids for life in found.lives_of(id_)}
    (only,) = lives.values()
    return only


def people(found: Simulation, model: Model) -> list[tuple[Life, Person]]:
    """Everybody who ever had an event; an id that was only joined has a life in the survivor's."""
    return [(life_of(found, person), person) for person in model.persons()]


@settings(max_examples=150)
@given(files())
def test_the_same_people_with_the_same_profiles_and_consents(lines: list[Doc]) -> None:
    found, model = lived(lines)

    both = people(found, model)
    assert len({id(life) for life, _ in both}) == len(both) == len(found.lives)
    for life, person in both:
        customer = life.customer
        profile = {name: value for name, (_, value) in person.traits.items() if value is not None}
        assert customer.profile() == profile
        consent = customer.consents.get("tips")
        assert (consent and (consent.at, consent.given)) == person.consent


@settings(max_examples=150)
@given(files())
def test_no_enrolment_is_lost_or_doubled(lines: list[Doc]) -> None:
    found, model = lived(lines)

    for life, person in people(found, model):
        visits = [item for item in life.enrolments.values() if item.journey == "visits"]
        assert sorted(item.entry_event for item in visits) == sorted(person.entered)
        assert all(item.live for item in visits)
        carts = [item for item in life.customer.live() if item.journey == "carts"]
        entered = {item.key for item in life.enrolments.values() if item.journey == "carts"}
        assert {item.key for item in carts} == entered
        assert len(carts) == len(entered)
        numbers = [item.number for item in life.customer.enrolments.values()]
        assert len(set(numbers)) == len(numbers)
        assert max(numbers, default=0) <= life.customer.number


@settings(max_examples=150)
@given(files())
def test_no_cap_is_widened(lines: list[Doc]) -> None:
    """Whoever was sent a message had room for it in what all of her had been sent by then."""
    found, model = lived(lines)

    for life, person in people(found, model):
        joins = {
            str(item.details["customer"]): item.at for item in life.records if item.what == "joined"
        }
        sent = [item for item in life.settled if item.status == "sent"]
        assert len({item.message.id for item in sent}) == len(sent)
        assert {item.id for item in life.customer.ledger} == {item.message.id for item in sent}
        together = max(joins.values(), default=0)
        for item in sent:
            if item.decided_at >= together:
                window = item.decided_at - DAY
                within = [each for each in sent if window < each.decided_at <= item.decided_at]
                earlier = [each for each in within if each.decided_at < together]
                assert len(within) <= max(MOST, len(earlier)), person


def test_whom_a_card_joined_stays_although_the_same_event_is_an_alias_of_hers() -> None:
    def line(number: int, **said: Any) -> Doc:  # noqa: ANN401 - any field of a message
        stamp = format_instant(BEGIN + number * MINUTE)
        return {"messageId": f"m{number}", "timestamp": stamp, "receivedAt": stamp, **said}

    card = {"externalIds": [{"type": "card", "id": "L1"}]}
    seen = line(0, event="visited", anonymousId="v1", context=card)
    hers = line(1, type="alias", userId="ana", previousId="v1", context=card)
    later = line(2, type="alias", userId="ben", previousId="v1")
    file = read_events([dumps(item).encode() for item in (seen, hers, later)])

    found = simulate(PLAN, file, BEGIN + DAY, reasons=True)

    assert set(found.lives) == {"ana", "ben"}
    assert found.lives["ana"].customer.absorbed == ("v1",)
