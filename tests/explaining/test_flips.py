"""Every nearest change is applied, and what it is said to change changes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.values.instants import format_instant, parse_instant
from sojourn_cli.explaining.story import Wanted
from tests.explaining.given import SEND, Doc, as_json, at, journey, known, line, only, plan_of, told
from tests.explaining.scenes import NIGHT, OWN, Scene, change_in, entry, go, mail

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
    'event.total gt 50: "50.50" (type mismatch)': Scene(
        entry(where={"event.total": {"gt": 50}}), [go(total="50.50")]
    ),
    'event.zip eq "8000": 8000 (type mismatch)': Scene(
        entry(where={"event.zip": "8000"}), [go(zip=8000)]
    ),
    'profile.vip in [true,1]: "yes" (type mismatch)': Scene(
        entry(where={"profile.vip": [True, 1]}), [known(vip="yes"), go()]
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
    'event.name contains "art": "hello"': Scene(
        entry(where={"event.name": {"contains": "art"}}), [go(name="hello")]
    ),
    'event.tags contains "art": ["a"]': Scene(
        entry(where={"event.tags": {"contains": "art"}}), [go(tags=["a"])]
    ),
    "event.tags contains 3: missing": Scene(entry(where={"event.tags": {"contains": 3}}), [go()]),
    'profile.name ends_with "A": "B"': Scene(
        entry(where={"profile.name": {"ends_with": "A"}}), [known(name="B"), go()]
    ),
    'profile.name like "*a*b*": "ba"': Scene(
        entry(where={"profile.name": {"like": "*a*b*"}}), [known(name="ba"), go()]
    ),
    'profile.name eq "ANA", ignoring case: "bo"': Scene(
        entry(where={"profile.name": {"eq": "ANA", "ignore_case": True}}), [known(name="bo"), go()]
    ),
    'profile.name not_in ["a","b"]: "a"': Scene(
        entry(where={"profile.name": {"not_in": ["a", "b"]}}), [known(name="a"), go()]
    ),
    "profile.name exists true: missing": Scene(
        entry(where={"profile.name": {"exists": True}}), [known(), go()]
    ),
    "profile.n lte 5: 7": Scene(entry(where={"profile.n": {"lte": 5}}), [known(n=7), go()]),
    'profile.n gt "b": "b"': Scene(entry(where={"profile.n": {"gt": "b"}}), [known(n="b"), go()]),
    'profile.n lt "b": "b"': Scene(entry(where={"profile.n": {"lt": "b"}}), [known(n="b"), go()]),
    "profile.n eq true: 1 (type mismatch)": Scene(
        entry(where={"profile.n": True}), [known(n=1), go()]
    ),
    'profile.d before "2026-01-01": "2026-02-01"': Scene(
        entry(where={"profile.d": {"before": "2026-01-01"}}), [known(d="2026-02-01"), go()]
    ),
    'profile.d after "2026-01-01T09:00:00Z": missing': Scene(
        entry(where={"profile.d": {"after": "2026-01-01T09:00:00Z"}}), [known(), go()]
    ),
    "not (consent.marketing eq true): it holds": Scene(
        entry(where={"not": {"consent.marketing": True}}), [known(), go()]
    ),
    "consent.marketing ne true: true": Scene(
        entry(where={"consent.marketing": {"ne": True}}), [known(), go()]
    ),
    "consent.marketing eq true: false": Scene(
        entry(where={"consent.marketing": True}), [known(consent={"marketing": False}), go()]
    ),
    'customer.timezone eq "Africa/Johannesburg": "UTC"': Scene(
        entry(where={"customer.timezone": "Africa/Johannesburg"}),
        [known(), go()],
        {"timezone": "UTC"},
    ),
    "not (profile.open eq true): it holds": Scene(
        entry(where={"not": {"profile.open": True}}), [known(open=True), go()]
    ),
    "not (profile.open ne true): it holds": Scene(
        entry(where={"not": {"profile.open": {"ne": True}}}), [known(), go()]
    ),
    "not (profile.open exists false): it holds": Scene(
        entry(where={"not": {"profile.open": {"exists": False}}}), [known(), go()]
    ),
    'not (profile.name not_in ["a"]): it holds': Scene(
        entry(where={"not": {"profile.name": {"not_in": ["a"]}}}), [known(), go()]
    ),
    "not (any of (profile.a eq 1 and profile.b eq 2)): it holds": Scene(
        entry(where={"not": {"any": [{"profile.a": 1, "profile.b": 2}]}}), [known(a=1, b=2), go()]
    ),
    "not (segment vip): it holds": Scene(
        entry(where={"not": {"segment": "vip"}}), [known(vip=True), go()]
    ),
    "segment vip: profile.vip eq true: missing": Scene(
        entry(where={"segment": "vip"}), [known(), go()]
    ),
    "not (did bought (within P7D, count gte 1)): it holds": Scene(
        entry(where={"not": {"did": {"event": "bought", "within": "P7D"}}}),
        [line("2", "bought"), line("4", "bought"), go()],
    ),
    "did bought (within P7D, count lt 2): 3 times": Scene(
        entry(where={"did": {"event": "bought", "within": "P7D", "count": {"lt": 2}}}),
        [line("2", "bought"), line("3", "bought"), line("4", "bought"), go()],
    ),
    "did bought (count eq 2): 1 times": Scene(
        entry(where={"did": {"event": "bought", "count": 2}}), [line("2", "bought"), go()]
    ),
    "did bought (count gte 1, sum of event.total gte 100.5): 1 times, sum 30": Scene(
        entry(where={"did": {"event": "bought", "sum": {"of": "event.total", "gte": 100.5}}}),
        [line("2", "bought", properties={"total": 30}), go()],
    ),
    'did bought (where event.kind eq "rug" and event.n gt 2, count gte 2): 0 times': Scene(
        entry(
            where={
                "did": {
                    "event": "bought",
                    "where": {"event.kind": "rug", "event.n": {"gt": 2}},
                    "count": {"gte": 2},
                }
            }
        ),
        [line("2", "bought", properties={"kind": "mug"}), go()],
    ),
    "entry closed at 2026-01-04T00:00:00Z": Scene(
        entry(until="2026-01-04T00:00:00Z"), [known(), go()]
    ),
    "journey is paused": Scene({"j": journey(status="paused")}, [known(), go()]),
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
    after = scene.changed(change_in(blocked)).told()
    before = [item for item in scene.told() if item.what == "entered"]
    assert [item.reason for item in after if item.what == "not_entered"] == []
    assert len([item for item in after if item.what == "entered"]) > len(before)


@pytest.mark.parametrize(
    "reason",
    [reason for reason in NOT_ENTERED if re.search("opens|every|older_than|in_next", reason)],
)
def test_it_does_not_start_a_moment_before_the_instant_that_is_told(reason: str) -> None:
    scene = NOT_ENTERED[reason]
    told_at = change_in(scene.blocked("not_entered", reason))["instant"]
    before = format_instant(parse_instant(told_at) - 1)
    last = scene.lines[-1] | {"timestamp": before}
    scene = Scene(scene.journeys, [*scene.lines[:-1], last], scene.settings)
    assert as_json(scene.blocked("not_entered", reason))["at"] == before


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
    ("suppressed", "channels.email bounced"): Scene(
        mail(),
        [
            known(),
            line(
                "2", "message.bounced", properties={"channel": "email", "bounce_type": "permanent"}
            ),
            go(),
        ],
    ),
    ("capped", "cap none"): Scene(
        mail(), [known(), go()], {"caps": [{"name": "none", "max": 0, "per": "P1D"}]}
    ),
    ("capped", "cap brief"): Scene(
        mail(on_limit="skip"),
        [known(), line("5 09:30", "first"), go()],
        {"caps": [{"name": "brief", "max": 1, "per": "PT1H"}]},
    ),
    ("capped", "cap long"): Scene(
        mail(on_limit="skip"),
        [known(), line("5 09:30", "first"), go()],
        {"caps": [{"name": "long", "max": 1, "per": "P3D"}]},
    ),
    ("failed", "render: entry.code"): Scene(
        mail(content={"subject": "S", "text": "{{ entry.code }}"}), [known(), go()]
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
    for change in (nearest["change"], *nearest.get("or", [])):
        sent = only(scene.changed(change).told(), "message", journey="j")
        assert sent.details["outcome"] == "sent"
        late = {"capped", "quiet"} & {outcome}
        expected = nearest["change"].get("instant") if late else blocked["at"]
        assert as_json(sent)["at"] == (expected or blocked["at"])


def test_who_is_held_out_is_not_with_a_smaller_share() -> None:
    scene = Scene(entry(holdout=100), [known(), go()])
    change = change_in(only(scene.told(), "held_out"))
    assert 0 <= change["to"] < 100
    only(scene.changed(change).told(), "entered")
    change["to"] += 1
    only(scene.changed(change).told(), "held_out")


def test_who_is_of_the_control_group_is_not_with_a_smaller_one() -> None:
    scene = Scene(mail(), [known(), go()], {"control_group": 100})
    change = change_in(scene.blocked("message", "control_group"))
    sent = only(scene.changed(change).told(), "message", journey="j")
    assert sent.details["outcome"] == "sent"
    change["to"] += 1
    scene.changed(change).blocked("message", "control_group")


def test_who_has_gone_round_too_often_goes_on_with_one_visit_more() -> None:
    steps = {
        "rest": {"type": "wait", "for": "P1D", "next": "mail"},
        "mail": SEND | {"max_visits": 2, "next": "rest"},
    }
    scene = Scene({"j": journey(start="rest", steps=steps)}, [known(), go()])
    left = only(scene.told(), "exited")
    assert left.explanation == (
        "Ended as loop_limit: step mail was visited 2 times; max_visits 3 would allow another."
    )
    sent = [item for item in scene.told() if item.what == "message"]
    after = [item for item in scene.changed(change_in(left)).told() if item.what == "message"]
    assert (len(sent), len(after)) == (2, 3)


def test_a_branch_that_did_not_hold_does_after_the_nearest_change() -> None:
    branches: list[Doc] = [
        {"where": {"messages.mail.status": "sent"}, "next": "mail"},
        {"where": {"segment": "vip"}, "next": "mail"},
    ]
    steps: Doc = {"which": {"type": "branch", "branches": branches, "else": "out"}}
    steps |= {"mail": SEND, "out": {"type": "exit"}}
    scene = Scene({"j": journey(start="which", steps=steps)}, [known(), go()])
    taken = only(scene.told(), "branch")
    assert taken.explanation == (
        'No branch held: else (branch 1 because of messages.mail.status = "sent": it was missing;'
        " branch 2 because of segment vip: profile.vip = true: it was missing);"
        " true would be enough."
    )
    assert only(scene.changed(change_in(taken)).told(), "branch").details["branch"] == 1


def test_a_journey_that_is_never_asked_is_when_it_is_live() -> None:
    plan = plan_of({"j": journey(status="draft")})
    (entry_,) = told(plan, [known(), go()], Wanted(journey="j"))
    changed = Scene({"j": journey(status="draft")}, [known(), go()]).changed(change_in(entry_))
    only(changed.told(), "entered")


def test_a_held_message_goes_when_its_cap_frees() -> None:
    scene = Scene(mail(), [known(), line("5 09:30", "first"), go()], OWN)
    held = scene.blocked("held", "cap daily")
    assert held.explanation == (
        "Held: cap daily allows 1 in 1 day, and other/hello at 2026-01-05T09:30:00Z counts;"
        " cap daily frees at 2026-01-06T09:30:00Z."
    )
    sent = only(scene.told(), "message", journey="j")
    assert as_json(sent)["at"] == change_in(held)["instant"] == at("6 09:30")


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
    allowed = nearest["change"]["instant"]
    assert parse_instant(allowed) > parse_instant(first["at"])
    longer = Scene(files, lines, settings).changed(nearest["or"][0])
    after = [as_json(item) for item in longer.told()]
    held = [
        item
        for item in after
        if item["what"] == "held" and item["at"] == first["at"]
        if item["details"]["message"] == first["details"]["message"]
    ]
    assert [item["details"]["until"] for item in held] == [allowed]
