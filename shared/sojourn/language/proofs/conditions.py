"""Proofs about conditions: never holding, always holding, and branches never taken."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sojourn.core.errors import InvalidInput
from sojourn.core.matching.conditions import Condition, describe
from sojourn.core.nouns import noun
from sojourn.core.values.exact import Json, JsonObject
from sojourn.core.workspace.reading import read_condition
from sojourn.language.findings import Code, Place, Problem
from sojourn.language.proofs.holding import Claim, Effort, Knowledge, can_hold
from sojourn.language.proofs.knowledge import ANYWHERE, AT_THE_DOOR, Domains
from sojourn.language.tolerant import as_object, as_objects
from sojourn.language.wording import printable

_LONGEST_CONDITION = 300
"""How much of a condition a sentence quotes."""


@noun
class Rule:
    """A condition of a document, and where it stands."""

    place: Place
    doc: Json
    knowledge: Knowledge


def in_segment(
    doc: JsonObject, segments: Mapping[str, Condition], effort: Effort
) -> Iterator[Problem]:
    """What can be proved of a segment."""
    rule = Rule(("where",), doc["where"], Knowledge(ANYWHERE, segments))
    yield from _impossible(rule.place, rule.doc, rule.knowledge, effort)
    yield from _always(rule, effort, "everybody is in it")


def in_wrong_journey(
    doc: JsonObject, segments: Mapping[str, Condition], effort: Effort
) -> Iterator[Problem]:
    """What can be proved of the conditions of a journey that has errors: each by itself."""
    return in_journey(as_object(_readable(doc)), ANYWHERE, segments, effort)


def _readable(value: Json) -> Json:
    """The document without the conditions that cannot be read; whatever is left is in its place."""
    match value:
        case dict():
            return {
                key: inner if key == "where" else _readable(inner)
                for key, inner in value.items()
                if key != "where" or _can_be_read(inner)
            }
        case list():
            return [_readable(item) for item in value]
        case _:
            return value


def _can_be_read(doc: Json) -> bool:
    try:
        read_condition(doc, "")
    except InvalidInput:
        return False
    return True


def in_journey(
    doc: JsonObject, domains: Domains, segments: Mapping[str, Condition], effort: Effort
) -> Iterator[Problem]:
    """What can be proved of the conditions of a journey, whose paths have those values."""
    inside, door = Knowledge(domains, segments), Knowledge(AT_THE_DOOR, segments)
    yield from _of_profile(as_object(as_object(doc.get("entry")).get("profile")), door, effort)
    for rule, consequence in _rules(doc, inside, door):
        yield from _impossible(rule.place, rule.doc, rule.knowledge, effort)
        yield from _always(rule, effort, consequence)
    for name, step in as_object(doc.get("steps")).items():
        branches = as_objects(as_object(step).get("branches"))
        if branches:
            for problem in _branches(branches, as_object(step), inside, effort):
                yield problem.under("steps", name)


def _of_profile(tests: JsonObject, door: Knowledge, effort: Effort) -> Iterator[Problem]:
    """The tests of an entry by the profile, which hold together or let nobody in."""
    doc: JsonObject = {f"profile.{trait}": test for trait, test in tests.items()}
    if tests and _can_be_read(doc):
        for problem in _impossible((), doc, door, effort):
            below = [str(part).removeprefix("profile.") for part in problem.place]
            yield replace(problem, place=("entry", "profile", *below))


def _rules(doc: JsonObject, inside: Knowledge, door: Knowledge) -> Iterator[tuple[Rule, str]]:
    """Every condition but those of branches, and what it means that it always holds."""
    entry = as_object(doc.get("entry"))
    if "where" in entry:
        yield Rule(("entry", "where"), entry["where"], door), "it keeps nobody out; remove it"
    for index, rule in enumerate(as_objects(doc.get("exit"))):
        if "where" in rule:
            ends = "remove it" if "event" in rule else "everybody exits at once"
            yield Rule(("exit", index, "where"), rule["where"], inside), ends
    goal = as_object(doc.get("goal"))
    if "where" in goal:
        yield Rule(("goal", "where"), goal["where"], inside), "remove it"
    for name, step in as_object(doc.get("steps")).items():
        for index, item in enumerate(as_objects(as_object(step).get("any"))):
            if "where" in item:
                place = ("steps", name, "any", index, "where")
                yield Rule(place, item["where"], inside), "remove it"


def _always(rule: Rule, effort: Effort, consequence: str) -> Iterator[Problem]:
    condition = read_condition(rule.doc, "")
    if not can_hold([(condition, False)], rule.knowledge, effort):
        message = f"this always holds: {consequence}"
        yield Problem(rule.place, Code.ALWAYS_TRUE, message, "warning")


def _impossible(place: Place, doc: Json, knowledge: Knowledge, effort: Effort) -> Iterator[Problem]:
    """The smallest part of a condition because of which it never holds, or dead ways within it."""
    if effort.left <= 0:
        return
    if _never(doc, knowledge, effort):
        below, part = _narrowest((), as_object(doc), knowledge, effort)
        never = printable(describe(read_condition(part, "")), _LONGEST_CONDITION)
        message = f"this can never hold: {never}"
        yield Problem((*place, *below), Code.IMPOSSIBLE_CONDITION, message, "warning")
        return
    for key, value in as_object(doc).items():
        match key:
            case "all" | "any":
                for index, item in enumerate(as_objects(value)):
                    yield from _impossible((*place, key, index), item, knowledge, effort)
            case "did" if "where" in as_object(value):
                where = as_object(value)["where"]
                yield from _impossible((*place, "did", "where"), where, knowledge, effort)
            case _:
                continue


def _never(doc: Json, knowledge: Knowledge, effort: Effort) -> bool:
    return not can_hold([(read_condition(doc, ""), True)], knowledge, effort)


def _narrowest(
    place: Place, doc: JsonObject, knowledge: Knowledge, effort: Effort
) -> tuple[Place, JsonObject]:
    """Of a condition that never holds the smallest part that by itself does not."""
    if len(doc) > 1:
        for key, value in doc.items():
            if _never({key: value}, knowledge, effort):
                return _narrowest(place, {key: value}, knowledge, effort)
        return place, doc
    ((key, value),) = doc.items()
    if key == "all":
        for index, item in enumerate(as_objects(value)):
            if _never(item, knowledge, effort):
                return _narrowest((*place, key, index), item, knowledge, effort)
    return (*place, key), doc


def _branches(
    branches: list[JsonObject], step: JsonObject, knowledge: Knowledge, effort: Effort
) -> Iterator[Problem]:
    """Branches that can never hold, or whose customers an earlier one takes."""
    before: list[Claim] = []
    for index, branch in enumerate(branches):
        if "where" not in branch:
            continue
        place = ("branches", index)
        yield from _impossible((*place, "where"), branch["where"], knowledge, effort)
        condition = read_condition(branch["where"], "")
        alone = can_hold([(condition, True)], knowledge, effort)
        if alone and not can_hold([*before, (condition, True)], knowledge, effort):
            message = (
                "nobody comes this way: an earlier branch takes all who could; move this one up"
            )
            yield Problem(place, Code.SWALLOWED_BRANCH, message, "warning")
        before.append((condition, False))
    if "else" in step and not can_hold(before, knowledge, effort):
        message = "nobody comes this way: one of the branches above always holds"
        yield Problem(("else",), Code.SWALLOWED_BRANCH, message, "warning")
