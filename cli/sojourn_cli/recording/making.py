"""Making a recording: customers are read one at a time, their events sorted, their turns kept."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from sojourn.core.errors import Unavailable
from sojourn.core.nouns import noun
from sojourn.core.values.exact import JsonObject, dumps
from sojourn.core.values.instants import EARLIEST, Instant, format_instant
from sojourn.runtime.ports import Plans
from sojourn_cli.recording import folder
from sojourn_cli.recording.lines import line_of
from sojourn_cli.recording.pasts import Past, as_line
from sojourn_cli.recording.people import Pasts, Person, person
from sojourn_cli.recording.sorting import SortedLines

BEGINNING_GONE = "the beginning is older than what the table keeps"
JOINED_UNTOLD = "joined with another customer by a version that did not note how"

_DIGITS = 20
"""Of an instant since the earliest; so many that their text sorts as they do."""


@dataclass(slots=True)
class Made:
    """What was recorded: counts, and customers left out by reason.

    ``forgotten`` people are not in it: nothing of them is kept.
    """

    events: int = 0
    customers: int = 0
    waiting: int = 0
    left_out: dict[str, list[str]] = field(default_factory=dict)
    revisions: set[int] = field(default_factory=set)
    forgotten: int = 0

    def as_document(self) -> JsonObject:
        """The counts as JSON."""
        return {
            "events": self.events,
            "customers": self.customers,
            "waiting": self.waiting,
            "forgotten": self.forgotten,
            "revisions": [*sorted(self.revisions)],
            "left_out": [
                {"reason": reason, "customers": list(names)}
                for reason, names in sorted(self.left_out.items())
            ],
        }


class Keeper:
    """Fills the folder of a recording: files, turns, and each revision of the plan once."""

    def __init__(self, plans: Plans, workspace: Path) -> None:
        """Begin with the files that are live now."""
        self._plans = plans
        self._workspace = workspace
        stored = plans.stored()
        self._latest = stored.revision
        self._known = {stored.revision: True}
        folder.write_files(workspace, stored.files)
        folder.write_plan(workspace, stored.revision, stored.documents)

    def missing(self, past: Past) -> str | None:
        """Why a past cannot be replayed: a revision that is not kept any more."""
        for turn in past.turns:
            if not self._has(turn.plan):
                last = max(item.at for item in past.turns if item.plan == turn.plan)
                return (
                    f"revision {turn.plan} of the plan, decided under until"
                    f" {format_instant(last)}, is not kept any more"
                )
        return None

    def _has(self, revision: int) -> bool:
        if revision not in self._known:
            try:
                documents = self._plans.documents(revision)
            except Unavailable:
                self._known[revision] = False
            else:
                folder.write_plan(self._workspace, revision, documents)
                self._known[revision] = True
        return self._known[revision]

    def keep(self, past: Past) -> None:
        """Keep a customer's turns."""
        folder.add_turns(self._workspace, dumps(as_line(past)))

    def finish(self, about: JsonObject, mark: str) -> None:
        """Say what the folder is about."""
        folder.write_about(self._workspace, about, mark, self._latest)


@noun
class Wanted:
    """What to record: from whose table, up to when, and where to."""

    stack: str
    since: Instant
    until: Instant
    write: Callable[[bytes], object]
    workspace: Path | None


def make(
    customers: Iterable[str],
    pasts: Pasts,
    plans: Plans,
    wanted: Wanted,
    progress: Callable[[Made], None] = lambda _: None,
) -> Made:
    """Record customers, one at a time; the file is written when all of them were read."""
    forgotten = plans.forgotten()
    made, done = Made(forgotten=forgotten.people), set[str]()
    with closing(SortedLines()) as lines:
        keeper = None if wanted.workspace is None else Keeper(plans, wanted.workspace)
        for customer in customers:
            if customer in done or forgotten.knows(customer):
                continue
            found = person(customer, pasts, wanted.until)
            if found.joined:
                done |= {past.customer for past in found.all}
            if not _is_wanted(found, wanted.since):
                continue
            name = found.past.customer
            reason = _incomplete(found) or (keeper and _missing(keeper, found))
            if reason:
                made.left_out.setdefault(reason, []).append(name)
                continue
            _count(made, found)
            for past, event in found.events:
                line = line_of(past.customer, event, is_user=past.is_user)
                lines.add(_place(event.received_at, name), line)
                made.events += 1
            if keeper is not None:
                for past in found.all:
                    keeper.keep(past)
            progress(made)
        mark = _write((line for _, line in lines.lines()), wanted.write)
    if keeper is not None:
        about: JsonObject = {
            "stack": wanted.stack,
            "since": format_instant(wanted.since),
            "until": format_instant(wanted.until),
            **made.as_document(),
        }
        keeper.finish(about, mark)
    return made


def _place(at: Instant, customer: str) -> str:
    """Where a line stands: by instant, then by customer."""
    return f"{at - EARLIEST:0{_DIGITS}d} {dumps(customer)}"


def _incomplete(found: Person) -> str | None:
    if found.untold:
        return JOINED_UNTOLD
    return None if all(past.is_whole for past in found.all) else BEGINNING_GONE


def _missing(keeper: Keeper, found: Person) -> str | None:
    return next(filter(None, map(keeper.missing, found.all)), None)


def _is_wanted(found: Person, since: Instant) -> bool:
    """Whether anything was taken in or decided in the time asked for."""
    return any(
        any(turn.at >= since for turn in past.turns)
        or any(event.received_at >= since for event in past.events)
        for past in found.all
    )


def _count(made: Made, found: Person) -> None:
    made.customers += 1
    made.waiting += len(found.past.waiting)
    for past in found.all:
        made.revisions |= {turn.plan for turn in past.turns}


def _write(lines: Iterator[str], write: Callable[[bytes], object]) -> str:
    """Write the lines; what marks them."""
    found = sha256()
    for line in lines:
        encoded = line.encode("utf-8")
        found.update(encoded)
        write(encoded)
    return found.hexdigest()
