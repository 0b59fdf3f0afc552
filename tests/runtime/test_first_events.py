"""`customer.created_at` is when her first event of any kind came, as `sojourn simulate` has it."""

import json
from typing import Any

import pytest

from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Instant,
    format_instant,
    parse_instant,
)
from sojourn.language.workspace import load
from sojourn.runtime.customer.mailbox import Mailbox
from sojourn_cli.recording.pasts import past_of
from sojourn_cli.recording.turns import turn_from
from sojourn_cli.simulation.lines import read_events
from sojourn_cli.simulation.run import simulate
from tests.runtime.given import ANA, NOON, Doc, Works, email, journey, settings
from tests.runtime.test_forgetting import asks, finish, rights
from tests.runtime.test_joins import put

SINCE = email("Since {{ customer.created_at }}")
THANKS = journey(steps={"thank": SINCE})
PLAIN = journey()
OWN = journey("own", entry={"event": "order.placed", "where": {"profile.created_at": 1}})
LOOKED = "page.viewed"
"""An event that nothing refers to."""


@pytest.fixture(autouse=True)
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose first event was looked up."""
    asked: list[str] = []
    begin = Works.__init__

    def watch(works: Works, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - as they are
        begin(works, *arguments, **named)
        first_at = works.history.first_at

        def ask(customer_id: str) -> Instant | None:
            asked.append(customer_id)
            return first_at(customer_id)

        monkeypatch.setattr(works.history, "first_at", ask)

    monkeypatch.setattr(Works, "__init__", watch)
    return asked


def subjects_of_simulation(*lines: Doc) -> list[str | None]:
    """What the workspace of these tests sends when it is simulated over lines of a file."""
    files = {"settings.json": settings(), "journeys/thanks.json": THANKS}
    plan = load({path: dumps(doc).encode() for path, doc in files.items()}).plan
    assert plan is not None
    result = simulate(plan, read_events([json.dumps(line).encode() for line in lines]))
    sent = [
        (item.decided_at, life.contents[item.message.id].subject)
        for life in result.lives.values()
        for item in life.settled
        if item.status == "sent"
    ]
    return [subject for _, subject in sorted(sent)]


def line(name: str, at: Instant, received_at: Instant, **ids: Any) -> Doc:  # noqa: ANN401 - JSON
    """A line of an events file."""
    return {
        "event": name,
        "messageId": f"{name} of {at}",
        "timestamp": format_instant(at),
        "receivedAt": format_instant(received_at),
        **(ids or {"userId": ANA}),
    }


def comes(works: Works, doc: Doc) -> None:
    """Take in a line as it comes from the bus, when it is received."""
    detail = {key: value for key, value in doc.items() if key != "receivedAt"}
    entry = {"id": doc["messageId"], "detail-type": doc["event"], "source": "shop"}
    works.ingest.take(json.dumps({**entry, "time": doc["timestamp"], "detail": detail}))


def both(*lines: Doc) -> tuple[list[str], list[str | None]]:
    """What the functions send, and what a simulation does."""
    traits = {"email": "ana@example.com"}
    lines = tuple(
        {**doc, "traits": traits} if doc["event"] == "order.placed" else doc for doc in lines
    )
    works = Works(THANKS, settings=settings())
    for doc in lines:
        works.clock.advance(parse_instant(str(doc["receivedAt"])) - works.clock.now())
        comes(works, doc)
        works.run()
    return works.subjects(), subjects_of_simulation(*lines)


def since(at: Instant) -> list[str]:
    return [f"Since {format_instant(at)}"]


def test_an_event_that_nobody_refers_to_is_her_first_too() -> None:
    first = line(LOOKED, NOON, NOON)
    found = both(first, line("order.placed", NOON + HOUR, NOON + HOUR))
    assert found == (since(NOON), since(NOON))


def test_the_first_that_came_counts_whatever_its_own_time() -> None:
    late = line(LOOKED, NOON - HOUR, NOON + 30 * MINUTE)
    early = line(LOOKED, NOON + 2 * HOUR, NOON + 10 * MINUTE)
    found = both(early, late, line("order.placed", NOON + HOUR, NOON + HOUR))
    assert found == (since(NOON + 10 * MINUTE), since(NOON + 10 * MINUTE))


def test_an_event_that_comes_again_came_when_it_first_did() -> None:
    first, again = line(LOOKED, NOON, NOON + MINUTE), line(LOOKED, NOON, NOON + 40 * MINUTE)
    found = both(first, again, line("order.placed", NOON + HOUR, NOON + HOUR))
    assert found == (since(NOON + MINUTE), since(NOON + MINUTE))


@pytest.mark.parametrize("is_known", [True, False])
def test_the_past_of_a_visitor_is_hers(*, is_known: bool) -> None:
    visits = [line(LOOKED, NOON, NOON, anonymousId="v1")]
    if is_known:
        visits.append(line("order.placed", NOON + MINUTE, NOON + MINUTE, anonymousId="v1"))
    joins = line("x", NOON + 5 * MINUTE, NOON + 5 * MINUTE, userId=ANA, anonymousId="v1")
    sent, simulated = both(*visits, joins, line("order.placed", NOON + HOUR, NOON + HOUR))
    assert sent == simulated == since(NOON) * (2 if is_known else 1)


def test_who_was_there_before_something_asked_is_looked_up_once(counted: list[str]) -> None:
    works = Works(PLAIN, settings=settings())
    put(works, LOOKED, userId=ANA)
    put(works, LOOKED, anonymousId="v1")
    works.clock.advance(HOUR)
    works.identify()
    put(works, "identify", userId=ANA, anonymousId="v1")
    works.run()
    assert (works.customer().created_at, counted) == (NOON + HOUR + 2 * SECOND, [])
    works.upload({"journeys/thanks.json": THANKS})
    works.clock.advance(MINUTE)
    for number in range(3):
        put(works, "order.placed", userId=ANA, order_id=str(number))
        works.run()
        works.wait(MINUTE)
        works.upload({"journeys/other.json": journey("other", f"event-{number}")})
        works.clock.advance(MINUTE)
    assert works.subjects() == since(NOON) * 3
    assert (works.customer().created_at, sorted(counted)) == (NOON, [ANA, "v1"])


def test_a_plan_keeps_since_when_it_asks() -> None:
    works = Works(PLAIN, settings=settings())
    asked = []
    for doc in (THANKS, journey("other", "x"), PLAIN):
        works.upload({f"journeys/{doc['id']}.json": doc})
        revision = works.plans.revision()
        asked.append((revision, works.plans.documents(revision)["asks_since"]))
    # Who entered the version that asks may still be in it, so it stays.
    assert asked == [(3, 3), (4, 3), (5, 3)]
    assert works.plans.documents(2)["asks_since"] == 0


def test_nothing_is_looked_up_where_nothing_asks(counted: list[str]) -> None:
    works = Works(PLAIN, OWN, settings=settings())
    put(works, LOOKED, userId=ANA)
    works.identify()
    put(works, "order.placed", userId=ANA)
    works.run()
    assert (works.customer().created_at, counted) == (NOON + SECOND, [])


def test_who_came_back_is_there_since_then() -> None:
    works = Works(THANKS, settings=settings())
    put(works, LOOKED, userId=ANA)
    works.identify()
    works.run()
    finish(works)
    works.clock.advance(3 * DAY)
    rights(works).take(asks("sojourn.lift"))
    works.clock.advance(HOUR)
    back = works.clock.now()
    put(works, LOOKED, userId=ANA)
    works.identify()
    put(works, "order.placed", userId=ANA)
    works.run()
    assert works.subjects() == since(back)


def test_a_turn_says_since_when_she_is_there_where_that_was_found_out() -> None:
    works = Works(THANKS, settings=settings())
    put(works, LOOKED, userId=ANA)
    works.identify()
    put(works, "order.placed", userId=ANA)
    works.run()
    box: Mailbox = works.mailboxes.read(ANA)
    first, *later = past_of(ANA, box.lines, works.history.events(ANA, 0), ()).turns
    assert (first.since, {turn.since for turn in later}) == (NOON, {None})
    assert turn_from(json.loads(json.dumps(first.as_document()))) == first
