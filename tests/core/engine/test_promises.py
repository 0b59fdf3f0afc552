"""What holds for every plan and every history: nobody is stuck, nothing happens twice, exits are
immediate, and it does not matter how the events came in."""

import json
from dataclasses import replace

from hypothesis import event as noted
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.core.course.forward import Course
from sojourn.core.engine.evaluate import evaluate
from sojourn.core.engine.timers import next_timer
from sojourn.core.state.codec import decode_customer, encode_customer
from sojourn.core.state.customer import Customer, Enrolment, Event, Wake
from sojourn.core.state.history import NO_HISTORY
from sojourn.core.values.exact import dumps
from sojourn.core.values.ids import choose
from sojourn.core.values.instants import HOUR
from sojourn.core.workspace.journeys import read_step
from sojourn.core.workspace.plan import Plan, Send, Split, WaitFor
from sojourn_cli.simulation.clock import Clock, Life, live
from sojourn_cli.simulation.lines import EventsFile
from sojourn_cli.simulation.run import as_document, simulate
from tests.core.engine.worlds import BEGIN, END, STAY, histories, plans

WORLDS = settings(max_examples=100)


def life_of(plan: Plan, events: list[Event], until: int = END) -> Life:
    return live(plan, "ana", events, until, reasons=True)


def told(life: Life) -> str:
    """Everything that is decided about her, as text."""
    return dumps(
        [
            encode_customer(life.customer),
            [[item.message.id, item.status, item.reason, item.decided_at] for item in life.settled],
            [[item.name, item.at, dict(item.properties)] for item in life.announcements],
            [
                [item.id, item.outcome, item.exited_at, item.converted_at, item.credited_to]
                for item in life.enrolments.values()
            ],
        ]
    )


def is_held_up_by_something(plan: Plan, customer: Customer) -> bool:
    """Every live enrolment has a timer, an event that can come, or a message on its way."""
    on_their_way = {message.enrolment for message in customer.messages.values()}
    return all(
        enrolment.due_at is not None
        or isinstance(plan.versions[enrolment.journey, 1].steps[enrolment.step or ""], WaitFor)
        or enrolment.id in on_their_way
        for enrolment in customer.live()
    )


@WORLDS
@given(plans(), histories, st.integers(0, 8))
def test_nobody_is_stuck(plan: Plan, events: list[Event], hours: int) -> None:
    midway = life_of(plan, events, BEGIN + hours * HOUR)
    assert is_held_up_by_something(plan, midway.customer)
    for message in midway.customer.messages.values():
        enrolment = midway.customer.enrolments[message.enrolment]
        assert enrolment.step == message.step
        assert isinstance(plan.versions[enrolment.journey, 1].steps[message.step], Send)

    after = life_of(plan, events)
    assert is_held_up_by_something(plan, after.customer)
    for enrolment in after.enrolments.values():
        assert (enrolment.exited_at or END) - enrolment.entered_at <= STAY
    noted(f"enrolments: {min(len(after.enrolments), 5)}")
    noted(f"messages: {min(len(after.settled), 5)}")
    for outcome in {str(item.outcome) for item in after.enrolments.values()}:
        noted(f"outcome {outcome}")


@WORLDS
@given(plans(), histories)
def test_the_same_is_decided_every_time(plan: Plan, events: list[Event]) -> None:
    assert told(life_of(plan, events)) == told(life_of(plan, events))


@WORLDS
@given(plans(), histories)
def test_storing_and_reading_her_between_any_two_steps_changes_nothing(
    plan: Plan, events: list[Event]
) -> None:
    course = Course(plan, Customer("ana", BEGIN), NO_HISTORY)
    life = Life(course.customer)
    clock = Clock(course, life, events, END)
    while clock.step():
        stored = encode_customer(course.customer)
        again = decode_customer("ana", stored)
        assert again == course.customer
        course.customer = again
    life.customer = course.customer
    life.settled, life.records = course.settled, course.records
    life.enrolments, life.announcements = course.enrolments, course.announcements
    life.taken = course.taken

    lasting = life_of(plan, events)
    assert told(life) == told(lasting)
    assert (life.customer, life.enrolments) == (lasting.customer, lasting.enrolments)
    assert (life.taken, life.records) == (lasting.taken, lasting.records)
    assert lasting.customer.__class__ is Customer
    assert {each.__class__ for each in lasting.enrolments.values()} <= {Enrolment}


@WORLDS
@given(plans(), histories, st.data())
def test_events_that_come_again_change_nothing(
    plan: Plan, events: list[Event], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.tuples(st.sampled_from(events), st.integers(0, 9)), max_size=5))
    repeated = [replace(item, received_at=item.received_at + hours * HOUR) for item, hours in again]
    latest = max(item.received_at for item in events)

    together = sorted(
        [*events, *(item for item in repeated if item.received_at <= latest)],
        key=lambda item: item.received_at,
    )

    life, doubled = life_of(plan, events), life_of(plan, together)
    undated = [replace(each.customer, decided_at=0, instant=()) for each in (life, doubled)]
    assert undated[0] == undated[1]
    assert [told(without_state(each)) for each in (life, doubled)] == [
        told(without_state(life))
    ] * 2


def without_state(life: Life) -> Life:
    """The life without the customer's own state, whose last decision may be a duplicate's."""
    return Life(
        Customer("ana", 0),
        settled=life.settled,
        enrolments=life.enrolments,
        announcements=life.announcements,
    )


@WORLDS
@given(plans(), histories)
def test_the_same_stimulus_again_changes_nothing(plan: Plan, events: list[Event]) -> None:
    course = Course(plan, Customer("ana", BEGIN), NO_HISTORY)
    for event in events:
        course.take_due(event.received_at - 1)
        course.take(event, event.received_at)
        before = course.customer

        decision = evaluate(plan, before, event, event.received_at, course.history)

        assert decision.customer == before
        assert [record.what for record in decision.records] == ["duplicate"]


@WORLDS
@given(plans(), histories, st.data())
def test_the_inbox_may_be_split_anywhere_and_come_in_any_order(
    plan: Plan, events: list[Event], data: st.DataObject
) -> None:
    last = events[-1].received_at + 9 * HOUR
    whole = Course(plan, Customer("ana", BEGIN), NO_HISTORY)
    whole.take_inbox(events, last)

    parts = Course(plan, Customer("ana", BEGIN), NO_HISTORY)
    rest = list(events)
    while rest:
        size = data.draw(st.integers(1, len(rest)), label="size")
        part, rest = rest[:size], rest[size:]
        until = rest[0].received_at - 1 if rest else last
        instants = {event.received_at for event in part}
        shuffled = data.draw(st.permutations(part), label="order")
        parts.take_inbox(shuffled if len(instants) == len(part) else part, until)
        parts.customer = decode_customer("ana", encode_customer(parts.customer))

    assert parts.customer == whole.customer
    assert parts.enrolments == whole.enrolments
    assert parts.announcements == whole.announcements
    assert parts.records == whole.records


@WORLDS
@given(plans(), histories)
def test_after_an_exit_nothing_is_decided_but_that_it_is_cancelled(
    plan: Plan, events: list[Event]
) -> None:
    life = life_of(plan, events)
    left: set[str] = set()
    ids = {item.message.id: item.message.enrolment for item in life.settled}
    for record in life.records:
        if record.what == "exited":
            left.add(str(record.enrolment))
        elif record.what == "message" and record.details["outcome"] != "cancelled":
            assert ids[str(record.details["message"])] not in left


@WORLDS
@given(plans(), histories, histories)
def test_customers_do_not_touch_one_another(
    plan: Plan, events: list[Event], others: list[Event]
) -> None:
    alone = EventsFile({"ana": events}, last_at=BEGIN)
    together = EventsFile({"ben": others, "ana": events, "cleo": others}, last_at=BEGIN)

    def rows(file: EventsFile) -> object:
        document = json.loads(dumps(as_document(simulate(plan, file, END))))
        return [
            [row for row in document[name] if row["customer"] == "ana"]
            for name in ("messages", "enrolments")
        ]

    assert rows(together) == rows(alone)


@WORLDS
@given(plans(), histories)
def test_a_wake_up_when_nothing_is_due_moves_nobody(plan: Plan, events: list[Event]) -> None:
    course = Course(plan, Customer("ana", BEGIN), NO_HISTORY)
    course.take_inbox(events, events[-1].received_at)
    now = course.customer.decided_at + 1
    due = next_timer(course.customer, plan)
    if due is not None and due <= now:
        return

    decision = evaluate(plan, course.customer, Wake(now), now, course.history)

    steps = {item.id: (item.step, item.due_at) for item in course.customer.live()}
    for enrolment in decision.customer.live():
        if enrolment.id in steps:
            assert (enrolment.step, enrolment.due_at) == steps[enrolment.id]


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 60))
@settings(max_examples=25)
def test_a_changed_weight_moves_customers_only_into_or_out_of_its_arm(
    one: int, other: int, changed: int
) -> None:
    def arms(weight: int) -> Split:
        weights = {"x": one, "y": other, "z": weight}
        step = read_step(
            "s",
            {
                "type": "split",
                "arms": [{"name": name, "weight": value} for name, value in weights.items()],
            },
        )
        assert isinstance(step, Split)
        return step

    before, after = arms(changed), arms(changed + 10)
    for number in range(60):
        was, now = (chosen(step, f"customer {number}") for step in (before, after))
        assert now in {was, "z"}


def chosen(step: Split, customer: str) -> str:
    return choose(step.weights, "split", "journey", step.name, step.salt, customer)
