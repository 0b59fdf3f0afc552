import gzip
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sojourn_cli.main import main

SHOP = Path(__file__).parents[2] / "examples" / "shop"
PACKED = gzip.compress(bytes(range(256)) * 400, mtime=0)
BROKEN = {
    "none": b"\x1f\x8b broken",
    "cut": PACKED[:-9],
    "damaged": PACKED[:40] + b"\xff" * 40 + PACKED[80:],
}
"""What cannot be unpacked."""


def simulate(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["simulate", *(str(item) for item in arguments)])


def test_the_result_is_one_json_object_the_same_on_every_run() -> None:
    first = simulate(SHOP, "--events", SHOP / "events.jsonl")
    again = simulate(SHOP, "--events", SHOP / "events.jsonl")
    assert first.exit_code == 0
    assert first.stdout == again.stdout
    document = json.loads(first.stdout)
    assert set(document) == {"until", "messages", "enrolments", "funnel", "refused"}


def test_a_compressed_file_is_the_same_file(tmp_path: Path) -> None:
    packed = tmp_path / "events.jsonl.gz"
    packed.write_bytes(gzip.compress((SHOP / "events.jsonl").read_bytes()))
    plain = simulate(SHOP, "--events", SHOP / "events.jsonl")
    assert simulate(SHOP, "--events", packed).stdout == plain.stdout


def test_a_table_tells_people_of_messages_and_steps() -> None:
    result = simulate(SHOP, "--events", SHOP / "events.jsonl", "--format", "table")
    assert "suppressed" in result.stdout
    assert "wait-an-hour" in result.stdout
    assert "60 events of 14 customers" in result.stderr
    rows = [re.split(r"\s{2,}", row.strip()) for row in result.stdout.splitlines()]
    assert ["cart-recovery", "1", "14", "5", "0", "11"] in rows
    assert ["wait-an-hour", "13", "93 %", "13", "0"] in rows
    assert ["ayanda", "4"] in rows


def test_it_stops_at_the_instant_given_that_one_included() -> None:
    until = "2026-01-08T07:00:00Z"
    document = json.loads(
        simulate(SHOP, "--events", SHOP / "events.jsonl", "--until", until).stdout
    )
    assert document["until"] == until
    assert {row["requested_at"] for row in document["messages"]} == {until}


def test_another_seed_draws_anew(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    workspace = tmp_path / "workspace"
    (workspace / "journeys").mkdir(parents=True)
    journey = {
        "id": "halves",
        "name": "Halves",
        "status": "live",
        "entry": {"event": "came", "holdout": 50},
        "start": "end",
        "steps": {"end": {"type": "exit"}},
    }
    (workspace / "journeys" / "halves.json").write_text(json.dumps(journey))
    lines = [
        {"userId": f"c{number}", "event": "came", "timestamp": "2026-01-01T00:00:00Z"}
        for number in range(40)
    ]
    events.write_text("\n".join(json.dumps(line) for line in lines))

    def held(seed: int) -> set[str]:
        document = json.loads(simulate(workspace, "--events", events, "--seed", seed).stdout)
        return {row["customer"] for row in document["enrolments"] if row["outcome"] == "held_out"}

    assert held(1) == held(1)
    assert held(1) != held(2)
    assert 0 < len(held(0)) < 40


def test_a_line_that_is_no_event_is_refused_and_the_others_are_taken(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text(
        'not json\n{"userId": "c", "event": "x", "timestamp": "2026-01-01T00:00:00Z"}\n'
    )
    result = simulate(SHOP, "--events", events)
    assert result.exit_code == 0
    assert [row["line"] for row in json.loads(result.stdout)["refused"]] == [1]


def test_an_invalid_workspace_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text("{")
    result = simulate(tmp_path, "--events", SHOP / "events.jsonl")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["ok"] is False


@pytest.mark.parametrize(
    "arguments",
    [
        ("/nowhere", "--events", SHOP / "events.jsonl"),
        (SHOP, "--events", "/nowhere"),
        (SHOP,),
        (SHOP, "--events", SHOP / "events.jsonl", "--until", "tomorrow"),
        (SHOP, "--events", SHOP / "events.jsonl", "--seed", "-1"),
    ],
)
def test_bad_usage_exits_with_2(arguments: tuple[object, ...]) -> None:
    assert simulate(*arguments).exit_code == 2


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_archive_is_bad_usage(tmp_path: Path, how: str) -> None:
    broken = tmp_path / "events.jsonl.gz"
    broken.write_bytes(BROKEN[how])
    found = simulate(SHOP, "--events", broken)
    assert (found.exit_code, "cannot be read" in found.stderr) == (2, True)


def test_keeping_every_life_changes_nothing_that_is_printed(tmp_path: Path) -> None:
    given = (SHOP, "--events", SHOP / "events.jsonl")
    page = tmp_path / "page.html"
    assert simulate(*given, "--html", page).stdout == simulate(*given).stdout
    table, kept = (simulate(*given, "--format", "table", *more) for more in ((), ("--html", page)))
    assert (table.stdout, table.stderr) == (kept.stdout, kept.stderr)


def test_the_funnel_is_sorted_and_its_table_reads_as_the_files_do() -> None:
    document = json.loads(simulate(SHOP, "--events", SHOP / "events.jsonl").stdout)
    places = [(row["journey"], row["step"], row["version"]) for row in document["funnel"]]
    assert places == sorted(places)

    table = simulate(SHOP, "--events", SHOP / "events.jsonl", "--format", "table").stdout
    block = table.partition("steps of cart-recovery, version 1\n")[2].partition("\n\n")[0]
    steps = re.findall(r"^(\S+) .*%", block, re.MULTILINE)
    journey = json.loads((SHOP / "journeys" / "cart-recovery.json").read_text(encoding="utf-8"))
    assert steps == [step for step in journey["steps"] if step in steps]
    assert steps != sorted(steps)


def test_nothing_is_said_where_nobody_looks() -> None:
    assert simulate(SHOP, "--events", SHOP / "events.jsonl").stderr == ""


def test_a_byte_order_mark_begins_no_line(tmp_path: Path) -> None:
    lines = (SHOP / "events.jsonl").read_bytes()
    marked = tmp_path / "events.jsonl"
    marked.write_bytes(b"\xef\xbb\xbf" + lines + b'{"half":\n')
    (refused,) = json.loads(simulate(SHOP, "--events", marked).stdout)["refused"]
    assert refused["line"] == lines.count(b"\n") + 1
    assert refused["reason"] == "not JSON: Expecting value: line 1 column 9 (char 8)"


def test_who_got_most_stands_first_and_equals_by_name() -> None:
    table = simulate(SHOP, "--events", SHOP / "events.jsonl", "--format", "table").stdout
    rows = re.findall(r"^(\S+)\s+(\d+)$", table.partition("busiest customers")[2], re.MULTILINE)
    assert len(rows) > 2
    assert rows == sorted(rows, key=lambda row: (-int(row[1]), row[0]))


def test_a_draft_is_not_run_and_the_table_says_so(tmp_path: Path) -> None:
    (tmp_path / "journeys").mkdir()
    doc = {"entry": {"event": "go"}, "start": "end", "steps": {"end": {"type": "exit"}}}
    for name, status in (("b", "draft"), ("a", "draft"), ("c", "live")):
        path = tmp_path / "journeys" / f"{name}.json"
        path.write_text(json.dumps(doc | {"status": status}), encoding="utf-8")
    result = simulate(tmp_path, "--events", SHOP / "events.jsonl", "--format", "table")
    assert result.stderr.splitlines()[-1] == "not run, being drafts: a, b"


def test_of_no_events_it_says_that_there_is_nothing(tmp_path: Path) -> None:
    empty = tmp_path / "events.jsonl"
    empty.write_text("\n \n", encoding="utf-8")
    result = simulate(SHOP, "--events", empty, "--format", "table")
    assert result.exit_code == 0
    assert "messages: none" in result.stdout
    assert result.stderr == "0 events of 0 customers\n"
    assert json.loads(simulate(SHOP, "--events", empty).stdout)["until"] == "1970-01-01T00:00:00Z"
