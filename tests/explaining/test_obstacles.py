"""A reason read back names what stood in the way, and what is called enough is enough."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings

from sojourn.core.matching.conditions import Condition, Not, describe, holds, obstacle
from sojourn.core.matching.conditions import Test as Comparison
from sojourn.core.values.instants import parse_instant, to_datetime
from sojourn.core.values.paths import MISSING, parse_path
from sojourn.core.workspace.reading import read_condition
from sojourn_cli.explaining.nearest import Moment, nearest
from sojourn_cli.explaining.obstacles import Met, read_obstacle, say_met
from tests.core.matching.test_conditions_agree import NOW, documents, worlds
from tests.core.naive_conditions import World
from tests.core.world_scope import WorldScope

EMPTY = World(now=NOW, roots={}, events=(), segments={})


def segments_of(world: World) -> dict[str, Condition]:
    return {name: read_condition(doc, name) for name, doc in world.segments.items()}


def every_part(met: Met) -> Iterator[Met]:
    yield met
    for item in met.inside:
        yield from every_part(item)


def with_value(world: World, path: tuple[str, ...], value: Any) -> World:  # noqa: ANN401 - JSON
    """The world with a value at a path; None takes it away."""

    def put(table: Any, names: tuple[str, ...]) -> dict[str, Any]:  # noqa: ANN401 - JSON
        found = dict(table) if isinstance(table, dict) else {}
        if len(names) > 1:
            found[names[0]] = put(found.get(names[0]), names[1:])
        elif value is None:
            found.pop(names[0], None)
        else:
            found[names[0]] = value
        return found

    return replace(world, roots=put(dict(world.roots), path))


@settings(max_examples=150)
@given(documents, worlds)
@example({"profile.a": "x" * 300}, replace(EMPTY, roots={"profile": {"a": "y" * 300}}))
@example({"any": [{"profile.a": "; "}, {"not": {"all": []}}]}, EMPTY)
@example({"segment": "gone"}, EMPTY)
def test_every_reason_is_read_back(doc: Any, world: World) -> None:  # noqa: ANN401 - JSON
    condition, scope = read_condition(doc, "where"), WorldScope(world)
    assume(not holds(condition, scope))
    met = read_obstacle(condition, str(obstacle(condition, scope)), segments_of(world))
    assert met is not None
    assert say_met(met)
    for item in every_part(met):
        assert not holds(item.part, scope) or world.segments, "what is quoted did not hold"
        if isinstance(item.part, Comparison) and item.found is not None:
            assert item.found == (scope.value(item.part.path) or item.found)


def moment_of(world: World) -> Moment:
    return Moment(WorldScope(world).now, ZoneInfo("Etc/GMT-2"), segments_of(world))


@settings(max_examples=200)
@given(documents, worlds)
@example({"profile.a": {"within": "1d"}}, replace(EMPTY, roots={"profile": {"a": "2020-01-01"}}))
@example({"event.t": {"between": [1, 5]}}, replace(EMPTY, roots={"event": {"t": 9}}))
@example({"not": {"profile.a": {"ne": 1}}}, EMPTY)
@example({"not": {"profile.a": 1}}, replace(EMPTY, roots={"profile": {"a": 1}}))
def test_what_is_called_enough_is_enough(doc: Any, world: World) -> None:  # noqa: ANN401 - JSON
    """Each part by itself: what stands behind it may still say no."""
    condition, scope = read_condition(doc, "where"), WorldScope(world)
    assume(not holds(condition, scope))
    met = read_obstacle(condition, str(obstacle(condition, scope)), segments_of(world))
    assert met is not None
    for item in every_part(met):
        near = nearest(item, moment_of(world))
        assert near.text
        if not isinstance(item.part, Comparison | Not) or near.change is None:
            continue
        match near.change:
            case {"instant": instant} if isinstance(item.part, Comparison):
                later = to_datetime(parse_instant(str(instant)))
                assert holds(item.part, WorldScope(replace(world, now=later)))
                before = WorldScope(replace(world, now=later - timedelta(microseconds=1)))
                assert not holds(item.part, before), "and not a moment earlier"
            case {"path": str(path), "to": value}:
                changed = with_value(world, parse_path(path), value)
                assert holds(item.part, WorldScope(changed)) or path.startswith("profile.consent")
            case {"path": str(path), "needs": {"exists": True}}:
                changed = with_value(world, parse_path(path), "any")
                assert holds(item.part, WorldScope(changed))
            case _:
                raise AssertionError(near.change)


@pytest.mark.parametrize(
    ("test", "found", "said"),
    [
        ({"gte": 50}, 30, "50 would be enough"),
        ({"lte": 5}, 9, "5 would be enough"),
        ({"gt": 50}, 50, "more than 50 would be enough"),
        ({"lt": 50}, 50, "less than 50 would be enough"),
        ({"lt": ""}, "a", 'no value would make this hold: profile.a < ""'),
        ("gold", "tin", '"gold" would be enough'),
        ({"ne": 1}, 1, "without profile.a it would"),
        (["a", "b"], "c", '"a" would be enough'),
        ([1, 7], 9, "7 would be enough"),
        ({"not_in": ["a"]}, "a", "without profile.a it would"),
        ({"between": [3, 5]}, 1, "3 would be enough"),
        ({"between": [3, 5]}, 7, "5 would be enough"),
        ({"between": [3, 5]}, None, "3 would be enough"),
        ({"exists": True}, None, "any value would be enough"),
        ({"exists": False}, 1, "without profile.a it would"),
        ({"like": "a*"}, "b", '"a" would be enough'),
        ({"within": "1d"}, "2026-03-11T12:00:00Z", "it holds from 2026-03-11T12:00:00Z on"),
        ({"within": "1d"}, "2026-03-01", '"2026-03-10T12:00:00Z" would be enough'),
        ({"older_than": "1d"}, "2026-03-10T00:00:00Z", "it holds from 2026-03-11T00:00:00Z on"),
        ({"older_than": "1d"}, None, '"2026-03-09T12:00:00Z" would be enough'),
        ({"in_next": "1d"}, "2026-03-12T00:00:00Z", "it holds from 2026-03-11T00:00:00Z on"),
        ({"in_next": "1d"}, "2026-03-01T00:00:00Z", '"2026-03-11T12:00:00Z" would be enough'),
        (
            {"in_next": "0s"},
            "2026-03-01T00:00:00Z",
            "no value would make this hold: profile.a is in the next 0 seconds",
        ),
        ({"before": "2026-03-01"}, "2026-04-01", '"2026-02-28" would be enough'),
        ({"eq": None}, 1, "no value would make this hold: profile.a = null"),
        ({"gte": True}, 1, "no value would make this hold: profile.a ≥ true"),
        ({"between": [5, 3]}, 4, "no value would make this hold: profile.a is 5 to 3"),
    ],
)
def test_the_nearest_change_of_a_value(test: Any, found: Any, said: str) -> None:  # noqa: ANN401 - JSON
    world = replace(EMPTY, roots={"profile": {"a": found}} if found is not None else {})
    condition, scope = read_condition({"profile.a": test}, "where"), WorldScope(world)
    met = read_obstacle(condition, str(obstacle(condition, scope)), {})
    assert met is not None
    assert met.found is MISSING if found is None else met.found == found
    assert nearest(met, moment_of(world)).text == said


@pytest.mark.parametrize(
    ("did", "seen", "said"),
    [
        ({}, "0 times", "1 time more would be enough"),
        ({"count": {"gte": 3}}, "1 times", "2 times more would be enough"),
        ({"count": {"gt": 3}}, "1 times", "3 times more would be enough"),
        ({"count": 2}, "1 times", "1 time more would be enough"),
        ({"count": 0}, "1 times", "what was done cannot be undone"),
        ({"count": {"lt": 2}}, "5 times", "what was done cannot be undone"),
        (
            {"count": {"lt": 2}, "within": "7d"},
            "5 times",
            "what was done cannot be undone; it counts until its window is past",
        ),
        ({"count": {"gte": 3, "lt": 4}}, "1 times", "2 times more would be enough"),
        ({"count": {"gt": 3, "lt": 4}}, "1 times", "no number of times more would be enough"),
        (
            {"sum": {"of": "event.t", "gte": 9}},
            "1 times, sum 4",
            "1 time more with event.t 5 would be enough",
        ),
        (
            {"sum": {"of": "event.t", "between": [9, 12]}},
            "1 times, sum 4.5",
            "1 time more with event.t 4.5 would be enough",
        ),
        (
            {"sum": {"of": "event.t", "gte": 9}, "count": {"gte": 5}},
            "1 times, sum 4",
            "no number of times more would be enough",
        ),
        (
            {"sum": {"of": "event.t", "eq": None}},
            "1 times, sum 4",
            "no number of times more would be enough",
        ),
        (
            {"where": {"event.at": {"older_than": "1d"}}},
            "0 times",
            '1 time more with event.at "2026-03-09T12:00:00Z" would be enough',
        ),
        (
            {"where": {"event.bot": {"ne": True}}},
            "0 times",
            "1 time more would be enough",
        ),
        (
            {"where": {"event.bot": {"exists": True}}},
            "0 times",
            '1 time more with event.bot "given" would be enough',
        ),
    ],
)
def test_the_nearest_change_of_a_count(did: Any, seen: str, said: str) -> None:  # noqa: ANN401 - JSON
    condition = read_condition({"did": {"event": "seen"} | did}, "where")
    met = read_obstacle(condition, f"{describe(condition)}: {seen}", {})
    assert met is not None
    assert nearest(met, moment_of(EMPTY)).text == said


@pytest.mark.parametrize(
    ("doc", "said"),
    [
        ({"not": {"all": []}}, "nothing would make this fail: always"),
        (
            {"not": {"any": [{"profile.a": {"ne": 1}}, {"profile.b": {"ne": 1}}]}},
            (
                "several things would have to change for this to fail:"
                " profile.a ≠ 1 or profile.b ≠ 1"
            ),
        ),
        (
            {"not": {"profile.a": {"not_in": []}}},
            "this holds with every value: profile.a is none of []",
        ),
        (
            {"not": {"vars.a": {"ne": 1}}},
            "1 would be enough, but only a step of the journey can set that",
        ),
        (
            {"messages.mail.status": "sent"},
            '"sent" would be enough, but that follows from what became of the message',
        ),
        ({"any": []}, "nothing can make it hold"),
        ({"segment": "gone"}, "nothing can make it hold"),
    ],
)
def test_what_no_single_change_would_mend(doc: Any, said: str) -> None:  # noqa: ANN401 - JSON
    condition, scope = read_condition(doc, "where"), WorldScope(EMPTY)
    met = read_obstacle(condition, str(obstacle(condition, scope)), {})
    assert met is not None
    near = nearest(met, moment_of(EMPTY))
    assert (near.text, near.details()) == (said, {"change": None, "why": said})


@pytest.mark.parametrize(
    "reason",
    ["", "profile.a eq 1", "profile.a eq 1: ", "profile.a eq 1: 2 and more", "profile.b eq 1: 2"],
)
def test_a_reason_of_another_condition_is_not_read(reason: str) -> None:
    assert read_obstacle(read_condition({"profile.a": 1}, "where"), reason, {}) is None


def test_what_stood_in_the_way_is_said_with_every_alternative_and_inside_a_segment() -> None:
    doc = {"any": [{"profile.a": 1}, {"segment": "s"}, {"not": {"profile.b": {"ne": 2}}}]}
    world = replace(EMPTY, segments={"s": {"did": {"event": "seen", "count": {"gte": 2}}}})
    condition, scope = read_condition(doc, "where"), WorldScope(world)
    met = read_obstacle(condition, str(obstacle(condition, scope)), segments_of(world))
    assert met is not None
    assert say_met(met) == (
        "no alternative held (profile.a = 1: it was missing;"
        " segment s: did seen, times ≥ 2: it was done 0 times;"
        " not profile.b ≠ 2: it holds)"
    )
    near = nearest(met, moment_of(world))
    assert near.details() == {"change": {"path": "profile.a", "to": 1}}
