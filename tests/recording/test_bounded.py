"""A replay holds one customer at a time, however many were recorded."""

import gc
import json
from contextlib import closing
from pathlib import Path

from click.testing import CliRunner

from sojourn.core.state.customer import Event
from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import HOUR
from sojourn_cli.events_file import open_events
from sojourn_cli.main import main
from sojourn_cli.recording.folder import read_recording
from sojourn_cli.recording.run import replay_all, replaying
from sojourn_cli.recording.sorted_events import SortedEvents
from sojourn_cli.simulation.clock import Life
from sojourn_cli.simulation.run import as_document
from tests.recording.test_making import read, recorded
from tests.runtime.given import Works, email, journey

EVENTS_EACH = 12


def busy(number: int) -> tuple[Works, list[str]]:
    """So many customers, each with an order and as many views of pages."""
    waits = {"hour": {"type": "wait", "for": "PT1H", "next": "thank"}, "thank": email()}
    works = Works(journey(start="hour", steps=waits))
    names = [f"customer {place}" for place in range(number)]
    for name in names:
        works.identify(name)
        works.event("order.placed", name, order_id=name)
        for page in range(EVENTS_EACH):
            works.event("page.viewed", name, page=page)
    works.run()
    works.wait(2 * HOUR)
    return works, names


def alive(kind: type) -> int:
    return sum(type(item) is kind for item in gc.get_objects())


def most_alive(folder: Path, number: int) -> tuple[int, int]:
    """The most lives and events held at once while so many customers are replayed."""
    folder.mkdir()
    works, names = busy(number)
    _, events, workspace = recorded(works, folder, *names)
    recording = read_recording(workspace, events)
    joined = recording.kept.joined(recording.until)
    lives = held = done = 0
    with closing(SortedEvents(recording.kept, joined)) as given:
        with open_events(events) as lines:
            given.read(lines)
        gc.collect()
        before = alive(Life), alive(Event)
        people = replaying(recording, given.people(), joined, recording.until, ())
        for person in people.strands:
            (lived,) = people.live(person).lives
            gc.collect()
            lives = max(lives, alive(Life) - before[0])
            held = max(held, alive(Event) - before[1])
            done += lived[0] == person.id
    assert (done, given.count) == (number, number * (EVENTS_EACH + 2))
    return lives, held


def test_five_times_the_customers_are_no_more_at_once(tmp_path: Path) -> None:
    few, many = most_alive(tmp_path / "few", 2), most_alive(tmp_path / "many", 10)
    assert many == few
    assert 0 < many[0] <= 2
    assert EVENTS_EACH < many[1] < 5 * EVENTS_EACH


def test_the_command_tells_of_everybody_as_if_all_were_held(tmp_path: Path) -> None:
    works, names = busy(3)
    _, events, workspace = recorded(works, tmp_path, *names)
    file = read(events)
    whole = as_document(replay_all(read_recording(workspace, events), file))
    done = CliRunner().invoke(main, ["simulate", str(workspace), "--events", str(events)])
    assert done.exit_code == 0, done.output
    assert done.stdout == dumps(whole) + "\n"
    assert done.stderr == "replayed as stack shop decided it\n"
    assert [row["customer"] for row in json.loads(done.stdout)["messages"]] == names
