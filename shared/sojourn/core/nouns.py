"""Nouns that are quick to make and to alter, and as frozen as any.

Measured: deciding is made of little else than making nouns, and a frozen dataclass sets each field
through `object.__setattr__`. So the nouns of the hot path are made open, as instances of a subclass
with the same slots that is not frozen, and then closed: the class becomes the noun's own. A quarter
of the time.

The functions that do so are written for each noun from the names of its fields, as `dataclasses`
does it.
"""

from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any

_SOURCE = """
def make(cls, {parameters}):
    noun = new(open_kind)
    {assignments}
    noun.__class__ = kind
    return noun

def made({parameters}):
    noun = new(open_kind)
    {assignments}
    noun.__class__ = kind
    return noun

def made_open({parameters}):
    noun = new(open_kind)
    {assignments}
    return noun

def opened(before):
    noun = new(open_kind)
    {copies}
    return noun

def reduce(noun):
    return kind, ({values},)
"""

_OPENED: dict[type, Callable[[Any], Any]] = {}
"""By kind, and by the open kind that stands for it: how to make an open copy."""

_MADE: dict[Any, Callable[..., Any]] = {}
"""By kind: how to make one, from its own fields' names."""

_MADE_OPEN: dict[Any, Callable[..., Any]] = {}
"""The same, but it stays open."""

_KINDS: dict[type, tuple[type, type]] = {}
"""By kind, and by its open kind: both of them."""


def quick[T](kind: type[T]) -> type[T]:
    """Make a frozen, slotted dataclass quick to make, to alter and to open."""
    open_kind = type(
        kind.__name__,
        (kind,),
        # Both, or Python still goes through the frozen class's own functions.
        {
            "__slots__": (),
            "__setattr__": object.__setattr__,
            "__delattr__": object.__delattr__,
        },
    )
    known: dict[str, Any] = {"kind": kind, "open_kind": open_kind, "new": object.__new__}
    known["MISSING"] = MISSING
    names, parameters, assignments = [], [], []
    for field in fields(kind):  # type: ignore[arg-type]  # a dataclass, which no type says
        name = given = field.name
        if field.default_factory is not MISSING:
            known[f"new_{name}"] = field.default_factory
            parameters.append(f"{name}=MISSING")
            given = f"new_{name}() if {name} is MISSING else {name}"
        elif field.default is not MISSING:
            known[f"usual_{name}"] = field.default
            parameters.append(f"{name}=usual_{name}")
        else:
            parameters.append(name)
        names.append(name)
        assignments.append(f"noun.{name} = {given}")
    source = _SOURCE.format(
        parameters=", ".join(parameters),
        assignments="; ".join(assignments),
        copies="; ".join(f"noun.{name} = before.{name}" for name in names),
        values=", ".join(f"noun.{name}" for name in names),
    )
    exec(source, known)  # noqa: S102 - made of the noun's own field names
    kind.__new__ = known["make"]  # type: ignore[method-assign]  # as dataclasses sets `__init__`
    kind.__init__ = object.__init__  # type: ignore[method-assign]  # nothing is left to do
    kind.__reduce__ = known["reduce"]  # type: ignore[method-assign]  # copies are made anew
    _MADE[kind], _MADE_OPEN[kind] = known["made"], known["made_open"]
    for each in (kind, open_kind):
        _OPENED[each] = known["opened"]
        _KINDS[each] = kind, open_kind
    return kind


def maker[**P, T](kind: Callable[P, T]) -> Callable[P, T]:
    """What makes a quick noun as its kind does: in half the time, where fields are named.

    Python calls a class with named arguments by way of a table of them.
    """
    return _MADE[kind]


def open_maker[**P](kind: Callable[P, object]) -> Callable[P, Any]:
    """The same, but its fields can be set until it is closed: for whoever goes on with it alone."""
    return _MADE_OPEN[kind]


def altered[T](noun: T, **changes: Any) -> T:  # noqa: ANN401 - fields of the noun
    """A quick noun with these fields replaced; raises AttributeError for one it does not have."""
    return altered_by(noun, changes)


def altered_by[T](noun: T, changes: dict[str, Any]) -> T:
    """The same, with the fields in a table."""
    copy = _OPENED[type(noun)](noun)
    for name, value in changes.items():
        setattr(copy, name, value)
    return closed(copy)  # type: ignore[no-any-return]  # of the noun's own kind


def opened(noun: object) -> Any:  # noqa: ANN401 - the noun, whose fields no type lets be set
    """A copy of a quick noun whose fields can be set, until it is closed."""
    return _OPENED[type(noun)](noun)


def closed(noun: Any) -> Any:  # noqa: ANN401 - as above
    """The noun itself, frozen from now on."""
    noun.__class__ = _KINDS[type(noun)][0]
    return noun
