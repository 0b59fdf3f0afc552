"""A recording run again: every customer's past, decided anew, as a simulation has it."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sojourn.core.errors import InvalidInput
from sojourn.core.nouns import noun
from sojourn.core.state.customer import Event
from sojourn.core.values.instants import Instant
from sojourn.core.workspace.plan import Plan
from sojourn_cli.output import say
from sojourn_cli.recording.folder import Recording, is_recorded, read_recording
from sojourn_cli.recording.kept import Joined, Kept
from sojourn_cli.recording.lines import is_line_of
from sojourn_cli.recording.pasts import Past
from sojourn_cli.recording.replay import replay
from sojourn_cli.recording.sorted_events import EventsById
from sojourn_cli.recording.turns import Taken
from sojourn_cli.simulation.gathering import Lives
from sojourn_cli.simulation.lines import EventsFile, RefusedLine
from sojourn_cli.simulation.relations import ids_in
from sojourn_cli.simulation.run import End, Outset, Simulation, all_lives, simulate
from sojourn_cli.simulation.together import Lived


@noun
class Given:
    """What a command was given: a workspace's folder, an events file, and what was read of it."""

    workspace: Path
    events: Path
    file: EventsFile


def recording_of(plan: Plan, workspace: Path, events: Path) -> Recording | None:
    """The recording that a folder and a file are, unchanged; None: they are to be simulated.

    Says which of both it is to be where the folder came from a recording.
    """
    if plan.settings.seed or not is_recorded(workspace):
        return None
    try:
        recording = read_recording(workspace, events)
    except InvalidInput as error:
        say(f"not a replay of the recording, but simulated as the files are now: {error}")
        return None
    say(f"replayed as stack {recording.stack} decided it")
    return recording


def run_or_replay(
    plan: Plan, given: Given, until: Instant | None = None, *, reasons: bool = False
) -> tuple[Plan, Simulation]:
    """Replay what is from one recording, unchanged; simulate anything else. The plan it ran under.

    The file may be one customer's part of it.
    """
    recording = recording_of(plan, given.workspace, given.events)
    if recording is not None:
        return recording.plan, replay_all(recording, given.file, until, reasons=reasons)
    return plan, simulate(plan, given.file, until, reasons=reasons)


def replay_all(
    recording: Recording,
    file: EventsFile,
    until: Instant | None = None,
    *,
    reasons: bool = False,
) -> Simulation:
    """Replay every customer of a file up to ``until``, at most to the recording's end."""
    end = end_of(recording, until)
    joined = recording.kept.joined(end)
    people = [(id_, file.by_customer) for id_ in sorted(_told_of(recording, file, joined))]
    lives = replaying(recording, people, joined, end, file.refused, reasons=reasons)
    return all_lives(Outset(lives, End(end, end), file.count))


def end_of(recording: Recording, until: Instant | None) -> Instant:
    """Up to when a recording is replayed."""
    return recording.until if until is None else min(until, recording.until)


@noun
class _Person:
    """Somebody with the events that came with one of her ids alone."""

    id: str
    events: EventsById

    def __len__(self) -> int:
        return sum(map(len, self.events.values()))


def replaying(  # noqa: PLR0913 - what a replay rests on
    recording: Recording,
    people: Iterable[tuple[str, EventsById]],
    joined: Joined,
    end: Instant,
    refused: Iterable[RefusedLine],
    *,
    reasons: bool = False,
) -> Lives[_Person]:
    """Replay everybody, each with the events that came with her ids alone.

    What is kept of her is read when she is replayed.
    """

    def lived(person: _Person) -> Lived:
        ids = (person.id, *joined.absorbed(person.id))
        pasts = _pasts(person.events, {id_: recording.kept.of(id_) for id_ in ids})
        past = pasts.pop(person.id)
        life = replay(past, recording.plans, end, pasts, reasons=reasons)
        return Lived([(person.id, life)], [])

    count = len(recording.kept) - len(joined)
    return Lives((_Person(*each) for each in people), count, lived, list(refused))


def _told_of(recording: Recording, file: EventsFile, joined: Joined) -> set[str]:
    """The customers of whom a file tells, by the ids that were theirs in the end."""
    named = {id_ for item in file.linking for id_ in ids_in(item.incoming.identities)}
    ids = {*file.by_customer, *(id_ for id_ in named if id_ in recording.kept)}
    return {joined.root(id_) for id_ in ids}


def _pasts(events: EventsById, person: Mapping[str, Kept]) -> dict[str, Past]:
    """What was recorded under each of a person's ids.

    Lines of events that had been taken before, whichever id they name, are not hers once more: her
    turns have them.
    """
    lines = {id_: list(events.get(id_, ())) for id_ in person}
    turns = [turn for kept in person.values() for turn in kept.turns]
    for known in [event for turn in turns for event in _known_in(turn.taken)]:
        for own in lines.values():
            again = next((line for line in own if is_line_of(known, line)), None)
            if again is not None:
                own.remove(again)
                break
    pasts = {}
    for id_, kept in person.items():
        own = sorted([*lines[id_], *kept.linking], key=lambda event: event.received_at)
        pasts[id_] = Past(id_, kept.turns, tuple(own))
    return pasts


def _known_in(taken: Taken) -> Iterator[Event]:
    """The events among what was taken that had been taken before, and told who is one."""
    for meeting in taken.meetings:
        for party in meeting.parties:
            yield from _known_in(party.taken)
        if meeting.known is not None:
            yield meeting.known
