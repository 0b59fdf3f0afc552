"""Journeys that let one another in by the events they emit, and by exit rules."""

import pytest

from sojourn.language.enters import rounds
from tests.language.given import base, findings
from tests.language.test_enters import ALWAYS, DAY, ENTER_HELLO, EXIT, SEND, Doc, pair, walk


def emits(event: str, **fields: object) -> Doc:
    return {"type": "emit", "event": event, **fields}


STILL_IN = {**emits("a"), "next": "b"}
CHANGES = {"type": "update", "set": {"vars.x": 1}, "next": "y"}


@pytest.mark.parametrize(
    ("first", "second", "one"),
    [
        (walk(a=emits("a")), walk(z=EXIT), {}),
        (walk(a=emits("a", next="b"), b=EXIT), walk(z=EXIT), {}),
        (walk(a=emits("b")), walk(z=emits("a")), {}),
        (walk(a=emits("b")), walk(z=CHANGES, y=emits("a")), {}),
        (walk(a=STILL_IN, b=DAY), walk(z=EXIT), ALWAYS),
        (walk(a=emits("a", properties={"k": 1})), walk(z=EXIT), {"key": "event.k"}),
    ],
)
def test_who_emits_what_lets_her_in_goes_round_for_ever(first: Doc, second: Doc, one: Doc) -> None:
    (line,) = pair(first, second, one)
    assert line == "warning: enter-loop steps.a.event: "


@pytest.mark.parametrize(
    ("first", "second", "one"),
    [
        (walk(a=emits("b")), walk(z=ENTER_HELLO), {}),
        (walk(a=emits("a")), walk(z=EXIT), {"where": {"event.x": 1}}),
        (walk(a={**DAY, "next": "b"}, b=emits("b")), walk(z=emits("a")), {}),
        ({**walk(a=STILL_IN, b=DAY), "exit": [{"event": "a"}]}, walk(z=EXIT), {}),
    ],
)
def test_a_round_by_events_that_waits_asks_or_may_leave_is_a_warning(
    first: Doc, second: Doc, one: Doc
) -> None:
    (line,) = pair(first, second, one)
    assert line.startswith("warning: enter-loop steps.")
    assert "only waits and conditions hold up the round" in line


@pytest.mark.parametrize(
    ("first", "second", "one"),
    [
        (walk(a=STILL_IN, b=DAY), walk(z=EXIT), {}),
        (walk(a=STILL_IN, b=SEND), walk(z=EXIT), {}),
        (walk(a=emits("b", next="b"), b=DAY), walk(z=emits("a")), {}),
        (walk(a=emits("a")), walk(z=EXIT), {"reentry": {"mode": "never"}}),
        (walk(a=emits("a")), walk(z=EXIT), {"until": "2030-01-01T00:00:00Z"}),
        (walk(a=emits("elsewhere")), walk(z=emits("a")), {}),
    ],
)
def test_an_event_that_lets_nobody_back_in_is_for_whoever_hears_it(
    first: Doc, second: Doc, one: Doc
) -> None:
    assert pair(first, second, one) == []


@pytest.mark.parametrize("fact", ["message.sent", "message.skipped", "message.failed"])
def test_whom_any_message_lets_in_and_who_sends_one_may_go_round(fact: str) -> None:
    sends = walk(a={**SEND, "next": "b"}, b=SEND)
    (line,) = pair(sends, walk(z=EXIT), {"event": fact})
    assert line.startswith(
        "warning: enter-loop steps.a: only waits and conditions hold up the round"
    )
    assert pair(sends, walk(z=EXIT), {"event": fact, "where": {"event.journey": "x"}}) == []
    assert pair(sends, walk(z=EXIT), {"event": "message.clicked"}) == []


def test_the_events_that_lead_round_are_named() -> None:
    files = base(
        journeys__hello={"status": "live", "entry": {"event": "a"}, **walk(a=emits("b"))},
        journeys__other={"status": "live", "entry": {"event": "b"}, **walk(z=emits("a"))},
    )
    (found,) = findings(files)
    assert "without a wait (by `b`, `a`); give" in found.message


def test_exit_rules_that_ask_on_every_stimulus_may_lead_round() -> None:
    def leaving(journey: str, **rule: object) -> Doc:
        return {**walk(a=DAY), "exit": [{"where": {"profile.a": 1}, "enter": journey, **rule}]}

    (line,) = pair(leaving("other"), leaving("hello"))
    assert line.startswith("warning: enter-loop exit[0].enter: only waits and conditions hold up")
    assert pair(leaving("other", event="x"), leaving("hello", event="y")) == []


def test_many_journeys_that_one_event_lets_in_are_no_matter() -> None:
    many = {
        f"j{number}": {
            "entry": {"event": "x"},
            **walk(**{f"s{each}": emits("x") for each in range(50)}),
        }
        for number in range(300)
    }
    assert len(list(rounds(many))) == 1
