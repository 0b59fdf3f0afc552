"""Every nearest change is applied, and what it is said to change changes."""

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.instants import format_instant, parse_instant
from sojourn_cli.explaining.story import Entry
from tests.explaining.given import SEND, Doc, as_json, at, journey, known, line, only, plan_of, told

OWN = {"caps": [{"name": "daily", "max": 1, "per": "P1D"}]}
NIGHT = {"quiet_hours": [{"from": "21:00", "to": "08:00"}]}


@dataclass(frozen=True)
class Scene:
    """Files, lines, and which line of what journey is asked about (the last one)."""

    journeys: Mapping[str, Doc]
    lines: Sequence[Doc]
    settings: Doc = field(default_factory=dict)

    def told(self) -> list[Entry]:
        return told(plan_of(self.journeys, self.settings), self.lines)

    def blocked(self, what: str, reason: str) -> Entry:
        return only(self.told(), what, journey="j", reason=reason)

    def changed(self, nearest: Mapping[str, Any]) -> "Scene":
        """The scene after a nearest change."""
        journeys = copy.deepcopy(dict(self.journeys))
        lines = copy.deepcopy(list(self.lines))
        last = lines[-1]
        for path, value in [*nearest.get("set", {}).items(), *_fitting(nearest.get("needs", {}))]:
            _set(last, path, value)
        if "rule" in nearest:
            for path, value in nearest["rule"].items():
                _put(journeys["j"], path if "." in path else f"steps.mail.{path}", value)
        elif "at" in nearest:
            last["timestamp"] = nearest["at"]
        for _ in range(nearest.get("times", 0)):
            lines.insert(-1, copy.deepcopy(lines[-2]))
        return Scene(journeys, lines, self.settings)


def _fitting(needs: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """A value that fulfils what a path needs."""
    values: dict[str, Callable[[Any], Any]] = {
        "gt": lambda operand: operand + 1,
        "lt": lambda operand: operand - 1,
        "ne": lambda _: "something else",
        "not_in": lambda _: "something else",
        "in": lambda operand: operand[0],
        "exists": lambda _: "x@example.com",
        "starts_with": lambda operand: f"{operand} and more",
    }
    return [
        (path, values[operator](operand))
        for path, tests in needs.items()
        for operator, operand in tests.items()
    ]


def _set(last: Doc, path: str, value: object) -> None:
    """Say it with the last line: a property, a trait, or a consent."""
    root, _, rest = path.partition(".")
    table = last.setdefault("properties" if root == "event" else "traits", {})
    _put(table, rest, value)


def _put(table: Doc, path: str, value: object) -> None:
    *way, name = path.split(".")
    for part in way:
        table = table.setdefault(part, {})
    table[name] = value


def go(when: str = "5 10:00", **properties: Any) -> Doc:  # noqa: ANN401 - JSON
    return line(when, "go", properties=properties)


def entry(**fields: Any) -> Mapping[str, Doc]:  # noqa: ANN401 - any part of an entry
    return {"j": journey(entry={"event": "go", **fields})}


NOT_ENTERED = {
    "event.total gte 50: 30.32": Scene(
        entry(where={"event.total": {"gte": 50}}), [known(), go(total=30.32)]
    ),
    "event.total gt 50: 50": Scene(entry(where={"event.total": {"gt": 50}}), [go(total=50)]),
    "event.total lt 5: 50": Scene(entry(where={"event.total": {"lt": 5}}), [go(total=50)]),
    "event.total between [3,5]: 9": Scene(
        entry(where={"event.total": {"between": [3, 5]}}), [go(total=9)]
    ),
    'event.total gte 50: "60" (type mismatch)': Scene(
        entry(where={"event.total": {"gte": 50}}), [go(total="60")]
    ),
    'profile.tier eq "gold": missing': Scene(entry(where={"profile.tier": "gold"}), [go()]),
    'profile.tier in ["gold","silver"]: "tin"': Scene(
        entry(where={"profile.tier": ["gold", "silver"]}), [known(tier="tin"), go()]
    ),
    "profile.open ne true: true": Scene(
        entry(where={"profile.open": {"ne": True}}), [known(open=True), go()]
    ),
    "profile.open exists false: 1": Scene(
        entry(where={"profile.open": {"exists": False}}), [known(open=1), go()]
    ),
    'profile.name starts_with "A": missing': Scene(
        entry(where={"profile.name": {"starts_with": "A"}}), [go()]
    ),
    'profile.last older_than P30D: "2026-01-04T00:00:00Z"': Scene(
        entry(where={"profile.last": {"older_than": "P30D"}}),
        [known(last="2026-01-04T00:00:00Z"), go()],
    ),
    'profile.renewal in_next P7D: "2026-01-20T00:00:00Z"': Scene(
        entry(where={"profile.renewal": {"in_next": "P7D"}}),
        [known(renewal="2026-01-20T00:00:00Z"), go()],
    ),
    'profile.renewal within P7D: "2025-12-20"': Scene(
        entry(where={"profile.renewal": {"within": "P7D"}}), [known(renewal="2025-12-20"), go()]
    ),
    "did bought (count gte 3): 1 times": Scene(
        entry(where={"did": {"event": "bought", "count": {"gte": 3}}}),
        [line("4", "bought"), go()],
    ),
    'any of (event.total gte 50; profile.tier eq "gold"): event.total gte 50: 30;'
    ' profile.tier eq "gold": missing': Scene(
        entry(where={"any": [{"event.total": {"gte": 50}}, {"profile.tier": "gold"}]}),
        [go(total=30)],
    ),
    "entry opens at 2026-01-06T00:00:00Z": Scene(
        entry(after="2026-01-06T02:00:00+02:00"), [known(), go()]
    ),
    "reentry after_exit: still in it": Scene(
        {"j": journey(steps={"mail": {"type": "wait", "for": "P9D"}})}, [go("5"), go("6")]
    ),
    "reentry never: entered before": Scene(entry(reentry={"mode": "never"}), [go("5"), go("6")]),
    "reentry max 2: entered 2 times": Scene(
        entry(reentry={"mode": "after_exit", "max": 2}), [go("5"), go("6"), go("7")]
    ),
    "reentry every: open again at 2026-01-12T09:00:00Z": Scene(
        entry(reentry={"mode": "after_exit", "every": "P7D"}), [go("5"), go("6")]
    ),
}


@pytest.mark.parametrize("reason", NOT_ENTERED)
def test_a_journey_that_did_not_start_does_after_the_nearest_change(reason: str) -> None:
    scene = NOT_ENTERED[reason]
    blocked = scene.blocked("not_entered", reason)
    after = scene.changed(as_json(blocked)["details"]["nearest"]).told()
    before = [item for item in scene.told() if item.what == "entered"]
    assert [item.reason for item in after if item.what == "not_entered"] == []
    assert len([item for item in after if item.what == "entered"]) > len(before)


@pytest.mark.parametrize(
    "reason",
    [reason for reason in NOT_ENTERED if re.search("opens|every|older_than|in_next", reason)],
)
def test_it_does_not_start_a_moment_before_the_instant_that_is_told(reason: str) -> None:
    scene = NOT_ENTERED[reason]
    told_at = as_json(scene.blocked("not_entered", reason))["details"]["nearest"]["at"]
    before = format_instant(parse_instant(told_at) - 1)
    last = scene.lines[-1] | {"timestamp": before}
    scene = Scene(scene.journeys, [*scene.lines[:-1], last], scene.settings)
    assert as_json(scene.blocked("not_entered", reason))["at"] == before


def mail(**fields: Any) -> Mapping[str, Doc]:  # noqa: ANN401 - any part of a step
    steps = {"mail": SEND | fields}
    other = journey(entry={"event": "first"}, steps={"hello": SEND}, start="hello")
    return {"j": journey(steps=steps), "other": other}


NOT_SENT = {
    ("no_address", "channels.sms missing"): Scene(
        mail(channel="sms", content={"text": "T"}), [line("1", "x"), go()]
    ),
    ("no_consent", "consent marketing"): Scene(mail(), [known(consent={"marketing": False}), go()]),
    ("suppressed", "channels.email unsubscribed"): Scene(
        mail(),
        [known(), line("2", "message.unsubscribed", properties={"channel": "email"}), go()],
    ),
    ("capped", "cap daily"): Scene(mail(hold="1h"), [known(), line("5 09:30", "first"), go()], OWN),
    ("quiet", "quiet_hours"): Scene(mail(hold="1h"), [known(), go("5 22:00")], NIGHT),
    ("quiet", "closed"): Scene(
        mail(hold="1h"), [known(), go()], {"closed": [{"from": "2026-01-05", "to": "2026-01-06"}]}
    ),
    ("capped", "cap gap"): Scene(
        mail(on_limit="skip"),
        [known(), line("5 09:30", "first"), go()],
        {"caps": [{"name": "gap", "min_gap": "PT4H"}]},
    ),
    ("capped", "cap monthly"): Scene(
        mail(hold="1h"),
        [known(), line("5 09:30", "first"), go()],
        {"caps": [{"name": "monthly", "max": 1, "per": "calendar_month"}]},
    ),
    ("failed", "render: profile.first_name"): Scene(
        mail(content={"subject": "S", "text": "Hi {{ profile.first_name }}"}), [known(), go()]
    ),
}


@pytest.mark.parametrize(("outcome", "reason"), NOT_SENT)
def test_a_message_that_was_not_sent_is_after_the_nearest_change(outcome: str, reason: str) -> None:
    scene = NOT_SENT[outcome, reason]
    blocked = as_json(scene.blocked("message", reason))
    assert blocked["details"]["outcome"] == outcome
    nearest = blocked["details"]["nearest"]
    if "rule" in nearest:
        nearest = {"rule": nearest["rule"], "at": nearest["at"]}
    sent = only(scene.changed(nearest).told(), "message", journey="j")
    assert sent.details["outcome"] == "sent"
    assert as_json(sent)["at"] == nearest.get("at", blocked["at"])


def test_a_held_message_goes_when_its_cap_frees() -> None:
    scene = Scene(mail(), [known(), line("5 09:30", "first"), go()], OWN)
    held = scene.blocked("held", "cap daily")
    assert held.explanation == (
        "Held: cap daily allows 1 in 1 day, and other/hello at 2026-01-05T09:30:00Z counts;"
        " cap daily frees at 2026-01-06T09:30:00Z."
    )
    sent = only(scene.told(), "message", journey="j")
    assert as_json(sent)["at"] == as_json(held)["details"]["nearest"]["at"] == at("6 09:30")


hours = st.integers(0, 24 * 6)
caps = st.fixed_dictionaries(
    {},
    optional={
        "min_gap": st.sampled_from(["PT1H", "PT30H"]),
        "max": st.integers(1, 3),
    },
)
periods = st.sampled_from(["PT5H", "P2D", "calendar_day", "calendar_week", "calendar_month"])
settings_docs = st.builds(
    lambda found, per, night: {
        "timezone": "America/New_York",
        "caps": [
            {"name": f"c{number}", **cap} | ({"per": per} if "max" in cap else {})
            for number, cap in enumerate(found)
            if cap
        ],
        "quiet_hours": night,
    },
    st.lists(caps, max_size=3),
    periods,
    st.sampled_from([[], NIGHT["quiet_hours"], [{"from": "09:00", "to": "17:00"}]]),
)


@given(settings_docs, st.lists(hours, min_size=1, max_size=8), st.sampled_from(["0s", "3h", "2d"]))
def test_whatever_the_limits_a_longer_hold_holds_until_the_instant_that_is_told(
    settings: Doc, instants: list[int], hold: str
) -> None:
    lines = [known(), *(go(f"{5 + hour // 24} {hour % 24:02}:00") for hour in sorted(instants))]
    entered = {"event": "go", "reentry": {"mode": "always"}}
    files = {"j": journey(entry=entered, steps={"mail": SEND | {"hold": hold}})}
    found = [as_json(item) for item in told(plan_of(files, settings), lines)]
    limited = [item for item in found if item["details"].get("outcome") in {"capped", "quiet"}]
    for item in found:
        if item["what"] == "held":
            assert item["explanation"].endswith(f" {item['details']['until']}.")
    if not limited:
        return
    first = limited[0]
    nearest = first["details"]["nearest"]
    assert parse_instant(nearest["at"]) > parse_instant(first["at"])
    longer = Scene(files, lines, settings).changed({"rule": nearest["rule"]})
    after = [as_json(item) for item in longer.told()]
    held = [
        item
        for item in after
        if item["what"] == "held" and item["at"] == first["at"]
        if item["details"]["message"] == first["details"]["message"]
    ]
    assert [item["details"]["until"] for item in held] == [nearest["at"]]
