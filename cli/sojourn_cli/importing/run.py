"""The run: a file's rows are taken in blocks, each finished and noted before the next begins.

Rows that name the same person are taken one after another, others side by side. Whoever is stopped
between two blocks, or in the middle of one, does that block again: ids made of what a row says
turn it into duplicates.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace

from sojourn.core.errors import InvalidInput, Permanent
from sojourn.core.incoming.events import Identities, Incoming
from sojourn.core.incoming.identity import plain
from sojourn.core.nouns import noun
from sojourn.core.state.customer import Identity
from sojourn.runtime.ports import Appended, Clock
from sojourn_cli.importing.checkpoint import Checkpoint, Tally
from sojourn_cli.importing.events import Reading, events_of
from sojourn_cli.importing.pace import Pace
from sojourn_cli.importing.refused import RefusedFile
from sojourn_cli.importing.rows import Problem, Row, Rows, problem_of

LANES = 8
"""Rows taken side by side: at 10 ms a call these are 800 a second, about what one process can."""

BLOCK_CHARS = 4 << 20
"""So much of the file is held at once, and one row more: a few times this in memory."""

type Take = Callable[[Incoming], Appended]
"""Takes one event in. Raises Transient when a retry can help, Permanent when none can."""

type Block = list[tuple[Row, tuple[Incoming, ...] | Problem]]


@noun
class Import:
    """What rows are taken with: one ``takes`` for each lane; none only checks them."""

    reading: Reading
    takes: Sequence[Take]
    clock: Clock
    pace: Pace


def run(
    rows: Rows,
    work: Import,
    refused: RefusedFile,
    checkpoint: Checkpoint | None = None,
    progress: Callable[[Tally], None] = lambda _: None,
) -> Tally:
    """Take every row behind the checkpoint; how it ended.

    Raises Transient when what was tried again and again did not succeed: what was done until then
    is noted. ``progress`` is told after each block.
    """
    tally = Tally() if checkpoint is None else checkpoint.read()
    refused.begin(tally.refused_bytes)
    left = (row for row in rows if row.number > tally.row)
    with ExitStack() as stack:
        lanes: ThreadPoolExecutor | None = None
        if len(work.takes) > 1:
            lanes = stack.enter_context(ThreadPoolExecutor(len(work.takes)))
        for found in _blocks(left, work.pace.block_rows):
            block = [(row, _read(row, work)) for row in found]
            if work.takes:
                work.pace.keep(len(block))
            taken = _taken(block, work, lanes)
            tally = _counted(tally, block, taken, refused)
            refused.flush()
            if checkpoint is not None:
                checkpoint.write(replace(tally, refused_bytes=refused.size_bytes))
            progress(tally)
    if checkpoint is not None:
        checkpoint.remove()
    return tally


def _blocks(rows: Iterable[Row], most_rows: int) -> Iterator[list[Row]]:
    """Rows in blocks, neither with too many of them nor with too much in them."""
    block: list[Row] = []
    size = 0
    for row in rows:
        block.append(row)
        size += row.chars
        if len(block) >= most_rows or size >= BLOCK_CHARS:
            yield block
            block, size = [], 0
    if block:
        yield block


def _read(row: Row, work: Import) -> tuple[Incoming, ...] | Problem:
    if row.problem is not None:
        return row.problem
    try:
        return events_of(row, work.reading, work.clock.now())
    except InvalidInput as error:
        return problem_of(error)


type _Result = int | Problem
"""How many of a row's events were there already, or why it was refused by the stack."""


def _taken(block: Block, work: Import, lanes: ThreadPoolExecutor | None) -> dict[int, _Result]:
    """Take the rows of a block; the result of each, by its place in the block."""
    events = {place: found for place, (_, found) in enumerate(block) if isinstance(found, tuple)}
    if not work.takes:
        return dict.fromkeys(events, 0)
    groups = list(_together(events))

    def take(lane: int) -> dict[int, _Result]:
        mine = groups[lane :: len(work.takes)]
        return {
            place: _take(events[place], work.takes[lane], work.pace)
            for group in mine
            for place in group
        }

    results: dict[int, _Result] = {}
    if lanes is None:
        return take(0)
    for found in lanes.map(take, range(len(work.takes))):
        results |= found
    return results


def _take(events: Iterable[Incoming], take: Take, pace: Pace) -> _Result:
    """Take a row's events in order."""
    known = 0
    for incoming in events:
        try:
            known += pace.patiently(lambda one=incoming: take(one)) == "duplicate"  # type: ignore[misc]  # mypy does not infer the default's type
        except Permanent as error:
            reason = error if isinstance(error, InvalidInput) else InvalidInput(str(error))
            return problem_of(reason)
    return known


def _together(events: dict[int, tuple[Incoming, ...]]) -> Iterator[list[int]]:
    """Places of rows that share an identity, in order, group by group."""
    group_of: dict[Identity, list[int]] = {}
    for place, found in events.items():
        names = {name for incoming in found for name in _names(incoming.identities)}
        joined: list[list[int]] = []
        for name in names:
            group = group_of.get(name)
            if group is not None and not any(group is other for other in joined):
                joined.append(group)
        merged = sorted({place, *(each for group in joined for each in group)})
        for each in merged:
            for incoming in events[each]:
                for name in _names(incoming.identities):
                    group_of[name] = merged
    yielded: set[int] = set()
    for group in group_of.values():
        if group[0] not in yielded:
            yielded.add(group[0])
            yield group


def _names(identities: Identities) -> Iterator[Identity]:
    """Everything a row names a person by; a `userId` and an `anonymousId` are one kind of id."""
    for id_ in (identities.user, identities.anonymous, identities.previous):
        if id_ is not None:
            yield "", id_
    for kind, value in identities.external:
        yield plain(kind, value)


def _counted(tally: Tally, block: Block, taken: dict[int, _Result], refused: RefusedFile) -> Tally:
    """The tally with a block more; what was refused is written."""
    for place, (row, found) in enumerate(block):
        result = found if isinstance(found, Problem) else taken[place]
        tally = replace(tally, row=row.number, rows=tally.rows + 1)
        if isinstance(result, Problem):
            refused.add(row, result)
            tally = replace(tally, refused=tally.refused + 1)
        else:
            events = len(found) if isinstance(found, tuple) else 0
            tally = replace(
                tally,
                taken=tally.taken + 1,
                known=tally.known + (result == events),
                events=tally.events + events,
            )
    return tally
