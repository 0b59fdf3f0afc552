"""Whatever of her ids an event comes with, it is hers: decided is what one id would give."""

from hypothesis import assume, given
from hypothesis import strategies as st

from sojourn.core.values.instants import format_instant
from tests.naive.clock import instant
from tests.naive.examples import examples
from tests.naive.life import Life
from tests.naive.shops import workspaces
from tests.naive.steps import Doc
from tests.naive.test_agrees import (
    both_ways,
    decided,
    expected,
    happening,
    lines_of,
)
from tests.naive.test_functions_agree import LASTS, lived, on_the_second, plan_of, received, stories
from tests.naive.test_publishing_agrees import expected as expected_records
from tests.naive.test_publishing_agrees import recorded

VISITOR = "visitor-1"
CARD = {"externalIds": [{"type": "card", "id": "L-1"}]}

WAYS = ("user", "visitor", "card", "visitor and card", "all", "alias")

ways = st.lists(st.sampled_from(WAYS), min_size=5, max_size=5)


def known_by(lines: list[Doc], ways: list[str]) -> list[Doc]:
    """The same lines under other ids of hers; the first tells all of them.

    It is known then to whoever takes what comes later: at one instant both may be taken at once.
    """
    (first, *others), found = lines, []
    for number, line in enumerate(others):
        is_known = received(line) > received(first)
        way = ways[number % len(ways)] if is_known else "user"
        nobodys = {key: value for key, value in line.items() if key != "userId"}
        if way == "alias":
            told_once = {"messageId": f"alias-{number}", "event": "alias", "type": "alias"}
            plain = {key: line[key] for key in ("userId", "timestamp", "receivedAt")}
            found.append(plain | told_once | {"previousId": VISITOR})
        if way in {"user", "alias"}:
            found.append(line)
        elif way == "all":
            found.append(line | {"anonymousId": VISITOR, "context": CARD})
        else:
            visitor = {"anonymousId": VISITOR} if "visitor" in way else {}
            card = {"context": CARD} if "card" in way else {}
            found.append(nobodys | visitor | card)
    return [first | {"anonymousId": VISITOR, "context": CARD}, *found]


@examples(20)
@given(workspaces(), stories, ways)
def test_simulate_decides_alike_whichever_of_her_ids_came(
    workspace: Doc, story: list[Doc], ways: list[str]
) -> None:
    lines = known_by(lines_of(workspace, story), ways)
    document, life = both_ways(workspace, lines)
    assert {row["customer"] for row in document["enrolments"]} <= {workspace["who"]}
    assert decided(document) == expected(life)


@examples(20)
@given(workspaces(), stories, ways)
def test_the_functions_decide_alike_whichever_of_her_ids_came(
    workspace: Doc, story: list[Doc], ways: list[str]
) -> None:
    each_once = [item | {"again": False} for item in on_the_second(story)]
    lines = known_by(lines_of(workspace, each_once), ways)
    assume(plan_of(workspace) is not None)
    end = max(map(received, lines)) + LASTS
    works = lived(lines, end, (received(lines[0]), workspace))
    until = instant(format_instant(end))
    life = Life(workspace, [happening(line) for line in lines], until)
    life.run()
    assume(not life.branches())
    assert recorded(works, workspace["who"]) == expected_records(life)


def joined_late(lines: list[Doc], past: int, by: str) -> list[Doc]:
    """The same lines; the first of them told of a visitor's past, before she was known."""
    found: list[Doc] = []
    for number, line in enumerate(sorted(lines, key=received)):
        nobodys = {key: value for key, value in line.items() if key != "userId"}
        if number < past:
            silent = {"anonymousId": VISITOR, "_metadata": {"silent": True}}
            found.append(nobodys | silent)
        elif number == past:
            if by == "alias":
                joins = {"messageId": "alias", "event": "alias", "type": "alias"}
                stamps = {"timestamp": line["timestamp"], "userId": line["userId"]}
                at = {"receivedAt": format_instant(received(line))}
                found.append(stamps | at | joins | {"previousId": VISITOR})
            found.append(line if by == "alias" else line | {"anonymousId": VISITOR})
        else:
            found.append(line)
    return found


@examples(20)
@given(workspaces(), stories, st.integers(1, 8), st.sampled_from(["user", "alias"]))
def test_a_silent_past_is_hers_once_she_is_known(
    workspace: Doc, story: list[Doc], past: int, by: str
) -> None:
    each_once = [item | {"again": False} for item in on_the_second(story)]
    lines = joined_late(lines_of(workspace, each_once), past, by)
    document, life = both_ways(workspace, lines)
    assert decided(document) == expected(life)
