"""`sojourn send-events`: puts the events of a file on the bus."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import click
from botocore.exceptions import BotoCoreError, ClientError

from sojourn.adapters.clock import SystemClock
from sojourn.core.errors import InvalidInput
from sojourn.core.exact import JsonObject, dumps, loads_object
from sojourn.core.identity import somebodys
from sojourn.core.instants import Instant, format_instant
from sojourn.core.plan import Plan
from sojourn.language.mapping import Mappings
from sojourn_cli.commands.simulate import read_workspace
from sojourn_cli.deployment import find_deployment, stack_option
from sojourn_cli.output import fail, format_option, print_json, say, wants_table

MOST_ENTRIES = 10
"""Entries EventBridge takes in one call."""

SOURCE = "sojourn.send-events"

type Check = Callable[[dict[str, Any]], None]
"""Raises InvalidInput for an entry that is not to be sent."""


@click.command("send-events")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@stack_option
@click.option(
    "--workspace",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Send only what this workspace would take in: canonical, or mapped by its sources.",
)
@format_option
def send_events(file: Path, stack: str, workspace: Path | None, output_format: str | None) -> None:
    """Put every line of an events file on the stack's bus; refused lines are named.

    What is no event goes to the dead-letter queue there. With --workspace it is not sent at all.
    """
    check: Check = _anything
    if workspace is not None:
        check = taken_in_by(read_workspace(workspace, output_format), SystemClock().now())
    deployment = find_deployment(stack)
    client = boto3.client("events")
    sent = 0
    refused: list[JsonObject] = []
    for batch in _batches(file, deployment.bus, check, refused):
        sent += _put(client, batch, refused)
    if wants_table(output_format):
        say(f"{sent} events sent, {len(refused)} refused")
        for item in refused:
            say(f"line {item['line']}: {item['reason']}")
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
        arrives: JsonObject = {
            "id": "check",
            "time": format_instant(now),
            "source": entry["Source"],
            "detail-type": entry["DetailType"],
            "detail": loads_object(entry["Detail"]),
        }
        somebodys(mappings.parse(arrives, now).identities, plan.settings.nobody)

    return check


def _batches(
    file: Path, bus: str, check: Check, refused: list[JsonObject]
) -> Iterator[list[tuple[int, dict[str, Any]]]]:
    batch: list[tuple[int, dict[str, Any]]] = []
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                entry = entry_of(loads_object(line), bus)
                check(entry)
                batch.append((number, entry))
            except InvalidInput as error:
                refused.append({"line": number, "reason": str(error)})
            if len(batch) == MOST_ENTRIES:
                yield batch
                batch = []
    if batch:
        yield batch


def entry_of(doc: JsonObject, bus: str) -> dict[str, Any]:
    """One line as an entry for the bus: an envelope as it is, a bare message in one of ours."""
    if isinstance(detail := doc.get("detail"), dict):
        return {
            "EventBusName": bus,
            "Source": doc.get("source", SOURCE),
            "DetailType": doc.get("detail-type", "event"),
            "Detail": dumps(detail),
        }
    kind = doc.get("event") or doc.get("type") or "event"
    return {
        "EventBusName": bus,
        "Source": SOURCE,
        "DetailType": str(kind),
        "Detail": dumps(doc),
    }


def _put(
    client: Any,  # noqa: ANN401 - a boto3 client
    batch: list[tuple[int, dict[str, Any]]],
    refused: list[JsonObject],
) -> int:
    try:
        answers = client.put_events(Entries=[entry for _, entry in batch])["Entries"]
    except (ClientError, BotoCoreError) as error:
        raise fail(f"the bus did not take line {batch[0][0]} and on: {error}") from error
    for (number, _), answer in zip(batch, answers, strict=True):
        if "ErrorCode" in answer:
            reason = f"{answer['ErrorCode']}: {answer.get('ErrorMessage', '')}"
            refused.append({"line": number, "reason": reason})
    return sum("ErrorCode" not in answer for answer in answers)
