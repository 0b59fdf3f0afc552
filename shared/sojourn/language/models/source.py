"""The form of a source: how one system's events become canonical ones."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from sojourn.core.errors import InvalidInput
from sojourn.core.incoming.events import FIELDS
from sojourn.core.matching.patterns import read_pattern
from sojourn.core.values.paths import parse_path
from sojourn.language.expressions import Expression
from sojourn.language.findings import Code, Problem, no_such
from sojourn.language.forms import Checked, FileForm, Some, optional, wrong_type
from sojourn.language.models.content import SiblingFile
from sojourn.language.words import Id


def _expression(value: object) -> Iterator[Problem]:
    """A JMESPath over the entry, or `{"value": constant}`."""
    if isinstance(value, dict) and value.keys() == {"value"}:
        return
    if not isinstance(value, str):
        yield wrong_type('a JMESPath or {"value": constant}', value)
        return
    try:
        Expression(value)
    except InvalidInput as error:
        yield Problem((), Code.BAD_EXPRESSION, str(error))


def _mapping(value: object) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield wrong_type("an object of fields with expressions", value)
        return
    if not value:
        yield Problem((), Code.EMPTY, "this is empty; map a field such as `userId`")
    for field, expression in value.items():
        for problem in (*_field(field), *_expression(expression)):
            yield problem.under(field)


def _field(name: str) -> Iterator[Problem]:
    """A field of an event, or a place within one."""
    try:
        root, *_ = parse_path(name)
    except ValueError as error:
        yield Problem((), Code.BAD_PATH, str(error))
        return
    if root not in FIELDS:
        yield no_such("field of an event", root, FIELDS, Code.UNKNOWN_KEY)


def _pattern(value: object) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield wrong_type("an event pattern, which is an object", value)
        return
    if not value:
        yield Problem((), Code.EMPTY, "this is empty; name a field such as `source`")
        return
    for place, message in read_pattern(value)[1]:
        yield Problem(place, Code.BAD_PATTERN, message)


EventPattern = Annotated[object, Checked(_pattern, {"type": "object", "minProperties": 1})]
"""An EventBridge event pattern."""


FieldMap = Annotated[
    object,
    Checked(
        _mapping,
        {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                "anyOf": [
                    {"type": "string", "description": "JMESPath over the whole entry."},
                    {
                        "type": "object",
                        "properties": {"value": {"description": "A constant."}},
                        "required": ["value"],
                        "additionalProperties": False,
                    },
                ]
            },
        },
    ),
]


class Source(FileForm):
    """How the events of one source become canonical events."""

    id: Id = optional(description="The file's name without `.json`.")
    match: EventPattern = Field(
        description="The EventBridge event pattern of the entries it is for."
    )
    map: FieldMap = Field(description="Canonical fields and where they stand in the entry.")
    samples: Some[SiblingFile] = optional(
        description="Files beside this one with entries to try it on."
    )
