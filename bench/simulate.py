"""Simulate: events of a real purchase log a second on one core, through ten journeys.

Among them `thank-you` thanks for each order, under a cap of one message in thirty days, and
`second-order` waits sixty days after a customer's first order for the next one, then asks back.
What these two sent is compared with a count of its own, made here of the plain lines; the whole
result is held to the language by `rules`.

`python -m bench.simulate ONE_IN [read | PROCESSES]`: of that share of the customers; `read` only
reads the lines as JSON, which is the least that anything must do with them. One process is measured
by the processor's time; several, which share the customers, by the clock, as whoever waits does.
"""

import gzip
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import redirect_stdout
from datetime import datetime, timedelta
from multiprocessing import active_children
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from tempfile import TemporaryFile
from typing import Any, TextIO

from bench.measure import ROOT
from bench.rules import breaches, read_workspace
from sojourn.language.files import read_folder
from sojourn.language.workspace import load
from sojourn_cli.output import print_pieces
from sojourn_cli.simulation.gathering import Several, gathered
from sojourn_cli.simulation.lines import read_events
from sojourn_cli.simulation.rows import Rows
from sojourn_cli.simulation.run import outset, told

LOG = ROOT.parent / "shared" / "data" / "cdnow.jsonl.gz"
WORKSPACE = Path(__file__).parent / "workspaces" / "records"
COUNTED = ("second-order", "thank-you")
CAP = timedelta(days=30)
PATIENCE = timedelta(days=60)
KB_IN_A_MB = 1024
BETWEEN_SECONDS = 0.5
"""Between two looks at what several processes hold, of which each takes some milliseconds."""

type Sent = tuple[str, str, str, str]
"""Of one message: customer, journey, when it was requested, what became of it."""


def lines_of(one_in: int) -> list[bytes]:
    """The log's lines about that share of its customers, told by their numbers."""
    with gzip.open(LOG) as file:
        return [line for line in file if int(_number(line)) % one_in == 0]


def _number(line: bytes) -> bytes:
    return line.partition(b'"userId":"cdnow-')[2].partition(b'"')[0]


def expected(lines: Sequence[bytes], control: AbstractSet[str] = frozenset()) -> list[Sent]:
    """What both journeys send, counted from the lines without the product's code.

    ``control`` are the customers in the control group, whom nobody thanks.
    """
    orders: dict[str, list[datetime]] = defaultdict(list)
    for line in lines:
        event = json.loads(line)
        if event.get("event") == "order.placed":
            orders[event["userId"]].append(datetime.fromisoformat(event["timestamp"]))
    found: list[Sent] = []
    for customer, times in orders.items():
        if customer in control:
            found += ((customer, "thank-you", _stamp(at), "suppressed") for at in times)
        else:
            found += ((customer, *each) for each in _thanks(times))
        first, *later = times
        if not later or later[0] > first + PATIENCE:
            found.append((customer, "second-order", _stamp(first + PATIENCE), "sent"))
    return sorted(found)


def _thanks(times: Sequence[datetime]) -> Iterator[tuple[str, str, str]]:
    last: datetime | None = None
    for at in times:
        free = last is None or last <= at - CAP
        last = at if free else last
        yield "thank-you", _stamp(at), "sent" if free else "capped"


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def sent(document: dict[str, Any]) -> list[Sent]:
    """What the simulation says the two journeys sent."""
    return sorted(
        (each["customer"], each["journey"], each["requested_at"], each["status"])
        for each in document["messages"]
        if each["journey"] in COUNTED
    )


def control_of(document: dict[str, Any]) -> set[str]:
    """Who got no thanks for being in the control group."""
    return {each["customer"] for each in document["messages"] if each["reason"] == "control_group"}


def read_only(lines: Sequence[bytes]) -> int:
    """Read every line as JSON; how many there are."""
    return len([json.loads(line) for line in lines])


def simulate(lines: Iterable[bytes], stdout: TextIO, processes: int = 1) -> float:
    """Print what `sojourn simulate` prints of the lines; the most megabytes held meanwhile."""
    plan = load(read_folder(WORKSPACE)).plan
    if plan is None:
        raise AssertionError("the workspace has errors")
    start, rows, most_kb, looked_at = outset(plan, read_events(lines), facts=False), Rows(), 0, 0.0
    with gathered(start.lives, Several(start.end, rows), processes) as done:
        for _ in done:
            if processes > 1 and time.monotonic() > looked_at + BETWEEN_SECONDS:
                most_kb, looked_at = max(most_kb, together_kb()), time.monotonic()
    with redirect_stdout(stdout):
        print_pieces(told(start, rows).written({}))
    return max(most_kb, alone_kb()) / KB_IN_A_MB


def alone_kb() -> int:
    """The most this process ever held.

    Where the system says so, of its own: getrusage's figure begins with whatever the process that
    started it held (Linux keeps it over `execve`).
    """
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    own = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    return own[0] if own else getrusage(RUSAGE_SELF).ru_maxrss


def together_kb() -> int:
    """What this process and those it started hold, what they share counted once; 0 if unknown."""
    return sum(_held_kb(process) for process in (os.getpid(), *(_.pid for _ in active_children())))


def _held_kb(process: int | None) -> int:
    place = Path(f"/proc/{process}/smaps_rollup")
    lines = place.read_text(encoding="ascii").splitlines() if place.exists() else []
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def check(document: dict[str, Any], lines: Sequence[bytes]) -> None:
    """Raise AssertionError for a result that is not what the log and the language say."""
    if sent(document) != expected(lines, control_of(document)) or document["refused"]:
        raise AssertionError("the simulation did not send what the log says")
    for breach in breaches(read_workspace(WORKSPACE), document, lines):
        raise AssertionError(f"the simulation broke a rule: {breach}")


def main() -> None:
    """Measure once, check, print."""
    lines, asked = lines_of(int(sys.argv[1])), sys.argv[2:]
    clock = time.process_time if asked in ([], ["read"]) else time.perf_counter
    with TemporaryFile("w+", encoding="utf-8") as stdout:
        began, peak_mb = clock(), 0.0
        if asked == ["read"]:
            read_only(lines)
        else:
            peak_mb = simulate(lines, stdout, *map(int, asked))
        seconds = clock() - began
        if asked != ["read"]:
            stdout.seek(0)
            check(json.load(stdout), lines)
    figures = {
        "events": len(lines),
        "seconds_an_event": seconds / len(lines),
        "events_a_second": len(lines) / seconds,
        "peak_mb": peak_mb or alone_kb() / KB_IN_A_MB,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
