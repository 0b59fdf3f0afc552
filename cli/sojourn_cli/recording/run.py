"""A recording run again: every customer's past, decided anew, as a simulation has it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sojourn.core.errors import InvalidInput
from sojourn.core.instants import Instant
from sojourn.core.plan import Plan
from sojourn_cli.output import say
from sojourn_cli.recording.folder import Recording, is_recorded, read_recording
from sojourn_cli.recording.pasts import Past
from sojourn_cli.recording.replay import replay
from sojourn_cli.recording.turns import joined_by
from sojourn_cli.simulation.lines import EventsFile
from sojourn_cli.simulation.relations import ids_in
from sojourn_cli.simulation.run import Simulation, simulate


@dataclass(frozen=True, slots=True)
class Given:
    """What a command was given: a workspace's folder, an events file, and what was read of it."""

    workspace: Path
    events: Path
    file: EventsFile


def run_or_replay(
    plan: Plan,
    given: Given,
    until: Instant | None = None,
    *,
    progress: Callable[[int], None] = lambda _: None,
    reasons: bool = False,
) -> tuple[Plan, Simulation]:
    """Replay what is from one recording, unchanged; simulate anything else. The plan it ran under.

    Says which of both it is to be where the folder came from a recording.
    """
    if is_recorded(given.workspace) and not plan.settings.seed:
        try:
            recording = read_recording(given.workspace, given.events)
        except InvalidInput as error:
            say(f"not a replay of the recording, but simulated as the files are now: {error}")
        else:
            say(f"replayed as stack {recording.stack} decided it")
            result = replay_all(recording, given.file, until, progress=progress, reasons=reasons)
            return recording.plan, result
    return plan, simulate(plan, given.file, until, progress=progress, reasons=reasons)


def replay_all(
    recording: Recording,
    file: EventsFile,
    until: Instant | None = None,
    *,
    progress: Callable[[int], None] = lambda _: None,
    reasons: bool = False,
) -> Simulation:
    """Replay every customer up to ``until``, at most to the recording's end.

    ``progress`` is told how many customers are done.
    """
    end = recording.until if until is None else min(until, recording.until)
    joined = {
        party.customer: customer
        for customer, turns in recording.turns.items()
        for party in joined_by(turns, end)
    }
    absorbed: dict[str, list[str]] = {}
    for id_ in joined:
        absorbed.setdefault(_root(id_, joined), []).append(id_)
    lives = {}
    for done, customer in enumerate(sorted(_told_of(recording, file, joined)), start=1):
        past = _past(recording, file, customer)
        others = {id_: _past(recording, file, id_) for id_ in absorbed.get(customer, ())}
        lives[customer] = replay(past, recording.plans, end, others, reasons=reasons)
        progress(done)
    return Simulation(end, lives)


def _told_of(recording: Recording, file: EventsFile, joined: Mapping[str, str]) -> set[str]:
    """The customers of whom a file tells, by the ids that were theirs in the end."""
    named = {id_ for item in file.linking for id_ in ids_in(item.incoming.identities)}
    ids = file.by_customer.keys() | (named & recording.turns.keys())
    return {_root(id_, joined) for id_ in ids}


def _root(id_: str, joined: Mapping[str, str]) -> str:
    while id_ in joined:
        id_ = joined[id_]
    return id_


def _past(recording: Recording, file: EventsFile, id_: str) -> Past:
    """What was recorded under one id."""
    alone, linking = file.by_customer.get(id_, ()), recording.linking.get(id_, ())
    events = sorted([*alone, *linking], key=lambda event: event.received_at)
    return Past(id_, recording.turns.get(id_, ()), tuple(events))
