"""`sojourn simulate` decides what a plain reading of the language's description decides."""

import json
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from click.testing import CliRunner
from hypothesis import assume, event, given
from hypothesis import strategies as st

from sojourn_cli.main import main
from tests.naive.asking import Happening
from tests.naive.clock import GRID, instant, told
from tests.naive.examples import examples
from tests.naive.life import Life
from tests.naive.shops import DEVICE, crowded, happenings, near, workspaces
from tests.naive.steps import Doc

LASTS = timedelta(days=12)


def lines_of(workspace: Doc, story: list[Doc]) -> list[Doc]:
    """The events as lines of a file; the first gives her an address, a number and a device."""
    begin = instant(f"{workspace['begin']}T06:00:00Z")
    first: Doc = {
        "type": "identify",
        "userId": workspace["who"],
        "messageId": "m0",
        "timestamp": told(begin),
        "event": "identify",
        "traits": {
            "email": "ana@example.com",
            "phone": "+27820000001",
            "push_endpoints": [DEVICE],
        },
    }
    lines = [first]
    for number, item in enumerate(story, 1):
        taken = begin + GRID * item["quarter"] + timedelta(seconds=item["besides"])
        item = near(item, workspace["begin"])  # noqa: PLW2901 - dates aside it is the same
        properties = dict(item["properties"])
        if item["name"].startswith("message."):
            journey, step = item["of"]
            properties = {"journey": journey, "step": step, "channel": item["channel"]}
            if item["name"] == "message.bounced":
                properties["bounce_type"] = item["bounce"]
            if item["bot"]:
                properties["bot"] = True
        line = {
            "type": "track",
            "userId": workspace["who"],
            "messageId": f"m{number - item['again']}",
            "event": item["name"],
            "timestamp": told(taken - GRID * item["late"]),
            "receivedAt": told(taken),
            "properties": properties,
            "traits": item["traits"],
        }
        if item["silent"]:
            line["_metadata"] = {"silent": True}
        lines += [line, *({**line, "messageId": f"m{number}-{n}"} for n in range(1, item["times"]))]
    return lines


def happening(line: Doc) -> Happening:
    """A line as the plain reading takes it."""
    own = instant(str(line["timestamp"]))
    taken = instant(str(line.get("receivedAt", line["timestamp"])))
    properties, traits = line.get("properties", {}), line.get("traits", {})
    silent = "_metadata" in line
    return Happening(line["messageId"], line["event"], own, taken, properties, traits, silent)


def write(folder: Path, workspace: Doc, lines: list[Doc]) -> None:
    """The workspace's files, and the events beside them."""
    for place in ("journeys", "segments"):
        (folder / place).mkdir()
    (folder / "settings.json").write_text(json.dumps(workspace["settings"]))
    for id_, doc in workspace["journeys"].items():
        (folder / "journeys" / f"{id_}.json").write_text(json.dumps(doc))
    for id_, where in workspace["segments"].items():
        (folder / "segments" / f"{id_}.json").write_text(json.dumps({"id": id_, "where": where}))
    (folder / "events.jsonl").write_text("\n".join(map(json.dumps, lines)))


def simulated(workspace: Doc, lines: list[Doc], until: str) -> Doc | None:
    """What the command prints; None when the workspace has errors."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, workspace, lines)
        arguments = ["simulate", name, "--events", str(folder / "events.jsonl"), "--until", until]
        result = CliRunner().invoke(main, [*arguments, "--format", "json"])
        if result.exit_code == 1 and "severity" in result.stdout:
            return None
        assert result.exit_code == 0, result.output
        document: Doc = json.loads(result.stdout)
        return document


def both_ways(workspace: Doc, lines: list[Doc]) -> tuple[Doc, Life]:
    """What the command prints and what the plain reading lives, of the same lines."""
    happened = [happening(line) for line in lines]
    until = max(one.taken for one in happened) + LASTS
    document = simulated(workspace, lines, str(told(until)))
    assume(document is not None)
    assert document is not None
    life = Life(workspace, happened, until)
    life.run()
    assume(not life.branches())
    return document, life


def decided(document: Doc) -> dict[str, list[Any]]:
    """What a result says of messages and enrolments."""
    messages = [
        [
            row["requested_at"], row["journey"], row["step"], row["channel"], row["category"],
            row["status"], row["decided_at"], row["body"] if row["status"] == "sent" else None,
        ]
        for row in document["messages"]
    ]  # fmt: skip
    enrolments = [
        [
            row["entered_at"], row["journey"], row["key"], row["exited_at"], row["outcome"],
            row["step"], row["converted_at"], row["credited_to"],
        ]
        for row in document["enrolments"]
    ]  # fmt: skip
    funnel = {
        f"{row['journey']} {row['step']}": [row["entered"], row["inside"]]
        for row in document["funnel"]
    }
    return {"messages": _sorted(messages), "enrolments": _sorted(enrolments), "funnel": [funnel]}


def expected(life: Life) -> dict[str, list[Any]]:
    """The same of a plain reading."""
    messages = [
        [
            told(one.asked_at), one.enrolment.journey["id"], one.step, one.channel, one.category,
            one.status, told(one.decided_at), one.body,
        ]
        for one in life.messages
    ]  # fmt: skip
    enrolments = [
        [
            told(one.at), one.journey["id"], one.key, told(one.left_at), one.outcome,
            one.step, told(one.converted_at), one.credited_to,
        ]
        for one in life.enrolments
    ]  # fmt: skip
    funnel: dict[str, list[int]] = {}
    for one in life.enrolments:
        for step, count in one.visits.items():
            row = funnel.setdefault(f"{one.journey['id']} {step}", [0, 0])
            row[0] += count
            row[1] += one.step == step
    return {"messages": _sorted(messages), "enrolments": _sorted(enrolments), "funnel": [funnel]}


def reasons_differ(document: Doc, life: Life) -> list[str]:
    """Reasons that are none of those the plain reading finds."""
    found = {
        (row["requested_at"], row["journey"], row["step"], row["status"], row["decided_at"]): row
        for row in document["messages"]
    }
    wrong = []
    for one in life.messages:
        at = (told(one.asked_at), one.enrolment.journey["id"], one.step, one.status)
        row = found[*at, told(one.decided_at)]
        if one.reasons and row["reason"] not in one.reasons:
            wrong.append(f"{at}: {row['reason']} is none of {one.reasons}")
    return wrong


def _sorted(rows: list[Any]) -> list[Any]:
    return sorted(rows, key=json.dumps)


@examples(60)
@given(workspaces(), happenings | st.builds(crowded, happenings, st.sampled_from([4, 20])))
def test_simulate_decides_what_the_description_says(workspace: Doc, story: list[Doc]) -> None:
    lines = lines_of(workspace, story)
    document, life = both_ways(workspace, lines)
    for one in life.enrolments:
        event(f"outcome {one.outcome}")
    for message in life.messages:
        event(f"message {message.status}")
    assert decided(document) == expected(life)
    assert not reasons_differ(document, life)
