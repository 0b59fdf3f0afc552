"""Where the language says nothing of the order of lines, or of a line that comes twice: nothing."""

import random
from collections import defaultdict
from collections.abc import Sequence

import pytest

from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import HOUR, MINUTE, format_instant, parse_instant
from sojourn_cli.simulation.run import as_document, simulate
from tests.explaining.given import SEND, Doc, file_of, journey, plan_of

BEGIN = parse_instant("2026-01-05T09:00:00Z")
TWICE = {"did": {"event": ["page.seen", "order.placed"], "within": "P1D", "count": {"gte": 2}}}
LOOKED = {"type": "wait_for", "any": [{"event": "page.seen"}], "timeout": "PT2H", "next": "mail"}
PLAN = plan_of(
    {
        "cart": journey(
            entry={"event": "cart.abandoned", "key": "event.cart"},
            exit=[{"event": "order.placed", "outcome": "converted"}],
            goal={"event": "order.placed", "within": "P1D"},
            start="rest",
            steps={"rest": {"type": "wait", "for": "PT30M", "next": "mail"}, "mail": SEND},
        ),
        "thanks": journey(
            entry={"event": "order.placed", "where": TWICE, "reentry": {"mode": "always"}}
        ),
        "look": journey(
            entry={"event": "cart.abandoned"}, start="look", steps={"look": LOOKED, "mail": SEND}
        ),
        "gold": journey(
            entry={"profile": {"tier": "gold"}},
            exit=[{"where": {"profile.tier": {"ne": "gold"}}, "outcome": "fell"}],
        ),
    },
    {"caps": [{"name": "few", "max": 2, "per": "PT3H"}], "timezone": "Africa/Johannesburg"},
)
NAMES = ("cart.abandoned", "order.placed", "page.seen", "identify", "message.unsubscribed")
ALONE = ("one", "two", "three", "four")
IN_A_GROUP = ("ana", "ben", "v1", "v2", "L1")


def identities(draw: random.Random) -> Doc:
    """Of a customer who shares nothing with anybody, or of several who may turn out to be one."""
    if draw.random() < 0.5:
        return {"userId": draw.choice(ALONE)}
    own: Doc = {}
    if draw.random() < 0.4:
        own["userId"] = draw.choice(("ana", "ben"))
    if draw.random() < 0.5:
        own["anonymousId"] = draw.choice(("v1", "v2"))
    if not own or draw.random() < 0.3:
        own["context"] = {"externalIds": [{"type": "card", "id": "L1"}]}
    return own


def history(draw: random.Random) -> list[Doc]:
    """Lines of few instants: orders, carts, profiles, consents, joins; each with an id."""
    lines: list[Doc] = []
    for number in range(40):
        taken = BEGIN + draw.randrange(6) * HOUR
        own = taken - draw.choice((0, 0, 0, MINUTE))
        line: Doc = {"messageId": f"m{number}", **identities(draw)}
        line |= {"timestamp": format_instant(own), "receivedAt": format_instant(taken)}
        name = draw.choice(NAMES)
        if draw.random() < 0.1 and line.get("userId") in {"ana", "ben"}:
            line = {**line, "type": "alias", "previousId": draw.choice(("ana", "ben", "v1"))}
        else:
            line |= {"type": "identify"} if name == "identify" else {"event": name}
        if draw.random() < 0.6:
            line["traits"] = {
                "email": "x@example.com",
                "tier": draw.choice(("gold", "tin")),
                "consent": {"marketing": draw.random() < 0.7},
            }
        line["properties"] = {"cart": draw.randrange(2), "channel": "email"}
        lines.append(line)
    return lines


def result(lines: Sequence[Doc]) -> str:
    file = file_of(lines)
    return dumps(as_document(simulate(PLAN, file)))


def place(line: Doc) -> tuple[str, str]:
    """Lines whose order the language speaks of: of one customer, taken in at one instant."""
    who = line.get("userId")
    return (who if who in ALONE else "group"), line["receivedAt"]


def shuffled(lines: Sequence[Doc], draw: random.Random) -> list[Doc]:
    """Any order that keeps those of one customer and instant as they were."""
    order = list(lines)
    draw.shuffle(order)
    waiting: dict[tuple[str, str], list[Doc]] = defaultdict(list)
    for line in reversed(lines):
        waiting[place(line)].append(line)
    return [waiting[place(line)].pop() for line in order]


@pytest.mark.parametrize("seed", range(25))
def test_lines_in_another_order_and_lines_that_come_twice_change_nothing(seed: int) -> None:
    draw = random.Random(seed)
    lines = history(draw)
    expected = result(lines)
    other = shuffled(lines, draw)
    assert other != lines
    assert result(other) == expected
    for line in draw.sample(other, 10):
        first = other.index(line)
        other.insert(draw.randrange(first, len(other)) + 1, dict(line))
    assert result(other) == expected
    assert '"sent"' in expected
