"""Two with journeys, waits and messages of their own become one as the description says."""

from itertools import cycle

from hypothesis import assume, event, given
from hypothesis import strategies as st

from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import Instant, format_instant
from sojourn_cli.simulation.lines import read_events
from sojourn_cli.simulation.run import simulate
from tests.naive.asking import Happening
from tests.naive.clock import instant, told
from tests.naive.examples import examples
from tests.naive.joining import Joined
from tests.naive.life import Life
from tests.naive.shops import crowded, happenings, workspaces
from tests.naive.steps import Doc
from tests.naive.test_agrees import LASTS, decided, expected, happening, lines_of, simulated
from tests.naive.test_functions_agree import LASTS as LATER
from tests.naive.test_functions_agree import (
    lived,
    on_quarters_alone,
    plan_of,
    received,
    told_apart_once,
)

type Past = tuple[list[Doc], int, str]
"""What a visitor went through, at which of the user's lines she is found to be her, and how."""


def of_several(workspace: Doc, hers: list[Doc], pasts: list[Past], turns: list[int]) -> list[Doc]:
    """Lines of a user, and of visitors who are found to be her, each at one of the user's.

    Those of one instant come in whatever order the ``turns`` say.
    """
    mine = sorted(lines_of(workspace, [item | {"again": False} for item in hers]), key=received)
    first: list[Doc] = []
    others: list[Doc] = []
    for number, (story, place, by) in enumerate(pasts, 1):
        visitor = f"visitor-{number}"
        came = [
            {key: value for key, value in line.items() if key != "userId"}
            | {"anonymousId": visitor, "messageId": f"v{number}-{line['messageId']}"}
            for line in lines_of(workspace, [item | {"again": False, "times": 1} for item in story])
        ]
        first += came[:1]
        others += came[1:]
        joins = mine[place % len(mine)]
        if by == "user" and "anonymousId" not in joins:
            joins["anonymousId"] = visitor
            continue
        stamp = format_instant(received(joins))
        alias = {"type": "alias", "event": "alias", "messageId": f"alias-{number}"}
        ids = {"userId": workspace["who"], "previousId": visitor}
        others.append(alias | ids | {"timestamp": stamp, "receivedAt": stamp})
    turn = cycle(turns)
    return sorted([*first, *sorted([*mine, *others], key=lambda _: next(turn))], key=received)


def visitors_first(lines: list[Doc], *, are_first: bool = True) -> list[Doc]:
    """The same, with what comes of a visitor at the instant of her join before it, or else last.

    Two inboxes do not tell which of two events of one instant came first.
    """
    until: dict[str, Instant] = {}
    for line in lines:
        if "userId" in line:
            visitor = str(line.get("previousId", line.get("anonymousId", "")))
            until.setdefault(visitor, received(line))

    def place(line: Doc) -> tuple[Instant, bool]:
        at = received(line)
        is_hers = "userId" not in line and at <= until[line["anonymousId"]]
        return at, is_hers is not are_first

    return sorted(lines, key=place)


def joined(workspace: Doc, lines: list[Doc]) -> Joined:
    """What a plain reading makes of them."""
    until = max(instant(format_instant(received(line))) for line in lines) + LASTS
    hers: list[Happening] = []
    before: dict[str, list[Happening]] = {}
    others: dict[str, Life] = {}
    known: set[str] = set()
    for line in lines:
        visitor = str(line.get("previousId", line.get("anonymousId", "")))
        if "userId" not in line and visitor not in known:
            before.setdefault(visitor, []).append(happening(line))
            continue
        hers.append(happening(line))
        if visitor and visitor not in known:
            known.add(visitor)
            person = {**workspace, "who": visitor}
            others[line["messageId"]] = Life(person, before[visitor], until)
    life = Joined(workspace, hers, until, others)
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

ways = st.sampled_from(["user", "alias"])
pasts = st.lists(st.tuples(begun, st.integers(2, 40), ways), min_size=1, max_size=3)


@st.composite
def stories(draw: st.DrawFn, *, on_quarters: bool = False) -> tuple[Doc, list[Doc]]:
    """A workspace, and lines of a user and of visitors who are she: many of one instant."""
    workspace = draw(lingering())
    quarters = draw(st.sampled_from([1, 4, 20]))

    crowd = on_quarters_alone if on_quarters else crowded
    hers = crowd(draw(begun), quarters)
    visitors = [(crowd(story, quarters), place, by) for story, place, by in draw(pasts)]
    turns = draw(st.lists(st.integers(0, 9), min_size=1, max_size=30))
    return workspace, of_several(workspace, hers, visitors, turns)


@examples(12)
@given(stories())
def test_simulate_makes_them_one_as_the_description_says(story: tuple[Doc, list[Doc]]) -> None:
    workspace, lines = story
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
@given(stories(on_quarters=True))
def test_the_functions_make_them_one_as_simulate_does(story: tuple[Doc, list[Doc]]) -> None:
    workspace, lines = story
    plan = plan_of(workspace)
    assume(plan is not None)
    assert plan is not None
    until = max(map(received, lines)) + LATER
    file = read_events([dumps(line).encode() for line in visitors_first(lines)])
    life = simulate(plan, file, until, reasons=True).lives[workspace["who"]]
    comings = visitors_first(lines, are_first=False)
    works = lived(comings, until, (received(lines[0]), workspace))
    found, expected = map(told_apart_once, (works.records(workspace["who"]), life.records))
    assert sorted(map(repr, found)) == sorted(map(repr, expected))
