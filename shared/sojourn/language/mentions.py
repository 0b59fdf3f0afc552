"""Mentions: every name a journey, a segment or the settings refer to, and where it stands.

Total over any JSON: a document may be wrong in one place and its mentions still be checked in all
others.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from sojourn.core.nouns import noun
from sojourn.core.values.exact import Json, JsonObject
from sojourn.language.findings import Place
from sojourn.language.tolerant import as_list, as_object, as_objects

type Kind = Literal["segment", "path", "template", "journey", "category", "step", "send", "start"]


@noun
class Mention:
    """A name that refers to something: `step` is one to go to, `send` one that sent."""

    place: Place
    kind: Kind
    name: str


def in_journey(doc: JsonObject) -> Iterator[Mention]:
    """Everything a journey refers to."""
    yield from _named(doc, {"category": "category", "start": "start"})
    entry = as_object(doc.get("entry"))
    yield from _under(("entry",), _in_rule(entry))
    yield from _under(("entry",), _named(entry, {"key": "path"}))
    yield from _under(
        ("entry", "segment"), _named(as_object(entry.get("segment")), {"id": "segment"})
    )
    for index, rule in enumerate(as_objects(doc.get("exit"))):
        yield from _under(("exit", index), _in_rule(rule))
        names: dict[str, Kind] = {"segment": "segment", "enter": "journey"}
        yield from _under(("exit", index), _named(rule, names))
    yield from _under(("goal",), _in_rule(as_object(doc.get("goal"))))
    for name, step in as_object(doc.get("steps")).items():
        yield from _under(("steps", name), in_step(as_object(step)))


def in_step(step: Mapping[str, Json]) -> Iterator[Mention]:
    """Everything a step refers to, whatever its type."""
    names: dict[str, Kind] = {
        "template": "template",
        "category": "category",
        "journey": "journey",
        "next": "step",
        "on_timeout": "step",
        "else": "step",
    }
    yield from _named(step, names)
    for outcome, target in as_object(step.get("on")).items():
        if isinstance(target, str):
            yield Mention(("on", outcome), "step", target)
    for key in ("any", "branches", "arms"):
        for index, way in enumerate(as_objects(step.get(key))):
            yield from _under((key, index), _in_rule(way))
            yield from _under((key, index), _named(way, {"next": "step", "step": "send"}))
    for key in ("with", "properties", "set", "increment"):
        yield from _under((key,), _in_values(as_object(step.get(key)), key))
    for index, path in enumerate(as_list(step.get("unset"))):
        if isinstance(path, str):
            yield Mention(("unset", index), "path", path)
    date = as_object(step.get("until")).get("date")
    if isinstance(date, str) and not date[:1].isdigit():
        yield Mention(("until", "date"), "path", date)


def in_segment(doc: JsonObject) -> Iterator[Mention]:
    """Everything a segment refers to."""
    yield from _under(("where",), in_condition(doc.get("where")))


def in_settings(doc: JsonObject) -> Iterator[Mention]:
    """The categories that caps are about."""
    for index, cap in enumerate(as_objects(doc.get("caps"))):
        for position, name in enumerate(as_list(cap.get("categories"))):
            if isinstance(name, str):
                yield Mention(("caps", index, "categories", position), "category", name)


def in_invariants(doc: JsonObject) -> Iterator[Mention]:
    """The categories and journeys that rules are about."""
    kinds: dict[str, Kind] = {"categories": "category", "journeys": "journey"}
    for index, rule in enumerate(as_objects(doc.get("invariants"))):
        for key, kind in kinds.items():
            for position, name in enumerate(as_list(rule.get(key))):
                if isinstance(name, str):
                    yield Mention(("invariants", index, key, position), kind, name)


def in_condition(value: Json) -> Iterator[Mention]:
    """Every segment and path in a condition."""
    for key, item in as_object(value).items():
        match key:
            case "all" | "any":
                for index, part in enumerate(as_list(item)):
                    yield from _under((key, index), in_condition(part))
            case "not":
                yield from _under((key,), in_condition(item))
            case "segment":
                yield from _named({key: item}, {"segment": "segment"})
            case "did":
                inner = in_condition(as_object(item).get("where"))
                yield from _under((key, "where"), inner)
            case _:
                yield Mention((key,), "path", key)


def _in_rule(rule: Mapping[str, Json]) -> Iterator[Mention]:
    """The condition and the pairs of paths that are looked at when something happens."""
    yield from _under(("where",), in_condition(rule.get("where")))
    for left, right in as_object(rule.get("match")).items():
        yield Mention(("match", left), "path", left)
        if isinstance(right, str):
            yield Mention(("match", left), "path", right)


def _in_values(values: Mapping[str, Json], key: str) -> Iterator[Mention]:
    for name, value in values.items():
        if key in ("set", "increment"):
            yield Mention((name,), "path", name)
        yield from _under((name,), _named(as_object(value), {"from": "path"}))


def _named(doc: Mapping[str, Json], kinds: Mapping[str, Kind]) -> Iterator[Mention]:
    for key, kind in kinds.items():
        name = doc.get(key)
        if isinstance(name, str):
            yield Mention((key,), kind, name)


def _under(above: Place, found: Iterator[Mention]) -> Iterator[Mention]:
    for mention in found:
        yield Mention((*above, *mention.place), mention.kind, mention.name)
