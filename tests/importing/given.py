"""What tests of importing start from: files as people have them, and the runtime to import into."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sojourn.core.state.codec import encode_customer
from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import Instant, parse_instant
from sojourn.core.values.localtime import find_zone
from sojourn.core.workspace.documents import plan_from
from sojourn.runtime.customer.timeline import read_timeline
from sojourn.runtime.incoming.intake import Intake
from sojourn_cli.importing.checkpoint import Begun, Checkpoint, Tally
from sojourn_cli.importing.csv_rows import CsvRows
from sojourn_cli.importing.events import Reading, events_of
from sojourn_cli.importing.json_rows import JsonRows
from sojourn_cli.importing.lines import open_text, read_lines
from sojourn_cli.importing.pace import Pace
from sojourn_cli.importing.refused import RefusedFile
from sojourn_cli.importing.rows import Row, Rows
from sojourn_cli.importing.run import Import, Take, run
from tests.recording.agreeing import check_replay
from tests.runtime.given import NOON, Works

type Doc = dict[str, Any]
type Step = Callable[[], object]

AS_OF: Instant = parse_instant("2026-01-01T00:00:00Z")
ZONE = find_zone("Africa/Johannesburg")


def table(
    *lines: str, maps: Mapping[str, str] | None = None, delimiter: str | None = None
) -> CsvRows:
    """A table of these lines."""
    return CsvRows([f"{line}\n" for line in lines], delimiter, (maps or {}).items())


def read(path: Path, encoding: str | None = None, **maps: str) -> list[Row]:
    """Every row of a file."""
    with path.open("rb") as stream, open_text(stream, encoding) as text:
        lines = read_lines(text)
        rows: Rows = (
            CsvRows(lines, None, maps.items()) if path.suffix == ".csv" else JsonRows(lines)
        )
        return list(rows)


def said(rows: Iterable[Row]) -> list[tuple[int, str]]:
    """Of each row that is refused by itself, its number and why."""
    return [(row.number, row.problem.reason) for row in rows if row.problem is not None]


def event_of(message: Doc, reading: Reading | None = None, now: Instant = NOON) -> Any:  # noqa: ANN401 - one Incoming
    """The one event of a message."""
    (found,) = events_of(Row(1, 1, messages=(message,)), reading or Reading(AS_OF), now)
    return found


class Time:
    """A clock of its own: what is waited for passes at once, and is remembered."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def elapsed(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


class Importer:
    """Imports a file into a works, as often as it is asked to; ``takes`` may step in."""

    def __init__(self, works: Works, path: Path, *, silent: bool = True, rate: int = 20) -> None:
        self.works = works
        self.path = path
        self.refused = path.with_name(f"{path.stem}.refused{path.suffix}")
        self.time = Time()
        self.rate = rate
        self.reading = Reading(AS_OF, silent=silent)
        self.told: list[Tally] = []

    def intake(self, step: Step | None = None) -> Take:
        """A fresh one, as a fresh process has: it knows nobody yet."""
        works = self.works
        mailboxes = _stepping(works.mailboxes, step, "append")
        directory = _stepping(works.directory, step, "claim", "standing")
        history = _stepping(works.history, step, "keep")
        return Intake(mailboxes, directory, history, works.live()).take

    def run(self, *takes: Take, step: Step | None = None) -> Tally:
        """One run of the command, from its checkpoint on.

        ``step`` is called before and after everything that is written, wherever that is.
        """
        begun = Begun("digest", "stack", {"rate": self.rate})
        kept = Checkpoint(self.path.with_suffix(".importing"), begun)
        checkpoint = _stepping(kept, step, "write", "remove")
        pace = Pace(self.rate, self.time.elapsed, self.time.pause)
        work = Import(self.reading, takes or (self.intake(step),), self.works.clock, pace)
        with self.path.open("rb") as stream, open_text(stream, None) as text:
            lines = read_lines(text)
            rows: Rows = CsvRows(lines, None, ()) if self.path.suffix == ".csv" else JsonRows(lines)
            with closing(RefusedFile(self.refused, rows.header, rows.delimiter)) as refused:
                written = _stepping(refused, step, "begin", "add", "flush")
                return run(rows, work, written, checkpoint, self.told.append)


def _stepping(inner: Any, step: Step | None, *names: str) -> Any:  # noqa: ANN401 - whatever it is
    """The same thing, with a step before and after each call of some of its functions."""
    return inner if step is None else _Stepping(inner, step, names)


class _Stepping:
    def __init__(self, inner: object, step: Step, names: Iterable[str]) -> None:
        self._inner = inner
        self._step = step
        self._names = frozenset(names)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever it has
        found = getattr(self._inner, name)
        if name not in self._names:
            return found

        def called(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - as it is
            self._step()
            result = found(*arguments, **named)
            self._step()
            return result

        return called


def write(path: Path, *rows: Doc | str) -> Path:
    """A file of JSON Lines."""
    texts = [row if isinstance(row, str) else dumps(row) for row in rows]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


def everything(works: Works, customers: Sequence[str]) -> Doc:
    """All that is kept of customers, but when and how often it was written."""
    return {customer: _kept(works, customer) for customer in customers}


def _kept(works: Works, customer: str) -> Doc:
    timeline = read_timeline(works.mailboxes, works.history, customer)
    found = timeline.box.customer
    assert found is not None
    return {
        "profile": found.profile(),
        "consents": dict(found.consents),
        "channels": dict(found.channels),
        "identities": sorted(found.identities),
        "absorbed": sorted(found.absorbed),
        "journeys": [(item.journey, item.step) for item in found.enrolments.values()],
        "sent": len(found.ledger),
        "is_user": timeline.box.is_user,
        "events": sorted((event.id, event.name, event.at) for event in timeline.events),
    }


def replays(works: Works, customers: Iterable[str]) -> None:
    """Whatever was decided about them is decided again by a replay."""
    plans = {
        revision: plan_from(works.plans.documents(revision), revision)
        for revision in range(works.plans.revision() + 1)
    }
    for customer in customers:
        check_replay(works.mailboxes, works.history, customer, plans)


def state(works: Works, customer: str) -> str:
    """A customer as she is stored."""
    return encode_customer(works.customer(customer))
