"""History: what holds for events and journal lines, on the fake and on the table."""

import pytest

from sojourn.adapters.history import DynamoDbHistory
from sojourn.core.state.history import BEGINNING
from sojourn.core.values.instants import DAY, HOUR, MINUTE, SECOND, parse_instant
from sojourn.fakes.mailboxes import FakeHistory
from sojourn.runtime.ports import History
from tests.adapters.conftest import Table
from tests.adapters.examples import ANA, NOON, event, line


@pytest.fixture(params=["fake", "moto"])
def history(request: pytest.FixtureRequest) -> FakeHistory | DynamoDbHistory:
    if request.param == "fake":
        return FakeHistory()
    table: Table = request.getfixturevalue("table")
    return DynamoDbHistory(table.client, table.name, 400)


def test_a_customer_nobody_heard_of_has_no_history(history: History) -> None:
    assert list(history.events(ANA, BEGINNING)) == []
    assert list(history.lines(ANA, BEGINNING)) == []


def test_events_come_back_as_they_were_by_their_own_time(history: History) -> None:
    long_ago = event("first", at=parse_instant("1931-05-06T00:00:00Z"), received_at=NOON)
    later = event("second", at=NOON - 1, properties={"note": "\u2028\u0085"})
    last = event("third", at=parse_instant("2199-12-31T23:59:59.999999Z"))
    for each in (last, later, long_ago):
        history.keep(ANA, each)
    assert list(history.events(ANA, BEGINNING)) == [long_ago, later, last]
    assert list(history.events(ANA, long_ago.at)) == [long_ago, later, last]
    assert list(history.events(ANA, long_ago.at + 1)) == [later, last]
    assert list(history.events(ANA, NOON)) == [last]


def test_an_event_kept_twice_is_there_once(history: History) -> None:
    history.keep(ANA, event("e1"))
    history.keep(ANA, event("e1"))
    history.keep(ANA, event("e2"))
    assert {found.id for found in history.events(ANA, NOON)} == {"e1", "e2"}
    assert len(history.events(ANA, NOON)) == 2


def test_of_an_event_kept_twice_the_one_that_came_first_stays(history: History) -> None:
    for minutes in (3, 1, 5):
        history.keep(ANA, event("e1", received_at=NOON + minutes * MINUTE))
    assert [found.received_at for found in history.events(ANA, BEGINNING)] == [NOON + 3 * MINUTE]


def test_when_the_first_event_came_is_found_among_own_times(history: History) -> None:
    assert history.first_at(ANA) is None
    history.keep("ben", event("his", received_at=NOON - DAY))
    late = [event(f"late {n}", NOON - n * DAY, received_at=NOON + HOUR + n) for n in range(120)]
    early = event("early", NOON + DAY, received_at=NOON + MINUTE)
    after = [event(f"after {n}", NOON + n * DAY, received_at=NOON + n * DAY) for n in range(2, 9)]
    for each in (*after, *late, early):
        history.keep(ANA, each)
    assert history.first_at(ANA) == NOON + MINUTE


def test_nobody_sees_anothers_history(history: History) -> None:
    history.keep("an", event("hers"))
    history.keep("ana", event("his"))
    assert [found.id for found in history.events("an", BEGINNING)] == ["hers"]


def test_journal_lines_come_back_line_by_line_in_their_order(
    history: FakeHistory | DynamoDbHistory,
) -> None:
    later = "\n".join([line(3, NOON + 5, padding=2), line(4, NOON + 6)])
    earlier = "\n".join([line(1, NOON), line(2, NOON + 5)])
    history.keep_journal(ANA, later, 4)
    history.keep_journal(ANA, earlier, 2)
    history.keep_journal(ANA, earlier, 2)
    every = [line(1, NOON), line(2, NOON + 5), line(3, NOON + 5, padding=2), line(4, NOON + 6)]
    assert history.lines(ANA, BEGINNING) == every
    assert history.lines(ANA, NOON + 5) == every
    assert history.lines(ANA, NOON + 6) == every[2:]
    assert list(history.events(ANA, BEGINNING)) == []


def test_a_long_history_comes_back_whole(history: History) -> None:
    kept = [
        event(f"e{number}", NOON + number, properties={"x": "x" * 60_000}) for number in range(40)
    ]
    for each in kept:
        history.keep(ANA, each)
    assert list(history.events(ANA, NOON)) == kept


def test_the_table_lets_history_go_when_its_time_is_over(table: Table) -> None:
    history = DynamoDbHistory(table.client, table.name, 30)
    history.keep(ANA, event("old", at=NOON - 900 * DAY, received_at=NOON))
    history.keep_journal(ANA, line(1, NOON + 7 * SECOND), 1)
    wanted = (NOON + 30 * DAY) // SECOND
    expiries = [int(item["expires_at"]["N"]) for item in table.items()]
    assert expiries == [wanted, wanted + 7]


def test_who_came_as_a_user_is_known_by_what_was_kept(history: History) -> None:
    history.keep("v1", event("e1"))
    history.keep(ANA, event("e1"))
    history.keep(ANA, event("e2", at=NOON - 900 * DAY), is_user=True)
    history.keep(ANA, event("e3"))
    assert [history.came_as_user(id_) for id_ in (ANA, "v1", "nobody")] == [True, False, False]
