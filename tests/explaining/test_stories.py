"""What small stories are told as: from events to entries."""

from typing import Any

import pytest

from sojourn.core.values.instants import parse_instant
from sojourn.core.workspace.plan import Plan
from sojourn_cli.explaining.story import Story, Wanted, explain
from tests.explaining.given import (
    SEND,
    as_json,
    at,
    journey,
    known,
    line,
    only,
    plan_of,
    story_of,
    told,
)

PLAN = plan_of({"j": journey()})


def test_a_stimulus_stands_before_what_it_changed() -> None:
    lines = [
        known(),
        line("5 10:00", "go", properties={"total": 3}) | {"receivedAt": at("5 11:00")},
    ]
    entries = told(PLAN, lines)
    assert [(entry.what, entry.explanation) for entry in entries] == [
        ("event", "identify came in."),
        ("profile", 'Learned email "ana@example.com", phone "+27821234567".'),
        ("event", "go came in, which happened at 2026-01-05T10:00:00Z: total 3."),
        ("entered", "Entered on go."),
        ("step", "Came to mail (an e-mail)."),
        ("message", "Sent: consent to marketing not refused."),
        ("exited", "Ended as finished: its last step was done."),
    ]
    assert as_json(entries[2]) == {
        "at": "2026-01-05T11:00:00Z",
        "what": "event",
        "journey": None,
        "step": None,
        "reason": None,
        "explanation": "go came in, which happened at 2026-01-05T10:00:00Z: total 3.",
        "details": {
            "event": "go",
            "happened_at": "2026-01-05T10:00:00Z",
            "properties": {"total": 3},
            "traits": {},
        },
    }


def test_a_sent_message_says_what_let_it_through() -> None:
    settings = {
        "timezone": "Africa/Johannesburg",
        "categories": {
            "news": {
                "consent": "opt_in",
                "obeys_caps": True,
                "counts_toward_caps": True,
                "quiet_hours": True,
            }
        },
        "caps": [
            {"name": "daily", "max": 2, "per": "P1D"},
            {"name": "sms", "channels": ["sms"], "max": 2, "per": "P1D"},
            {"name": "gap", "min_gap": "PT1H"},
        ],
        "quiet_hours": [{"from": "21:00", "to": "08:00"}],
    }
    plan = plan_of({"j": journey(category="news")}, settings)
    lines = [known(consent={"news": True}), line("5 10:00", "go"), line("5 10:30", "go")]
    sent, late = (item for item in told(plan, lines) if item.what == "message")
    assert sent.explanation == (
        "Sent: consent to news given; not quiet at 2026-01-05T10:00:00Z"
        " (12:00 Africa/Johannesburg); room under cap daily (0 of 2 used), cap gap."
    )
    assert late.explanation == (
        "Sent: held by cap gap since 2026-01-05T10:30:00Z; consent to news given; not quiet at"
        " 2026-01-05T11:00:00Z (13:00 Africa/Johannesburg);"
        " room under cap daily (1 of 2 used), cap gap."
    )
    assert [cap["cap"] for cap in as_json(late)["details"]["caps"]] == ["daily", "gap"]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({}, "news is sent only with consent, and none was given"),
        ({"news": False}, "consent to news was refused at 2026-01-01T09:00:00Z"),
    ],
)
def test_a_message_without_consent_says_whether_it_was_refused(
    said: dict[str, bool], text: str
) -> None:
    categories = {"news": {"consent": "opt_in"}}
    plan = plan_of({"j": journey(category="news")}, {"categories": categories})
    message = only(told(plan, [known(consent=said), line("5", "go")]), "message")
    assert message.explanation == (
        f"Not sent (no_consent): {text}; the trait consent with news true would be enough."
    )


def test_consent_that_was_taken_back_was_not_given() -> None:
    journeys = {
        "back": journey(
            entry={"event": "forget it"},
            start="back",
            steps={"back": {"type": "update", "unset": ["profile.consent.news"]}},
        ),
        "j": journey(category="news"),
    }
    plan = plan_of(journeys, {"categories": {"news": {"consent": "opt_in"}}})
    late = known(consent={"news": True}) | {"timestamp": at("2"), "receivedAt": at("4")}
    lines = [known(consent={"news": True}), line("3", "forget it"), late, line("5", "go")]
    message = only(told(plan, lines), "message")
    assert message.explanation.startswith(
        "Not sent (no_consent): news is sent only with consent, and none was given;"
    )


def test_quiet_hours_are_told_by_the_customers_clock() -> None:
    settings = {
        "quiet_hours": [
            {"from": "22:00", "to": "22:00", "weekdays": ["sun"]},
            {"from": "21:00", "to": "08:00"},
            {"channels": ["sms"], "from": "00:00", "to": "00:00"},
        ],
        "closed": [{"from": "2026-01-05", "to": "2026-01-05"}],
    }
    plan = plan_of({"j": journey(steps={"mail": SEND | {"hold": "P2D"}})}, settings)
    lines = [known(timezone="America/New_York"), line("5 02:30", "go")]
    held = only(told(plan, lines), "held")
    assert held.explanation == (
        "Held: quiet hours 21:00 to 08:00; it was 2026-01-05T02:30:00Z (21:30 America/New_York);"
        " the first instant allowed is 2026-01-06T13:00:00Z."
    )


def test_a_message_over_several_caps_names_what_counts() -> None:
    cap = {"name": "weekly", "max": 4, "per": "calendar_week"}
    again = {"event": "go", "reentry": {"mode": "always"}}
    steps = {"mail": SEND | {"hold": "P7D"}}
    plan = plan_of({"j": journey(entry=again, steps=steps)}, {"caps": [cap]})
    lines = [known(), *(line(f"5 1{hour}:00", "go") for hour in range(5))]
    held = only(told(plan, lines), "held")
    assert held.explanation == (
        "Held: cap weekly allows 4 in a calendar week, and 1 earlier one,"
        " j/mail at 2026-01-05T11:00:00Z, j/mail at 2026-01-05T12:00:00Z and j/mail at"
        " 2026-01-05T13:00:00Z count; cap weekly frees at 2026-01-12T00:00:00Z."
    )
    details = as_json(held)["details"]
    assert (details["max"], details["per"], len(details["counted"])) == (4, "calendar_week", 4)


def test_a_message_of_a_suppressed_address_says_since_when() -> None:
    plan = plan_of({"j": journey()})
    bounced = {"channel": "email", "bounce_type": "permanent"}
    lines = [known(), line("2", "message.bounced", properties=bounced), line("5", "go")]
    assert only(told(plan, lines), "message").explanation == (
        "Not sent (suppressed): the e-mail address is marked as bounced, since"
        " 2026-01-02T09:00:00Z (message.bounced); a new address would be ok."
    )


def test_a_cancelled_message_says_what_held_it() -> None:
    rule = {"event": "bought", "outcome": "bought"}
    plan = plan_of({"j": journey(exit=[rule])}, {"quiet_hours": [{"from": "21:00", "to": "08:00"}]})
    lines = [known(), line("5 22:00", "go"), line("5 23:00", "bought")]
    assert only(told(plan, lines), "message").explanation == (
        "Cancelled: the journey ended as bought while it was held by quiet hours until"
        " 2026-01-06T08:00:00Z; without that bought it would have gone on."
    )


def test_who_is_still_inside_is_told_since_when_and_where() -> None:
    steps = {"pause": {"type": "wait", "for": "P9D"}}
    entry = {"event": "go", "key": "event.cart"}
    plan = plan_of({"j": journey(entry=entry, start="pause", steps=steps)})
    assert only(told(plan, [line("5", "go"), line("6", "go")]), "not_entered").explanation == (
        "Did not enter: the customer was still in it, since 2026-01-05T09:00:00Z at pause; it takes"
        " one at a time per event.cart (reentry after_exit); it is open again once that has ended;"
        " reentry mode always would let her in."
    )


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "Did not enter: it is entered on go, which never came."),
        (
            {"status": "draft"},
            "Did not enter: the journey is draft, and nobody enters; live, it would be asked.",
        ),
        (
            {"entry": {"segment": {"id": "vip", "on": "leave"}}},
            "Did not enter: the customer never left segment vip.",
        ),
        (
            {"entry": {"profile": {"age": {"gte": 18}}}},
            (
                "Did not enter: no change of the profile made profile.age ≥ 18 true; what stood in"
                " the way when her last event came: profile.age ≥ 18: it was missing; 18 would be"
                " enough."
            ),
        ),
    ],
)
def test_a_journey_that_nothing_came_for_says_so(fields: dict[str, Any], text: str) -> None:
    plan = plan_of({"j": journey(**fields)}, segments={"vip": {"profile.vip": True}})
    assert [item.explanation for item in told(plan, [line("5", "x")])] == ["x came in."]
    (entry,) = told(plan, [line("5", "x")], Wanted(journey="j"))
    assert (entry.what, entry.journey, entry.explanation) == ("not_entered", "j", text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "go",
            (
                "Did not enter: it is entered on go, which never came but as history, which lets"
                " nobody in; import with --enter-journeys would have asked it."
            ),
        ),
        ("other", "Did not enter: it is entered on go, which never came."),
    ],
)
def test_what_came_as_history_is_told_to_let_nobody_in(name: str, text: str) -> None:
    plan = plan_of({"j": journey()})
    lines = [line("5", name, _metadata={"silent": True})]
    assert [item.explanation for item in told(plan, lines)] == [
        f"{name} of 2026-01-05T09:00:00Z was told as history, which lets nobody into a journey."
    ]
    (entry,) = told(plan, lines, Wanted(journey="j"))
    assert entry.explanation == text


def test_a_journey_whose_reason_was_not_kept_does_not_say_that_nothing_came() -> None:
    wants = {"entry": {"event": "go", "where": {"event.x": 1}}}
    plan = plan_of({f"j{number:02}": journey(**wants) for number in range(12)})
    found = told(plan, [line("5", "go")])
    assert found[-1].explanation == (
        "2 more journeys were not entered either; their reasons are not kept; what stood in their"
        " way is not known."
    )
    (entry,) = told(plan, [line("5", "go")], Wanted(journey="j11"))
    assert entry.explanation == (
        "Did not enter: where many journeys are not entered at once, 10 reasons are kept, and its"
        " own is not among them."
    )


def test_one_journey_or_step_can_be_asked_about() -> None:
    steps = {"mail": SEND | {"next": "out"}, "out": {"type": "exit"}}
    plan = plan_of({"j": journey(steps=steps), "k": journey()})
    lines = [known(), line("5", "go")]
    assert {item.journey for item in told(plan, lines, Wanted(journey="j"))} == {"j"}
    found = told(plan, lines, Wanted(step="mail"))
    assert [(item.what, item.journey) for item in found] == [
        ("step", "j"),
        ("step", "k"),
        ("message", "j"),
        ("message", "k"),
        ("exited", "k"),
    ]
    found = told(plan, lines, Wanted("j", "out"))
    assert [item.what for item in found] == ["step", "exited"]


def test_rules_are_quoted_from_the_plan_that_was_decided_under() -> None:
    def plan(least: int) -> Plan:
        wants = {"event": "go", "where": {"event.total": {"gte": least}}}
        return plan_of({"j": journey(entry=wants)})

    first, then, last = plan(50), plan(90), plan(10)
    lines = [line("5", "go", properties={"total": 30}), line("6", "go", properties={"total": 60})]
    old, new = story_of(first, lines[:1]), story_of(then, lines[1:])
    changed_at = parse_instant(at("5 12:00"))
    both = Story(
        "ana",
        [*old.events, *new.events],
        [*old.records, *new.records],
        [(0, first), (changed_at, then)],
    )
    found = [item.explanation for item in explain(both, last) if item.what == "not_entered"]
    assert found == [
        "Did not enter on go because of event.total ≥ 50: it was 30; 50 would be enough.",
        "Did not enter on go because of event.total ≥ 90: it was 60; 90 would be enough.",
    ]


def test_a_wait_for_a_local_time_tells_what_the_customers_clock_reads_then() -> None:
    steps = {"nine": {"type": "wait", "until": {"time": "09:00"}, "next": "mail"}, "mail": SEND}
    plan = plan_of({"j": journey(start="nine", steps=steps)}, {"timezone": "Africa/Johannesburg"})
    waits = only(told(plan, [known(), line("5 10:00", "go")]), "waiting")
    assert waits.explanation == (
        "Waits 21 hours, until 2026-01-06T07:00:00Z (09:00 Africa/Johannesburg)."
    )


@pytest.mark.parametrize(
    ("settings", "held", "sent"),
    [
        (
            {"quiet_hours": [{"from": "00:00", "to": "00:00", "weekdays": ["mon"]}]},
            "Held: quiet all day on Mon;",
            "Sent: held by quiet hours since",
        ),
        (
            {"quiet_hours": [{"from": "08:00", "to": "08:00", "weekdays": ["mon"]}]},
            "Held: quiet for a day from 08:00 on Mon;",
            "Sent: held by quiet hours since",
        ),
        (
            {"closed": [{"from": "2026-01-05", "to": "2026-01-05"}]},
            "Held: closed 2026-01-05;",
            "Sent: held by closed days since",
        ),
    ],
)
def test_a_whole_day_is_called_one(settings: dict[str, Any], held: str, sent: str) -> None:
    plan = plan_of({"j": journey(steps={"mail": SEND | {"hold": "2d"}})}, settings)
    entries = told(plan, [known(), line("5 10:00", "go")])
    assert only(entries, "held").explanation.startswith(held)
    assert only(entries, "message").explanation.startswith(sent)


PAST = ", and that is no longer ahead."


@pytest.mark.parametrize(
    ("until", "brings", "why"),
    [
        ({"time": "10:00"}, {}, "."),
        ({"date": "2026-01-04"}, {}, ": 2026-01-04: that is no longer ahead."),
        ({"date": "profile.day"}, {"day": "1990-05-04"}, f': profile.day is "1990-05-04"{PAST}'),
        (
            {"date": "profile.day", "offset": "-P1D", "time": "18:00"},
            {"day": "2026-01-05"},
            ': profile.day is "2026-01-05", and 1 day before that at 18:00 is no longer ahead.',
        ),
        (
            {"date": "profile.day", "offset": "PT2H"},
            {"day": "2026-01-05T08:00:00Z"},
            ': profile.day is "2026-01-05T08:00:00Z", and 2 hours after that is no longer ahead.',
        ),
        ({"date": "profile.day"}, {"day": "04-05"}, ': profile.day is "04-05", which is no date.'),
        ({"date": "profile.day"}, {"day": None}, ": profile.day is missing."),
        ({"date": "profile.born.day"}, {"born": {}}, ": profile.born.day is missing."),
        ({"date": "entry.day"}, {}, ": entry.day is missing."),
        ({"date": "event.day"}, {}, ": event.day is missing."),
        ({"date": "vars.day"}, {}, ": vars.day is missing, no date, or no longer ahead."),
    ],
)
def test_a_wait_that_is_over_at_once_says_why(until: Any, brings: Any, why: str) -> None:  # noqa: ANN401 - JSON
    steps = {"rest": {"type": "wait", "until": until, "next": "mail"}, "mail": SEND}
    lines = [known(**brings), line("5 10:00", "go")]
    entries = told(plan_of({"j": journey(start="rest", steps=steps)}), lines)
    (came,) = [item.explanation for item in entries if item.step == "rest"]
    assert came == f"Came to rest (a wait), which is over at once{why}"


def test_a_date_of_an_event_that_is_gone_is_not_told() -> None:
    steps = {
        "hour": {"type": "wait", "for": "PT1H", "next": "rest"},
        "rest": {"type": "wait", "until": {"date": "event.day"}, "next": "mail"},
        "mail": SEND,
    }
    lines = [known(), line("5 10:00", "go", properties={"day": "1990-05-04"})]
    entries = told(plan_of({"j": journey(start="hour", steps=steps)}), lines)
    (came,) = [item.explanation for item in entries if item.step == "rest"]
    assert came.endswith("over at once: event.day is missing, no date, or no longer ahead.")


def test_a_wait_that_lasts_says_until_when_and_nothing_else() -> None:
    steps = {"rest": {"type": "wait", "for": "PT1H", "next": "mail"}, "mail": SEND}
    entries = told(plan_of({"j": journey(start="rest", steps=steps)}), [known(), line("5", "go")])
    assert [item.explanation for item in entries if item.step == "rest"] == [
        "Came to rest (a wait).",
        "Waits 1 hour, until 2026-01-05T10:00:00Z.",
    ]
