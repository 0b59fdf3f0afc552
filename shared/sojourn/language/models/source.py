"""The form of a source: how one system's events become canonical ones."""

from collections.abc import Iterator
from typing import Annotated, Any

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import Field

from sojourn.core.events import FIELDS
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
        jmespath.compile(value)
    except (JMESPathError, RecursionError) as error:
        first, *_ = str(error).splitlines()
        yield Problem((), Code.BAD_EXPRESSION, f"not a JMESPath: {first}")


def _mapping(value: object) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield wrong_type("an object of fields with expressions", value)
        return
    if not value:
        yield Problem((), Code.EMPTY, "this is empty; map a field such as `userId`")
    for field, expression in value.items():
        if field.partition(".")[0] not in FIELDS:
            problem = no_such("field of an event", field, FIELDS, Code.UNKNOWN_KEY)
            yield problem.under(field)
        for problem in _expression(expression):
            yield problem.under(field)


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
    match: dict[str, Any] = Field(
        min_length=1, description="The EventBridge event pattern of the entries it is for."
    )
    map: FieldMap = Field(description="Canonical fields and where they stand in the entry.")
    samples: Some[SiblingFile] = optional(
        description="Files beside this one with entries to try it on."
    )
