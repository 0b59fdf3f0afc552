"""The template as CloudFormation gets it: globals merged, and with what SAM adds."""

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FUNCTIONS = {"Dispatch", "Evaluate", "Ingest", "Preferences", "Publish", "Rights", "Wake"}
DEAD_LETTERS = "DeadLetterQueue"
ALIAS = "Aliaslive"
NOTHING = {"Ref": "AWS::NoValue"}

TRANSLATE = """
import json, sys
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

with open(sys.argv[1], encoding="utf-8") as file:
    template = yaml_parse(file.read())
for resource in template["Resources"].values():
    for key, digest in {"CodeUri": "handlers", "ContentUri": sys.argv[2]}.items():
        if key in resource.get("Properties", {}):
            resource["Properties"][key] = "s3://bucket/" + digest
parameters = json.loads(sys.argv[3])
print(json.dumps(Translator({}, Parser()).translate(template, parameter_values=parameters)))
"""


@cache
def template() -> dict[str, Any]:
    """The project's own."""
    return translated(ROOT / "template.yaml")


def translated(path: Path, library: str = "library", **parameters: str) -> dict[str, Any]:
    """A SAM template as CloudFormation gets it, with a library's digest and parameters."""
    python = ROOT / ".tools/sam/bin/python"
    assert python.exists(), "run `make setup` first"
    done = subprocess.run(
        [python, "-c", TRANSLATE, path, library, json.dumps(parameters)],
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def resource(name: str) -> dict[str, Any]:
    found: dict[str, Any] = template()["Resources"][name]
    return found


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = resource(name)["Properties"]
    return found


def named(kind: str) -> dict[str, dict[str, Any]]:
    """The properties of every resource of a kind, by logical id."""
    return {
        name: properties(name) for name, r in template()["Resources"].items() if r["Type"] == kind
    }


def deployed(value: Any, **given: str) -> Any:  # noqa: ANN401 - any part of the template
    """A part as CloudFormation has it under these parameters: what `Fn::If` chooses, values.

    The template's conditions of one parameter that has a value are known; others' are left.
    """
    found = template()
    values = {name: p.get("Default") for name, p in found["Parameters"].items()} | given

    def holds(condition: str) -> bool:
        match found["Conditions"][condition]:
            case {"Fn::Equals": [{"Ref": str(name)}, wanted]}:
                return bool(values[name] == wanted)
            case other:
                raise AssertionError(f"{condition}: {other} is not known here")

    match value:
        case {"Fn::If": [condition, yes, no]}:
            return deployed(yes if holds(condition) else no, **given)
        case {"Ref": str(name)} if name in values:
            return values[name]
        case dict():
            parts = {key: deployed(part, **given) for key, part in value.items()}
            return {key: part for key, part in parts.items() if part != NOTHING}
        case list():
            return [part for each in value if (part := deployed(each, **given)) != NOTHING]
        case _:
            return value


def listed(value: Any) -> list[Any]:  # noqa: ANN401 - policies allow both
    """What a policy says, be it one thing or a list of them."""
    return value if isinstance(value, list) else [value]


def target(value: Any) -> str:  # noqa: ANN401 - intrinsic functions have several shapes
    """The logical id that a `Ref` or `Fn::GetAtt` points to, or the text that is joined.

    For the alias of a function, the function's.
    """
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return name.removesuffix(ALIAS)
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), _]}:
            return text
        case _:
            return str(value)


def statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    return listed(policy["PolicyDocument"]["Statement"])


def mappings() -> list[dict[str, Any]]:
    """What feeds the functions."""
    return list(named("AWS::Lambda::EventSourceMapping").values())


def consumer(queue: str) -> str:
    """The function that a queue feeds."""
    [function] = [
        target(mapping["FunctionName"])
        for mapping in mappings()
        if target(mapping["EventSourceArn"]) == queue
    ]
    return function
