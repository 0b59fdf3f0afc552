"""`sojourn send-events`: every line that can go goes, as it is; the others are named."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import pytest
from botocore.exceptions import ClientError

from sojourn.adapters.batches import MOST_BYTES
from sojourn.core.errors import InvalidInput
from sojourn.core.values.exact import Json, JsonObject, dumps, loads_object
from sojourn.core.values.instants import parse_instant, to_datetime
from sojourn.core.workspace.plan import Plan
from sojourn.language.files import read_folder
from sojourn.language.workspace import load
from sojourn_cli.commands.send_events import (
    PAUSES_SECONDS,
    batches_of,
    entry_of,
    put,
    taken_in_by,
)
from sojourn_cli.simulation.lines import read_events
from tests.cli.test_simulate import BROKEN

SOURCES = Path(__file__).parents[2] / "examples" / "sources"
NOW = parse_instant("2026-05-25T09:00:00Z")


def plan() -> Plan:
    found = load(read_folder(SOURCES)).plan
    assert found is not None
    return found


def checked(doc: JsonObject) -> None:
    taken_in_by(plan(), NOW)(entry_of(doc, "bus"))


@pytest.mark.parametrize("sample", sorted((SOURCES / "sources" / "samples").iterdir()), ids=str)
def test_what_a_source_is_for_may_go(sample: Path) -> None:
    checked(loads_object(sample.read_bytes()))


@pytest.mark.parametrize(
    "doc",
    [
        {"userId": "ana", "event": "cart.abandoned"},
        {"source": "shop", "detail-type": "cart.abandoned", "detail": {"userId": "ana"}},
    ],
)
def test_what_is_canonical_may_go_without_a_time(doc: dict[str, Any]) -> None:
    checked(doc)


@pytest.mark.parametrize(
    ("doc", "words"),
    [
        ({"event": "cart.abandoned"}, "userId: missing"),
        ({"source": "till", "detail-type": "sale", "detail": {"card": "ana"}}, "card: there is no"),
        (
            {"source": "aws.partner/zendesk.com/1/x", "detail-type": "Support Ticket: X",
             "detail": {"ticket_event": {"meta": {"occurred_at": "never"}}}},
            "sources/zendesk: timestamp",
        ),
    ],
)  # fmt: skip
def test_what_would_become_a_dead_letter_is_refused(doc: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        checked(doc)


class OneBus:
    """EventBridge, which refuses a whole call for one source that it does not allow."""

    def __init__(self) -> None:
        self.took: list[str] = []

    def put_events(self, *, Entries: Sequence[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's
        if any(entry["Source"] == "bad" for entry in Entries):
            response: Any = {"Error": {"Code": "ValidationException", "Message": "no such source"}}
            raise ClientError(response, "PutEvents")
        self.took += [json.loads(entry["Detail"])["userId"] for entry in Entries]
        return {"Entries": [{"EventId": "1"} for _ in Entries]}


def sent(folder: Path, *lines: Json) -> tuple[OneBus, list[JsonObject], list[int]]:
    """What the bus took of a file, what was refused, and how many lines went together."""
    file, bus, refused = folder / "events.jsonl", OneBus(), list[JsonObject]()
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    sizes = []
    for batch in batches_of(file, "bus", lambda _: None, refused):
        sizes.append(len(batch))
        put(bus, batch, refused)
    return bus, refused, sizes


def envelope(user: str, **fields: Json) -> JsonObject:
    return {"source": "shop", "detail-type": "x", "detail": {"userId": user}, **fields}


def test_one_line_that_the_bus_refuses_holds_no_other_up(tmp_path: Path) -> None:
    lines = [envelope("a"), envelope("b", source="bad"), envelope("c")]
    bus, refused, _ = sent(tmp_path, *lines)
    assert bus.took == ["a", "c"]
    assert [item["line"] for item in refused] == [2]
    assert "no such source" in str(refused[0]["reason"])


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"source": 7}, "source: text is wanted, not a number"),
        ({"detail-type": None}, "detail-type: text is wanted, not null"),
        ({"time": 7}, "time: text is wanted, not a number"),
        ({"time": "yesterday"}, "time: 'yesterday' is not an instant"),
    ],
)
def test_an_envelope_that_is_none_is_named(fields: JsonObject, reason: str, tmp_path: Path) -> None:
    bus, refused, _ = sent(tmp_path, envelope("a"), envelope("b", **fields))
    assert bus.took == ["a"]
    assert [(item["line"], str(item["reason"])[: len(reason)]) for item in refused] == [(2, reason)]


def test_an_envelope_keeps_its_time_and_a_bare_message_has_its_own() -> None:
    stamp = "2026-03-01T09:00:00Z"
    entry = entry_of(envelope("a", time=stamp), "bus")
    assert entry["Time"] == to_datetime(parse_instant(stamp))
    assert "Time" not in entry_of({"userId": "a", "event": "x", "timestamp": stamp}, "bus")


@pytest.mark.parametrize(
    ("line", "id_"),
    [
        (envelope("a", id="7"), "7"),
        (envelope("a"), None),
        (envelope("a", id=""), None),
        ({**envelope("a", id="7"), "detail": {"userId": "a", "messageId": "own"}}, "own"),
        ({**envelope("a", id="7"), "detail": {"card": "a"}}, None),
        ({"userId": "a", "event": "x", "messageId": "own"}, "own"),
    ],
)
def test_a_line_sent_again_is_the_same_event(line: JsonObject, id_: str | None) -> None:
    """The bus gives every entry an id of its own; whoever is known by a source keeps her shape."""
    assert loads_object(entry_of(line, "bus")["Detail"]).get("messageId") == id_


@pytest.mark.parametrize(
    ("event", "kind"), [("x" * 128, "x" * 128), ("x" * 129, "event"), (7, "event")]
)
def test_a_bare_message_is_named_as_the_bus_can_name_it(event: Json, kind: str) -> None:
    entry = entry_of({"userId": "a", "type": "track", "event": event}, "bus")
    assert entry["DetailType"] == kind


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"type": "track"},
        {"event": ""},
        {"event": None},
        {"type": "identify"},
        {"type": "page"},
        {"type": "group"},
        {"event": "x"},
    ],
)
def test_a_bare_message_without_a_name_is_refused_as_simulate_refuses_it(line: JsonObject) -> None:
    doc = {"userId": "a", "timestamp": "2026-01-05T09:00:00Z", **line}
    refused = [item.reason for item in read_events([dumps(doc).encode()]).refused]
    if refused:
        with pytest.raises(InvalidInput) as caught:
            entry_of(doc, "bus")
        assert [str(caught.value)] == refused
    else:
        assert entry_of(doc, "bus")["DetailType"] == line.get("event", line.get("type"))


class BusyBus:
    """Takes a part of what it is given, and says why not of the others: as PutEvents answers."""

    def __init__(self, code: str, after: int) -> None:
        self.code, self.after = code, after
        self.asked: list[int] = []

    def put_events(self, Entries: list[dict[str, Any]]) -> Any:  # noqa: ANN401, N803 - as boto3 has it
        self.asked.append(len(Entries))
        busy = len(self.asked) <= self.after
        error = {"ErrorCode": self.code, "ErrorMessage": "why"}
        return {
            "Entries": [{"EventId": "e"}, *[error if busy else {"EventId": "e"}] * 9][
                : len(Entries)
            ]
        }


@pytest.mark.parametrize(
    ("code", "after", "asked", "taken"),
    [
        ("ThrottlingException", 2, [3, 2, 1], 3),
        ("InternalFailure", 1, [3, 2], 3),
        ("ThrottlingException", 9, [3, 2, 1], 3),
        ("NotAuthorizedForSourceException", 9, [3], 1),
    ],
)
def test_what_the_bus_does_not_take_for_now_is_put_again(
    code: str, after: int, asked: list[int], taken: int, tmp_path: Path
) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text('{"event": "a", "userId": "ana"}\n' * 3, encoding="utf-8")
    [batch] = batches_of(file, "bus", lambda _: None, [])
    bus, refused, paused = BusyBus(code, after), list[JsonObject](), list[float]()
    assert put(bus, batch, refused, pause=paused.append) == taken
    assert bus.asked == asked
    assert paused == list(PAUSES_SECONDS[: len(asked) - 1])
    assert [item["line"] for item in refused] == list(range(taken + 1, 4))


def test_a_line_that_the_bus_never_takes_is_told_in_the_end(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text('{"event": "a", "userId": "ana"}\n', encoding="utf-8")
    [batch] = batches_of(file, "bus", lambda _: None, [])

    class Closed(BusyBus):
        def put_events(self, Entries: list[dict[str, Any]]) -> Any:  # noqa: ANN401, N803 - as above
            self.asked.append(len(Entries))
            return {"Entries": [{"ErrorCode": self.code}]}

    bus, refused = Closed("ThrottlingException", 0), list[JsonObject]()
    assert put(bus, batch, refused, (0.001, 0.002)) == 0
    assert len(bus.asked) == 3
    assert refused == [{"line": 1, "reason": "ThrottlingException: "}]


def test_large_lines_go_as_many_together_as_the_bus_takes(tmp_path: Path) -> None:
    text = "x" * (MOST_BYTES // 3)
    lines = [envelope(f"u{n}", detail={"userId": f"u{n}", "traits": {"t": text}}) for n in range(5)]
    bus, refused, sizes = sent(tmp_path, *lines)
    assert (bus.took, refused, sizes) == ([f"u{n}" for n in range(5)], [], [2, 2, 1])


def sent_of(file: Path) -> list[Any]:
    """The users whose lines would be sent; nothing is refused."""
    refused: list[JsonObject] = []
    found = batches_of(file, "bus", lambda _: None, refused)
    sent = [entry.value[1] for batch in found for entry in batch]
    users = [loads_object(entry["Detail"])["userId"] for entry in sent]
    assert refused == []
    return users


def test_every_form_of_an_events_file_is_read_as_simulate_reads_it(tmp_path: Path) -> None:
    text = b"\n".join(b'{"userId": "u%d", "event": "seen"}' % number for number in range(3))
    for name, content in {
        "plain.jsonl": text,
        "marked.jsonl": b"\xef\xbb\xbf" + text,
        "packed.jsonl.gz": gzip.compress(text),
        "blank.jsonl.gz": gzip.compress(b"\r\n\r\n" + text.replace(b"\n", b"\r\n\r\n")),
    }.items():
        (tmp_path / name).write_bytes(content)
        assert sent_of(tmp_path / name) == ["u0", "u1", "u2"]


@pytest.mark.parametrize("how", BROKEN)
def test_of_a_broken_archive_nothing_is_sent(tmp_path: Path, how: str) -> None:
    (tmp_path / "events.jsonl.gz").write_bytes(BROKEN[how])
    with pytest.raises(click.UsageError, match="cannot be read"):
        next(batches_of(tmp_path / "events.jsonl.gz", "bus", lambda _: None, []))
