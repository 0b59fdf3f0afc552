"""Whole stories of messages, word for word: why each was sent, held or not sent."""

import pytest

from sojourn.core.values.instants import format_instant
from tests.explaining.given import SEND, Doc, at, journey, known, line, plan_of, told

RULES: Doc = {
    "caps": [
        {"name": "daily", "channels": ["email"], "max": 1, "per": "P1D"},
        {"name": "sms-only", "channels": ["sms"], "max": 1, "per": "P1D"},
        {"name": "gap", "min_gap": "PT4H"},
        {"name": "news-only", "categories": ["news"], "max": 1, "per": "P1D"},
    ],
    "categories": {
        "news": {"consent": "opt_in"},
        "urgent": {"obeys_caps": False, "quiet_hours": False},
    },
    "quiet_hours": [{"from": "21:00", "to": "08:00"}],
}
NOBODY: Doc = {
    "caps": [{"name": "none", "max": 0, "per": "P1D"}, {"name": "x", "max": 9, "per": "P1D"}]
}
WAYS: Doc = {
    "way": {
        "type": "branch",
        "branches": [
            {"where": {"profile.a": 1}, "next": "b"},
            {"where": {"profile.email": {"exists": True}}, "next": "set"},
        ],
        "else": "b",
    },
    "b": SEND,
    "set": {"type": "update", "set": {"profile.seen": True}, "next": "join"},
    "join": {"type": "enter", "journey": "j", "next": "tell"},
    "tell": {"type": "emit", "event": "told"},
}


def go(when: str) -> Doc:
    return line(when, "go")


def learns(when: str, **traits: object) -> Doc:
    return {"userId": "ana", "type": "identify", "timestamp": at(when), "traits": traits}


def asks(when: str, what: str) -> Doc:
    detail = {"customer": "ana"}
    return {"time": at(when), "source": "desk", "detail-type": what, "detail": detail}


def sends(**fields: object) -> Doc:
    entry = {"event": "go", "reentry": {"mode": "always"}}
    return {"entry": entry, "steps": {"mail": {**SEND, **fields}}}


ONCE: Doc = {
    "entry": {"event": "go", "where": {"profile.vip": True}, "reentry": {"mode": "never"}},
    "start": "w",
    "steps": {"w": {"type": "wait", "for": "P9D", "next": "mail"}, "mail": SEND},
}
MOVES: Doc = {
    "move": {
        "type": "update",
        "set": {
            "profile.timezone": "Asia/Tokyo",
            "profile.consent.news": True,
            "vars.timezone": "UTC",
        },
        "next": "mail",
    },
    "mail": {**SEND, "category": "news", "hold": "PT1H"},
}
CASES: dict[str, tuple[Doc, Doc, list[Doc]]] = {
    "held too briefly": (sends(hold="PT2H"), RULES, [go("5"), go("5 10:00"), go("6 09:00")]),
    "not held": (sends(on_limit="skip"), RULES, [go("5"), go("5 10:00")]),
    "held until there was room": (sends(hold="P2D"), RULES, [go("5"), go("5 10:00")]),
    "transactional": (sends(category="transactional"), RULES, [go("5 22:00")]),
    "urgent": (sends(category="urgent"), RULES, [go("5 22:00")]),
    "without the consent it needs": (sends(category="news"), RULES, [go("5")]),
    "with the consent it needs": (
        sends(category="news"),
        RULES,
        [learns("4", consent={"news": True}), go("5")],
    ),
    "with a consent it does not need": (
        sends(),
        RULES,
        [learns("4", consent={"marketing": True, "news": False}), go("5")],
    ),
    "under a cap of none": (sends(), NOBODY, [go("5")]),
    "in quiet hours": (sends(hold="PT1H"), RULES, [go("5 23:00")]),
    "on a way through every kind of step": ({"start": "way", "steps": WAYS}, {}, [go("5")]),
    "after a step said where she lives and what she wants": (
        {"start": "move", "steps": MOVES},
        RULES,
        [go("5 13:00"), go("6 10:00")],
    ),
    "after she was forgotten and came back": (
        ONCE,
        RULES,
        [
            learns("4", vip=True, consent={"marketing": False}),
            go("5"),
            asks("6", "sojourn.forget"),
            asks("10", "sojourn.lift"),
            go("11"),
            learns("12", vip=True),
            go("13"),
        ],
    ),
}
TOLD: dict[str, list[str]] = {
    "held too briefly": [
        "05T09:00 go came in.",
        "05T09:00 Entered on go.",
        "05T09:00 Came to mail (an e-mail).",
        (
            "05T09:00 Sent: consent to marketing not refused; not quiet at "
            "2026-01-05T09:00:00Z (09:00 UTC); room under cap daily (0 of 1 used), cap gap."
        ),
        "05T09:00 Ended as finished: its last step was done.",
        "05T10:00 go came in.",
        "05T10:00 Entered on go.",
        "05T10:00 Came to mail (an e-mail).",
        (
            "05T10:00 Not sent (capped): cap daily allows 1 in 1 day, and j/mail at "
            "2026-01-05T09:00:00Z counts; its step holds for 2 hours, until "
            "2026-01-05T12:00:00Z; cap daily frees at 2026-01-06T09:00:00Z, which a hold of "
            "23 hours would reach."
        ),
        "05T10:00 Ended as finished: its last step was done.",
        "06T09:00 go came in.",
        "06T09:00 Entered on go.",
        "06T09:00 Came to mail (an e-mail).",
        (
            "06T09:00 Sent: consent to marketing not refused; not quiet at "
            "2026-01-06T09:00:00Z (09:00 UTC); room under cap daily (0 of 1 used), cap gap."
        ),
        "06T09:00 Ended as finished: its last step was done.",
    ],
    "not held": [
        "05T09:00 go came in.",
        "05T09:00 Entered on go.",
        "05T09:00 Came to mail (an e-mail).",
        (
            "05T09:00 Sent: consent to marketing not refused; not quiet at "
            "2026-01-05T09:00:00Z (09:00 UTC); room under cap daily (0 of 1 used), cap gap."
        ),
        "05T09:00 Ended as finished: its last step was done.",
        "05T10:00 go came in.",
        "05T10:00 Entered on go.",
        "05T10:00 Came to mail (an e-mail).",
        (
            "05T10:00 Not sent (capped): cap daily allows 1 in 1 day, and j/mail at "
            "2026-01-05T09:00:00Z counts; its step does not hold (on_limit skip); cap daily "
            "frees at 2026-01-06T09:00:00Z, which on_limit hold would reach."
        ),
        "05T10:00 Ended as finished: its last step was done.",
    ],
    "held until there was room": [
        "05T09:00 go came in.",
        "05T09:00 Entered on go.",
        "05T09:00 Came to mail (an e-mail).",
        (
            "05T09:00 Sent: consent to marketing not refused; not quiet at "
            "2026-01-05T09:00:00Z (09:00 UTC); room under cap daily (0 of 1 used), cap gap."
        ),
        "05T09:00 Ended as finished: its last step was done.",
        "05T10:00 go came in.",
        "05T10:00 Entered on go.",
        "05T10:00 Came to mail (an e-mail).",
        (
            "05T10:00 Held: cap daily allows 1 in 1 day, and j/mail at 2026-01-05T09:00:00Z "
            "counts; cap daily frees at 2026-01-06T09:00:00Z."
        ),
        (
            "06T09:00 Sent: held by cap daily since 2026-01-05T10:00:00Z; consent to "
            "marketing not refused; not quiet at 2026-01-06T09:00:00Z (09:00 UTC); room under "
            "cap daily (0 of 1 used), cap gap."
        ),
        "06T09:00 Ended as finished: its last step was done.",
    ],
    "transactional": [
        "05T22:00 go came in.",
        "05T22:00 Entered on go.",
        "05T22:00 Came to mail (an e-mail).",
        (
            "05T22:00 Sent: transactional needs no consent; quiet hours do not apply; no cap "
            "applies."
        ),
        "05T22:00 Ended as finished: its last step was done.",
    ],
    "urgent": [
        "05T22:00 go came in.",
        "05T22:00 Entered on go.",
        "05T22:00 Came to mail (an e-mail).",
        ("05T22:00 Sent: consent to urgent not refused; quiet hours do not apply; no cap applies."),
        "05T22:00 Ended as finished: its last step was done.",
    ],
    "without the consent it needs": [
        "05T09:00 go came in.",
        "05T09:00 Entered on go.",
        "05T09:00 Came to mail (an e-mail).",
        (
            "05T09:00 Not sent (no_consent): news is sent only with consent, and none was "
            "given; the trait consent with news true would be enough."
        ),
        "05T09:00 Ended as finished: its last step was done.",
    ],
    "with the consent it needs": [
        "04T09:00 identify came in.",
        "04T09:00 Learned consent to news given.",
        "05T09:00 go came in.",
        "05T09:00 Entered on go.",
        "05T09:00 Came to mail (an e-mail).",
        (
            "05T09:00 Sent: consent to news given; not quiet at 2026-01-05T09:00:00Z (09:00 "
            "UTC); room under cap daily (0 of 1 used), cap gap, cap news-only (0 of 1 used)."
        ),
        "05T09:00 Ended as finished: its last step was done.",
    ],
    "with a consent it does not need": [
        "04T09:00 identify came in.",
        "04T09:00 Learned consent to marketing given, consent to news refused.",
        "05T09:00 go came in.",
        "05T09:00 Entered on go.",
        "05T09:00 Came to mail (an e-mail).",
        (
            "05T09:00 Sent: consent to marketing given; not quiet at 2026-01-05T09:00:00Z "
            "(09:00 UTC); room under cap daily (0 of 1 used), cap gap."
        ),
        "05T09:00 Ended as finished: its last step was done.",
    ],
    "under a cap of none": [
        "05T09:00 go came in.",
        "05T09:00 Entered on go.",
        "05T09:00 Came to mail (an e-mail).",
        (
            "05T09:00 Not sent (capped): cap none allows 0 in 1 day; its step holds for 1 "
            "day, until 2026-01-06T09:00:00Z; a max of 1 would be enough."
        ),
        "05T09:00 Ended as finished: its last step was done.",
    ],
    "in quiet hours": [
        "05T23:00 go came in.",
        "05T23:00 Entered on go.",
        "05T23:00 Came to mail (an e-mail).",
        (
            "05T23:00 Not sent (quiet): quiet hours 21:00 to 08:00; it was "
            "2026-01-05T23:00:00Z (23:00 UTC); its step holds for 1 hour, until "
            "2026-01-06T00:00:00Z; the first instant allowed is 2026-01-06T08:00:00Z, which a "
            "hold of 9 hours would reach."
        ),
        "05T23:00 Ended as finished: its last step was done.",
    ],
    "on a way through every kind of step": [
        "05T09:00 go came in.",
        "05T09:00 Entered on go.",
        "05T09:00 Came to way (a branch).",
        "05T09:00 Branch 2 was the first that held: profile.email is there.",
        "05T09:00 Came to set (an update).",
        "05T09:00 Changed profile.seen to true.",
        "05T09:00 Came to join (enters j).",
        (
            "05T09:00 Did not enter: the customer was still in it, since 2026-01-05T09:00:00Z "
            "at join; it takes one at a time (reentry after_exit); it is open again once that "
            "has ended; reentry mode always would let her in."
        ),
        "05T09:00 Came to tell (emits told).",
        "05T09:00 Ended as finished: its last step was done.",
    ],
    "after a step said where she lives and what she wants": [
        "05T13:00 go came in.",
        "05T13:00 Entered on go.",
        "05T13:00 Came to move (an update).",
        (
            '05T13:00 Changed profile.timezone to "Asia/Tokyo", profile.consent.news to true, '
            'vars.timezone to "UTC".'
        ),
        "05T13:00 Came to mail (an e-mail).",
        (
            "05T13:00 Not sent (quiet): quiet hours 21:00 to 08:00; it was "
            "2026-01-05T13:00:00Z (22:00 Asia/Tokyo); its step holds for 1 hour, until "
            "2026-01-05T14:00:00Z; the first instant allowed is 2026-01-05T23:00:00Z, which a "
            "hold of 10 hours would reach."
        ),
        "05T13:00 Ended as finished: its last step was done.",
        "06T10:00 go came in.",
        "06T10:00 Entered on go.",
        "06T10:00 Came to move (an update).",
        '06T10:00 Changed vars.timezone to "UTC".',
        "06T10:00 Came to mail (an e-mail).",
        (
            "06T10:00 Sent: consent to news given; not quiet at 2026-01-06T10:00:00Z (19:00 "
            "Asia/Tokyo); room under cap daily (0 of 1 used), cap gap, cap news-only (0 of 1 "
            "used)."
        ),
        "06T10:00 Ended as finished: its last step was done.",
    ],
    "after she was forgotten and came back": [
        "11T09:00 go came in.",
        (
            "11T09:00 Did not enter on go because of profile.vip = true: it was missing; true "
            "would be enough."
        ),
        "12T09:00 identify came in.",
        "12T09:00 Learned vip true.",
        "13T09:00 go came in.",
        "13T09:00 Entered on go.",
        "13T09:00 Came to w (a wait).",
        "13T09:00 Waits 9 days, until 2026-01-22T09:00:00Z.",
        "22T09:00 Came to mail (an e-mail).",
        (
            "22T09:00 Not sent (no_address): profile.email was missing; a value for it would "
            "be enough."
        ),
        "22T09:00 Ended as finished: its last step was done.",
    ],
}


@pytest.mark.parametrize("case", CASES)
def test_a_story_is_told_word_for_word(case: str) -> None:
    doc, settings, lines = CASES[case]
    found = told(plan_of({"j": journey(**doc)}, settings), [known(), *lines])
    said = [f"{format_instant(entry.at)[8:16]} {entry.explanation}" for entry in found]
    assert [text for text in said if not text.startswith("01T")] == TOLD[case]
