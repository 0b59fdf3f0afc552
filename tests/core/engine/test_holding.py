"""What enrolments hold is bounded: entries, keys, variables and what messages read, all together.

And it is the same whoever decides, at once or one stimulus after another.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from sojourn.core.course.lasting_course import LastingCourse
from sojourn.core.engine.holding import held_by, held_in_all
from sojourn.core.limits import ENTERED, EVENT_BYTES, FOLLOWED, HELD_BYTES
from sojourn.core.state.customer import Customer, Event
from sojourn.core.workspace.plan import Plan
from tests.core.engine.given import Story, at, end, event, journey, mail, plan_of

ALWAYS = {"mode": "always"}
WAIT: dict[str, Any] = {"type": "wait", "for": "P9D"}
LETTERS = {"a": 1, "ü": 2, "語": 3, "𝄞": 4}
"""Letters, and how many bytes each takes."""


def entry(name: str) -> dict[str, Any]:
    return {"event": name, "key": "event.n", "reentry": ALWAYS}


def held_plan() -> Plan:
    """Journeys that hold what an event brings: as entry, as variable, for a message."""
    read = {"x": {"from": "event.x"}}
    keep = {"type": "update", "set": {"vars.x": {"from": "event.x"}}, "next": "wait"}
    return plan_of(
        journey("entries", entry("entries"), {"wait": WAIT}),
        journey("ending", entry("ending"), {"stop": end()}, goal={"event": "never"}),
        journey("vars", entry("vars"), {"keep": keep, "wait": WAIT}),
        journey(
            "writes",
            entry("writes"),
            {"write": mail(**{"with": read}, next="stop")} | {"stop": end()},
        ),
        journey("leaves", entry("leaves"), {"wait": WAIT}, exit=[{"event": "leave"}]),
    )


PLAN = held_plan()


def held(customer: Customer) -> int:
    return held_in_all(customer.enrolments.values(), customer.messages.values())


def of_bytes(size_bytes: int, letter: str = "a") -> str:
    return letter * (size_bytes // LETTERS[letter])


happenings = st.lists(
    st.tuples(
        st.sampled_from(["entries", "ending", "vars", "writes", "leaves", "leave"]),
        st.sampled_from([10, 2_000, 4_000, 8_000, 30_000, 60_000]),
        st.sampled_from(list(LETTERS)),
    ),
    max_size=40,
)


def events_of(drawn: list[tuple[str, int, str]]) -> list[Event]:
    return [
        event(name, f"{10 + n // 60}:{n % 60:02}", n=n, x=of_bytes(size_bytes, letter))
        for n, (name, size_bytes, letter) in enumerate(drawn)
    ]


@examples(max_examples=60)
@given(happenings)
def test_whatever_comes_no_more_is_held_than_may_be(drawn: list[tuple[str, int, str]]) -> None:
    story = Story(PLAN)
    for item in events_of(drawn):
        story.take(item)
        ended = [each for each in story.customer.enrolments.values() if not each.live]
        assert held(story.customer) <= HELD_BYTES
        live = held_in_all(story.customer.live(), ())
        assert not ended or live + sum(map(held_by, ended)) <= HELD_BYTES


@examples(max_examples=60)
@given(happenings)
def test_a_lasting_course_refuses_what_one_that_is_stored_each_time_refuses(
    drawn: list[tuple[str, int, str]],
) -> None:
    story, lasting = Story(PLAN), LastingCourse(PLAN, Customer("ana", at("00:00")))
    for item in events_of(drawn):
        story.take(item)
        lasting.take(item, item.received_at)
        assert list(lasting.customer.enrolments) == list(story.customer.enrolments)
    told = [record for record in story.records if record.what != "profile"]
    assert lasting.records == told


@pytest.mark.parametrize("letter", LETTERS)
def test_an_entry_fits_to_the_last_byte_and_no_further(letter: str) -> None:
    first = event("entries", "10:00", n=1, x=of_bytes(EVENT_BYTES - 200, letter))
    story = Story(PLAN).take(first)
    beside = len('{"n":2,"x":""}') + len("2")
    room = HELD_BYTES - held(story.customer) - beside
    more = of_bytes(room, letter) + "a" * (room % LETTERS[letter])
    story.take(event("entries", "10:01", n=2, x=f"{more}a"))
    assert story.reasons("not_entered") == [f"limit: {HELD_BYTES + 1} bytes held by enrolments"]
    assert len(story.customer.live()) == 1

    story.take(event("entries", "10:02", n=2, x=more))
    assert held(story.customer) == HELD_BYTES
    assert len(story.customer.live()) == 2


def full(story: Story) -> Story:
    """With room for less than a thousand bytes."""
    for n in range(2):
        story.take(event("leaves", f"10:0{n}", n=n, x=of_bytes(HELD_BYTES // 2 - 400)))
    return story


def test_a_variable_that_does_not_fit_is_refused_and_the_journey_goes_on() -> None:
    keep = {"type": "update", "set": {"vars.x": {"from": "profile.x"}}, "next": "wait"}
    plan = plan_of(journey("vars", "vars", {"keep": keep, "wait": WAIT}), *PLAN_OF_LEAVERS)
    story = full(Story(plan, x=of_bytes(2_000))).take(event("vars", "10:05"))

    (kept,) = (item for item in story.customer.live() if item.journey == "vars")
    assert (kept.step, dict(kept.vars)) == ("wait", {})
    assert story.reasons("refused") == ["vars.x: vars full"]


PLAN_OF_LEAVERS = (journey("leaves", entry("leaves"), {"wait": WAIT}, exit=[{"event": "leave"}]),)


@pytest.mark.parametrize("is_heard", [True, False])
def test_a_message_that_reads_more_than_fits_fails_and_the_journey_goes_on(
    *, is_heard: bool
) -> None:
    steps = {
        "write": mail(**{"with": {"x": {"from": "profile.x"}}}, on={"failed": "after"}, next="no"),
        "after": WAIT,
        "no": end("no"),
    }
    hears = journey("hears", "message.failed", {"wait": WAIT})
    plan = plan_of(
        journey("writes", "writes", steps), *PLAN_OF_LEAVERS, *((hears,) if is_heard else ())
    )
    story = full(Story(plan, x=of_bytes(2_000))).take(event("writes", "10:05"))

    (kept,) = (item for item in story.customer.live() if item.journey == "writes")
    assert kept.step == "after"
    assert kept.messages["write"].status == "failed"
    assert story.customer.messages == {}
    (reason,) = story.reasons("message")
    assert reason is not None
    assert reason.startswith("limit: 9")
    assert any(item.journey == "hears" for item in story.customer.live()) is is_heard


def test_a_message_that_reads_too_much_at_the_end_of_a_chain_ends_its_journey() -> None:
    emits = {"emit": {"type": "emit", "event": "again", "next": "stop"}, "stop": end()}
    write = {
        "write": mail(**{"with": {"x": {"from": "profile.x"}}}, next="on"),
        "on": emits["emit"],
    }
    begin = journey("begin", {"event": ["begin", "again"], "reentry": ALWAYS}, emits)
    writes = journey("writes", {"event": "again", "reentry": ALWAYS}, {**write, "stop": end()})
    plan = plan_of(begin, writes, *PLAN_OF_LEAVERS)
    story = full(Story(plan, x=of_bytes(2_000))).take(event("begin", "10:05"))

    assert [item.journey for item in story.customer.live()] == ["leaves", "leaves"]
    assert story.customer.messages == {}
    assert ("writes", "loop_limit") in story.exits()


def test_who_leaves_makes_room() -> None:
    story = full(Story(PLAN))
    story.take(event("entries", "10:05", n=3, x=of_bytes(2_000)))
    assert [item.journey for item in story.customer.live()] == ["leaves", "leaves"]

    story.take(event("leave", "10:06"), event("entries", "10:07", n=3, x=of_bytes(60_000)))
    assert [item.journey for item in story.customer.live()] == ["entries"]


def followed_plan() -> Plan:
    return plan_of(
        journey("a", entry("a"), {"stop": end()}, goal={"event": "never"}), *PLAN_OF_LEAVERS
    )


def test_as_many_are_followed_as_there_is_room_for() -> None:
    small, large = Story(followed_plan()), Story(followed_plan())
    for n in range(FOLLOWED + 2):
        small.take(event("a", "10:00", n=n))
        large.take(event("a", "10:00", n=n, x=of_bytes(HELD_BYTES // 10)))

    assert len(small.customer.enrolments) == FOLLOWED
    assert [item.key for item in large.customer.enrolments.values()] == [*range(43, 52)]


def test_whoever_is_live_comes_before_those_who_have_ended() -> None:
    story = Story(followed_plan())
    for n in range(9):
        story.take(event("a", "10:00", n=n, x=of_bytes(HELD_BYTES // 10)))
    story.take(event("leaves", "10:01", n=9, x=of_bytes(HELD_BYTES // 2)))
    assert [item.key for item in story.customer.enrolments.values()] == [5, 6, 7, 8, 9]

    story.take(event("leaves", "10:02", n=10, x=of_bytes(HELD_BYTES // 2 - 200)))
    assert [item.key for item in story.customer.enrolments.values()] == [9, 10]


def test_one_event_lets_into_a_bounded_number_of_journeys() -> None:
    names = [f"j{n:04}" for n in range(ENTERED + 1)]
    story = Story(plan_of(*(journey(name, "asked", {"stop": end()}) for name in names)))
    story.take(event("asked", "10:00"))

    assert [name for name, _ in story.exits()] == names[:-1]
    assert story.reasons("not_entered") == [f"limit: {ENTERED} journeys at once"]
