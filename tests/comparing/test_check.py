"""`--check`: the customer and the moment that break an invariant."""

from pathlib import Path

import pytest

from tests.comparing.given import (
    JOURNEY,
    SETTINGS,
    Doc,
    document,
    line,
    sojourn,
    write,
    write_events,
)
from tests.language.given import changed

SEND: Doc = {key: value for key, value in JOURNEY["steps"]["remind"].items() if key != "next"}
NIGHTS: Doc = {
    "invariants": [
        {"name": "no mail before nine", "none_between": {"from": "20:00", "to": "09:00"}},
        {"name": "one a week", "max": 1, "per": "P7D"},
        {
            "name": "nothing after an order",
            "journeys": ["cart"],
            "none_after": {"event": "order.placed", "where": {"event.cart": "a1"}, "for": "P1D"},
        },
    ]
}


def test_each_breach_names_rule_customer_moment_and_messages(tmp_path: Path) -> None:
    workspace = write(tmp_path / "w", invariants=NIGHTS)
    result = sojourn("simulate", workspace, "--events", write_events(tmp_path), "--check")
    assert result.exit_code == 1
    first = {"journey": "cart", "step": "remind", "channel": "email", "category": "marketing"}
    assert document(result)["broken"] == [
        {
            "invariant": "no mail before nine",
            "customer": "cleo",
            "at": "2026-01-06T08:00:00Z",
            "because": "at 08:00:00 on the local clock (UTC), between 20:00 and 09:00",
            "event": None,
            "messages": [{**first, "decided_at": "2026-01-06T08:00:00Z"}],
        },
        {
            "invariant": "one a week",
            "customer": "ana",
            "at": "2026-01-07T10:00:00Z",
            "because": "more than 1 in P7D",
            "event": None,
            "messages": [
                {**first, "decided_at": "2026-01-05T10:00:00Z"},
                {**first, "decided_at": "2026-01-07T10:00:00Z"},
            ],
        },
    ]


def test_a_message_after_the_event_names_it(tmp_path: Path) -> None:
    stays = changed(JOURNEY, "goal", "exit", False)  # noqa: FBT003 - a value in a file
    workspace = write(tmp_path / "w", stays, invariants={"invariants": NIGHTS["invariants"][2:]})
    lines = [
        line("ana", "cart.abandoned", "2026-01-05T09:00:00Z", cart="a1", total=80),
        line("ana", "order.placed", "2026-01-05T09:30:00Z", cart="a1"),
        line("ben", "cart.abandoned", "2026-01-05T09:00:00Z", cart="a1", total=80),
        line("ben", "order.placed", "2026-01-05T10:00:01Z", cart="a1"),
        line("eve", "cart.abandoned", "2026-01-05T09:00:00Z", cart="a1", total=80),
        line("eve", "order.placed", "2026-01-05T09:30:00Z", cart="a2"),
    ]
    result = sojourn("simulate", workspace, "--events", write_events(tmp_path, lines), "--check")
    (broken,) = document(result)["broken"]
    assert broken["customer"] == "ana"
    assert broken["event"] == {"event": "order.placed", "received_at": "2026-01-05T09:30:00Z"}


def test_an_event_that_comes_twice_forbids_from_the_first_time_only(tmp_path: Path) -> None:
    rule = {"name": "r", "none_after": {"event": "order.placed", "for": "PT1H"}}
    workspace = write(tmp_path / "w", invariants={"invariants": [rule]})
    once = line("ana", "order.placed", "2026-01-05T08:30:00Z") | {"messageId": "o1"}
    lines = [
        once,
        line("ana", "cart.abandoned", "2026-01-05T09:00:00Z", cart="a1", total=80),
        once | {"receivedAt": "2026-01-05T09:45:00Z"},
    ]
    events = write_events(tmp_path, lines)
    assert document(sojourn("simulate", workspace, "--events", events, "--check"))["broken"] == []


def test_the_clock_is_the_one_at_the_moment_of_the_send(tmp_path: Path) -> None:
    """The zone is set by a step, and set otherwise later by an event."""
    steps = {
        "move": {"type": "update", "set": {"profile.timezone": "Asia/Tokyo"}, "next": "remind"},
        "remind": {**JOURNEY["steps"]["remind"], "next": "pause"},
        "pause": {"type": "wait", "for": "P1D"},
    }
    rule = {"name": "r", "none_between": {"from": "18:00", "to": "19:00"}}
    workspace = write(
        tmp_path / "w",
        {**JOURNEY, "start": "move", "steps": steps},
        changed(SETTINGS, "quiet_hours", []),
        invariants={"invariants": [rule]},
    )
    lines = [
        line("ana", "cart.abandoned", "2026-01-05T09:00:00Z", cart="a1", total=80),
        {"userId": "ana", "type": "identify", "timestamp": "2026-01-06T00:00:00Z"}
        | {"traits": {"timezone": "America/New_York"}},
    ]
    result = sojourn("simulate", workspace, "--events", write_events(tmp_path, lines), "--check")
    (broken,) = document(result)["broken"]
    assert (
        broken["because"] == "at 18:00:00 on the local clock (Asia/Tokyo), between 18:00 and 19:00"
    )


def test_who_turns_out_to_be_one_is_one_customer(tmp_path: Path) -> None:
    rule = {"name": "one a day", "max": 1, "per": "calendar_day"}
    after = {"name": "none after", "none_after": {"event": "looked", "until": "cart.abandoned"}}
    workspace = write(tmp_path / "w", invariants={"invariants": [rule, after]})
    lines = [
        line("ana", "cart.abandoned", "2026-01-05T09:00:00Z", cart="1", total=80),
        line("x", "looked", "2026-01-05T09:30:00Z"),
        line("x", "cart.abandoned", "2026-01-05T10:30:00Z", cart="2", total=80),
        line("x", "looked", "2026-01-05T10:45:00Z"),
    ]
    for item in lines[1:]:
        item["anonymousId"] = item.pop("userId")
    joined = line("ana", "signed in", "2026-01-05T13:00:00Z") | {"anonymousId": "x"}
    apart = sojourn("simulate", workspace, "--events", write_events(tmp_path, lines), "--check")
    assert [item["invariant"] for item in document(apart)["broken"]] == ["none after"]
    events = write_events(tmp_path, [*lines, joined])
    page = tmp_path / "page.html"
    found = document(sojourn("simulate", workspace, "--events", events, "--check", "--html", page))
    assert [(item["invariant"], item["customer"]) for item in found["broken"]] == [
        ("none after", "ana"),
        ("one a day", "ana"),
        ("none after", "ana"),
    ]
    assert page.read_text().count("data-customer=") == 1
    same = sojourn("diff", workspace, workspace, "--events", events, "--check", "--fail-on", "any")
    assert document(same)["customers"] == []
    assert document(same)["broken"] == found["broken"]


def test_only_what_happens_by_the_end_is_looked_at(tmp_path: Path) -> None:
    workspace = write(tmp_path / "w", invariants=NIGHTS)
    command = ("simulate", workspace, "--events", write_events(tmp_path), "--check")
    result = sojourn(*command, "--until", "2026-01-06T07:59:59Z")
    assert (result.exit_code, document(result)["broken"]) == (0, [])


def test_without_check_nothing_is_added(tmp_path: Path) -> None:
    workspace = write(tmp_path / "w", invariants=NIGHTS)
    plain = document(sojourn("simulate", workspace, "--events", write_events(tmp_path)))
    assert set(plain) == {"until", "messages", "enrolments", "funnel", "refused"}
    checked = document(
        sojourn("simulate", workspace, "--events", tmp_path / "events.jsonl", "--check")
    )
    assert {key: value for key, value in checked.items() if key != "broken"} == plain


def test_a_workspace_without_invariants_cannot_be_checked(tmp_path: Path) -> None:
    workspace = write(tmp_path / "w")
    result = sojourn("simulate", workspace, "--events", write_events(tmp_path), "--check")
    assert result.exit_code == 2
    assert "there is no such file" in result.stderr


def test_people_are_told_and_of_names_that_cover_nothing(tmp_path: Path) -> None:
    rules = changed(NIGHTS, "invariants", 2, "journeys", ["carts"])
    workspace = write(tmp_path / "w", invariants=rules)
    command = ("simulate", workspace, "--events", write_events(tmp_path), "--check")
    result = sojourn(*command, "--format", "table")
    assert result.exit_code == 1
    assert "one a week" in result.stdout
    assert "3 invariants: 2 broken, 2 times, for 2 customers" in result.stderr
    assert "there is no journey `carts`, so this name covers no message" in result.stderr
    kept = write(tmp_path / "k", invariants={"invariants": NIGHTS["invariants"][2:]})
    result = sojourn("simulate", kept, *command[2:], "--format", "table")
    assert "1 invariant: none was broken" in result.stderr


def test_a_table_of_breaches_is_bounded(tmp_path: Path) -> None:
    rules = {"invariants": [{"name": "nothing at all", "max": 0, "per": "P1D"}]}
    workspace = write(tmp_path / "w", invariants=rules)
    lines = [line(f"c{n}", "cart.abandoned", "2026-01-05T09:00:00Z", total=80) for n in range(25)]
    command = ("simulate", workspace, "--events", write_events(tmp_path, lines), "--check")
    result = sojourn(*command, "--format", "table")
    assert result.stdout.count("nothing at all") == 20
    assert "and 5 more" in result.stderr
    assert len(document(sojourn(*command))["broken"]) == 25


@pytest.mark.parametrize("swapped", [False, True])
def test_a_difference_is_held_to_the_invariants_of_b(tmp_path: Path, *, swapped: bool) -> None:
    strict = write(tmp_path / "strict", invariants=NIGHTS)
    lax = write(tmp_path / "lax", invariants={"invariants": []})
    pair = (strict, lax) if swapped else (lax, strict)
    result = sojourn("diff", *pair, "--events", write_events(tmp_path), "--check")
    assert result.exit_code == (0 if swapped else 1)
    assert len(document(result)["broken"]) == (0 if swapped else 2)
    told = sojourn("diff", *pair, "--events", tmp_path / "events.jsonl", "--format", "table")
    assert "invariant" not in told.output
    assert told.exit_code == 0


def test_what_a_journey_emits_forbids_like_what_came_in(tmp_path: Path) -> None:
    """The mail that goes before the emitted event is no breach, the one in the same instant is."""
    steps = {
        "first": SEND | {"next": "tell"},
        "tell": {"type": "emit", "event": "cart.reminded", "next": "again"},
        "again": SEND,
    }
    rule = {"name": "not again", "none_after": {"event": "cart.reminded", "for": "P1D"}}
    once = {"name": "one mail", "none_after": {"event": "message.sent", "until": "order.placed"}}
    journey = {**JOURNEY, "start": "first", "steps": steps}
    workspace = write(tmp_path / "w", journey, invariants={"invariants": [rule, once]})
    result = sojourn("simulate", workspace, "--events", write_events(tmp_path), "--check")
    broken = [
        (item["invariant"], item["customer"], item["because"], item["messages"][0]["step"])
        for item in document(result)["broken"]
        if item["customer"] == "ana"
    ]
    first, again = ("one mail", "ana", "after message.sent"), ("not again", "ana")
    assert broken[:2] == [
        (*again, "after cart.reminded", "again"),
        (*first, "again"),
    ]
    assert (*first, "first") in broken[2:]
