"""The JSON Schemas as a validator of draft 2020-12 reads them, beside what `validate` says.

Every file of the examples, of the starter and of the golden workspaces is right by both; then one
thing at a time is made wrong in each.
"""

import json
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sojourn.core.nouns import noun
from sojourn.core.values.exact import Json, JsonObject, dumps, loads, loads_object
from sojourn.language.documents import FORMS
from sojourn.language.files import AT_ROOT
from sojourn.language.findings import Code
from sojourn.language.forms import problems_of
from sojourn.language.schemas import NAMES, schema_text

ROOT = Path(__file__).parents[2]
WORKSPACES = (
    ROOT / "examples/shop",
    ROOT / "cli/sojourn_cli/starter",
    *sorted((ROOT / "tests/core/golden").iterdir()),
)
SOURCES = ROOT / "examples/sources"

SEEN_BY_EDITORS = {
    *(Code.UNKNOWN_KEY, Code.MISSING_KEY, Code.WRONG_TYPE, Code.UNKNOWN_VALUE),
    *(Code.UNKNOWN_STEP_TYPE, Code.UNKNOWN_CHANNEL, Code.BAD_DURATION, Code.BAD_TIME),
}
"""What needs neither another file nor code to be seen: a schema refuses each of these."""

JUDGE = """
import json, sys
from jsonschema import Draft202012Validator
schemas, documents = json.load(sys.stdin)
for schema in schemas.values():
    Draft202012Validator.check_schema(schema)
judges = {kind: Draft202012Validator(schema) for kind, schema in schemas.items()}
print(json.dumps([judges[kind].is_valid(document) for kind, document in documents]))
"""


@noun
class Case:
    """A document, what was made wrong in it, and whether the schema takes it."""

    name: str
    kind: str
    doc: JsonObject
    is_taken: bool = True

    @property
    def errors(self) -> set[Code]:
        """The findings' codes that are errors."""
        found = problems_of(FORMS[self.kind], self.doc)
        return {problem.code for problem in found if problem.severity == "error"}


def judged(cases: list[Case]) -> list[Case]:
    """The cases with what a validator of draft 2020-12 says; the emulated AWS brings one along."""
    python = ROOT / ".tools/ministack/bin/python"
    assert python.exists(), "run `make setup` first"
    schemas = {kind: loads(schema_text(kind)) for kind in NAMES}
    done = subprocess.run(
        [python, "-c", JUDGE],
        input=dumps([schemas, [[case.kind, case.doc] for case in cases]]),
        check=True,
        capture_output=True,
        text=True,
    )
    taken: list[bool] = json.loads(done.stdout)
    return [
        Case(case.name, case.kind, case.doc, is_taken)
        for case, is_taken in zip(cases, taken, strict=True)
    ]


def right() -> Iterator[Case]:
    for folder in WORKSPACES:
        for file in sorted(folder.rglob("*.json")):
            kind = AT_ROOT.get(file.name, "") if file.parent == folder else file.parent.name
            if kind in FORMS:
                yield Case(str(file.relative_to(ROOT)), kind, loads_object(file.read_bytes()))
    for file in sorted(SOURCES.glob("*/*.json")):
        if file.parent.name in FORMS:
            yield Case(
                str(file.relative_to(ROOT)), file.parent.name, loads_object(file.read_bytes())
            )


def made_wrong(value: Json, at: str = "") -> Iterator[tuple[str, Any]]:
    """The value with one thing wrong: a key too many, one too few, another type, at each place."""
    match value:
        case dict():
            yield f"{at} with a key that nobody knows", value | {"colour": 1}
            for key in value:
                yield f"{at}.{key} left out", {k: v for k, v in value.items() if k != key}
            for key, item in value.items():
                for what, changed in made_wrong(item, f"{at}.{key}"):
                    yield what, value | {key: changed}
        case list():
            for place, item in enumerate(value):
                for what, changed in made_wrong(item, f"{at}[{place}]"):
                    yield what, [*value[:place], changed, *value[place + 1 :]]
        case _:
            yield f"{at} no such word", "no such word"
    if at:
        yield f"{at} null", None
        yield f"{at} an object", {"colour": 1}
        yield f"{at} a list", [[]]


@cache
def wrong() -> tuple[Case, ...]:
    every = {
        (case.kind, what): Case(f"{case.name}: {what}", case.kind, changed)
        for case in right()
        for what, changed in made_wrong(case.doc)
    }
    return tuple(judged([*every.values()]))


def test_every_kind_is_among_them() -> None:
    assert {case.kind for case in right()} == set(FORMS)


def test_what_is_right_is_taken() -> None:
    for case in judged([*right()]):
        assert not case.errors, case.name
        assert case.is_taken, case.name


@pytest.mark.parametrize("code", sorted(SEEN_BY_EDITORS))
def test_what_is_wrong_is_refused(code: Code) -> None:
    cases = [case for case in wrong() if code in case.errors]
    assert cases
    assert [case.name for case in cases if case.is_taken] == []
