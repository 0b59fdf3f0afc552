"""Whole stories, word for word: who came in, what she waited for, and what ended it."""

from typing import Any

import pytest

from sojourn.core.values.instants import format_instant
from tests.explaining.given import SEND, Doc, at, journey, known, line, plan_of, told

REST = {
    "start": "rest",
    "steps": {
        "rest": {"type": "wait", "for": "P10D", "next": "end"},
        "end": {"type": "exit", "outcome": "rested"},
    },
}
BY_CART = {"event": "go", "key": "event.cart"}
RULES = [
    {"event": "buy", "outcome": "bought"},
    {"where": {"profile.vip": True}, "outcome": "vip"},
    {"where": {"profile.old": True}, "outcome": "old"},
]


def go(when: str, **properties: object) -> Doc:
    return line(when, "go", properties=properties)


def learns(when: str, **traits: object) -> Doc:
    return {"userId": "ana", "type": "identify", "timestamp": at(when), "traits": traits}


def asking(match: dict[str, str] | None = None, **more: object) -> dict[str, Any]:
    """A journey that waits a day for a reply."""
    wanted = {"event": "reply", "next": "end", **({"match": match} if match else {}), **more}
    ask = {"type": "wait_for", "any": [wanted], "timeout": "P1D", "on_timeout": "late"}
    return {"start": "ask", "steps": {"ask": ask, "end": {"type": "exit"}, "late": SEND}}


CASES: dict[str, tuple[dict[str, Any], list[Doc]]] = {
    "one at a time": (REST, [go("5"), go("6")]),
    "one at a time by a key": (
        REST | {"entry": BY_CART},
        [go("5", cart=1), go("6", cart=1), go("7", cart=2)],
    ),
    "once": (REST | {"entry": {"event": "go", "reentry": {"mode": "never"}}}, [go("5"), go("6")]),
    "once by a key": (
        REST | {"entry": {**BY_CART, "reentry": {"mode": "never"}}},
        [go("5", cart=1), go("6", cart=1)],
    ),
    "at most so often": (
        REST | {"entry": {**BY_CART, "reentry": {"mode": "always", "max": 1}}},
        [go("5", cart=1), go("6", cart=1)],
    ),
    "not sooner than": (
        REST | {"entry": {"event": "go", "reentry": {"mode": "always", "every": "P7D"}}},
        [go("5"), go("11"), go("12")],
    ),
    "an exit by the first of two events": (
        REST | {"exit": RULES},
        [line("4", "buy"), go("5"), line("6", "buy"), line("7", "buy")],
    ),
    "an exit by one of three rules": (
        REST | {"exit": RULES},
        [go("5"), learns("6", tired=True), learns("7", old=True)],
    ),
    "an exit for an event that overtook": (
        REST | {"exit": RULES},
        [line("5 10:00", "buy", receivedAt=at("5 08:00")), go("5")],
    ),
    "a reply about something else": (
        asking({"event.cart": "entry.cart"}),
        [go("5", cart=7), line("5 10:00", "reply", properties={"cart": 8})],
    ),
    "a reply about this": (
        asking({"event.cart": "entry.cart"}),
        [go("5", cart=7), line("5 10:00", "reply", properties={"cart": 7})],
    ),
    "a reply that rests on itself": (asking({"event.cart": "event.order"}), [go("5")]),
    "a reply that rests on a trait": (
        asking({"event.from": "profile.email"}, where={"event.stars": {"gte": 4}}),
        [go("5")],
    ),
    "any reply": (asking(), [go("5")]),
}
TOLD: dict[str, list[str]] = {
    "one at a time": [
        "05T09:00 go came in.",
        "05T09:00 Entered on go.",
        "05T09:00 Came to rest (a wait).",
        "05T09:00 Waits 10 days, until 2026-01-15T09:00:00Z.",
        "06T09:00 go came in.",
        (
            "06T09:00 Did not enter: the customer was still in it, since 2026-01-05T09:00:00Z "
            "at rest; it takes one at a time (reentry after_exit); it is open again once that "
            "has ended; reentry mode always would let her in."
        ),
        "15T09:00 Came to end (an exit).",
        "15T09:00 Ended as rested: its exit step end.",
    ],
    "one at a time by a key": [
        "05T09:00 go came in: cart 1.",
        "05T09:00 Entered on go.",
        "05T09:00 Came to rest (a wait).",
        "05T09:00 Waits 10 days, until 2026-01-15T09:00:00Z.",
        "06T09:00 go came in: cart 1.",
        (
            "06T09:00 Did not enter: the customer was still in it, since 2026-01-05T09:00:00Z "
            "at rest; it takes one at a time per event.cart (reentry after_exit); it is open "
            "again once that has ended; reentry mode always would let her in."
        ),
        "07T09:00 go came in: cart 2.",
        "07T09:00 Entered on go.",
        "07T09:00 Came to rest (a wait).",
        "07T09:00 Waits 10 days, until 2026-01-17T09:00:00Z.",
        "15T09:00 Came to end (an exit).",
        "15T09:00 Ended as rested: its exit step end.",
        "17T09:00 Came to end (an exit).",
        "17T09:00 Ended as rested: its exit step end.",
    ],
    "once": [
        "05T09:00 go came in.",
        "05T09:00 Entered on go.",
        "05T09:00 Came to rest (a wait).",
        "05T09:00 Waits 10 days, until 2026-01-15T09:00:00Z.",
        "06T09:00 go came in.",
        (
            "06T09:00 Did not enter: the customer entered before, last at "
            "2026-01-05T09:00:00Z, and it takes nobody twice (reentry never); reentry mode "
            "always would let her in."
        ),
        "15T09:00 Came to end (an exit).",
        "15T09:00 Ended as rested: its exit step end.",
    ],
    "once by a key": [
        "05T09:00 go came in: cart 1.",
        "05T09:00 Entered on go.",
        "05T09:00 Came to rest (a wait).",
        "05T09:00 Waits 10 days, until 2026-01-15T09:00:00Z.",
        "06T09:00 go came in: cart 1.",
        (
            "06T09:00 Did not enter: the customer entered before, last at "
            "2026-01-05T09:00:00Z, and it takes nobody twice per event.cart (reentry never); "
            "reentry mode always would let her in."
        ),
        "15T09:00 Came to end (an exit).",
        "15T09:00 Ended as rested: its exit step end.",
    ],
    "at most so often": [
        "05T09:00 go came in: cart 1.",
        "05T09:00 Entered on go.",
        "05T09:00 Came to rest (a wait).",
        "05T09:00 Waits 10 days, until 2026-01-15T09:00:00Z.",
        "06T09:00 go came in: cart 1.",
        (
            "06T09:00 Did not enter: the customer entered 1 time, last at "
            "2026-01-05T09:00:00Z, and 1 is allowed per event.cart (reentry max); a max of 2 "
            "would be enough."
        ),
        "15T09:00 Came to end (an exit).",
        "15T09:00 Ended as rested: its exit step end.",
    ],
    "not sooner than": [
        "05T09:00 go came in.",
        "05T09:00 Entered on go.",
        "05T09:00 Came to rest (a wait).",
        "05T09:00 Waits 10 days, until 2026-01-15T09:00:00Z.",
        "11T09:00 go came in.",
        (
            "11T09:00 Did not enter: the customer entered lately, last at "
            "2026-01-05T09:00:00Z (reentry every); it is open again at 2026-01-12T09:00:00Z."
        ),
        "12T09:00 go came in.",
        "12T09:00 Entered on go.",
        "12T09:00 Came to rest (a wait).",
        "12T09:00 Waits 10 days, until 2026-01-22T09:00:00Z.",
        "15T09:00 Came to end (an exit).",
        "15T09:00 Ended as rested: its exit step end.",
        "22T09:00 Came to end (an exit).",
        "22T09:00 Ended as rested: its exit step end.",
    ],
    "an exit by the first of two events": [
        "04T09:00 buy came in.",
        "05T09:00 go came in.",
        "05T09:00 Entered on go.",
        "05T09:00 Came to rest (a wait).",
        "05T09:00 Waits 10 days, until 2026-01-15T09:00:00Z.",
        "06T09:00 buy came in.",
        ("06T09:00 Ended as bought: its exit rule on buy; without that buy it would have gone on."),
        "07T09:00 buy came in.",
    ],
    "an exit by one of three rules": [
        "05T09:00 go came in.",
        "05T09:00 Entered on go.",
        "05T09:00 Came to rest (a wait).",
        "05T09:00 Waits 10 days, until 2026-01-15T09:00:00Z.",
        "06T09:00 identify came in.",
        "06T09:00 Learned tired true.",
        "07T09:00 identify came in.",
        "07T09:00 Learned old true.",
        (
            "07T09:00 Ended as old: its exit rule without an event came true (profile.old = "
            "true); without profile.old it would have gone on."
        ),
    ],
    "an exit for an event that overtook": [
        "05T08:00 buy came in, which happened at 2026-01-05T10:00:00Z.",
        "05T09:00 go came in.",
        "05T09:00 Entered on go.",
        ("05T09:00 Ended as bought: its exit rule on buy; without that buy it would have gone on."),
    ],
    "a reply about something else": [
        "05T09:00 go came in: cart 7.",
        "05T09:00 Entered on go.",
        "05T09:00 Came to ask (a wait for an event).",
        "05T09:00 Waits 1 day, until 2026-01-06T09:00:00Z.",
        "05T10:00 reply came in: cart 8.",
        (
            "06T09:00 Nothing it waited for came within 1 day; reply with event.cart 7 before "
            "that would have ended the wait."
        ),
        "06T09:00 Came to late (an e-mail).",
        "06T09:00 Sent: consent to marketing not refused.",
        "06T09:00 Ended as finished: its last step was done.",
    ],
    "a reply about this": [
        "05T09:00 go came in: cart 7.",
        "05T09:00 Entered on go.",
        "05T09:00 Came to ask (a wait for an event).",
        "05T09:00 Waits 1 day, until 2026-01-06T09:00:00Z.",
        "05T10:00 reply came in: cart 7.",
        "05T10:00 reply is what it waited for.",
        "05T10:00 Came to end (an exit).",
        "05T10:00 Ended as finished: its exit step end.",
    ],
    "a reply that rests on itself": [
        "05T09:00 go came in.",
        "05T09:00 Entered on go.",
        "05T09:00 Came to ask (a wait for an event).",
        "05T09:00 Waits 1 day, until 2026-01-06T09:00:00Z.",
        (
            "06T09:00 Nothing it waited for came within 1 day; it waited for reply with "
            "event.cart as event.order, which rests on more than the event."
        ),
        "06T09:00 Came to late (an e-mail).",
        "06T09:00 Sent: consent to marketing not refused.",
        "06T09:00 Ended as finished: its last step was done.",
    ],
    "a reply that rests on a trait": [
        "05T09:00 go came in.",
        "05T09:00 Entered on go.",
        "05T09:00 Came to ask (a wait for an event).",
        "05T09:00 Waits 1 day, until 2026-01-06T09:00:00Z.",
        (
            "06T09:00 Nothing it waited for came within 1 day; reply with event.stars 4 and "
            'event.from "ana@example.com" before that would have ended the wait.'
        ),
        "06T09:00 Came to late (an e-mail).",
        "06T09:00 Sent: consent to marketing not refused.",
        "06T09:00 Ended as finished: its last step was done.",
    ],
    "any reply": [
        "05T09:00 go came in.",
        "05T09:00 Entered on go.",
        "05T09:00 Came to ask (a wait for an event).",
        "05T09:00 Waits 1 day, until 2026-01-06T09:00:00Z.",
        (
            "06T09:00 Nothing it waited for came within 1 day; reply before that would have "
            "ended the wait."
        ),
        "06T09:00 Came to late (an e-mail).",
        "06T09:00 Sent: consent to marketing not refused.",
        "06T09:00 Ended as finished: its last step was done.",
    ],
}


@pytest.mark.parametrize("case", CASES)
def test_a_story_is_told_word_for_word(case: str) -> None:
    doc, lines = CASES[case]
    found = told(plan_of({"j": journey(**doc)}), [known(), *lines])
    said = [f"{format_instant(entry.at)[8:16]} {entry.explanation}" for entry in found]
    assert [text for text in said if not text.startswith("01T")] == TOLD[case]
