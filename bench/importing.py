"""An import of many customers into the deployed stack: how fast, in how much memory, and whole.

`python -m bench.importing [CUSTOMERS]` starts an emulated AWS on loopback, deploys the template,
imports a tenth of the customers into one stack for comparison, empties it, and imports all of them:
killed with SIGKILL in the middle, and gone on with by the same command. The functions decide
meanwhile. Then the whole table is read: every customer once, with what her row says.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.deployed import SENDER, deployed
from bench.measure import spread
from bench.report import Result, Row, table, write
from sojourn.adapters.items import mailbox_from_item
from sojourn.core.state.codec import decode_event
from sojourn.core.values.exact import loads_object
from sojourn.runtime.customer.mailbox import Mailbox
from sojourn_cli.demo.play import publish_workspace
from sojourn_cli.local.stack import LocalStack

CUSTOMERS = 100_000
FEWER = 10
"""One customer in that many makes the import that the whole one is compared with."""

MOST_MB = 150.0
MOST_GROWTH = 1.25
WAIT_SECONDS = 3_600.0
LOOK_SECONDS = 0.5
GLANCE_SECONDS = 0.05
"""The mark only rises, so at most what the last moment took is missed."""

MIDST_SECONDS = 1.0
"""After a block was noted: then the next is half done."""

REST_LOOKS = 6

COMMAND = str(Path(sys.executable).with_name("sojourn"))
WORKSPACE: dict[str, Any] = {
    "settings.json": {"timezone": "UTC", "senders": {"email": SENDER}},
    "journeys/gold.json": {
        "id": "gold",
        "name": "Gold",
        "status": "live",
        "entry": {"profile": {"tier": "gold"}},
        "start": "greet",
        "steps": {
            "greet": {
                "type": "send",
                "channel": "email",
                "content": {"subject": "Gold", "text": "Gold"},
            }
        },
    },
}


@dataclass(frozen=True, slots=True)
class Done:
    """One process of the command: how it ended, what it said, how long and in how much memory."""

    code: int
    said: dict[str, Any]
    seconds: float
    peak_mb: float


def people(path: Path, customers: int) -> Path:
    """A table of customers, every third of whom would begin a journey, were it not an import."""
    with path.open("w", encoding="utf-8") as file:
        file.write("userId,email,tier,traits.points:number,consent.marketing,timestamp\n")
        for number in range(customers):
            tier = "gold" if number % 3 == 0 else "plain"
            mail = f"c{number}@shop.example"
            file.write(f"c{number},{mail},{tier},{number},yes,2026-01-01T00:00:00Z\n")
    return path


def imported(stack: LocalStack, path: Path, kill_after: int | None = None) -> Done:
    """Run the command to its end, or until so many rows are noted: then it is killed."""
    environment = {**os.environ, **stack.env}
    command = [COMMAND, "import", str(path), "--stack", stack.stack, "--rate", "5000"]
    begun = time.monotonic()
    pause, peak_mb = threading.Event(), 0.0
    with tempfile.TemporaryFile("w+") as told:
        child = subprocess.Popen(command, env=environment, stdout=told)
        if kill_after is not None:
            _wait_for(path.with_name(f"{path.name}.{stack.stack}.importing"), kill_after)
            peak_mb = mark_of(child.pid)
            child.send_signal(signal.SIGKILL)
        while child.poll() is None:
            peak_mb = max(peak_mb, mark_of(child.pid))
            pause.wait(GLANCE_SECONDS)
        told.seek(0)
        text = told.read()
    seconds = time.monotonic() - begun
    said = json.loads(text) if text else {}
    return Done(child.returncode, said, seconds, peak_mb)


def mark_of(process: int) -> float:
    """The most megabytes a process has held so far; 0 when it is gone.

    What the system says when it has ended (``ru_maxrss``) would not do: that begins with the peak
    of whoever started it, and this one reads whole tables.
    """
    with suppress(ProcessLookupError, FileNotFoundError):
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
        marks = (int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
        return max(marks, default=0) / 1024
    return 0.0


def _wait_for(noted: Path, rows: int) -> None:
    """Wait until an import has noted that so many rows are done."""
    pause = threading.Event()
    begun = time.monotonic()
    while not noted.exists() or json.loads(noted.read_text())["tally"]["row"] < rows:
        if time.monotonic() - begun > WAIT_SECONDS:
            raise SystemExit(f"{rows} rows were never done")
        pause.wait(LOOK_SECONDS)
    pause.wait(MIDST_SECONDS)


def mailboxes(stack: LocalStack) -> Iterator[Mailbox]:
    """Every customer's item, page by page."""
    pages = stack.client("dynamodb").get_paginator("scan")
    for page in pages.paginate(TableName=stack.outputs["TableName"]):
        for item in page["Items"]:
            if item["sk"]["S"] == "@":
                yield mailbox_from_item(item)


def settled(stack: LocalStack) -> float:
    """Seconds until the functions have nothing more to do."""
    begun = time.monotonic()
    pause = threading.Event()
    looks = 0
    while looks < REST_LOOKS:
        looks = 0 if stack.activity()["invocations"] else looks + 1
        if time.monotonic() - begun > WAIT_SECONDS:
            raise SystemExit("the functions never came to an end")
        pause.wait(LOOK_SECONDS)
    return time.monotonic() - begun


def check(stack: LocalStack, customers: int) -> None:
    """Every customer is there once, with one event, its traits folded, and in no journey."""
    found: Counter[str] = Counter()
    for box in mailboxes(stack):
        found[box.customer_id] += 1
        number = int(box.customer_id.removeprefix("c"))
        customer = box.customer
        taken = [
            decode_event(stored)
            for line in box.lines
            for stored in loads_object(line).get("e", [])  # type: ignore[union-attr]  # a list
        ]
        if (
            customer is None
            or box.inbox
            or len(taken) != 1
            or customer.trait("points") != number
            or customer.enrolments
        ):
            raise SystemExit(f"customer {box.customer_id} is not as her row says: {box}")
    if len(found) != customers or max(found.values()) != 1:
        raise SystemExit(f"{len(found)} customers of {customers}")
    if stack.recorded():
        raise SystemExit("somebody was written to")


def measured(stack: LocalStack, folder: Path, customers: int) -> Result:
    """Import a tenth, then all with a kill in the middle, then look at everything."""
    files = {name: json.dumps(doc).encode() for name, doc in WORKSPACE.items()}
    publish_workspace(stack, files)
    few = customers // FEWER
    less = imported(stack, people(folder / "less.csv", few))
    settled(stack)
    check(stack, few)
    stack.reset()
    publish_workspace(stack, files)
    path = people(folder / "people.csv", customers)
    first = imported(stack, path, kill_after=customers // 2)
    second = imported(stack, path)
    behind = settled(stack)
    check(stack, customers)
    if first.code != -signal.SIGKILL or second.said["taken"] != customers:
        raise SystemExit(f"the import ended as it should not: {first}, {second}")
    peak = max(first.peak_mb, second.peak_mb)
    seconds = first.seconds + second.seconds
    return Result(
        "Import",
        f"`sojourn import` of {customers:,} customers into the stack, in an emulated AWS on this"
        " machine, whose functions decide meanwhile; killed in the middle, and gone on with.",
        "Every customer is there once, with one event, her traits folded, in no journey; nobody was"
        " written to.",
        [
            Row(
                f"{customers:,} customers, memory",
                spread([peak]),
                "MB",
                spread([peak / less.peak_mb]),
                f"{few:,} customers",
                f"under {MOST_MB:g} MB, at most {MOST_GROWTH} times",
                peak < MOST_MB and peak <= MOST_GROWTH * less.peak_mb,
                {
                    "resumed after row": second.said["resumed_after"],
                    "noticed as known": second.said["known"],
                },
            ),
            Row(f"{few:,} customers, memory", spread([less.peak_mb]), "MB"),
            Row("taken in", spread([customers / seconds]), "rows/s"),
            Row("until all were decided, afterwards", spread([behind]), "s"),
        ],
    )


def main() -> None:
    """Measure, print and keep the result."""
    customers = int(sys.argv[1]) if sys.argv[1:] else CUSTOMERS
    with deployed(max_minutes=120) as (stack, folder):
        result = measured(stack, folder, customers)
    print(table(result))
    print(result.checked)
    if customers == CUSTOMERS:
        write("import", result)


if __name__ == "__main__":
    main()
