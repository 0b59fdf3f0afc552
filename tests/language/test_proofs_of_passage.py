"""Proofs about time, messages and doors."""

from typing import Any

import pytest

from sojourn.language.workspace import load
from tests.language.given import (
    HELLO,
    OTHER,
    SETTINGS,
    base,
    changed,
    findings,
    told,
)

ENDS = ("exit", "branch")
SIX_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat"]


def chain(*steps: dict[str, Any], **journey: object) -> dict[str, bytes]:
    """The workspace with `hello` made of steps in a row: `a`, `b`, `c`…"""
    names = "abcdefgh"[: len(steps)]
    row = {
        name: {"next": following, **step} if following and step["type"] not in ENDS else step
        for name, following, step in zip(names, [*names[1:], ""], steps, strict=True)
    }
    return base(
        journeys__hello=HELLO | {"start": "a", "steps": row, "goal": {"event": "g"}, **journey}
    )


WAIT_DAY = {"type": "wait", "for": "P1D"}
SMS: dict[str, Any] = {"type": "send", "channel": "sms", "content": {"text": "Hello"}}


@pytest.mark.parametrize(
    ("steps", "max_stay", "expected"),
    [
        ([WAIT_DAY], "P1D", ["wait-past-max-stay steps.a.for"]),
        ([WAIT_DAY], "PT24H1S", []),
        ([WAIT_DAY, WAIT_DAY], "P2D", ["wait-past-max-stay steps.b.for"]),
        ([WAIT_DAY | {"until": {"time": "09:00"}}], "P1D", []),
        ([WAIT_DAY | {"until": {"time": "09:00"}}], "PT23H", ["wait-past-max-stay steps.a.for"]),
        ([{"type": "wait", "until": {"time": "09:00"}}], "PT1S", []),
        (
            [WAIT_DAY, {"type": "wait_for", "any": [{"event": "x"}], "timeout": "P1D"}],
            "P2D",
            ["wait-past-max-stay steps.b.timeout"],
        ),
        ([WAIT_DAY, {"type": "wait_for", "any": [{"event": "x"}]}], "P2D", []),
        (
            [
                {"type": "wait_for", "any": [{"event": "x", "next": "b"}], "timeout": "P9D"},
                WAIT_DAY,
            ],
            "P2D",
            ["wait-past-max-stay steps.a.timeout"],
        ),
    ],
)
def test_a_wait_nobody_outlasts(
    steps: list[dict[str, Any]], max_stay: str, expected: list[str]
) -> None:
    assert told(chain(*steps, max_stay=max_stay)) == expected


def awaiting(*events: object, **journey: object) -> list[str]:
    step = {"type": "wait_for", "any": [{"event": name} for name in events]}
    return told(chain(WAIT_DAY, step, **journey))


FIRST = "exit-comes-first steps.b.any[0].event"


def test_an_event_that_ends_the_journey_moves_no_step() -> None:
    ends = {"exit": [{"event": "bought"}]}
    assert awaiting("bought", **ends) == [FIRST]
    assert awaiting(["bought"], **ends) == [FIRST]
    assert awaiting(["bought", "seen"], **ends) == []
    assert awaiting(["bought", "seen"], exit=[{"event": "seen"}, {"event": "bought"}]) == [FIRST]
    assert awaiting("seen", "bought", **ends) == ["exit-comes-first steps.b.any[1].event"]
    assert awaiting("bought", exit=[{"event": "bought", "where": {"event.a": 1}}]) == []
    assert awaiting("bought", exit=[{"event": "bought", "segment": "regulars"}]) == []
    assert awaiting("g", goal={"event": "g", "exit": True}) == [FIRST]
    assert awaiting("g", goal={"event": "g", "exit": True, "within": "P9D"}) == []
    assert awaiting("g", goal={"event": "g"}) == []


def test_an_exit_that_wants_more_than_the_step_does_not_come_first() -> None:
    match = {"event.cart": "entry.cart"}
    rule = {"event": "bought", "match": match}
    step: dict[str, Any] = {"type": "wait_for", "any": [{"event": "bought"}]}
    assert told(chain(WAIT_DAY, step, exit=[rule])) == []
    step = {"type": "wait_for", "any": [{"event": "bought", "match": match}]}
    assert told(chain(WAIT_DAY, step, exit=[rule])) == [FIRST]
    loose = {"event": "bought", "match": {"event.cart": "profile.cart"}}
    step = {"type": "wait_for", "any": [loose]}
    assert told(chain(WAIT_DAY, step, exit=[loose])) == []


def test_in_the_entering_instant_a_step_may_come_first() -> None:
    step = {"type": "wait_for", "any": [{"event": "bought"}]}
    assert told(chain(step, exit=[{"event": "bought"}])) == []


READ = {"type": "update", "set": {"profile.a": {"from": "event.a"}}}


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([READ], []),
        ([WAIT_DAY, READ], ["event-is-gone steps.b.set.profile.a.from"]),
        ([{"type": "wait", "until": {"time": "09:00"}}, READ], []),
        ([{"type": "wait", "for": "PT0S"}, READ], []),
        ([SMS, READ], ["event-is-gone steps.b.set.profile.a.from"]),
        ([SMS | {"on": {"sent": "b"}}, READ], ["event-is-gone steps.b.set.profile.a.from"]),
        ([SMS, {"type": "wait_for", "any": [{"event": "x"}]}, READ], []),
        (
            [
                WAIT_DAY,
                {"type": "wait_for", "any": [{"event": "x", "where": {"event.a": 1}}]},
                READ,
            ],
            [],
        ),
        (
            [WAIT_DAY, {"type": "branch", "branches": [{"where": {"event.a": 1}}]}],
            ["event-is-gone steps.b.branches[0].where.event.a"],
        ),
        (
            [
                WAIT_DAY,
                {
                    "type": "branch",
                    "branches": [{"where": {"did": {"event": "x", "where": {"event.a": 1}}}}],
                },
            ],
            [],
        ),
        (
            [WAIT_DAY, SMS | {"with": {"a": {"from": "event.a"}, "b": {"from": "entry.a"}}}],
            ["event-is-gone steps.b.with.a.from"],
        ),
        (
            [WAIT_DAY, {"type": "wait", "until": {"date": "event.due"}}],
            ["event-is-gone steps.b.until.date"],
        ),
    ],
)
def test_the_event_is_gone_after_a_wait_or_a_send(
    steps: list[dict[str, Any]], expected: list[str]
) -> None:
    files = chain(*steps)
    assert told(files) == expected


def test_after_a_timeout_there_is_no_event_and_after_a_match_there_is() -> None:
    wait = {
        "type": "wait_for",
        "any": [{"event": "x", "next": "hit"}],
        "timeout": "P1D",
        "next": "late",
    }
    end = {"type": "exit"}
    steps = {"a": wait, "hit": READ | {"next": "end"}, "late": READ | {"next": "end"}, "end": end}
    files = base(journeys__hello=HELLO | {"start": "a", "steps": steps})
    assert told(files) == ["event-is-gone steps.late.set.profile.a.from"]


@pytest.mark.parametrize("status", ["draft", "paused", "archived"])
def test_a_journey_that_lets_nobody_in_is_named(status: str) -> None:
    other = OTHER | {"status": status}
    enter = {"type": "enter", "journey": "other"}
    journey = changed(HELLO, "steps", "end", enter)
    assert told(base(journeys__hello=journey, journeys__other=other)) == [
        "closed-journey steps.end.journey"
    ]
    journey = changed(HELLO, "exit", 0, "enter", "other")
    assert told(base(journeys__hello=journey, journeys__other=other)) == [
        "closed-journey exit[0].enter"
    ]
    draft = journey | {"status": "draft"}
    assert told(base(journeys__hello=draft, journeys__other=other)) == []
    assert told(base(journeys__hello=journey)) == []


def text_of(source: str, **step: object) -> list[str]:
    return [
        item.message
        for item in findings(chain(SMS | {"content": {"text": source}, **step}))
        if item.code == "unset-variable"
    ]


def test_a_variable_that_nothing_sets() -> None:
    assert text_of("{{ profile.a }} {{ entry.b }} {{ customer.id }} {{ journey.name }}") == []
    assert text_of("{{ step.id }} {{ vars }} {{ customer }}") == []
    assert text_of("{{ code }}", **{"with": {"code": 5}}) == []
    assert (
        text_of("{% assign a = 5 %}{{ a }}{% for b in entry.items %}{{ b.name }}{% endfor %}") == []
    )
    assert text_of("{{ first_name }}") == [
        (
            "nothing sets `first_name`; a trait is `profile.first_name`, and a step's `with` hands"
            " over others"
        )
    ]
    assert text_of("{{ profil.name }}") == [
        "nothing sets `profil.name`; did you mean `profile.name`?"
    ]
    assert text_of("{{ vars.code }}") == [
        "nothing sets `vars.code`: no `update` step of this journey does"
    ]
    assert text_of("{{ customer.name }}") == [
        "nothing sets `customer.name`; a trait is `profile.name`"
    ]


def test_a_variable_that_a_step_sets() -> None:
    step = {"type": "update", "set": {"vars.code": 5}, "increment": {"vars.count": 1}}
    text = {"text": "{{ vars.code }} {{ vars.count }} {{ vars['code'] }}"}
    assert told(chain(step, SMS | {"content": text})) == []


def test_a_variable_of_a_template_is_named_where_the_template_is_used() -> None:
    template = {"email": {"subject": "{{ code }}", "text": "Hi"}, "sms": {"text": "{{ other }}"}}
    files = base(templates__hello=template)
    (finding,) = findings(files)
    assert (finding.file, finding.path) == ("journeys/hello.json", "steps.greet.template")
    assert finding.message.startswith("templates/hello.json: nothing sets `code`")
    journey = changed(HELLO, "steps", "greet", "with", {"code": 5})
    assert told(base(templates__hello=template, journeys__hello=journey)) == []


def sent(settings: dict[str, Any], *steps: dict[str, Any]) -> list[str]:
    files = chain(*steps)
    files["settings.json"] = base(settings=settings)["settings.json"]
    return [
        item.message.partition(": ")[2] for item in findings(files) if item.code == "never-sent"
    ]


def test_a_cap_of_none_and_a_full_control_group() -> None:
    none = {
        "caps": [
            {
                "name": "no sms",
                "channels": ["sms"],
                "categories": ["marketing"],
                "max": 0,
                "per": "P1D",
            }
        ]
    }
    assert sent(none, SMS) == ["the cap `no sms` allows none; raise its `max`"]
    assert sent(none, SMS | {"category": "transactional"}) == []
    assert sent({"caps": [{"channels": ["email"], "max": 0, "per": "P1D"}]}, SMS) == []
    for other in ({"categories": ["transactional"]}, {"channels": ["push"]}):
        assert sent({"caps": [{**other, "max": 0, "per": "P1D"}]}, SMS) == []
    assert sent({"control_group": 100}, SMS) == ["`control_group` is 100, which is every customer"]
    assert sent({"control_group": 99.9}, SMS) == []


def test_quiet_hours_that_never_end() -> None:
    always = {"quiet_hours": [{"from": "08:00", "to": "08:00"}]}
    assert sent(always, SMS) == ["quiet hours cover the whole week"]
    assert sent(always, SMS | {"category": "transactional"}) == []
    halves = {"quiet_hours": [{"from": "20:00", "to": "09:00"}, {"from": "09:00", "to": "20:00"}]}
    assert sent(halves, SMS) == ["quiet hours cover the whole week"]
    assert sent({"quiet_hours": [{"from": "00:00", "to": "23:59"}]}, SMS) == []
    window: dict[str, Any] = {"from": "07:00", "to": "07:00"}
    assert sent({"quiet_hours": [window | {"channels": ["email"]}]}, SMS) == []
    assert sent({"quiet_hours": [window | {"weekdays": SIX_DAYS}]}, SMS) == []


NIGHT = {"quiet_hours": [{"from": "21:00", "to": "08:00"}]}
AT_TEN = {"type": "wait", "until": {"time": "22:00"}}


def test_a_message_that_comes_in_quiet_hours_and_is_not_held_until_they_end() -> None:
    message = ["it comes at 22:00, in quiet hours, and `hold` ends before they do"]
    assert sent(NIGHT, AT_TEN, SMS | {"hold": "PT6H"}) == message
    assert sent(NIGHT, AT_TEN, SMS | {"hold": "PT7H"}) == []
    assert sent(NIGHT, AT_TEN, SMS | {"on_limit": "skip"}) == message
    assert sent(NIGHT, AT_TEN, SMS | {"on_limit": "skip", "category": "transactional"}) == []
    assert sent(NIGHT, {"type": "wait", "until": {"time": "12:00"}}, SMS | {"hold": "PT0S"}) == []
    assert sent(NIGHT, AT_TEN, READ, SMS | {"hold": "PT0S"}) == message
    assert sent(NIGHT, AT_TEN, WAIT_DAY, SMS | {"hold": "PT0S"}) == []
    assert sent(NIGHT, AT_TEN, SMS, SMS | {"hold": "PT0S"}) == []
    assert sent({}, AT_TEN, SMS | {"hold": "PT0S"}) == []


def test_quiet_hours_and_times_count_to_the_minute() -> None:
    late = {"type": "wait", "until": {"time": "21:45"}}
    night = {"from": "21:30", "to": "08:15"}
    message = ["it comes at 21:45, in quiet hours, and `hold` ends before they do"]
    for given, hold, expected in [
        (night, "PT7H29M", message),
        (night, "PT7H30M", []),  # three hours are left for clocks that are put forward
        (night | {"from": "21:46"}, "PT0S", []),
        (night | {"channels": ["email"]}, "PT0S", []),
        (night | {"channels": ["email", "sms"]}, "PT0S", message),
    ]:
        assert sent({"quiet_hours": [given]}, late, SMS | {"hold": hold}) == expected


@pytest.mark.parametrize("day", ["mon", "sat", "sun"])
def test_a_message_that_comes_on_one_day_meets_the_quiet_hours_of_that_day(day: str) -> None:
    on_it = {"type": "wait", "until": {"time": "22:00", "weekdays": [day]}}
    others = [name for name in ("mon", "tue", "wed", "thu", "fri", "sat", "sun") if name != day]
    window = {"from": "21:00", "to": "08:00"}
    brief = SMS | {"hold": "PT0S"}
    assert sent({"quiet_hours": [window | {"weekdays": [day]}]}, on_it, brief) != []
    assert sent({"quiet_hours": [window | {"weekdays": others}]}, on_it, brief) == []


def test_of_several_times_one_outside_quiet_hours_is_enough() -> None:
    brief: dict[str, Any] = SMS | {"hold": "PT0S"}

    def accused(first: dict[str, Any], second: dict[str, Any]) -> list[str]:
        ways = [{"where": {"profile.a": 1}, "next": "b"}]
        note = {"type": "update", "set": {"profile.b": 1}, "next": "e"}
        row = {
            "a": {"type": "branch", "branches": ways, "else": "c"},
            "b": first | {"next": "d"},
            "c": second | {"next": "d"},
            "d": note,
            "e": brief,
        }
        journey = HELLO | {"start": "a", "steps": row}
        found = findings(base(settings=SETTINGS | NIGHT, journeys__hello=journey))
        return [item.message.partition(": ")[2] for item in found if item.code == "never-sent"]

    midnight = {"type": "wait", "until": {"time": "00:30"}}
    assert accused(AT_TEN, midnight) == [
        "it comes at 00:30 and 22:00, in quiet hours, and `hold` ends before they do"
    ]
    at_noon = {"type": "wait", "until": {"time": "12:00"}}
    for other in (at_noon, WAIT_DAY, READ):
        assert accused(AT_TEN, other) == accused(other, AT_TEN) == []


def test_a_message_that_may_come_at_another_time_is_not_accused() -> None:
    on_sundays = {"type": "wait", "until": {"time": "22:00", "weekdays": ["sun"]}}
    workdays = {"quiet_hours": [{"from": "21:00", "to": "08:00", "weekdays": SIX_DAYS}]}
    assert sent(workdays, on_sundays, SMS | {"hold": "PT0S"}) == []
    assert sent(NIGHT, on_sundays, SMS | {"hold": "PT0S"}) != []
    way = {"where": {"profile.a": 1}, "next": "c"}
    branch: dict[str, Any] = {"type": "branch", "branches": [way], "else": "b"}
    row: dict[str, Any] = {"a": branch, "b": AT_TEN | {"next": "c"}, "c": SMS | {"hold": "PT0S"}}
    files = base(settings=SETTINGS | NIGHT, journeys__hello=HELLO | {"start": "a", "steps": row})
    assert told(files) == []
    row["a"] = {"type": "wait", "until": {"time": "23:00"}, "next": "d"}
    row["d"] = branch
    files = base(settings=SETTINGS | NIGHT, journeys__hello=HELLO | {"start": "a", "steps": row})
    assert told(files) == ["never-sent steps.c"]
    row["c"] = row["c"] | {"next": "a"}
    assert load(files).ok
    files = base(settings=SETTINGS | NIGHT, journeys__hello=HELLO | {"start": "a", "steps": row})
    told_of_round = ["loop-in-an-instant steps.a", "no-way-out steps.a", "never-sent steps.c"]
    assert told(files) == told_of_round


def test_settings_that_are_wrong_prove_nothing() -> None:
    files = chain(SMS)
    files["settings.json"] = base(settings={"control_group": 100, "x": 1})["settings.json"]
    assert told(files) == ["settings.json: unknown-key x"]
    del files["settings.json"]
    assert told(files) == []


def click(step: str, *events: str) -> dict[str, Any]:
    """A wait of at most a day for an answer to the message of a step."""
    answer = {"event": list(events or ("message.clicked",)), "step": step, "next": "c"}
    return {"type": "wait_for", "any": [answer], "timeout": "P1D"}


def test_an_answer_to_a_message_that_goes_out_only_later_never_comes() -> None:
    unsent = "impossible-condition steps.a.any[0].step"
    assert told(chain(click("b"), SMS, WAIT_DAY)) == [unsent]
    mixed = click("b", "order.placed", "message.clicked")
    assert unsent not in told(chain(mixed, SMS, WAIT_DAY))
    assert told(chain(SMS, click("a"), WAIT_DAY)) == []
    assert told(chain(click("b"), SMS, WAIT_DAY | {"next": "a"})) == ["no-way-out steps.a"]
