"""The shape of a journey and its steps: each wrong value is one finding at its own place."""

from typing import Any

import pytest

from tests.language.given import (
    HELLO,
    LEAVE_OUT,
    base,
    changed,
    findings,
    hello,
    told,
)

SEND = ("steps", "greet")
WAIT = ("steps", "wait")
ANSWER = ("steps", "answer")
SPLIT = {
    "type": "split",
    "arms": [{"name": "a", "weight": 1, "next": "greet"}, {"name": "b", "weight": 0.5}],
}


def test_the_workspace_of_these_tests_is_right() -> None:
    assert told(base()) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        # Keys.
        ((*WAIT, "nxt", "greet"), "unknown-key steps.wait.nxt"),
        (("exit", 0, "outcom", "x"), "unknown-key exit[0].outcom"),
        (("colour", 1), "unknown-key colour"),
        (("entry", LEAVE_OUT), "missing-key entry"),
        (("status", LEAVE_OUT), "missing-key status"),
        ((*SEND, "channel", LEAVE_OUT), "missing-key steps.greet.channel"),
        ((*WAIT, "type", LEAVE_OUT), "missing-key steps.wait.type"),
        ((*WAIT, "for", LEAVE_OUT), "missing-key steps.wait"),
        ((*SEND, "template", LEAVE_OUT), "missing-key steps.greet"),
        ((*ANSWER, "timeout", LEAVE_OUT), "missing-key steps.answer.timeout"),
        (("exit", 0, {"outcome": "gone"}), "missing-key exit[0]"),
        (("entry", {}), "missing-key entry"),
        (("entry", "profile", {"vip": True}), "conflicting-keys entry.profile"),
        (
            (*SEND, "content", {"subject": "Hi", "text": "Ho"}),
            "conflicting-keys steps.greet.content",
        ),
        ((*ANSWER, "any", 0, "event", "clicked"), "conflicting-keys steps.answer.any[0].step"),
        (
            (*SEND, "with", {"profile": 1}),
            "conflicting-keys steps.greet.with.profile",
        ),
        # Types.
        (("steps", []), "wrong-type steps"),
        (("exit", {}), "wrong-type exit"),
        (("entry", "signed up"), "wrong-type entry"),
        (("steps", "wait", "sleep"), "wrong-type steps.wait"),
        ((*WAIT, "type", 7), "wrong-type steps.wait.type"),
        (("id", 7), "wrong-type id"),
        (("name", 7), "wrong-type name"),
        (("status", True), "wrong-type status"),
        (("priority", "high"), "wrong-type priority"),
        (("priority", True), "wrong-type priority"),
        (("goal", "exit", "yes"), "wrong-type goal.exit"),
        ((*WAIT, "for", 60), "wrong-type steps.wait.for"),
        ((*WAIT, "next", None), "wrong-type steps.wait.next"),
        ((*WAIT, "max_visits", 1.5), "wrong-type steps.wait.max_visits"),
        ((*WAIT, "until", "09:00"), "wrong-type steps.wait.until"),
        (("entry", "event", 1), "wrong-type entry.event"),
        (("entry", "event", ["a", 1]), "wrong-type entry.event[1]"),
        (("entry", "key", 1), "wrong-type entry.key"),
        (("exit", 0, "match", []), "wrong-type exit[0].match"),
        (("exit", 0, "match", {"event.a": 1}), "wrong-type exit[0].match.event.a"),
        ((*SEND, "with", []), "wrong-type steps.greet.with"),
        ((*SEND, "with", {"a": {"from": 1}}), "wrong-type steps.greet.with.a.from"),
        # Values.
        (("status", "Live"), "unknown-value status"),
        ((*SEND, "on", {"snet": "end"}), "unknown-value steps.greet.on.snet"),
        ((*WAIT, "type", "wiat"), "unknown-step-type steps.wait.type"),
        ((*SEND, "channel", "mail"), "unknown-channel steps.greet.channel"),
        (("entry", "holdout", 101), "out-of-range entry.holdout"),
        (("entry", "holdout", -1), "out-of-range entry.holdout"),
        (("entry", "reentry", {"max": 0}), "out-of-range entry.reentry.max"),
        (("max_stay", "P0D"), "out-of-range max_stay"),
        (("name", "x" * 1001), "out-of-range name"),
        (
            (
                "entry",
                {"event": "a", "after": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
            ),
            "out-of-range entry.until",
        ),
        (("name", ""), "empty name"),
        (("entry", "event", []), "empty entry.event"),
        (("exit", 0, "match", {}), "empty exit[0].match"),
        ((*ANSWER, "any", []), "empty steps.answer.any"),
        (("name", "a\nb"), "bad-text name"),
        (("id", "he llo"), "bad-id id"),
        ((*WAIT, "for", "1 hour"), "bad-duration steps.wait.for"),
        ((*WAIT, "for", "-PT1H"), "bad-duration steps.wait.for"),
        ((*WAIT, "until", {"time": "9:00"}), "bad-time steps.wait.until.time"),
        ((*WAIT, "until", {"date": "2026-02-30"}), "bad-instant steps.wait.until.date"),
        ((*WAIT, "until", {"date": "2026-02-03T10:00:00"}), "bad-instant steps.wait.until.date"),
        ((*WAIT, "until", {"date": "birthday"}), "bad-path steps.wait.until.date"),
        ((*WAIT, "until", {"date": 1}), "wrong-type steps.wait.until.date"),
        (
            (*WAIT, "until", {"date": "entry.d", "offset": "soon"}),
            "bad-duration steps.wait.until.offset",
        ),
        (
            (*WAIT, "until", {"time": "09:00", "weekdays": ["mon", "tues"]}),
            "unknown-value steps.wait.until.weekdays[1]",
        ),
        ((*WAIT, "until", {"time": "09:00", "weekdays": []}), "empty steps.wait.until.weekdays"),
        (
            (*WAIT, "until", {"time": "09:00", "weekdays": "mon"}),
            "wrong-type steps.wait.until.weekdays",
        ),
        (
            (*WAIT, "until", {"time": "09:00", "weekdays": ["mon", "mon"]}),
            "duplicate-name steps.wait.until.weekdays[1]",
        ),
        (
            ("entry", {"event": "a", "after": "soon", "until": "2026-01-01T00:00:00Z"}),
            "bad-instant entry.after",
        ),
        ((*SEND, "on", {"sent": 5}), "wrong-type steps.greet.on.sent"),
        (("entry", "key", "cart_id"), "bad-path entry.key"),
    ],
)
def test_a_journey_wrong_in_one_place(change: tuple[Any, ...], expected: str) -> None:
    found = told(hello(*change))
    assert expected in found
    assert [line for line in found if line.split()[0] == expected.split(maxsplit=1)[0]] == [
        expected
    ]


def test_entry_may_be_open_for_a_while() -> None:
    entry = HELLO["entry"] | {"after": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00+02:00"}
    assert told(hello("entry", entry)) == []


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        # Branch and split.
        ({"type": "branch", "branches": []}, "empty steps.greet.branches"),
        (
            {"type": "branch", "branches": [{"next": "end"}]},
            "missing-key steps.greet.branches[0].where",
        ),
        ({"type": "branch", "branches": {}, "else": "end"}, "wrong-type steps.greet.branches"),
        (changed(SPLIT, "arms", 0, "weight", LEAVE_OUT), "missing-key steps.greet.arms[0].weight"),
        (changed(SPLIT, "arms", 1, "weight", -1), "out-of-range steps.greet.arms[1].weight"),
        ({**SPLIT, "arms": [{"name": "a", "weight": 0}]}, "out-of-range steps.greet.arms"),
        (changed(SPLIT, "arms", 1, "weight", "1"), "wrong-type steps.greet.arms[1].weight"),
        (changed(SPLIT, "arms", 1, "name", "a"), "duplicate-name steps.greet.arms[1].name"),
        (changed(SPLIT, "arms", 1, "name", 5), "wrong-type steps.greet.arms[1].name"),
        (changed(SPLIT, "arms", 1, 5), "wrong-type steps.greet.arms[1]"),
        # Update.
        ({"type": "update"}, "missing-key steps.greet"),
        ({"type": "update", "set": {}}, "empty steps.greet.set"),
        ({"type": "update", "set": []}, "wrong-type steps.greet.set"),
        ({"type": "update", "set": {"entry.a": 1}}, "bad-path steps.greet.set.entry.a"),
        ({"type": "update", "set": {"profile": 1}}, "bad-path steps.greet.set.profile"),
        (
            {"type": "update", "set": {"profile.a": {"from": "evnt.a"}}},
            "bad-path steps.greet.set.profile.a.from",
        ),
        (
            {"type": "update", "increment": {"vars.n": "1"}},
            "wrong-type steps.greet.increment.vars.n",
        ),
        (
            {"type": "update", "increment": {"vars.n": True}},
            "wrong-type steps.greet.increment.vars.n",
        ),
        (
            {"type": "update", "increment": {"vars.n": {"by": 1}}},
            "wrong-type steps.greet.increment.vars.n",
        ),
        ({"type": "update", "increment": 1}, "wrong-type steps.greet.increment"),
        *(
            (
                {"type": "update", "set": {"profile.consent.news": said}},
                "wrong-type steps.greet.set.profile.consent.news",
            )
            for said in ("yes", 1, None, {"said": True})
        ),
        (
            {"type": "update", "increment": {"profile.consent.news": 1}},
            "wrong-type steps.greet.increment.profile.consent.news",
        ),
        ({"type": "update", "set": {'profile."a': 1}}, 'bad-path steps.greet.set.profile."a'),
        ({"type": "update", "unset": []}, "empty steps.greet.unset"),
        ({"type": "update", "unset": ["messages.a.status"]}, "bad-path steps.greet.unset[0]"),
        ({"type": "update", "unset": [1]}, "wrong-type steps.greet.unset[0]"),
        # The others.
        ({"type": "emit"}, "missing-key steps.greet.event"),
        ({"type": "emit", "event": ["a"]}, "wrong-type steps.greet.event"),
        ({"type": "emit", "event": "x" * 129}, "out-of-range steps.greet.event"),
        ({"type": "enter", "journey": ""}, "bad-id steps.greet.journey"),
        ({"type": "exit", "outcome": " "}, "empty steps.greet.outcome"),
        ({"type": "exit", "next": "end"}, "unknown-key steps.greet.next"),
        # Content.
        (
            {"type": "send", "channel": "email", "content": {"text": "Ho"}},
            "missing-key steps.greet.content.subject",
        ),
        (
            {"type": "send", "channel": "email", "content": {"subject": "Hi"}},
            "missing-key steps.greet.content",
        ),
        (
            {
                "type": "send",
                "channel": "email",
                "content": {"subject": "Hi", "text": "a", "text_file": "b.txt"},
            },
            "conflicting-keys steps.greet.content.text_file",
        ),
        (
            {"type": "send", "channel": "sms", "content": {"text": 5}},
            "wrong-type steps.greet.content.text",
        ),
        ({"type": "send", "channel": "sms", "content": "Hi"}, "wrong-type steps.greet.content"),
        (
            {"type": "send", "channel": "sms", "content": {"text": " "}},
            "empty steps.greet.content.text",
        ),
        ({"type": "send", "channel": "push", "content": {}}, "missing-key steps.greet.content"),
    ],
)
def test_a_step_wrong_in_one_place(step: dict[str, Any], expected: str) -> None:
    found = told(hello(*SEND, step))
    assert [line for line in found if line.split()[0] == expected.split(maxsplit=1)[0]] == [
        expected
    ]


def test_a_journey_that_does_not_say_whether_it_runs_is_a_draft_with_a_warning() -> None:
    (found,) = findings(hello("status", LEAVE_OUT))
    assert (found.severity, found.code, found.path) == ("warning", "missing-key", "status")
    assert "is a draft" in found.message


def test_an_arm_may_be_switched_off_while_another_is_open() -> None:
    halved = {
        "start": "which",
        "steps": {"which": changed(SPLIT, "arms", 0, "next", "end"), "end": {"type": "exit"}},
    }
    for arm, weight in ((0, 0), (1, 0), (1, 0.0)):
        doc = changed(halved, "steps", "which", "arms", arm, "weight", weight)
        found = told(base(journeys__hello={**HELLO, **doc}))
        assert [line for line in found if "out-of-range" in line] == []


def test_one_step_can_have_every_kind_of_wait_and_update() -> None:
    steps = {
        "a": {
            "type": "wait",
            "for": "PT0S",
            "until": {"time": "09:00", "weekdays": ["mon"]},
            "next": "b",
        },
        "b": {
            "type": "wait",
            "until": {"date": "2030-01-31", "offset": "-P7D", "time": "09:00"},
            "next": "c",
        },
        "c": {
            "type": "wait",
            "until": {"date": "2030-01-31T10:00:00+02:00", "if_past": "exit"},
            "next": "d",
        },
        "d": {"type": "wait", "until": {"date": 'profile."next visit"'}, "next": "e"},
        "e": {
            "type": "update",
            "set": {"profile.a": 1, "vars.b": {"from": "entry.c"}, "profile.consent.news": True},
            "increment": {"vars.n": 1.5, "profile.m": {"from": "entry.m"}},
            "unset": ["profile.z", "profile.consent.transactional"],
            "stage": "loyalty",
            "max_visits": 3,
            "next": "f",
        },
        "f": {
            "type": "emit",
            "event": "seen",
            "properties": {"a": {"from": "vars.b"}, "b": {"from": 1, "c": 2}},
            "next": "g",
        },
        "g": {"type": "enter", "journey": "other", "with": {"x": [1, None]}, "next": "h"},
        "h": SPLIT | {"salt": "2026"},
        "greet": {
            "type": "send",
            "channel": "sms",
            "content": {"text": "{{ vars.b }} {{ c }}"},
            "with": {"c": 1},
            "on": {"sent": "end"},
            "on_limit": "skip",
            "hold": "PT0S",
            "priority": 60.5,
        },
        "end": {"type": "exit", "outcome": "done"},
    }
    files = base(journeys__hello=HELLO | {"steps": steps, "start": "a"})
    assert [line for line in told(files) if "closed-journey" not in line] == []


def test_an_email_without_a_subject_and_a_name_said_twice_are_only_warnings() -> None:
    step = {"type": "send", "channel": "email", "content": {"text": "Ho"}}
    assert severities(hello("steps", "end", step)) == {
        ("missing-key steps.end.content.subject", "warning")
    }
    assert severities(hello("entry", "event", ["a", "a"])) == {
        ("duplicate-name entry.event[1]", "warning")
    }


def severities(files: dict[str, bytes]) -> set[tuple[str, str]]:
    return {(f"{item.code} {item.path}", item.severity) for item in findings(files)}


@pytest.mark.parametrize("name", ["Grüße", "👩‍💻 Tips", "a\u00a0b", "日本"])
def test_names_may_be_in_any_writing(name: str) -> None:
    assert told(hello("name", name)) == []


@pytest.mark.parametrize("name", ["a\tb", "a\u2028b", "a\x85b"])
def test_names_stand_on_one_line(name: str) -> None:
    assert told(hello("name", name)) == ["bad-text name"]


@pytest.mark.parametrize(
    ("day", "meant"),
    [("Monday", "mon"), ("sunday", "sun"), ("Thurs", "thu"), ("SAT", "sat"), ("weekend", None)],
)
def test_a_weekday_by_another_name_is_told_its_own(day: str, meant: str | None) -> None:
    change = (*WAIT, "until", {"time": "09:00", "weekdays": [day]})
    (finding,) = findings(hello(*change))
    hinted = "; there are `fri`, " if meant is None else f"; did you mean `{meant}`?"
    assert hinted in finding.message


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("message.click", "clicked"),
        ("message.Opened", "opened"),
        ("Message.bounce", "bounced"),
        ("message.complaint", "complained"),
        ("message.unsubscribe", "unsubscribed"),
        ("message.send", "sent"),
        ("message.opened", None),
        ("message.not_spam", None),
        ("message.read by staff", None),
        ("message", None),
        ("cart.clicks", None),
    ],
)
def test_a_fact_that_is_nearly_one_of_ours_was_perhaps_meant(name: str, meant: str | None) -> None:
    places: list[tuple[Any, ...]] = [
        ("entry", "event", name),
        ("exit", 0, "event", ["left", name]),
        ("goal", "event", name),
        ("entry", "where", {"did": {"event": name}}),
    ]
    for change in places:
        said = [(item.code, item.severity) for item in findings(hello(*change))]
        assert said == ([] if meant is None else [("unknown-fact", "warning")])
    for item in findings(hello("entry", "event", name)):
        assert item.message.endswith(f"; did you mean `message.{meant}`?")


def test_a_list_of_more_objects_than_anybody_reads_is_one_finding() -> None:
    rules = [{"event": f"e{number}"} for number in range(1_001)]
    assert told(hello("exit", rules)) == ["out-of-range exit"]
    assert told(hello("exit", rules[:-1])) == []
