"""Whoever turned out to be one person is recorded and replayed as one, however it came about."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from sojourn.core.state.codec import encode_customer
from sojourn.core.values.exact import dumps, loads_object
from sojourn.core.values.instants import HOUR, MINUTE
from sojourn.runtime.customer.timeline import messages_of, read_timeline
from sojourn_cli.recording.folder import read_recording
from sojourn_cli.recording.making import JOINED_UNTOLD, Wanted, make
from sojourn_cli.recording.pasts import Past, past_of
from sojourn_cli.recording.run import replay_all
from sojourn_cli.simulation.lines import EventsFile, read_events
from sojourn_cli.simulation.run import simulate
from tests.recording.agreeing import PastsIn
from tests.runtime.given import Doc, Works, email, journey
from tests.runtime.test_joins import CART, put

SEEDS = range(20)
TWINS = (24, 53, 134, 150, 191, 228)
"""Days on which two who become one had events of one id that differ, and it mattered."""
TWICE = {"did": {"event": ["page.seen", "order.placed"], "within": "P1D", "count": {"gte": 2}}}
THANKS = journey(entry={"event": "order.placed", "reentry": {"mode": "always"}, "where": TWICE})
RICH = journey(
    "rich",
    entry={"event": ["order.placed", "page.seen"], "reentry": {"mode": "always"}}
    | {"where": {"did": {**TWICE["did"], "where": {"event.cart": 1}}}},
)
LOOKED = {"type": "wait_for", "any": [{"event": "page.seen"}], "timeout": "PT2H", "next": "seen"}
LOOK = journey(
    "look", "cart.abandoned", start="look", steps={"look": LOOKED, "seen": email("Seen")}
)
NAMES = ("cart.abandoned", "order.placed", "page.seen", "identify")
USERS, VISITORS, CARDS = ("ana", "ben", "cas"), ("v1", "v2", "v3"), ("L1", "L2", "L3")


def identities(draw: random.Random) -> Doc:
    """Whom an event says it is about: any, some or all of who she may be."""
    own: Doc = {}
    if draw.random() < 0.4:
        own["userId"] = draw.choice(USERS)
    if draw.random() < 0.5:
        own["anonymousId"] = draw.choice(VISITORS)
    if not own or draw.random() < 0.3:
        own["cards"] = draw.sample(CARDS, draw.choice((1, 1, 2)))
    return own


def a_day_of_joins(seed: int, *, at_once: bool = False, ids_alone: bool = False) -> Works:
    """Users, visitors, cards and aliases at random.

    With ``at_once`` each event is decided about before the next one comes, and none comes twice.
    With ``ids_alone`` those that come twice have nothing in common but their id.
    """
    draw = random.Random(seed)
    works = Works(CART, THANKS, LOOK, *([RICH] if ids_alone else []))
    sent: list[tuple[str, Doc]] = []
    for number in range(draw.randrange(8, 22)):
        name, body = draw.choice(NAMES), {"id": f"e{number}", "cart": draw.randrange(3)}
        if draw.random() < 0.5:
            body["traits"] = {"email": f"{draw.choice('xyz')}@example.com"}
        own = identities(draw)
        if draw.random() < 0.15:
            user, previous = draw.sample((*USERS, "v1"), 2)
            name, own = "alias", {"userId": user, "previousId": previous}
        elif sent and not at_once and draw.random() < (0.4 if ids_alone else 0.15):
            twin = draw.choice(sent)
            name, body = (name, {**body, "id": twin[1]["id"]}) if ids_alone else twin
        else:
            sent.append((name, body))
        put(works, name, **body, **own)
        if at_once:
            works.run()
            works.clock.advance(MINUTE)
        elif draw.random() < 0.5:
            draw.choice((works.stream, works.run, works.hand_out))()
        if draw.random() < 0.2:
            works.wait(draw.choice((MINUTE, HOUR)))
    works.wait(6 * HOUR)
    return works


def recorded(works: Works, folder: Path, seed: int) -> tuple[EventsFile, Path, Path]:
    """The recording's events, their file and the workspace; the ids are found in any order."""
    ids = sorted({change.after.customer_id for change in works.mailboxes.changes})
    random.Random(seed).shuffle(ids)
    events, workspace = folder / "events.jsonl", folder / "live"
    with events.open("wb") as file:
        wanted = Wanted("shop", 0, works.clock.now(), file.write, workspace)
        made = make(ids, PastsIn(works.mailboxes, works.history), works.plans, wanted)
    assert (made.left_out, made.waiting) == ({}, 0)
    assert made.customers == len({person_of(works, id_) for id_ in ids})
    found = read_events(events.read_bytes().splitlines())
    assert found.refused == []
    assert found.count == made.events
    return found, events, workspace


def test_whom_an_earlier_version_joined_is_left_out_by_name(tmp_path: Path) -> None:
    works = Works(CART, THANKS, LOOK)
    put(works, "cart.abandoned", anonymousId="v1", cart=1)
    works.run()
    put(works, "identify", userId="ana", anonymousId="v1")
    put(works, "order.placed", userId="ben")
    works.wait(HOUR)

    class Earlier(PastsIn):
        def past(self, customer: str) -> Past:
            box = works.mailboxes.read(customer)
            docs = [loads_object(line) for line in (*works.history.lines(customer, 0), *box.lines)]
            lines = [dumps({name: doc[name] for name in doc if name != "j"}) for doc in docs]
            found = past_of(customer, lines, [], [])
            return replace(found, is_user=box.is_user, joined_into=box.joined_into)

    with (tmp_path / "events.jsonl").open("wb") as file:
        wanted = Wanted("shop", 0, works.clock.now(), file.write, None)
        pasts = Earlier(works.mailboxes, works.history)
        made = make(["v1", "ana", "ben"], pasts, works.plans, wanted)
    assert made.left_out == {JOINED_UNTOLD: ["v1", "ana"]}
    assert made.customers == 1


def person_of(works: Works, id_: str) -> str:
    return read_timeline(works.mailboxes, works.history, id_).box.customer_id


@pytest.mark.parametrize(
    ("seed", "ids_alone"), [(seed, False) for seed in SEEDS] + [(seed, True) for seed in TWINS]
)
def test_the_replayed_people_are_the_stored_ones(
    tmp_path: Path, seed: int, *, ids_alone: bool
) -> None:
    works = a_day_of_joins(seed, ids_alone=ids_alone)
    file, events, workspace = recorded(works, tmp_path, seed)
    lives = replay_all(read_recording(workspace, events), file).lives
    assert lives.keys() == {
        person_of(works, change.after.customer_id) for change in works.mailboxes.changes
    }
    for customer, life in lives.items():
        assert encode_customer(life.customer) == encode_customer(works.customer(customer))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_file_alone_tells_who_is_one_person(tmp_path: Path, seed: int) -> None:
    """Without the recording's folder: whom production joined, a simulation joins."""
    works = a_day_of_joins(seed, at_once=True)
    file, events, workspace = recorded(works, tmp_path, seed)
    plan = read_recording(workspace, events).plan
    lives = simulate(plan, file, works.clock.now()).lives
    simulated = sorted(
        dumps([customer, item.message.journey, item.message.step, item.status, item.reason])
        for customer, life in lives.items()
        for item in life.settled
    )
    theirs = sorted(
        dumps([customer, *(row[name] for name in ("journey", "step", "status", "reason"))])
        for customer in lives
        for row in messages_of(works.records(customer))
    )
    assert simulated == theirs
    for customer, life in lives.items():
        assert life.customer.absorbed == works.customer(customer).absorbed
