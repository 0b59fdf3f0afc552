"""JSON Schemas (draft 2020-12) of the files, made from the forms, for editors.

What takes other files or code to know (names, ways between steps, proofs) only `validate` knows.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from sojourn.core.matching.comparisons import OPERATORS
from sojourn.language.documents import FORMS
from sojourn.language.forms import SHARED
from sojourn.language.words import ID_CHARS

NAMES: Final = {
    "settings": "settings",
    "journeys": "journey",
    "segments": "segment",
    "templates": "template",
    "sources": "source",
    "invariants": "invariants",
}
"""The schema's name for each kind of document."""

type Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PARTS = {
    "seconds": r"(\d+([.,]\d+)?S)",
    "clock": r"(T(?=\d)(\d+H)?(\d+M)?(\d+([.,]\d+)?S)?)",
}
_DURATION = rf"(\d+[smhdw]|P(?=[\dT])(\d+W)?(\d+D)?{_PARTS['clock']}?)"
_CONSENT = r"^profile\.consent(\.|$)"
_ANY: Schema = {}
_NUMBER_OR_TEXT: Schema = {"type": ["number", "string"]}
_TEXT: Schema = {"type": "string"}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


_OPERANDS: Mapping[str, tuple[str, Schema]] = {
    "eq": ("Equal, in type too.", _ANY),
    "ne": ("Not equal, or missing.", _ANY),
    "in": ("Equal to one of these.", {"type": "array"}),
    "not_in": ("Equal to none of these, or missing.", {"type": "array"}),
    "gt": ("Greater than.", _NUMBER_OR_TEXT),
    "gte": ("Greater than or equal.", _NUMBER_OR_TEXT),
    "lt": ("Less than.", _NUMBER_OR_TEXT),
    "lte": ("Less than or equal.", _NUMBER_OR_TEXT),
    "between": (
        "From low to high, both in.",
        {"type": "array", "minItems": 2, "maxItems": 2, "items": _NUMBER_OR_TEXT},
    ),
    "contains": ("A text holds this text, or a list this value.", _ANY),
    "starts_with": ("A text begins with this.", _TEXT),
    "ends_with": ("A text ends with this.", _TEXT),
    "like": ("A text looks like this; `*` stands for anything.", _TEXT),
    "exists": ("Whether there is a value.", {"type": "boolean"}),
    "before": ("Before this instant or date.", _ref("DateOrInstant")),
    "after": ("After this instant or date.", _ref("DateOrInstant")),
    "within": ("Not longer ago than this.", _ref("Duration")),
    "older_than": ("Longer ago than this.", _ref("Duration")),
    "in_next": ("To come within this time.", _ref("Duration")),
}


def _operators(names: tuple[str, ...] = OPERATORS) -> Schema:
    return {name: {**_OPERANDS[name][1], "description": _OPERANDS[name][0]} for name in names}


def _object(properties: Schema, **more: Any) -> Schema:  # noqa: ANN401 - a schema
    return {"type": "object", "properties": properties, "additionalProperties": False, **more}


DEFINITIONS: Final[Mapping[str, Schema]] = {
    "Id": {
        "type": "string",
        "pattern": r"^[^\W_][\w.-]*$",
        "maxLength": ID_CHARS,
        "description": "Letters, digits, `-`, `_` and `.`, a letter or digit first.",
    },
    "Duration": {
        "type": "string",
        "pattern": f"^{_DURATION}$",
        "description": "ISO 8601 without months and years (`P7D`, `PT90M`), or `7d`, `90m`.",
    },
    "Offset": {
        "type": "string",
        "pattern": f"^[+-]?{_DURATION}$",
        "description": "A duration that may have a sign: `-P7D`.",
    },
    "Instant": {
        "type": "string",
        "format": "date-time",
        "description": "An instant with an offset: `2026-01-31T09:00:00Z`.",
    },
    "Date": {"type": "string", "format": "date", "description": "A day: `2026-01-31`."},
    "DateOrInstant": {"anyOf": [_ref("Date"), _ref("Instant")]},
    "DateOrPath": {"anyOf": [_ref("Date"), _ref("Instant"), _ref("Path")]},
    "TimeOfDay": {
        "type": "string",
        "pattern": r"^([01]\d|2[0-3]):[0-5]\d$",
        "description": "A time of day on the customer's clock: `09:00`.",
    },
    "EventNames": {
        "anyOf": [
            {"type": "string", "minLength": 1},
            {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
        ]
    },
    "Path": {
        "type": "string",
        "pattern": r"^(profile|event|entry|vars|messages|consent|channels|customer)\..+$",
        "description": 'Where a value stands: `profile.first_name`, `event."order.total"`.',
    },
    "Match": {
        "type": "object",
        "minProperties": 1,
        "propertyNames": _ref("Path"),
        "additionalProperties": _ref("Path"),
    },
    "From": _object(
        {"from": {**_ref("Path"), "description": "Where the value is read."}}, required=["from"]
    ),
    "Values": {
        "type": "object",
        "additionalProperties": {
            "description": 'A literal, or {"from": "<path>"}.',
            "anyOf": [
                _ref("From"),
                {"not": {"type": "object", "required": ["from"], "maxProperties": 1}},
            ],
        },
    },
    "Assignments": {
        **_ref("Values"),
        "minProperties": 1,
        "propertyNames": _ref("Writable"),
        "patternProperties": {_CONSENT: {"anyOf": [{"type": "boolean"}, _ref("From")]}},
    },
    "Increments": {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"allOf": [_ref("Writable"), {"not": {"pattern": _CONSENT}}]},
        "additionalProperties": {
            "description": 'A number, or {"from": "<path>"}.',
            "anyOf": [{"type": "number"}, _ref("From")],
        },
    },
    "Writable": {
        "type": "string",
        "pattern": r"^(profile|vars)\..+$",
        "description": "Where an update writes: `profile.tier`, `vars.note`.",
    },
    "Condition": {
        "type": "object",
        "description": "Every entry must hold: paths with tests, and the words below.",
        "properties": {
            "all": {
                "type": "array",
                "items": _ref("Condition"),
                "description": "All of these hold.",
            },
            "any": {
                "type": "array",
                "items": _ref("Condition"),
                "description": "At least one of these holds.",
            },
            "not": {**_ref("Condition"), "description": "This does not hold."},
            "segment": {**_ref("Id"), "description": "The customer is in this segment."},
            "did": {**_ref("Did"), "description": "How often, or how much, she did something."},
        },
        "patternProperties": {
            r"^(profile|event|entry|vars|messages|consent|channels|customer)\.": _ref("Test")
        },
        "additionalProperties": False,
    },
    "Test": {
        "description": "A value (equals), a list (equals one of), or operators, all of which hold.",
        "anyOf": [
            {"type": ["string", "number", "boolean", "null"]},
            {"type": "array"},
            _object(
                {
                    **_operators(),
                    "ignore_case": {
                        "type": "boolean",
                        "description": "Capitals count as small letters.",
                    },
                },
                minProperties=1,
            ),
        ],
    },
    "Did": _object(
        {
            "event": {**_ref("EventNames"), "description": "What she did."},
            "where": {**_ref("Condition"), "description": "What must hold of each event."},
            "within": {**_ref("Duration"), "description": "Not longer ago than this."},
            "since": {"const": "entry", "description": "Since she entered this journey."},
            "count": {
                "description": "How often; at least once without it. `0` is never.",
                "anyOf": [
                    {"type": "number"},
                    {"type": "array"},
                    _object(_operators(), minProperties=1),
                ],
            },
            "sum": _object(
                {
                    "of": {**_ref("Path"), "description": "What is added up: `event.total`."},
                    **_operators(),
                },
                required=["of"],
                minProperties=2,
                description="How much in sum.",
            ),
        },
        required=["event"],
    ),
}
"""Definitions that the schemas share, by hand: these are checked by functions, not by forms."""


def schema_of(kind: str) -> Schema:
    """The JSON Schema of one kind of document."""
    generated = FORMS[kind].model_json_schema(by_alias=True)
    own = generated.pop("$defs", {})
    schema: Schema = {"$schema": _DIALECT, **generated}
    schema["$defs"] = {**own, **_used((schema, own))}
    finished: Schema = _finished(schema)
    for form in finished["$defs"].values():
        kind_of_step = form.get("properties", {}).get("type", {})
        if "const" in kind_of_step:  # what an editor says where the pointer rests on the type
            kind_of_step["description"] = form["description"]
    return finished


def schema_text(kind: str) -> str:
    """The JSON Schema as its file holds it."""
    return json.dumps(schema_of(kind), indent=2, ensure_ascii=False, sort_keys=False) + "\n"


def _used(schema: object) -> dict[str, Schema]:
    """The shared definitions that a schema needs, and those that they need, by name."""
    found: set[str] = set()
    ahead = [schema]
    while ahead:
        match ahead.pop():
            case {"x-shared": str(name)} | {"$ref": str(name)}:
                name = name.removeprefix("#/$defs/")
                if name in DEFINITIONS and name not in found:
                    found.add(name)
                    ahead.append(DEFINITIONS[name])
            case dict() as table:
                ahead += table.values()
            case list() | tuple() as items:
                ahead += items
            case _:
                continue
    return {name: DEFINITIONS[name] for name in DEFINITIONS if name in found}


def _finished(schema: Any) -> Any:  # noqa: ANN401 - a schema, or a part of one
    """With references to shared definitions, without pydantic's `null` for keys left out."""
    match schema:
        case dict():
            if SHARED in schema:
                schema = {"$ref": f"#/$defs/{schema[SHARED]}"} | {
                    key: value for key, value in schema.items() if key != SHARED
                }
            return {
                key: _finished(value)
                for key, value in schema.items()
                if not (key == "default" and value is None)
            }
        case list():
            return [_finished(item) for item in schema]
        case _:
            return schema
