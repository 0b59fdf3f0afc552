"""`sojourn send-events`: puts the events of a file on the bus."""

from collections.abc import Callable, Iterator, Sequence
from itertools import batched
from pathlib import Path
from threading import Event
from typing import Any

import boto3
import click

from sojourn.adapters.batches import Entry, batches
from sojourn.adapters.clock import SystemClock
from sojourn.adapters.events import size_of
from sojourn.adapters.translation import sorted_error, translating
from sojourn.core.errors import InvalidInput, Permanent
from sojourn.core.incoming.events import NAMELESS
from sojourn.core.incoming.identity import somebodys
from sojourn.core.limits import EMITTED_NAME_CHARS
from sojourn.core.values.exact import JsonObject, dumps, loads_object, type_name
from sojourn.core.values.instants import (
    Instant,
    format_instant,
    from_datetime,
    parse_instant,
    to_datetime,
)
from sojourn.core.workspace.plan import Plan
from sojourn.language.mapping import Mappings
from sojourn_cli.deployment import find_deployment, stack_option
from sojourn_cli.events_file import EventsFileType, check_whole, numbered, reading
from sojourn_cli.explaining.words import counted
from sojourn_cli.options import FOLDER, examples
from sojourn_cli.output import format_option, print_json, say, say_refused, wants_table
from sojourn_cli.workspace import read_workspace

LINES_READ = 1_000
"""Lines of the file that are held at once."""

SOURCE = "sojourn.send-events"

PAUSES_SECONDS = (0.1, 0.2, 0.4, 0.8)
"""Before a line is put again that the bus does not take for a passing reason."""

type Line = tuple[int, dict[str, Any]]
"""A line's number, and its entry for the bus."""

type Check = Callable[[dict[str, Any]], None]
"""Raises InvalidInput for an entry that is not to be sent."""


@click.command(
    "send-events", epilog=examples("send-events events.jsonl --stack prod --workspace my-workspace")
)
@click.argument("file", type=EventsFileType())
@stack_option
@click.option(
    "--workspace",
    type=FOLDER,
    help="Send only lines that are events to this workspace and its sources.",
)
@format_option
def send_events(file: Path, stack: str, workspace: Path | None, output_format: str | None) -> None:
    """Put the events of a file on the stack's bus.

    FILE is JSON Lines, plain or gzipped; - reads standard input. Sending the same line again
    changes nothing, if it has a `messageId` (or an envelope's `id`). Lines that are no events go to
    the stack's dead-letter queue; with --workspace they are not sent.
    """
    check: Check = _anything
    if workspace is not None:
        check = taken_in_by(read_workspace(workspace, output_format), SystemClock().now())
    deployment = find_deployment(stack)
    client = boto3.client("events")
    sent = 0
    refused: list[JsonObject] = []
    for batch in batches_of(file, deployment.bus, check, refused):
        sent += put(client, batch, refused)
    if wants_table(output_format):
        say(f"{counted(sent, 'event')} sent, {len(refused)} refused")
        say_refused(refused)
    else:
        print_json({"sent": sent, "refused": refused})
    if refused:
        raise SystemExit(1)


def _anything(_entry: dict[str, Any]) -> None:
    """Every line that is JSON may go."""


def taken_in_by(plan: Plan, now: Instant) -> Check:
    """A check that raises InvalidInput for an entry of which ingest would make no event."""
    mappings = Mappings(plan.sources)

    def check(entry: dict[str, Any]) -> None:
        at = from_datetime(entry["Time"]) if "Time" in entry else now
        arrives: JsonObject = {
            "id": "check",
            "time": format_instant(at),
            "source": entry["Source"],
            "detail-type": entry["DetailType"],
            "detail": loads_object(entry["Detail"]),
        }
        somebodys(mappings.parse(arrives, now).identities, plan.settings.nobody)

    return check


def batches_of(
    file: Path, bus: str, check: Check, refused: list[JsonObject]
) -> Iterator[list[Entry[Line]]]:
    """The lines that may go, as many together as the bus takes."""
    check_whole(file)
    with reading(file) as lines:
        for some in batched(numbered(lines), LINES_READ, strict=False):
            found: list[Entry[Line]] = []
            for number, line in some:
                try:
                    entry = entry_of(loads_object(line), bus)
                    check(entry)
                    found.append(Entry((number, entry), size_of(entry)))
                except InvalidInput as error:
                    refused.append({"line": number, "reason": str(error)})
            yield from batches(found)


def entry_of(doc: JsonObject, bus: str) -> dict[str, Any]:
    """One line as an entry for the bus: an envelope as it is, a bare message in one of ours.

    The bus gives each entry an id of its own, so that of the line goes along as `messageId`.
    Raises InvalidInput for an envelope that the bus cannot take, and for a bare message without a
    name: its envelope would lend it one.
    """
    detail = doc.get("detail")
    if not isinstance(detail, dict):
        if doc.get("type", "track") == "track" and not doc.get("event"):
            raise InvalidInput(NAMELESS)
        name = doc.get("event") or doc.get("type")
        fits = isinstance(name, str) and len(name) <= EMITTED_NAME_CHARS
        return {
            "EventBusName": bus,
            "Source": SOURCE,
            "DetailType": name if fits else "event",
            "Detail": dumps(doc),
        }
    entry = {
        "EventBusName": bus,
        "Source": _text(doc, "source", SOURCE),
        "DetailType": _text(doc, "detail-type", "event"),
        "Detail": dumps(_with_id(doc, detail)),
    }
    if doc.get("time") is None:
        return entry
    try:
        return {**entry, "Time": to_datetime(parse_instant(_text(doc, "time", "")))}
    except ValueError as error:
        raise InvalidInput(f"time: {error}") from error


def _with_id(doc: JsonObject, detail: JsonObject) -> JsonObject:
    """What an envelope holds, with the envelope's id where it is an event as ours are."""
    id_ = doc.get("id")
    ours = "userId" in detail or "anonymousId" in detail
    if not isinstance(id_, str) or not id_ or not ours or detail.get("messageId"):
        return detail
    return {**detail, "messageId": id_}


def _text(doc: JsonObject, field: str, default: str) -> str:
    found = doc.get(field, default)
    if not isinstance(found, str):
        raise InvalidInput(f"{field}: text is wanted, not {type_name(found)}")
    return found


def put(
    client: Any,  # noqa: ANN401 - a boto3 client
    batch: list[Entry[Line]],
    refused: list[JsonObject],
    pauses: Sequence[float] = PAUSES_SECONDS,
    pause: Callable[[float], object] | None = None,
) -> int:
    """Put lines on the bus; how many it took. A batch that it refuses whole goes line by line.

    It takes some of a batch and not the others, for a passing reason too: these are put again
    after each of ``pauses``, which pass in ``pause``, both in seconds.
    """
    lines = [entry.value for entry in batch]
    first, _ = lines[0]
    try:
        with translating(f"putting line {first} on the bus"):
            answers = client.put_events(Entries=[entry for _, entry in lines])["Entries"]
    except Permanent as error:
        if len(batch) > 1:
            return sum(put(client, [entry], refused, pauses, pause) for entry in batch)
        refused.append({"line": first, "reason": str(error)})
        return 0
    left: list[Entry[Line]] = []
    for entry, answer in zip(batch, answers, strict=True):
        if "ErrorCode" not in answer:
            continue
        code, said = answer["ErrorCode"], answer.get("ErrorMessage", "")
        if pauses and not isinstance(sorted_error(code, 0, said), Permanent):
            left.append(entry)
        else:
            refused.append({"line": entry.value[0], "reason": f"{code}: {said}"})
    taken = sum("ErrorCode" not in answer for answer in answers)
    if not left:
        return taken
    (pause or Event().wait)(pauses[0])
    return taken + put(client, left, refused, pauses[1:], pause)
