"""`sojourn diff`: what a change of a workspace would have done to everybody in a history."""

from collections import Counter
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from tests.comparing.given import (
    HISTORY,
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

SHOP = Path(__file__).parents[2] / "examples" / "shop"


def difference(
    tmp_path: Path,
    journey: Doc = JOURNEY,
    settings: Doc = SETTINGS,
    lines: list[Doc] | None = None,
    **options: str,
) -> Doc:
    a, b = write(tmp_path / "a"), write(tmp_path / "b", journey, settings)
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    result = sojourn("diff", a, b, "--events", write_events(tmp_path, lines), *words)
    assert result.exit_code == 0, result.output
    return document(result)


def changes(doc: Doc) -> list[tuple[str, str, str]]:
    """Each change as customer, kind and when b (or a, of a lost one) decided the message."""
    return [
        (item["customer"], change["change"], (change["b"] or change["a"])["decided_at"])
        for item in doc["customers"]
        for change in item["changes"]
    ]


def test_the_shape_of_the_result(tmp_path: Path) -> None:
    doc = difference(tmp_path, changed(JOURNEY, "steps", "wait", "for", "PT2H"))
    assert list(doc) == ["until", "totals", "journeys", "steps", "pressure", "customers"]
    assert doc["until"] == {"a": "2026-01-07T11:30:00Z", "b": "2026-01-07T11:30:00Z"}
    assert doc["totals"] == {
        "customers": 3, "affected": 1, "gained": 0, "lost": 0, "moved": 2, "changed": 0, "same": 1,
        "enrolments": {"a": 3, "b": 3},
        "conversions": {"a": 2, "b": 2},
        "messages": {"a": 3, "b": 3},
    }  # fmt: skip
    assert doc["journeys"] == [
        {
            "journey": "cart", "gained": 0, "lost": 0, "moved": 2, "changed": 0,
            "enrolments": {"a": 3, "b": 3},
            "conversions": {"a": 2, "b": 2},
            "messages": {"a": 3, "b": 3},
        }
    ]  # fmt: skip
    assert doc["steps"] == [
        {
            "journey": "cart", "step": "remind", "change": "moved", "messages": 2,
            "a": {"status": "sent", "reason": None}, "b": {"status": "sent", "reason": None},
            "instead": None, "later_seconds": {"least": 3600, "most": 3600},
        }
    ]  # fmt: skip
    assert doc["customers"][0]["changes"][0] == {
        "change": "moved", "journey": "cart", "step": "remind", "channel": "email",
        "later_seconds": 3600, "differs": [],
        "a": {
            "status": "sent", "reason": None, "requested_at": "2026-01-05T10:00:00Z",
            "decided_at": "2026-01-05T10:00:00Z", "subject": "Your cart",
        },
        "b": {
            "status": "sent", "reason": None, "requested_at": "2026-01-05T11:00:00Z",
            "decided_at": "2026-01-05T11:00:00Z", "subject": "Your cart",
        },
        "instead": None,
    }  # fmt: skip


def test_who_newly_enters_gains_and_who_no_longer_does_loses(tmp_path: Path) -> None:
    at = ("entry", "where", "event.total", "gte")
    assert changes(difference(tmp_path / "1", changed(JOURNEY, *at, 40))) == [
        ("ben", "gained", "2026-01-05T11:00:00Z")
    ]
    doc = difference(tmp_path / "2", changed(JOURNEY, *at, 85))
    assert changes(doc) == [
        ("ana", "lost", "2026-01-05T10:00:00Z"),
        ("ana", "lost", "2026-01-07T10:00:00Z"),
    ]
    assert doc["totals"]["enrolments"] == {"a": 3, "b": 1}
    assert doc["totals"]["conversions"] == {"a": 2, "b": 0}


@pytest.mark.parametrize(
    ("changes", "instead"),
    [
        ((("entry", "where", "event.total", "gte"), 95), "not entered"),
        ((("entry", "holdout"), 100), "held out"),
        ((("steps", "wait", "for"), "P300D"), "still inside"),
        ((("exit",), [{"where": {"profile.email": {"exists": True}}, "outcome": "gone"}]),
         "ended as gone"),
    ],
)  # fmt: skip
def test_of_a_message_that_was_never_asked_for_it_says_what_became_of_its_enrolment(
    tmp_path: Path, changes: tuple[tuple[str, ...], Any], instead: str
) -> None:
    place, to = changes
    b = write(tmp_path / "b", changed(JOURNEY, *place, to))
    options = ("--events", write_events(tmp_path), "--until", "2026-01-08T00:00:00Z")
    result = sojourn("diff", write(tmp_path / "a"), b, *options)
    doc = document(result)
    assert instead in {step["instead"] for step in doc["steps"]}
    cleo = next(item for item in doc["customers"] if item["customer"] == "cleo")
    assert [change["instead"] for change in cleo["changes"]] == [instead]
    table = sojourn("diff", tmp_path / "a", b, *options, "--format", "table", "--fail-on", "lost")
    assert f"not asked for ({instead})" in " ".join(table.stdout.split())
    assert "fails by --fail-on: messages 3 lost" in table.stderr


def test_another_text_at_the_same_instant_is_a_change(tmp_path: Path) -> None:
    doc = difference(tmp_path, changed(JOURNEY, "steps", "remind", "content", "subject", "Hey"))
    assert doc["totals"]["changed"] == 3
    assert doc["customers"][0]["changes"][0]["differs"] == ["subject"]
    assert doc["customers"][0]["changes"][0]["later_seconds"] is None


def test_pressure_says_what_each_rule_held_and_for_how_long(tmp_path: Path) -> None:
    capped = changed(SETTINGS, "caps", [{"name": "weekly", "max": 1, "per": "P7D"}])
    doc = difference(tmp_path, settings=capped)
    assert doc["pressure"] == [
        {
            "rule": "cap weekly", "held": {"a": 0, "b": 0}, "dropped": {"a": 0, "b": 1},
            "held_seconds": {"a": 0, "b": 0}, "longest_seconds": {"a": 0, "b": 0},
        },
        {
            "rule": "quiet_hours", "held": {"a": 1, "b": 1}, "dropped": {"a": 0, "b": 0},
            "held_seconds": {"a": 32400, "b": 32400}, "longest_seconds": {"a": 32400, "b": 32400},
        },
    ]  # fmt: skip
    (change,) = doc["customers"][0]["changes"]
    assert (change["change"], change["b"]["status"]) == ("lost", "capped")
    assert change["b"]["reason"] == "cap weekly"


def test_a_message_held_by_two_rules_is_shared_between_them(tmp_path: Path) -> None:
    capped = changed(SETTINGS, "caps", [{"name": "gap", "min_gap": "P1DT11H"}])
    journey = changed(JOURNEY, "steps", "remind", "hold", "P3D")
    lines = [
        line("ana", "cart.abandoned", "2026-01-05T09:00:00Z", cart="1", total=80),
        line("ana", "cart.abandoned", "2026-01-05T19:30:00Z", cart="2", total=80),
    ]
    doc = difference(tmp_path, journey, capped, lines=lines)
    held = {row["rule"]: row["held_seconds"]["b"] for row in doc["pressure"]}
    # Wanted at 20:30; the gap frees at 21:00 of the next day, quiet hours end at 08:00 after it.
    assert sum(held.values()) == (11 + 24) * 3600 + 1800
    assert doc["totals"]["moved"] == 1


def sent_by(workspace: Path) -> Counter[tuple[str, str, str]]:
    """How many messages each customer gets of each step, by the simulation alone."""
    found = document(sojourn("simulate", workspace, "--events", SHOP / "events.jsonl"))
    return Counter(
        (row["customer"], row["journey"], row["step"])
        for row in found["messages"]
        if row["status"] == "sent"
    )


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("settings.json", '"max": 1, "per": "P1D"', '"max": 1, "per": "P3D"'),
        ("settings.json", '"from": "21:00", "to": "08:00"', '"from": "15:00", "to": "10:00"'),
        ("journeys/cart-recovery.json", '"for": "PT1H"', '"for": "PT5H"'),
        ("journeys/cart-recovery.json", '{"gte": 50}', '{"gte": 1000}'),
        ("journeys/welcome.json", '"status": "live"', '"status": "draft"'),
        ("journeys/post-purchase.json", '"for": "P5D"', '"for": "P6D"'),
    ],
)
def test_the_sums_come_out(tmp_path: Path, file: str, old: str, new: str) -> None:
    other = tmp_path / "shop"
    copytree(SHOP, other)
    text = (other / file).read_text(encoding="utf-8")
    assert old in text
    (other / file).write_text(text.replace(old, new), encoding="utf-8")
    there, back = (
        document(sojourn("diff", *pair, "--events", SHOP / "events.jsonl"))
        for pair in ((SHOP, other), (other, SHOP))
    )
    sums = there["totals"]
    both = sums["moved"] + sums["changed"] + sums["same"]
    assert sums["messages"] == {"a": both + sums["lost"], "b": both + sums["gained"]}
    assert sums["affected"] == len(there["customers"]) > 0
    for kind in ("gained", "lost", "moved", "changed"):
        assert sums[kind] == sum(row[kind] for row in there["journeys"])
        assert sums[kind] == sum(kind == item for _, item, _ in changes(there))
        assert sums[kind] == sum(row["messages"] for row in there["steps"] if row["change"] == kind)
    more = sent_by(other)
    more.subtract(sent_by(SHOP))
    told: Counter[tuple[str, str, str]] = Counter()
    for item in there["customers"]:
        for change in item["changes"]:
            place = (item["customer"], change["journey"], change["step"])
            told[place] += {"gained": 1, "lost": -1}.get(change["change"], 0)
    assert {place: n for place, n in more.items() if n} == {p: n for p, n in told.items() if n}
    assert (back["totals"]["gained"], back["totals"]["lost"]) == (sums["lost"], sums["gained"])
    assert [item["customer"] for item in back["customers"]] == [
        item["customer"] for item in there["customers"]
    ]


def test_it_stops_where_both_are_told_to_and_draws_as_it_is_told_to(tmp_path: Path) -> None:
    later = changed(JOURNEY, "steps", "wait", "for", "PT2H")
    doc = difference(tmp_path / "1", later, until="2026-01-05T10:30:00Z")
    assert doc["until"] == dict.fromkeys("ab", "2026-01-05T10:30:00Z")
    assert changes(doc) == [("ana", "lost", "2026-01-05T10:00:00Z")]
    halves = changed(JOURNEY, "entry", "holdout", 50)
    lines = [line(f"c{n}", "cart.abandoned", "2026-01-05T09:00:00Z", total=80) for n in range(30)]
    first, other = (
        {
            item["customer"]
            for item in difference(tmp_path / seed, halves, lines=lines, seed=seed)["customers"]
        }
        for seed in ("2", "3")
    )
    assert first != other
    assert 0 < len(first) < 30


@pytest.mark.parametrize(
    ("change", "fails"),
    [
        (("entry", "where", "event.total", "gte", 40), {"gained", "any"}),
        (("entry", "where", "event.total", "gte", 85), {"lost", "any"}),
        (("steps", "wait", "for", "PT2H"), {"any"}),
        (("steps", "remind", "content", "text", "Hm"), {"any"}),
        (("steps", "pause", "for", "P2D"), set()),
    ],
)
def test_it_fails_on_what_it_is_told_to(
    tmp_path: Path, change: tuple[Any, ...], fails: set[str]
) -> None:
    a, b = write(tmp_path / "a"), write(tmp_path / "b", changed(JOURNEY, *change))
    command = ("diff", a, b, "--events", write_events(tmp_path))
    for name in ("gained", "lost", "any"):
        assert sojourn(*command, "--fail-on", name).exit_code == (name in fails), name
    both = sojourn(*command, "--fail-on", "gained", "--fail-on", "lost").exit_code
    assert both == bool(fails & {"gained", "lost"})
    assert sojourn(*command).exit_code == 0
    assert sojourn(*command, "--fail-on", "moved").exit_code == 2


def test_a_workspace_is_the_same_as_itself() -> None:
    command = ("diff", SHOP, SHOP, "--events", SHOP / "events.jsonl", "--fail-on", "any")
    result = sojourn(*command)
    assert result.exit_code == 0
    doc = document(result)
    assert doc["customers"] == []
    assert doc["totals"]["same"] == doc["totals"]["messages"]["a"] == 28
    told = sojourn(*command, "--format", "table").stdout
    assert told.startswith("No message differs, for any of 14 customers.\n")
    assert sojourn(*command).stdout == result.stdout


def test_people_read_the_sum_then_journeys_limits_and_customers(tmp_path: Path) -> None:
    b = write(tmp_path / "b", changed(JOURNEY, "steps", "wait", "for", "PT30M"))
    command = ("diff", write(tmp_path / "a"), b, "--events", write_events(tmp_path))
    told = sojourn(*command, "--format", "table").stdout
    places = [
        told.index(text)
        for text in (
            "1 of 3 customers would see a difference: messages 0 gained, 0 lost, 2 moved",
            "Messages sent 3, enrolments 3, conversions 2; 1 message the same.",
            "journeys",
            "what changes, and why",
            "30 minutes earlier",
            "caps and quiet hours",
            "most affected customers",
        )
    ]
    assert places == sorted(places)


def test_much_is_bounded_and_says_so(tmp_path: Path) -> None:
    b = write(tmp_path / "b", changed(JOURNEY, "steps", "wait", "for", "PT2H"))
    lines = [
        line(f"c{number}", "cart.abandoned", f"2026-01-0{day}T09:00:00Z", cart=day, total=80)
        for number in range(12)
        for day in range(1, 8)
    ]
    command = ("diff", write(tmp_path / "a"), b, "--events", write_events(tmp_path, lines))
    told = sojourn(*command, "--format", "table")
    assert told.stdout.count("1 hour later") == 1 + 10 * 5
    assert "Not shown: 20 changes of these customers and 2 customers" in told.stderr


def test_many_ways_of_changing_are_bounded_too(tmp_path: Path) -> None:
    steps = {
        f"s{number:02}": {**JOURNEY["steps"]["remind"], "next": f"s{number + 1:02}"}
        for number in range(25)
    }
    steps["s25"] = {"type": "exit"}
    long = {**JOURNEY, "start": "s00", "steps": steps}
    b = write(tmp_path / "b", changed(long, "status", "draft"))
    command = ("diff", write(tmp_path / "a", long), b, "--events", write_events(tmp_path))
    told = sojourn(*command, "--format", "table")
    assert "Not shown: 5 rarer changes of steps and " in told.stderr
    assert len(document(sojourn(*command))["steps"]) == 25


def test_what_moved_is_told_from_the_least_to_the_most(tmp_path: Path) -> None:
    b = write(tmp_path / "b", changed(JOURNEY, "steps", "wait", "for", "PT11H"))
    command = ("diff", write(tmp_path / "a"), b, "--events", write_events(tmp_path, HISTORY[:3]))
    (step,) = document(sojourn(*command))["steps"]
    assert step["later_seconds"] == {"least": 3600, "most": 22 * 3600}
    told = sojourn(*command, "--format", "table").stdout
    assert "1 hour later to 22 hours later" in told


def test_markdown_for_a_pull_request(tmp_path: Path) -> None:
    lines = [*HISTORY, line("@eve|*x*_<b>", "cart.abandoned", "2026-01-05T09:00:00Z", total=80)]
    b = write(tmp_path / "b", changed(JOURNEY, "steps", "wait", "for", "PT2H"))
    page = tmp_path / "diff.md"
    result = sojourn(
        *("diff", write(tmp_path / "a"), b, "--events", write_events(tmp_path, lines)),
        *("--markdown", page),
    )
    assert result.exit_code == 0
    assert document(result)["totals"]["moved"] == 3
    text = page.read_text(encoding="utf-8")
    assert text.startswith("### What this change would have done\n\n2 of 4 customers")
    assert "| cart | 4 | 2 | 4 |  |  | 3 |  |" in text
    assert "| @\u200ceve\\|\\*x\\*\\_\\<b\\> | 1 hour later |" in text
    unwritable = sojourn(
        *("diff", tmp_path / "a", b, "--events", tmp_path / "events.jsonl"),
        *("--markdown", tmp_path / "nowhere" / "diff.md"),
    )
    assert unwritable.exit_code == 2
    assert "cannot be written" in unwritable.stderr


def test_a_workspace_with_errors_is_not_compared(tmp_path: Path) -> None:
    a, wrong = write(tmp_path / "a"), write(tmp_path / "b", {"id": "x"})
    events = write_events(tmp_path)
    for pair in ((a, wrong), (wrong, a)):
        result = sojourn("diff", *pair, "--events", events)
        assert result.exit_code == 1
        assert document(result)["ok"] is False
        assert f"{wrong}: this has to be mended first" in result.stderr
    assert sojourn("diff", a, "--events", events).exit_code == 2
