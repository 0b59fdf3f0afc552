"""The JSON Schemas that editors use: current, whole, and saying what the forms say."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sojourn.core.matching.comparisons import OPERATORS
from sojourn.core.values.instants import parse_duration, parse_offset
from sojourn.core.values.localtime import parse_time_of_day
from sojourn.language.models.steps import STEPS
from sojourn.language.schemas import DEFINITIONS, NAMES, schema_of, schema_text
from sojourn.language.words import id_problems

SCHEMAS = Path(__file__).parents[2] / "schemas"


@pytest.mark.parametrize("kind", NAMES)
def test_the_files_are_current(kind: str) -> None:
    written = (SCHEMAS / f"{NAMES[kind]}.schema.json").read_text(encoding="utf-8")
    assert written == schema_text(kind), "run schemas/write.py"


def test_there_is_no_other_schema() -> None:
    assert {file.name for file in SCHEMAS.glob("*.json")} == {
        f"{name}.schema.json" for name in NAMES.values()
    }


def parts(schema: object) -> Iterator[dict[str, Any]]:
    match schema:
        case dict():
            yield schema
            for value in schema.values():
                yield from parts(value)
        case list():
            for value in schema:
                yield from parts(value)
        case _:
            return


@pytest.mark.parametrize("kind", NAMES)
def test_a_schema_is_whole(kind: str) -> None:
    schema = schema_of(kind)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"]
    assert schema["description"]
    for part in parts(schema):
        assert "x-shared" not in part
        assert part.get("default", "given") is not None
        if "$ref" in part:
            assert part["$ref"].removeprefix("#/$defs/") in schema["$defs"]


@pytest.mark.parametrize("kind", NAMES)
def test_every_key_is_described_and_no_other_is_allowed(kind: str) -> None:
    schema = schema_of(kind)
    for form in parts(schema):
        if form.get("type") != "object" or "properties" not in form:
            continue
        if "patternProperties" not in form:
            assert form["additionalProperties"] is False, form
        for key, value in form["properties"].items():
            assert value.get("description"), f"{form.get('title')}.{key}"


def test_a_step_is_one_of_its_types() -> None:
    schema = schema_of("journeys")
    step = schema["properties"]["steps"]["additionalProperties"]
    names = [part["$ref"].removeprefix("#/$defs/") for part in step["oneOf"]]
    assert [schema["$defs"][name]["properties"]["type"]["const"] for name in names] == list(STEPS)


def test_every_operator_is_there() -> None:
    properties = DEFINITIONS["Test"]["anyOf"][-1]["properties"]
    assert set(properties) == {*OPERATORS, "ignore_case"}


def reads(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    ("name", "parse"),
    [("Duration", parse_duration), ("Offset", parse_offset), ("TimeOfDay", parse_time_of_day)],
)
def test_patterns_agree_with_what_is_read(name: str, parse: Callable[[str], object]) -> None:
    pattern = re.compile(DEFINITIONS[name]["pattern"], re.ASCII)
    durations = (
        *("P7D", "PT90M", "7d", "90m", "2w", "45s", "3h", "P1W2DT3H4M5.5S", "PT0S", "P1DT1S"),
        *("-P7D", "+1d", "-1d", "P", "PT", "P1M", "P1Y", "1", "d", "7 d", "7D", "P1DT", "", "P1H"),
    )
    times = ("09:00", "00:00", "23:59", "24:00", "9:00", "12:60", "12:5", "ab:cd", "12:30:00")
    for text in (*durations, *times):
        assert bool(pattern.search(text)) == reads(parse, text), text


@pytest.mark.parametrize(
    "text", ["a", "cart-recovery", "v1.2_b", "é", "", "-a", ".a", "a b", "a/b"]
)
def test_ids_agree_with_what_is_accepted(text: str) -> None:
    pattern = re.compile(DEFINITIONS["Id"]["pattern"])
    assert bool(pattern.search(text)) == (not list(id_problems(text)))


def test_the_texts_are_json() -> None:
    for kind in NAMES:
        assert json.loads(schema_text(kind)) == schema_of(kind)
