"""A recording: whose events it holds, in what order, and what it leaves out by name."""

import gzip
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sojourn.core.errors import InvalidInput
from sojourn.core.state.customer import Event
from sojourn.core.values.instants import DAY, HOUR, SECOND, format_instant
from sojourn.fakes.plans import FakePlans
from sojourn.runtime.customer.forgotten import mark_of_id
from sojourn_cli.recording.folder import is_recorded, read_recording
from sojourn_cli.recording.lines import line_of
from sojourn_cli.recording.making import BEGINNING_GONE, Made, Wanted, make
from sojourn_cli.recording.pasts import Past, past_of
from sojourn_cli.recording.run import Given, run_or_replay
from sojourn_cli.recording.sorting import SortedLines
from sojourn_cli.simulation.lines import EventsFile, read_events
from tests.recording.agreeing import PastsIn
from tests.runtime.given import ANA, NOON, Works, email, journey


def pasts_in(works: Works) -> PastsIn:
    """What the fakes hold of each customer."""
    return PastsIn(works.mailboxes, works.history)


def ordered(works: Works, *customers: str) -> Works:
    for customer in customers:
        works.identify(customer)
        works.event("order.placed", customer, order_id=customer)
        works.run()
    return works


def recorded(
    works: Works, folder: Path, *customers: str, since: int = 0, until: int | None = None
) -> tuple[Made, Path, Path]:
    """What was made, the events file and the workspace."""
    events, workspace = folder / "events.jsonl", folder / "live"
    end = works.clock.now() if until is None else until
    with events.open("wb") as file:
        wanted = Wanted("shop", since, end, file.write, workspace)
        made = make(customers, pasts_in(works), works.plans, wanted)
    return made, events, workspace


def read(events: Path) -> EventsFile:
    return read_events(events.read_bytes().splitlines())


def statuses(events: Path, workspace: Path) -> list[tuple[int, str, str]]:
    """Version, step and status of every message of a simulation or replay."""
    recording = read_recording(workspace, events)
    _, result = run_or_replay(recording.plan, Given(workspace, events, read(events)))
    return [
        (item.message.version, item.message.step, item.status)
        for life in result.lives.values()
        for item in life.settled
    ]


def test_events_stand_in_the_order_they_were_taken_in(tmp_path: Path) -> None:
    works = ordered(Works(journey()), "bea")
    works.clock.advance(HOUR)
    ordered(works, "ana")
    made, events, _ = recorded(works, tmp_path, "ana", "bea")
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    assert [(line["userId"], line["type"]) for line in lines] == [
        ("bea", "identify"),
        ("bea", "track"),
        ("ana", "identify"),
        ("ana", "track"),
    ]
    assert lines[3] == {
        "type": "track",
        "userId": "ana",
        "messageId": lines[3]["messageId"],
        "timestamp": format_instant(NOON + HOUR),
        "receivedAt": format_instant(NOON + HOUR),
        "event": "order.placed",
        "properties": {"order_id": "ana"},
    }
    assert (made.events, made.customers, made.waiting) == (4, 2, 0)


def test_who_was_active_since_has_her_past_in_it_and_nobody_else(tmp_path: Path) -> None:
    works = ordered(Works(journey()), "ana", "bea")
    works.clock.advance(HOUR)
    ordered(works, "ana")
    _, events, _ = recorded(works, tmp_path, "ana", "bea", since=NOON + 1)
    found = read(events).by_customer
    assert {name: len(own) for name, own in found.items()} == {"ana": 4}


def test_nothing_later_than_until_is_recorded(tmp_path: Path) -> None:
    waits = {"hour": {"type": "wait", "for": "PT1H", "next": "thank"}, "thank": email()}
    works = ordered(Works(journey(start="hour", steps=waits)), "ana")
    works.wait(2 * HOUR)
    assert works.outcomes() == [("thank", "sent", None)]
    _, events, workspace = recorded(works, tmp_path, "ana", until=NOON + HOUR - 1)
    assert statuses(events, workspace) == []
    later = tmp_path / "later"
    later.mkdir()
    _, events, workspace = recorded(works, later, "ana", until=NOON + HOUR + SECOND)
    assert statuses(events, workspace) == [(1, "thank", "sent")]


def test_an_event_that_waits_is_in_the_file_and_said_to_wait(tmp_path: Path) -> None:
    works = ordered(Works(journey()), "ana")
    works.event("order.placed", ANA, order_id="2")
    made, events, workspace = recorded(works, tmp_path, "ana")
    assert (made.events, made.waiting) == (3, 1)
    assert statuses(events, workspace) == [(1, "thank", "sent")]


def test_each_decision_is_replayed_under_the_version_that_was_live(tmp_path: Path) -> None:
    works = ordered(Works(journey()), "ana")
    works.clock.advance(DAY)
    steps = {"thank-again": email("Thank you, again")}
    works.upload({"journeys/thanks.json": journey(start="thank-again", steps=steps)})
    works.clock.advance(DAY)
    ordered(works, "ana")
    made, events, workspace = recorded(works, tmp_path, "ana")
    assert sorted(made.revisions) == [2, 3]
    assert statuses(events, workspace) == [(1, "thank", "sent"), (2, "thank-again", "sent")]


def test_who_was_decided_under_a_revision_that_is_gone_is_left_out_by_name(tmp_path: Path) -> None:
    works = ordered(Works(journey()), "ana")
    works.upload({"journeys/thanks.json": journey(name="Other")})
    works.clock.advance(DAY)
    ordered(works, "bea")
    live, works.plans = works.plans.stored(), FakePlans()
    works.plans.publish(live, 0)
    made, events, _ = recorded(works, tmp_path, "ana", "bea")
    (reason,) = made.left_out
    assert reason == (
        "revision 2 of the plan, decided under until 2026-03-02T12:00:00Z, is not kept any more"
    )
    assert made.left_out[reason] == ["ana"]
    assert list(read(events).by_customer) == ["bea"]


def test_who_was_forgotten_is_counted_and_left_out(tmp_path: Path) -> None:
    works = ordered(ordered(Works(journey()), "ana"), "bea")
    secret = works.tombstones.secret()
    works.tombstones.note(
        {mark_of_id(secret, "ana"), mark_of_id(secret, "v1")},
        {},
        works.clock.now(),
        person=mark_of_id(secret, "ana"),
    )
    made, events, _ = recorded(works, tmp_path, "ana", "bea")
    assert (made.forgotten, made.customers, made.left_out) == (1, 1, {})
    assert list(read(events).by_customer) == ["bea"]


def test_whose_beginning_is_gone_is_left_out_by_name(tmp_path: Path) -> None:
    works = ordered(Works(journey()), "ana")

    class Cut(PastsIn):
        def past(self, customer: str) -> Past:
            found = super().past(customer)
            return Past(customer, found.turns[1:], found.events)

    events = tmp_path / "events.jsonl"
    with events.open("wb") as file:
        wanted = Wanted("shop", 0, works.clock.now(), file.write, None)
        made = make(["ana"], Cut(works.mailboxes, works.history), works.plans, wanted)
    assert made.left_out == {BEGINNING_GONE: ["ana"]}
    assert events.read_bytes() == b""


@pytest.mark.parametrize("packed", [False, True])
def test_what_was_changed_since_is_no_replay_but_a_simulation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, packed: bool
) -> None:
    works = ordered(Works(journey()), "ana")
    _, events, workspace = recorded(works, tmp_path, "ana")
    if packed:
        events.with_suffix(".jsonl.gz").write_bytes(gzip.compress(events.read_bytes()))
        events = events.with_suffix(".jsonl.gz")
    assert is_recorded(workspace)
    plan = read_recording(workspace, events).plan
    file = read(tmp_path / "events.jsonl")
    run_or_replay(plan, Given(workspace, events, file))
    assert capsys.readouterr().err == "replayed as stack shop decided it\n"
    other = tmp_path / "other.jsonl"
    other.write_bytes(b"")
    run_or_replay(plan, Given(workspace, other, file))
    assert "is not the file that was recorded with it" in capsys.readouterr().err
    (workspace / "journeys" / "thanks.json").write_text("{}")
    (workspace / "new.json").write_text("{}")
    run_or_replay(plan, Given(workspace, events, file))
    said = capsys.readouterr().err
    assert said.startswith("not a replay of the recording, but simulated as the files are now:")
    assert "journeys/thanks.json and 1 more changed since the recording" in said


@pytest.mark.parametrize(
    ("name", "content"), [("about.json", '{"format": 3}'), ("turns.jsonl", '{"customer": "a"}\n')]
)
def test_a_recording_that_cannot_be_read_says_so(tmp_path: Path, name: str, content: str) -> None:
    works = ordered(Works(journey()), "ana")
    _, events, workspace = recorded(works, tmp_path, "ana")
    (workspace / ".recording" / name).write_text(content)
    with pytest.raises(InvalidInput, match="recording"):
        read_recording(workspace, events)


def test_a_recording_of_before_anybody_was_joined_is_read(tmp_path: Path) -> None:
    works = ordered(Works(journey()), "ana")
    _, events, workspace = recorded(works, tmp_path, "ana")
    about, turns = workspace / ".recording" / "about.json", workspace / ".recording" / "turns.jsonl"
    about.write_text(json.dumps({**json.loads(about.read_text()), "format": 1}))
    line = json.loads(turns.read_text())
    turns.write_text(json.dumps({name: line[name] for name in ("customer", "turns")}) + "\n")
    assert statuses(events, workspace) == [(1, "thank", "sent")]


def test_more_lines_than_are_held_at_once_come_out_sorted() -> None:
    with closing(SortedLines(run_chars=80)) as lines:
        for number in (5, 3, 9, 1, 7, 2, 8):
            lines.add(f"place {number}", f'{{"n":\t{number}}}')
        lines.add("place 1", '{"n": "again"}')
        lines.add("place", '{"n": "before"}')
        found: list[Any] = [(place, json.loads(line)["n"]) for place, line in lines.lines()]
    assert [number for _, number in found] == ["before", 1, "again", 2, 3, 5, 7, 8, 9]
    assert [place for place, _ in found[:3]] == ["place", "place 1", "place 1"]


@pytest.mark.parametrize(
    "event",
    [
        Event("1", "identify", 0, 5, {"a": 1}, {"name": "Ana"}),
        Event("2", "page viewed", 0, 5, {}, {}),
        Event("3", "order.placed", -(10**6), 5, {"total": 3}, {"x": None}),
        Event("4", "order.placed", 0, 5, silent=True),
    ],
)
def test_a_line_is_read_back_as_the_event_it_was(event: Event) -> None:
    file = read_events([line_of("ana\n", event).encode()])
    assert file.by_customer == {"ana\n": [event]}


def test_a_line_of_the_journal_in_two_places_counts_once() -> None:
    works = ordered(Works(journey()), "ana")
    box = works.mailboxes.read("ana")
    found = past_of("ana", [*box.lines, *box.lines], [], [])
    assert found == past_of("ana", box.lines, [], [])
    assert found.is_whole
