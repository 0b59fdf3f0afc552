"""The page keeps the busiest customers of however many, and what limits did to all of them."""

from sojourn_cli.comparing.enrolments import enrolled
from sojourn_cli.comparing.pressure import Pressure, feel
from sojourn_cli.page.busiest import MOST_CUSTOMERS, Busiest
from sojourn_cli.page.sections import customers
from sojourn_cli.simulation.run import Simulation, as_document, simulate
from tests.explaining.given import SEND, Doc, file_of, journey, plan_of

DAILY = {"caps": [{"name": "daily", "max": 2, "per": "P1D"}], "quiet_hours": []}
COUNT = 3 * MOST_CUSTOMERS


def crowd() -> Simulation:
    """Customers of whom each is sent none to two messages, and may have more that are held."""
    entered = {"event": "go", "reentry": {"mode": "always"}}
    plan = plan_of({"j": journey(entry=entered, steps={"mail": SEND})}, DAILY)
    lines: list[Doc] = [
        {
            "userId": f"c{number * 7919 % COUNT}",
            "event": "go",
            "timestamp": f"2026-01-05T10:0{again}:00Z",
            "traits": {"email": "a@example.com"} if number % 5 else {},
        }
        for number in range(COUNT)
        for again in range(number % 4 + 1)
    ]
    return simulate(plan, file_of(lines), file_of(lines).last_at)


def test_the_busiest_were_sent_most_then_were_asked_most_then_come_by_id() -> None:
    result, seen = crowd(), Busiest()
    for customer, life in result.lives.items():
        seen.look(customer, life)
    sent = {
        name: sum(item.status == "sent" for item in life.settled)
        for name, life in result.lives.items()
    }
    asked = {
        name: len(life.settled) + len(life.customer.messages) for name, life in result.lives.items()
    }
    order = sorted(result.lives, key=lambda name: (-sent[name], -asked[name], name))
    assert seen.customers == COUNT
    assert list(seen.lives) == order[:MOST_CUSTOMERS]
    assert len(set(sent.values())) == 3


def test_what_limits_did_is_counted_of_everybody_up_to_the_end() -> None:
    result, seen = crowd(), Busiest()
    whole: dict[str, Pressure] = {}
    for customer, life in result.lives.items():
        seen.look(customer, life)
        for enrolment in enrolled(life):
            feel(whole, enrolment.messages, result.until + 1)
    assert whole["cap daily"].held > MOST_CUSTOMERS
    assert seen.pressure(result.until + 1) == whole


def test_who_came_back_stands_there_once_with_all_that_was_under_her_id() -> None:
    plan = plan_of({"j": journey(entry={"event": "go"}, steps={"mail": SEND})}, {})
    lines: list[Doc] = [
        {"userId": who, "event": "go", "timestamp": f"2026-01-{day}T10:00:00Z", "traits": traits}
        for who, day, traits in (
            ("ana", "05", {"email": "ana@example.com"}),
            ("ben", "06", {"email": "ben@example.com"}),
            ("ana", "09", {"email": "anna@example.com"}),
        )
    ]
    for day, asked in (("07", "forget"), ("09", "lift")):
        lines.append({
            "id": asked, "time": f"2026-01-{day}T09:00:00Z", "detail-type": f"sojourn.{asked}",
            "source": "desk", "detail": {"customer": "ana"},
        })  # fmt: skip
    result, seen = simulate(plan, file_of(lines)), Busiest()
    for customer, life in (*result.forgotten, *result.lives.items()):
        seen.look(customer, life)
    assert list(seen.lives) == ["ana", "ben"]
    ana = seen.lives["ana"]
    assert [event.name for event in ana.events] == ["go", "sojourn.forget", "go"]
    assert (len(ana.messages), ana.lives, seen.customers) == (2, 2, 3)
    told = str(customers(as_document(result), seen.lives, seen.customers))
    assert "2 customers, who was sent most first. Times are in UTC.<" in told
