"""Random small workspaces and events, as the files that a marketer and a source would write."""

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from hypothesis import strategies as st

from tests.naive.steps import (
    EVENTS,
    IDS,
    LEAVES,
    STEPS,
    Doc,
    conditions,
    doc,
    matches,
    maybe,
    some,
    steps,
)

FIRST_DAY = "2026-03-27"
"""The day on which everything begins, until it is moved to another."""

ZONES = (
    ("UTC", "2026-01-05"),
    ("Europe/Berlin", "2026-03-27"),
    ("America/New_York", "2026-10-30"),
    ("Australia/Lord_Howe", "2026-04-03"),
    ("Asia/Kathmandu", "2026-02-27"),
    ("Africa/Cairo", "2026-04-22"),
    ("Africa/Cairo", "2026-10-28"),
    ("America/Havana", "2026-03-07"),
    ("America/Havana", "2026-10-31"),
    ("Africa/Casablanca", "2026-02-14"),
    ("Antarctica/Troll", "2026-03-28"),
    ("Pacific/Chatham", "2026-04-04"),
    ("Pacific/Apia", "2011-12-29"),
    ("Asia/Pyongyang", "2018-05-03"),
    ("America/Santiago", "2026-09-05"),
)
"""Zones, and a day before something happens to their clocks; or at the end of a month."""

_ENTERING = ["a", "a", "b", ["a", "b"], ["b", "message.sent"], "y"]
FEEDBACK = ["message.delivered", "message.opened", "message.bounced", "message.complained"]
_PROFILES: list[Doc] = [
    {"x": 1},
    {"x": {"gte": 1}, "tags": {"contains": "vip"}},
    {"name": {"exists": False}, "x": {"ne": 0}},
]


@st.composite
def _entries(draw: st.DrawFn, number: int) -> Doc:
    entry = draw(
        st.one_of(
            doc(
                event=st.sampled_from(_ENTERING[: 4 + number]),
                where=st.none() | conditions(LEAVES.filter(lambda leaf: not _is_inner(leaf))),
                key=maybe("event.n"),
            ),
            doc(profile=st.sampled_from(_PROFILES)),
            doc(
                segment=st.sampled_from(
                    [
                        {"id": "ones"},
                        {"id": "ones", "on": "leave"},
                        {"id": "buyers"},
                        {"id": "buyers", "on": "leave"},
                        {"id": "named"},
                    ]
                )
            ),
        )
    )  # fmt: skip
    entry["reentry"] = draw(
        maybe(
            {"mode": "never"},
            {"mode": "always"},
            {"mode": "always", "max": 2},
            {"mode": "after_exit", "every": "PT5H"},
            {"mode": "always", "every": "PT1H"},
            {"mode": "after_exit", "max": 2},
            {"mode": "after_exit", "every": "P1D", "max": 3},
        )
    )
    entry["after"] = draw(maybe(*[None] * 9, f"{FIRST_DAY}T07:00:00Z"))
    entry["until"] = draw(maybe(*[None] * 9, f"{FIRST_DAY}T12:00:00+01:00"))
    entry["holdout"] = draw(st.sampled_from([None] * 9 + [100, 50, 0.5]))
    return some(entry)


@st.composite
def _journeys(draw: st.DrawFn, number: int, journeys: int) -> Doc:
    count = draw(st.sampled_from([5, 4, 3, 2, 1]))
    others = IDS[number + 1 : journeys]
    if draw(st.sampled_from([False] * 5 + [True])):
        others = IDS[:journeys]
    leads_back = draw(st.booleans())
    made_of = {
        name: draw(steps(at, count, others, leads_back=leads_back))
        for at, name in enumerate(STEPS[:count])
    }
    named = {name: made_of[name] for name in _reached(made_of)}
    sending = {name for name, step in named.items() if step["type"] == "send"}
    rule = doc(
        event=st.sampled_from([None, "c", "b", "z", "message.sent", "message.clicked"]),
        where=st.none() | conditions(),
        segment=maybe(*[None] * 3, "ones", "buyers"),
        match=matches,
        outcome=maybe("gone"),
        enter=maybe(*IDS[number + 1 : journeys]),
    ).map(_about_something)
    goal = doc(
        event=st.sampled_from(["c", "b", "message.clicked", ["a", "z"]]), match=matches,
        where=st.none() | conditions(),
        within=maybe("PT5H", "P1D"), exit=st.none() | st.just(value=True),
    )  # fmt: skip
    made = some(
        {
            "id": IDS[number],
            "status": draw(st.sampled_from(["live"] * 20 + ["paused", "archived", "draft"])),
            "priority": draw(maybe(40, 60)),
            "category": draw(maybe("news")),
            "entry": draw(_entries(number)),
            "exit": draw(st.none() | st.lists(rule, min_size=1, max_size=2)),
            "goal": draw(st.none() | goal),
            "max_stay": draw(maybe("P3D", "PT5H")),
            "on_archive": draw(maybe("finish", "exit")),
            "resume_over": draw(maybe("PT0S", "PT0S", "PT5H", "P2D")),
            "start": STEPS[0],
            "steps": named,
        }
    )
    return dict(_asking_only(made, sending))


def _asking_only(doc: Any, sending: set[str]) -> Any:  # noqa: ANN401 - anything JSON has
    """The same without what asks after messages of steps that send nothing."""
    if isinstance(doc, list):
        return [_asking_only(each, sending) for each in doc]
    if not isinstance(doc, dict):
        return doc
    found: Doc = {}
    for key, value in doc.items():
        if key == "step" and value not in sending:
            continue
        if key.startswith("messages.") and key.split(".")[1] not in sending:
            found["profile.x"] = 1
        else:
            found[key] = _asking_only(value, sending)
    return found


def _is_inner(leaf: Doc) -> bool:
    return any(word in str(leaf) for word in ("entry", "vars.", "messages."))


def _about_something(rule: Doc) -> Doc:
    if rule.keys() & {"event", "where", "segment"}:
        return rule
    return {**rule, "event": "c"}


def _reached(steps: Doc) -> list[str]:
    """The steps that can be reached, in order."""
    found: list[str] = []
    todo = [STEPS[0]]
    while todo:
        name = todo.pop()
        if name not in found:
            found.append(name)
            todo += [target for target in _targets(steps[name]) if target in steps]
    return sorted(found)


def _targets(step: Any) -> Iterator[str]:  # noqa: ANN401 - anything JSON has
    if isinstance(step, dict):
        for key, value in step.items():
            if key in {"next", "else", "on_timeout"} and isinstance(value, str):
                yield value
            elif key == "on":
                yield from value.values()
            else:
                yield from _targets(value)
    elif isinstance(step, list):
        for each in step:
            yield from _targets(each)


@st.composite
def workspaces(draw: st.DrawFn) -> Doc:
    """Settings, segments and one to three journeys."""
    zone, day = draw(st.sampled_from(ZONES))
    cap = st.one_of(
        doc(max=st.integers(1, 2), per=st.sampled_from(["PT5H", "P1D", "P2D"])),
        doc(
            max=st.just(1), per=st.sampled_from(["calendar_day", "calendar_week", "calendar_month"])
        ),
        doc(max=st.sampled_from([0, 3]), per=st.just("PT12H"), min_gap=st.just("PT45M")),
        doc(min_gap=st.sampled_from(["PT4H", "PT1H"])),
    )
    caps = [
        {"name": f"cap{number}", **draw(cap), **draw(_scopes)}
        for number in range(draw(st.integers(0, 2)))
    ]
    quiet = st.sampled_from(
        [
            {"from": "21:00", "to": "08:00"},
            {"from": "13:00", "to": "18:15", "channels": ["sms"]},
            {"from": "22:00", "to": "06:00", "weekdays": ["sat", "sun"]},
            {"from": "01:30", "to": "02:30"},
            {"from": "10:00", "to": "10:00", "weekdays": ["mon", "sun"]},
            {"from": "07:00", "to": "06:45", "channels": ["email", "push"]},
        ]
    )
    journeys = draw(st.sampled_from([3, 2, 1]))
    made = {
        "settings": some(
            {
                "timezone": zone,
                "senders": {"email": "Shop <hello@shop.example>", "sms": "SHOP"},
                "categories": {
                    "news": {
                        "consent": draw(st.sampled_from(["none", "opt_out", "opt_in"])),
                        "obeys_caps": draw(st.booleans()),
                        "counts_toward_caps": draw(st.booleans()),
                        "quiet_hours": draw(st.booleans()),
                    }
                },
                "caps": caps,
                "quiet_hours": draw(st.lists(quiet, max_size=2)),
                "closed": draw(
                    maybe(
                        *[None] * 4,
                        [{"from": FIRST_DAY, "to": FIRST_DAY}],
                        [{"from": "2026-03-29", "to": "2026-03-30", "channels": ["sms"]}],
                    )
                ),
                "control_group": draw(st.sampled_from([None] * 9 + [100, 33.3, 50])),
            }
        ),
        "segments": {
            "ones": {"profile.x": {"gte": 1}},
            "buyers": {"did": {"event": "b", "within": "P1D"}},
            "named": {"any": [{"profile.name": {"like": "A*"}}, {"segment": "ones"}]},
        },
        "journeys": {
            IDS[number]: draw(_journeys(number, journeys)) for number in range(journeys)
        },
    }  # fmt: skip
    who = draw(st.sampled_from(["c1"] * 4 + ["c2", "c3", "Zoë 7"]))
    return {"begin": day, "who": who, **near(made, day)}


def near(doc: Doc, day: str) -> Doc:
    """The same, with every date in it as near to a day as it is to the first one."""
    shift = date.fromisoformat(day) - date.fromisoformat(FIRST_DAY)
    text = re.sub(
        FIRST_DAY[:-2] + r"\d\d",
        lambda found: str(date.fromisoformat(found[0]) + shift),
        json.dumps(doc),
    )
    moved: Doc = json.loads(text)
    return moved


_scopes: st.SearchStrategy[Doc] = st.sampled_from(
    [
        {},
        {},
        {"channels": ["email"]},
        {"categories": ["marketing"]},
        {"channels": ["sms", "push"], "categories": ["news"]},
    ]
)

DEVICE = "arn:aws:sns:us-east-1:123456789012:endpoint/GCM/shop/1"

happenings = st.lists(
    st.fixed_dictionaries(
        {
            "quarter": st.sampled_from([0, 0, 1, 4, 5]) | st.integers(0, 300),
            "late": st.sampled_from([0] * 6 + [1, 8, 30, -1, -20]),
            "besides": st.sampled_from([0] * 6 + [1, 59, 600, 0.001, 0.999999]),
            "name": st.sampled_from(
                [
                    "a",
                    "a",
                    *EVENTS * 3,
                    "message.clicked",
                    "message.unsubscribed",
                    "message.bounced",
                    *FEEDBACK,
                ]
            ),
            "properties": st.sampled_from(
                [
                    *[{}, {"n": 1}, {"n": 2}, {"n": 2, "day": "2026-03-29"}] * 2,
                    {"n": "1"},
                    {"n": True},
                    {"n": 1.5, "tag": "Big Deal"},
                    {"n": None, "day": "2026-03-28T22:15:00-02:00"},
                    {"n": 0, "tag": "", "day": 17},
                    {"n": 1, "o": {"k": 1, "list": ["a", 1], "in": {"deep": 2}}},
                    {"n": 2, "o": {"k": "1", "list": [], "in": {"deep": 3.5}}},
                    {"o": [{"k": 1}]},
                ]
            ),
            "bounce": st.sampled_from(["permanent", "transient", None]),
            "channel": st.sampled_from(["email", "email", "sms", "push"]),
            "silent": st.sampled_from([False] * 9 + [True]),
            "bot": st.sampled_from([False] * 4 + [True]),
            "times": st.sampled_from([1] * 12 + [5]),
            "again": st.sampled_from([False] * 9 + [True]),
            "of": st.tuples(st.sampled_from(IDS), st.sampled_from(STEPS[:2])),
            "traits": st.sampled_from(
                [
                    *[{}] * 12,
                    {"x": 1},
                    {"x": 0, "tags": ["vip"]},
                    {"x": None},
                    {"timezone": "Asia/Tokyo"},
                    {"timezone": "Europe/Berlin"},
                    {"day": "2026-03-29"},
                    {"timezone": "Mars/Base"},
                    {"timezone": None, "name": None},
                    {"day": "2026-02-30"},
                    {"day": "2026-03-27T23:45:00Z", "born": "2026-03-28T23:30:00+02:00"},
                    {"born": "2026-03-28", "o": {"k": 1}},
                    {"o": {"j": 2}, "order.total": 5},
                    {"name": "Ana", "locale": "en"},
                    {"name": "ana", "x": 1.5, "tags": ["VIP", 1]},
                    {"x": "1", "o": 3},
                    {"o": {"k": 1, "in": {"deep": 2, "list": [1, 2, "A"]}}},
                    {"o": {"in": {"deep": "2", "list": "2"}}, "tags": [["vip"], {"k": "vip"}]},
                    {"email": "new@example.com"},
                    {"email": None},
                    {"push_endpoints": [DEVICE, DEVICE + "2"]},
                    {"push_endpoints": DEVICE, "x": 2},
                    {"push_endpoints": []},
                    {"phone": "+27820000002"},
                    {"consent": {"news": False, "marketing": None}},
                    {"consent": {"marketing": False}},
                    {"consent": {"marketing": True, "news": True}},
                    {"consent": {"marketing": True}, "timezone": "America/New_York"},
                    {"consent": {"news": True}, "timezone": "Pacific/Chatham"},
                ]
            ),
        }
    ),
    min_size=5,
    max_size=20,
)
"""What happens to one customer: quarters of an hour after the beginning, seconds besides, and how
many quarters late, or ahead.
"""


def crowded(story: list[Doc], quarters: int) -> list[Doc]:
    """The same story; what happens in so many quarters of an hour happens in the first of them."""
    return [item | {"quarter": item["quarter"] // quarters * quarters} for item in story]
