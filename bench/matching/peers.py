"""The peers at the task, each in the fastest form of its own: `peers.py NAME JOURNEYS NAMES`.

Whatever can be compiled is compiled beforehand; a peer that can answer all journeys of an event
name in one call does so where that is faster. Runs in the environment of `requirements/bench.txt`.
"""

import json
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from typing import Any

from bench.matching import task

type Made = Callable[[task.Task], task.Decide]

ANSWERED = {"cel-python": 300, "rule-engine": 2_000}
"""Of the slow ones fewer answers are checked: those to the first so many events."""

TIMED = {
    "common-expression-language": 2_000,
    "growthbook": 1_000,
    "flagsmith-flag-engine": 1_000,
    "rule-engine": 500,
    "cel-python": 50,
}
"""Events of a pass, so that one takes about as long as anybody's."""

AS_CEL = {
    "eq": "{path} == {operand}",
    "in": "{path} in {operand}",
    "gt": "{path} > {operand}",
    "gte": "{path} >= {operand}",
    "lt": "{path} < {operand}",
    "lte": "{path} <= {operand}",
    "between": "{path} >= {low} && {path} <= {high}",
}


def common_expression_language(made: task.Task) -> task.Decide:
    """One compiled program a journey, over one context an event: faster than one list of all."""
    cel: Any = import_module("cel")
    programs = {
        name: [
            (each.number, cel.compile(task.written(each.where, AS_CEL, " && "))) for each in all_
        ]
        for name, all_ in made.by_event().items()
    }

    def decide(name: str, properties: task.Table, profile: task.Table) -> list[int]:
        context = cel.Context({"event": properties, "profile": profile})
        return [number for number, program in programs[name] if program.execute(context)]

    return decide


def cel_python(made: task.Task) -> task.Decide:
    """Compiled to Python by its own faster runner; values are made CEL's once an event."""
    celpy: Any = import_module("celpy")
    environment = celpy.Environment(runner_class=celpy.CompiledRunner)
    programs = {
        name: [
            (
                each.number,
                environment.program(environment.compile(task.written(each.where, AS_CEL, " && "))),
            )
            for each in all_
        ]
        for name, all_ in made.by_event().items()
    }

    def decide(name: str, properties: task.Table, profile: task.Table) -> list[int]:
        context = {
            "event": celpy.json_to_cel(properties),
            "profile": celpy.json_to_cel(profile),
        }
        return [number for number, program in programs[name] if program.evaluate(context)]

    return decide


def zen_engine(made: task.Task) -> task.Decide:
    """One expression that lists the answers of all journeys of a name: six times one each."""
    zen: Any = import_module("zen")
    forms = {**AS_CEL, "between": "{path} >= {low} and {path} <= {high}"}
    listed = {
        name: (
            [each.number for each in all_],
            zen.compile_expression(
                "[" + ", ".join(task.written(each.where, forms, " and ") for each in all_) + "]"
            ),
        )
        for name, all_ in made.by_event().items()
    }

    def decide(name: str, properties: task.Table, profile: task.Table) -> list[int]:
        numbers, expression = listed[name]
        answers = expression.evaluate({"event": properties, "profile": profile})
        return [number for number, holds in zip(numbers, answers, strict=True) if holds]

    return decide


def growthbook(made: task.Task) -> task.Decide:
    """Its condition evaluator, over flat attributes: faster than nested ones."""
    evaluate: Any = import_module("growthbook.core").evalCondition
    names = {"eq": "$eq", "in": "$in", "gt": "$gt", "gte": "$gte", "lt": "$lt", "lte": "$lte"}

    def condition(where: task.Where) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for path, operator, operand in task.tests_of(where):
            name = path.partition(".")[2]
            if operator == "between":
                found[name] = {"$gte": operand[0], "$lte": operand[1]}
            else:
                found[name] = operand if operator == "eq" else {names[operator]: operand}
        return found

    conditions = {
        name: [(each.number, condition(each.where)) for each in all_]
        for name, all_ in made.by_event().items()
    }

    def decide(name: str, properties: task.Table, profile: task.Table) -> list[int]:
        attributes = {**properties, **profile}
        return [number for number, each in conditions[name] if evaluate(attributes, each)]

    return decide


def flagsmith_flag_engine(made: task.Task) -> task.Decide:
    """Its segments, asked one by one over one context an event."""
    is_in: Any = import_module("flag_engine.segments.evaluator").is_context_in_segment
    names = {
        "eq": "EQUAL",
        "gt": "GREATER_THAN",
        "gte": "GREATER_THAN_INCLUSIVE",
        "lt": "LESS_THAN",
        "lte": "LESS_THAN_INCLUSIVE",
    }

    def condition(name: str, operator: str, operand: Any) -> list[dict[str, Any]]:  # noqa: ANN401
        if operator == "in":
            return [{"property": name, "operator": "IN", "value": operand}]
        if operator == "between":
            low, high = operand
            return [*condition(name, "gte", low), *condition(name, "lte", high)]
        return [{"property": name, "operator": names[operator], "value": str(operand)}]

    def segment(journey: task.Journey) -> dict[str, Any]:
        conditions = []
        for path, operator, operand in task.tests_of(journey.where):
            conditions += condition(path.partition(".")[2], operator, operand)
        rule = {"type": "ALL", "conditions": conditions, "rules": []}
        return {"key": str(journey.number), "name": str(journey.number), "rules": [rule]}

    segments = {
        name: [(each.number, segment(each)) for each in all_]
        for name, all_ in made.by_event().items()
    }
    environment = {"key": "bench", "name": "bench"}

    def decide(name: str, properties: task.Table, profile: task.Table) -> list[int]:
        identity = {"identifier": "c", "key": "c", "traits": {**properties, **profile}}
        context = {"environment": environment, "identity": identity}
        return [number for number, each in segments[name] if is_in(context, each)]

    return decide


def rule_engine(made: task.Task) -> task.Decide:
    """Its compiled rules over flat names."""
    rule: Any = import_module("rule_engine").Rule
    forms = {
        name: form.replace("{path}", "{name}").replace("&&", "and") for name, form in AS_CEL.items()
    }
    rules = {
        name: [(each.number, rule(task.written(each.where, forms, " and "))) for each in all_]
        for name, all_ in made.by_event().items()
    }

    def decide(name: str, properties: task.Table, profile: task.Table) -> list[int]:
        flat = {**properties, **profile}
        return [number for number, each in rules[name] if each.matches(flat)]

    return decide


PEERS: dict[str, Made] = {
    "common-expression-language": common_expression_language,
    "zen-engine": zen_engine,
    "growthbook": growthbook,
    "flagsmith-flag-engine": flagsmith_flag_engine,
    "rule-engine": rule_engine,
    "cel-python": cel_python,
}


def main() -> None:
    """Measure one peer, print."""
    name, journeys, names = sys.argv[1:]
    made = task.make(int(journeys), int(names))
    events = made.events[: ANSWERED.get(name, task.EVENTS)]
    timed = TIMED.get(name, task.EVENTS)
    answer = task.measured(PEERS[name](made), events, timed=timed)
    print(json.dumps({**answer, "version": version(name)}))


if __name__ == "__main__":
    main()
