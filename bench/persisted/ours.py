"""A persisted step of the product: a customer as text, one event, the customer as text.

The journey is a ring of five places, each of which waits for one event. A step decodes the
customer, evaluates the event (duplicates, exits, waits, entries), and encodes her again.
"""

import json
import time
from dataclasses import replace

from sojourn.core.codec import decode_customer, encode_customer
from sojourn.core.compile import compile_plan
from sojourn.core.customer import Customer, Event
from sojourn.core.engine.evaluate import evaluate
from sojourn.core.instants import SECOND, parse_instant
from sojourn.core.journeys import read_journey, read_settings

CUSTOMERS = 40
STEPS = 27
"""Of each customer, who then has done about as much as most do."""

PASSES = 6
PLACES = ("a", "b", "c", "d", "e")
BEGUN = parse_instant("2026-03-02T10:00:00Z")

JOURNEY = {
    "id": "five-places",
    "status": "live",
    "entry": {"event": "begun"},
    "start": "a",
    "steps": {
        place: {
            "type": "wait_for",
            "any": [{"event": "go", "next": PLACES[(number + 1) % len(PLACES)]}],
            "max_visits": 1_000_000,
        }
        for number, place in enumerate(PLACES)
    },
}


def main() -> None:
    """Measure, check where she is, print."""
    journey = read_journey(JOURNEY, 1)
    plan = compile_plan(1, read_settings({}), {}, {}, [journey], [journey])
    begun = Event("e0", "begun", BEGUN, BEGUN)
    customer = evaluate(plan, Customer("ana", BEGUN), begun, BEGUN, reasons=False).customer
    first = text = encode_customer(customer)
    passes = []
    for _ in range(PASSES):
        began = time.process_time()
        for _ in range(CUSTOMERS):
            text = first
            for number in range(STEPS):
                now = BEGUN + (number + 1) * SECOND
                event = Event(f"e{now}", "go", now, now)
                decision = evaluate(plan, decode_customer("ana", text), event, now, reasons=False)
                text = encode_customer(decision.customer)
        passes.append(time.process_time() - began)
    customer = decode_customer("ana", text)
    (enrolment,) = customer.live()
    if enrolment.step != PLACES[STEPS % len(PLACES)]:
        raise AssertionError(f"after {STEPS} steps she is at {enrolment.step}")
    none = encode_customer(replace(customer, enrolments={}))
    figures = {
        "steps_a_second": CUSTOMERS * STEPS / min(passes),
        "bytes": len(text.encode()) - len(none.encode()),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
