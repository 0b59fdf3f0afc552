"""Two with journeys, waits and messages of their own become one as the description says."""

from hypothesis import assume, event, given
from hypothesis import strategies as st

from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import SECOND, Duration, format_instant
from sojourn_cli.simulation.lines import read_events
from sojourn_cli.simulation.run import simulate
from tests.naive.clock import instant, told
from tests.naive.examples import examples
from tests.naive.joining import Joined
from tests.naive.life import Life
from tests.naive.shops import happenings, workspaces
from tests.naive.steps import Doc
from tests.naive.test_agrees import LASTS, decided, expected, happening, lines_of, simulated
from tests.naive.test_functions_agree import LASTS as LATER
from tests.naive.test_functions_agree import (
    lived,
    on_the_second,
    plan_of,
    received,
    told_apart_once,
)

VISITOR = "visitor-1"


BESIDES = 7 * SECOND
"""Nothing else happens so long after a quarter of an hour."""


def of_two(  # noqa: PLR0913 - what they are drawn from
    workspace: Doc,
    hers: list[Doc],
    others: list[Doc],
    place: int,
    by: str,
    besides: Duration = 0,
) -> list[Doc]:
    """Lines of a user, and of a visitor who is found to be her at one of the user's.

    That one comes ``besides`` later, so that functions take all before it first.
    """
    mine = lines_of(workspace, [item | {"again": False} for item in hers])
    theirs = [
        {key: value for key, value in line.items() if key != "userId"}
        | {"anonymousId": VISITOR, "messageId": f"v-{line['messageId']}"}
        for line in lines_of(workspace, [item | {"again": False, "times": 1} for item in others])
    ]
    mine.sort(key=received)
    joins = mine[place % len(mine)]
    joins["receivedAt"] = format_instant(received(joins) + besides)
    both = sorted([*theirs[:1], *mine, *theirs[1:]], key=received)
    if by == "user":
        return [line | {"anonymousId": VISITOR} if line is joins else line for line in both]
    stamp = format_instant(received(joins))
    stamps = {"timestamp": stamp, "receivedAt": stamp}
    alias = {"type": "alias", "event": "alias", "messageId": "alias", "userId": workspace["who"]}
    both.insert(both.index(joins), alias | stamps | {"previousId": VISITOR})
    return both


def joined(workspace: Doc, lines: list[Doc]) -> Joined:
    """What a plain reading makes of them."""
    ways = {"anonymousId", "previousId"}
    place = next(at for at, line in enumerate(lines) if "userId" in line and ways & line.keys())
    until = max(instant(format_instant(received(line))) for line in lines) + LASTS
    before = [happening(line) for line in lines[:place] if "userId" not in line]
    hers = [happening(line) for line in lines[:place] if "userId" in line]
    other = Life({**workspace, "who": VISITOR}, before, until)
    hers += [happening(line) for line in lines[place:]]
    life = Joined(workspace, hers, other, lines[place]["messageId"])
    life.run()
    return life


LINGER: list[Doc] = [
    {"type": "wait", "for": "PT5H"},
    {"type": "wait", "for": "P2D"},
    {"type": "wait", "until": {"date": "profile.day", "time": "10:00"}},
    {"type": "wait", "for": "PT1H", "until": {"time": "09:00"}},
    {"type": "wait_for", "any": [{"event": "b"}], "timeout": "P1D"},
    {"type": "wait_for", "any": [{"event": "c", "match": {"event.n": "entry.n"}}]},
]


@st.composite
def lingering(draw: st.DrawFn) -> Doc:
    """A workspace in whose journeys many stay for a while, under some key."""
    workspace = draw(workspaces())
    for journey in workspace["journeys"].values():
        if draw(st.sampled_from([True] * 4 + [False])):
            key = draw(st.sampled_from([{}, {"key": "event.n"}]))
            reentry = {"reentry": journey["entry"].get("reentry", {})}
            journey |= {"status": "live", "entry": {"event": ["a", "b"], **reentry, **key}}
            journey["steps"]["linger"] = draw(st.sampled_from(LINGER)) | {"next": journey["start"]}
            journey["start"] = "linger"
    return workspace


begun = st.tuples(happenings, st.integers(1, 9), st.sampled_from([{"n": 1}, {"n": 2}, {}])).map(
    lambda drawn: [
        drawn[0][0] | {"name": "a", "quarter": drawn[1], "late": 0, "silent": False},
        drawn[0][1] | {"name": "a", "quarter": drawn[1] + 1, "properties": drawn[2]},
        *drawn[0][2:],
    ]
)

stories = given(lingering(), begun, begun, st.integers(2, 40), st.sampled_from(["user", "alias"]))


@examples(12)
@stories
def test_simulate_makes_two_one_as_the_description_says(
    workspace: Doc, hers: list[Doc], others: list[Doc], place: int, by: str
) -> None:
    lines = of_two(workspace, hers, others, place, by)
    life = joined(workspace, lines)
    assume(not life.branches())
    document = simulated(workspace, lines, str(told(life.until)))
    assume(document is not None)
    assert document is not None
    for one in life.enrolments:
        event(f"outcome {one.outcome}")
    event(f"live on both sides: {life.were_live}")
    assert decided(document) == expected(life)


@examples(6)
@stories
def test_the_functions_make_two_one_as_simulate_does(
    workspace: Doc, hers: list[Doc], others: list[Doc], place: int, by: str
) -> None:
    lines = of_two(workspace, on_the_second(hers), on_the_second(others), place, by, BESIDES)
    plan = plan_of(workspace)
    assume(plan is not None)
    assert plan is not None
    until = max(map(received, lines)) + LATER
    life = simulate(
        plan, read_events([dumps(line).encode() for line in lines]), until, reasons=True
    ).lives[workspace["who"]]
    works = lived(lines, until, (received(lines[0]), workspace))
    found, expected = map(told_apart_once, (works.records(workspace["who"]), life.records))
    assert sorted(map(repr, found)) == sorted(map(repr, expected))
