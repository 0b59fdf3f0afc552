"""Setting out: a recording is replayed, every other file of events is simulated."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sojourn.core.values.instants import Instant
from sojourn.core.workspace.plan import Plan
from sojourn_cli.events_file import open_events, reading
from sojourn_cli.recording.run import end_of, recording_of, replaying
from sojourn_cli.recording.sorted_events import SortedEvents
from sojourn_cli.simulation.lines import EventsFile, read_events
from sojourn_cli.simulation.run import End, Outset, outset


def read_events_file(path: Path, plan: Plan) -> EventsFile:
    """Every event of a file, which may be compressed with gzip, by the plan's sources."""
    with reading(path) as lines:
        return read_events(lines, plan.sources)


@contextmanager
def set_out(
    plan: Plan, workspace: Path, events: Path, until: Instant | None, *, facts: bool
) -> Iterator[tuple[Plan, Outset]]:
    """Set out to replay a recording, to simulate anything else; and under which plan."""
    recording = recording_of(plan, workspace, events)
    if recording is None:
        yield plan, outset(plan, read_events_file(events, plan), until, facts=facts)
        return
    end = end_of(recording, until)
    joined = recording.kept.joined(end)
    with closing(SortedEvents(recording.kept, joined)) as given:
        with open_events(events) as lines:
            given.read(lines)
        lives = replaying(recording, given.people(), joined, end, given.refused)
        yield recording.plan, Outset(lives, End(end, end), given.count)
