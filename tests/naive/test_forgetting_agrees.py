"""Who is forgotten, and perhaps let back in, gets from the functions what `simulate` says."""

from heapq import heappop, heappush

from hypothesis import assume, event, given
from hypothesis import strategies as st

from sojourn.core.state.decisions import Announcement
from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import DAY, MINUTE, SECOND, Instant, format_instant
from sojourn.runtime.rights.forgetting import Settling
from sojourn_cli.simulation.lines import read_events
from sojourn_cli.simulation.run import simulate
from tests.naive.examples import examples
from tests.naive.shops import workspaces
from tests.naive.steps import Doc
from tests.naive.test_agrees import lines_of
from tests.naive.test_functions_agree import (
    LASTS,
    QUARTER,
    Knowing,
    envelope,
    files_of,
    on_the_second,
    plan_of,
    received,
    stories,
)
from tests.runtime.test_forgetting import rights

LATER = 10 * MINUTE
"""When a request comes again that is not done with."""

AFTERWARDS = 5 * 96
"""Quarters of an hour: what comes when she may be back comes so much later."""


def asked(name: str, who: str, at: Instant) -> Doc:
    """A request about her, as it stands in a file and comes from the bus."""
    return {
        "id": f"{name} {at}",
        "detail-type": f"sojourn.{name}",
        "source": "desk",
        "time": format_instant(at),
        "detail": {"customer": who},
    }


def comes_at(line: Doc) -> Instant:
    """When a line or a request comes."""
    return received(line if "time" not in line else {"timestamp": line["time"]})


def lived(workspace: Doc, lines: list[Doc], until: Instant) -> Knowing:
    """What comes of events and requests when they come to the functions."""
    works = Knowing(begin=comes_at(lines[0]))
    works.upload(files_of(workspace))
    coming = [(comes_at(line), number, line) for number, line in enumerate(lines)]
    while coming:
        at, number, line = heappop(coming)
        works.come_to(at)
        if "time" in line:
            works.run()
            try:
                rights(works).take(dumps(line))
            except Settling:
                heappush(coming, (at + LATER, number, line))
        else:
            works.ingest.take(envelope(line))
        if not coming or coming[0][0] > at:
            works.wait(0)
    works.wait(until - works.clock.now())
    return works


def told(announcements: list[Announcement], who: str) -> dict[str, list[str]]:
    """What the bus was told of her journeys; not that she was forgotten, which ends them all."""
    found = sorted(
        f"{format_instant(item.at)} {item.name} {dumps(dict(item.properties))}"
        for item in announcements
        if item.customer == who
        and not item.name.startswith("customer.")
        and item.properties.get("outcome") != "forgotten"
    )
    return {"told": found}


@examples(15)
@given(workspaces(), stories, stories, st.integers(0, 300), st.booleans())
def test_who_is_forgotten_gets_what_simulate_says(
    workspace: Doc,
    story: list[Doc],
    later: list[Doc],
    quarter: int,
    is_lifted: bool,  # noqa: FBT001 - drawn
) -> None:
    plan = plan_of(workspace)
    assume(plan is not None)
    assert plan is not None
    again = [item | {"quarter": item["quarter"] + AFTERWARDS} for item in later]
    items = [item | {"again": False} for item in on_the_second(story + again)]
    lines, who = lines_of(workspace, items), workspace["who"]
    at = received(lines[0]) + quarter * QUARTER + 7 * SECOND
    lines.append(asked("forget", who, at))
    if is_lifted:
        lines.append(asked("lift", who, at + 3 * DAY))
    lines.sort(key=comes_at)
    until = comes_at(lines[-1]) + LASTS
    file = read_events([dumps(line).encode() for line in lines])
    simulation = simulate(plan, file, until, reasons=True)
    works = lived(workspace, lines, until)
    lives = [*simulation.forgotten, *simulation.lives.items()]
    expected = [item for _, life in lives for item in life.announcements]
    event(f"lifted {is_lifted}, refused {min(len(simulation.refused), 3)}")
    assert told(works.bus.announced, who) == told(expected, who)
    assert works.dead_letters.letters == []
