"""A recording run again: every customer's past, decided anew, as a simulation has it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sojourn.core.errors import InvalidInput
from sojourn.core.instants import Instant
from sojourn.core.plan import Plan
from sojourn_cli.output import say
from sojourn_cli.recording.folder import Recording, is_recorded, read_recording
from sojourn_cli.recording.replay import replay
from sojourn_cli.recording.turns import Past
from sojourn_cli.simulation.lines import EventsFile
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
    lives = {}
    for done, customer in enumerate(sorted(file.by_customer), start=1):
        past = Past(customer, recording.turns.get(customer, ()), tuple(file.by_customer[customer]))
        lives[customer] = replay(past, recording.plans, end, reasons=reasons)
        progress(done)
    return Simulation(end, lives)
