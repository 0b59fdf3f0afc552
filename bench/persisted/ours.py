"""A persisted step of the product: a customer as text, one event, the customer as text.

The journey is a ring of five places, each of which waits for one event. A step decodes the
customer, evaluates the event (duplicates, exits, waits, entries), and encodes her again.

`ours.py alone`: of the same functions those alone that a machine of states has too. One enrolment
is decoded, moved along its journey by the event, and encoded.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from sojourn.core.engine.draft import Draft
from sojourn.core.engine.entry import follow
from sojourn.core.engine.evaluate import evaluate
from sojourn.core.engine.walk import matched
from sojourn.core.state.codec import (
    decode_customer,
    decode_enrolment,
    encode_customer,
    encode_enrolment,
)
from sojourn.core.state.customer import Customer, Event
from sojourn.core.state.history import NO_HISTORY
from sojourn.core.values.exact import dumps, loads
from sojourn.core.values.instants import SECOND, parse_instant
from sojourn.core.workspace.compile import compile_plan
from sojourn.core.workspace.journeys import read_journey
from sojourn.core.workspace.plan import Plan, WaitFor
from sojourn.core.workspace.settings_file import read_settings

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


type Step = Callable[[Plan, str, Event], str]
"""From a stored text to the text one place further, by an event."""


def whole(plan: Plan, text: str, event: Event) -> str:
    """A step of a whole customer, as production takes it."""
    customer = decode_customer("ana", text)
    return encode_customer(evaluate(plan, customer, event, event.at, reasons=False).customer)


def alone(plan: Plan, text: str, event: Event) -> str:
    """A step of an enrolment without its customer."""
    enrolment = decode_enrolment("ana", loads(text))  # type: ignore[arg-type]  # a list
    customer = Customer("ana", BEGUN, enrolments={enrolment.id: enrolment})
    draft = Draft(plan, customer, event.at, NO_HISTORY, reasons=False)
    route = draft.route_of(enrolment)
    step = draft.step_of(enrolment, route)
    onward = matched(draft, enrolment, step, event) if isinstance(step, WaitFor) else None
    if onward is not None:
        follow(draft, route, draft.owned(enrolment), onward)
    return dumps(encode_enrolment(draft.enrolments[enrolment.id], customer))


def go_round(step: Step, plan: Plan, first: str) -> tuple[str, float]:
    """What is stored after all steps of one customer, and the least seconds a pass took."""
    text, passes = first, []
    for _ in range(PASSES):
        began = time.process_time()
        for _ in range(CUSTOMERS):
            text = first
            for number in range(STEPS):
                now = BEGUN + (number + 1) * SECOND
                text = step(plan, text, Event(f"e{now}", "go", now, now))
        passes.append(time.process_time() - began)
    return text, min(passes)


def main() -> None:
    """Measure, check where she is, print."""
    journey = read_journey(JOURNEY, 1)
    plan = compile_plan(1, read_settings({}), {}, {}, [journey], [journey])
    begun = Event("e0", "begun", BEGUN, BEGUN)
    customer = evaluate(plan, Customer("ana", BEGUN), begun, BEGUN, reasons=False).customer
    if sys.argv[1:] == ["alone"]:
        (enrolment,) = customer.live()
        text, seconds = go_round(alone, plan, dumps(encode_enrolment(enrolment, customer)))
        enrolment, size = decode_enrolment("ana", loads(text)), len(text.encode())  # type: ignore[arg-type]  # a list
    else:
        text, seconds = go_round(whole, plan, encode_customer(customer))
        customer = decode_customer("ana", text)
        (enrolment,) = customer.live()
        size = len(text.encode()) - len(encode_customer(replace(customer, enrolments={})).encode())
    if enrolment.step != PLACES[STEPS % len(PLACES)]:
        raise AssertionError(f"after {STEPS} steps she is at {enrolment.step}")
    print(json.dumps({"steps_a_second": CUSTOMERS * STEPS / seconds, "bytes": size}))


if __name__ == "__main__":
    main()
