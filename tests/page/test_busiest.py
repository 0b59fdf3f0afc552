"""The page keeps the busiest customers of however many, and what limits did to all of them."""

from sojourn_cli.comparing.enrolments import enrolled
from sojourn_cli.comparing.pressure import Pressure, feel
from sojourn_cli.page.busiest import MOST_CUSTOMERS, Busiest
from sojourn_cli.simulation.run import Simulation, simulate
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
