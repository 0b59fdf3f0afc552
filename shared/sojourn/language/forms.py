"""Forms: how pydantic checks an object of a file and names every problem by our own codes.

A `Form` is an object with fixed keys, a `Checked` annotation a value that a function looks at.
Forms check; nobody keeps their instances: the plan is read from the documents themselves.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    PlainValidator,
    ValidationError,
    model_validator,
)
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError, core_schema

from sojourn.core.nouns import noun
from sojourn.core.values.exact import Json, JsonObject, dumps, type_name
from sojourn.core.values.paths import ROOTS
from sojourn.core.workspace.reading import SECTIONS
from sojourn.language import meant
from sojourn.language.belonging import elsewhere, further_in, further_out, keys
from sojourn.language.findings import Code, Problem, no_such
from sojourn.language.relations import Relation
from sojourn.language.wording import listed, near, printable, quoted

type Check = Callable[[Any], Iterable[Problem]]
"""A function that yields what is wrong with a value, places seen from that value."""

SHARED: Final = "x-shared"
"""Marks, in a generated schema, where a definition of `schemas.py` belongs."""

MOST_ITEMS: Final = 1_000
"""The most objects of one list, such as branches or exit rules."""

_LONGEST_EXAMPLE = 120
_CONDITIONS = frozenset({"where", "if", "condition", "when"})
_TEXTS_ALONE = (["event"], ["id"], ["text"])
"""Keys that a form needs, where a text in its place can only be that one's value."""

_PROBLEMS = "problems"
_WANTED = {"dict_type": "an object", "list_type": "a list"}


def optional(description: str, *, alias: str | None = None, title: str | None = None) -> Any:  # noqa: ANN401 - stands for a value of any type
    """A key that may be left out."""
    return Field(default=None, description=description, alias=alias, title=title)


T = TypeVar("T")
Some = Annotated[list[T], Field(max_length=MOST_ITEMS)]
"""A list; pydantic looks at no item of one that is too long."""

AtLeastOne = Annotated[list[T], Field(min_length=1, max_length=MOST_ITEMS)]
"""A list that is not empty; likewise."""


class Form(BaseModel):
    """An object with fixed keys; any other key is an error."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True, frozen=True)

    relations: ClassVar[tuple[Relation, ...]] = ()
    """Keys that need or exclude one another."""

    @classmethod
    def rules(cls, doc: Mapping[str, Json]) -> Iterator[Problem]:
        """What neither a single key nor a relation of keys can say."""
        del doc
        yield from ()

    @classmethod
    def keys(cls) -> list[str]:
        """The keys as a file has them."""
        return keys(cls)

    @classmethod
    def _meant(cls, doc: Mapping[str, Json]) -> set[str]:
        """Keys that are missing but for a slip of the pen: what was meant is said at the slip."""
        known = cls.keys()
        slips = [key for key in doc if key not in known]
        found = [cls._for(key, doc, known) for key in slips[:MOST_ITEMS]]
        return {key for key in found if key is not None and key not in doc}

    @classmethod
    def _for(cls, key: str, doc: Mapping[str, Json], known: Collection[str]) -> str | None:
        """The key that an unknown one was written for."""
        if (instead := cls.instead_of(key, doc)) is not None:
            return instead
        way = further_in(cls, key)
        return way[0].key if way else near(key, known)

    @classmethod
    def instead_of(cls, key: str, doc: Mapping[str, Json]) -> str | None:
        """The key under which one belongs that is a part of a condition; ``doc`` has the others."""
        del doc
        return "where" if "where" in [*cls.keys()] and is_condition(key) else None

    @classmethod
    def unknown_key(cls, key: str, doc: Mapping[str, Json]) -> Problem:
        """The problem of a key of ``doc`` that this form does not have, seen from its value."""
        if cls.instead_of(key, doc) is None:
            for message in _misplaced(cls, key, doc[key]):
                return Problem((), Code.UNKNOWN_KEY, message)
        return unknown_key(key, doc[key], cls.keys())

    @classmethod
    def not_an_object(cls, found: object) -> Problem:
        """The problem of another value, with the object that a text was meant to be."""
        needed = [name for name, field in cls.model_fields.items() if field.is_required()]
        if isinstance(found, str) and needed in _TEXTS_ALONE:
            problem = wrong_type("an object", found)
            written = dumps({needed[0]: printable(found)})
            return replace(problem, message=f"{problem.message}; write {quoted(written)}")
        return wrong_type(f"an object with {listed(cls.keys(), 'and')}", found)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> dict[str, Any]:
        """The relations, too, as an editor reads them."""
        schema = handler(core)
        if cls.relations:
            whole = handler.resolve_ref_schema(schema)
            whole["allOf"] = [dict(relation.schema) for relation in cls.relations]
        return schema

    @model_validator(mode="wrap")
    @classmethod
    def _collect(cls, doc: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        problems: list[Problem] = []
        meant_keys: set[str] = set()
        if isinstance(doc, dict):
            meant_keys = cls._meant(doc)
            for relation in cls.relations:
                problems += relation.problems(doc, meant_keys)
            problems += cls.rules(doc)
        try:
            form = handler(doc)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                if detail["type"] != "missing" or detail["loc"][-1] not in meant_keys:
                    problems += _translated(detail, cls, doc)
            raise _as_error(problems) from error
        if problems:
            raise _as_error(problems)
        return form


class FileForm(Form):
    """The object a file holds; ``file`` is its path where there is one of a kind."""

    file: ClassVar[str] = ""

    schema_: Any = optional(
        alias="$schema",
        title="JSON Schema",
        description="The JSON Schema by which an editor checks this file.",
    )


def problems_of(form: type[Form], doc: object) -> list[Problem]:
    """Everything wrong with an object that should have that form."""
    try:
        form.model_validate(doc)
    except ValidationError as error:
        (detail,) = error.errors(include_url=False)
        return list(detail["ctx"][_PROBLEMS])
    return []


def _as_error(problems: Sequence[Problem]) -> PydanticCustomError:
    return PydanticCustomError(_PROBLEMS, "see the context", {_PROBLEMS: problems})


def _translated(detail: ErrorDetails, form: type[Form], doc: Any) -> Iterator[Problem]:  # noqa: ANN401 - whatever stands in the file
    place = detail["loc"]
    if place[-1:] == ("[key]",):  # pydantic's mark of a key that is wrong itself
        place = place[:-1]
    match detail["type"]:
        case "problems":
            for problem in detail["ctx"][_PROBLEMS]:
                yield problem.under(*place)
        case "missing":
            yield Problem(place, Code.MISSING_KEY, f"{quoted(str(place[-1]))} is missing here")
        case "extra_forbidden":
            yield form.unknown_key(str(place[-1]), doc).under(*place)
        case "too_short":
            yield Problem(place, Code.EMPTY, "this is empty; at least one is wanted")
        case "too_long":
            message = f"{len(detail['input'])} of them; the most is {MOST_ITEMS}"
            yield Problem(place, Code.OUT_OF_RANGE, message)
        case "model_type":
            yield form.not_an_object(detail["input"]).under(*place)
        case "dict_type" if isinstance(detail["input"], list):
            message = "an object is wanted, not a list: each item under a name, `{name: …}`"
            yield Problem(place, Code.WRONG_TYPE, message)
        case kind:
            yield wrong_type(_WANTED[kind], detail["input"]).under(*place)


def _misplaced(form: type[Form], key: str, value: Json) -> Iterator[str]:
    """Where a key stands that was written an object too far out, or too far in."""
    if way := further_in(form, key):
        part: JsonObject = {key: value}
        for within in reversed(way):
            part = within.around(part)
        names = ".".join(within.key for within in way)
        yield f"{quoted(key)} stands in {quoted(names)}, as in {example(part)}"
    elif (beside := further_out(form, key)) is not None:
        yield f"{quoted(key)} stands beside {quoted(beside)}, not in it"
    elif (file := elsewhere(key)) is not None:
        yield f"{quoted(key)} stands in {quoted(file)}, which holds for the whole workspace"


def unknown_key(key: str, value: Json, known: Collection[str]) -> Problem:
    """The problem of a key that is not among the known ones, seen from its value.

    What is a part of a condition is told where conditions stand here.
    """
    if "where" in known and is_condition(key):
        message = (
            f"{quoted(key)} is a condition, and conditions stand under `where` here, as in"
            f" {example({'where': {key: value}})}"
        )
        return Problem((), Code.UNKNOWN_KEY, message)
    problem = no_such("key", key, known, Code.UNKNOWN_KEY)
    if key in _CONDITIONS and {"type", "next"} <= {*known}:
        message = f"{problem.message}; a `branch` before this step asks a condition"
        return replace(problem, message=message, unknown=None)
    return problem


def example(part: JsonObject) -> str:
    """A key with its value, as it is written in a file."""
    ((key, value),) = part.items()
    return f'`"{key}": {printable(dumps(value), _LONGEST_EXAMPLE)}`'


def is_condition(key: str) -> bool:
    """Whether a key, met where it means nothing, is one of those that a condition has."""
    return key in SECTIONS or key.startswith(tuple(f"{root}." for root in ROOTS))


def wrong_type(wanted: str, found: object) -> Problem:
    """The problem of a value of another type."""
    hint = "; leave the key out instead" if found is None else ""
    if (written := meant.literal(wanted, found)) is not None:
        hint = f"; write {quoted(written)}"
    elif wanted.startswith("a list") and isinstance(found, str | dict):
        hint = "; put it into brackets: `[…]`"
    elif wanted.startswith("an object") and isinstance(found, list) and len(found) == 1:
        hint = "; take the brackets away"
    shown = str(found) if isinstance(found, Decimal) else type_name(found)
    return Problem((), Code.WRONG_TYPE, f"{wanted} is wanted, not {shown}{hint}")


@noun
class Checked:
    """Annotates a value that a function checks; ``schema`` is its JSON Schema."""

    check: Check
    schema: Mapping[str, Any]

    def __get_pydantic_core_schema__(
        self, _source: object, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Let the function alone decide."""
        return core_schema.no_info_plain_validator_function(_raising(self.check))

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> JsonObject:
        """The schema by hand."""
        return dict(self.schema)


def picked(
    pick: Callable[[JsonObject], type[Form] | Problem], forms: object, wanted: str = "an object"
) -> PlainValidator:
    """Annotates an object that has one of several forms; ``forms`` is their union.

    ``pick`` names the form of an object, or says why it has none.
    """

    def check(value: object) -> Iterable[Problem]:
        if not isinstance(value, dict):
            return (wrong_type(wanted, value),)
        form = pick(value)
        return (form,) if isinstance(form, Problem) else problems_of(form, value)

    return PlainValidator(_raising(check), json_schema_input_type=forms)


def _raising(check: Check) -> Callable[[Any], Any]:
    def validate(value: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
        problems = list(check(value))
        if problems:
            raise _as_error(problems)
        return value

    return validate


def unlike(items: Json, what: str) -> Iterator[Problem]:
    """A rule: no two objects of a list have the same `name`."""
    seen: set[str] = set()
    for index, item in enumerate(items if isinstance(items, list) else ()):
        name = item.get("name") if isinstance(item, dict) else None
        if not isinstance(name, str):
            continue
        if name in seen:
            message = f"another {what} is called {quoted(name)} already"
            yield Problem((index, "name"), Code.DUPLICATE_NAME, message)
        seen.add(name)
