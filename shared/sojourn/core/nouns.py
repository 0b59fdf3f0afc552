"""Nouns: classes of values that never change, quick to declare, to make and to alter.

A noun is a frozen dataclass with slots, made another way. `dataclasses` writes six functions for
each class as text and compiles them when the class is declared, which is half a millisecond of
every start of a function, and has each field set through `object.__setattr__` when one is made.
Here what needs no text is shared, and what is written is written when it is first used. A noun is
made open, as an instance of a subclass with the same slots that is not frozen, and then closed: its
class becomes the noun's own. Measured: docs/decisions, 8 and 13.
"""

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, NoReturn, dataclass_transform

_SOURCE = """
def make(_cls, {parameters}):
    _noun = _open_kind()
    {assignments}
    _noun.__class__ = _kind
    return _noun

def made({parameters}):
    _noun = _open_kind()
    {assignments}
    _noun.__class__ = _kind
    return _noun

def made_open({parameters}):
    _noun = _open_kind()
    {assignments}
    return _noun

def opened(_before):
    _noun = _open_kind()
    {copies}
    return _noun
"""
"""Its own names begin with an underscore, as no field's does."""

_OPENED: dict[type, Callable[[Any], Any]] = {}
"""By kind, and by the open kind that stands for it: how to make an open copy."""

_MADE: dict[type, Callable[..., Any]] = {}
"""By kind whose functions are written: how to make one, from its own fields' names."""

_MADE_OPEN: dict[type, Callable[..., Any]] = {}
"""The same, but it stays open."""

_KINDS: dict[type, type] = {}
"""By open kind: the kind it stands for."""


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def noun[T](declared: type[T]) -> type[T]:
    """Make a frozen, slotted dataclass of a class that declares fields."""
    kind: Any = dataclass(slots=True, init=False, repr=False, eq=False)(declared)
    compared = _values([item.name for item in fields(kind) if item.compare])
    shown = [item.name for item in fields(kind) if item.repr]
    asked = _values([item.name for item in fields(kind) if item.init])

    def is_equal(one: object, other: object) -> bool:
        is_same_kind = one.__class__ is other.__class__
        return compared(one) == compared(other) if is_same_kind else NotImplemented

    def text(one: object) -> str:
        values = ", ".join(f"{name}={getattr(one, name)!r}" for name in shown)
        return f"{type(one).__qualname__}({values})"

    kind.__eq__ = is_equal
    kind.__hash__ = lambda one: hash(compared(one))
    kind.__repr__ = text
    kind.__reduce__ = lambda one: (kind, asked(one))  # copies are made anew
    kind.__setattr__, kind.__delattr__ = _refuse_to_set, _refuse_to_delete
    kind.__init__ = _Unwritten(kind)
    return kind  # type: ignore[no-any-return]  # what was declared, with the same fields


def _values(names: list[str]) -> Callable[[object], tuple[object, ...]]:
    """What takes the values of these fields off a noun."""
    if len(names) > 1:
        return attrgetter(*names)  # which of a single name makes no tuple
    return lambda one: tuple(getattr(one, name) for name in names)


def _refuse_to_set(_noun: object, name: str, _value: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_noun: object, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


class _Unwritten:
    """Stands for what fills a noun of a kind, until the first is made.

    It is not `__new__` that is put off: an open kind is to be made by Python's own, which it would
    not inherit from a kind that ever had another.
    """

    __slots__ = ("_kind",)

    def __init__(self, kind: type) -> None:
        self._kind = kind

    def __get__(self, first: object, kind: type) -> Callable[..., None]:
        _write(self._kind)

        def fill(*values: object, **named: object) -> None:
            made = kind(*values, **named)
            for item in fields(kind):
                object.__setattr__(first, item.name, getattr(made, item.name))

        return fill


def _write(kind: Any) -> None:  # noqa: ANN401 - a class whose functions no type lets be set
    """Write the functions that make nouns of a kind, from the names of its fields."""
    open_kind = type(
        kind.__name__,
        (kind,),
        # All of them, or Python still goes through the frozen class's own functions.
        {
            "__slots__": (),
            "__setattr__": object.__setattr__,
            "__delattr__": object.__delattr__,
            "__new__": object.__new__,
            "__init__": object.__init__,
        },
    )
    known: dict[str, Any] = {"_kind": kind, "_open_kind": open_kind, "_MISSING": MISSING}
    parameters, assignments, copies = [], [], []
    for item in fields(kind):
        name, value = item.name, _usual(item, known)
        copied = f"_before.{name}"
        if not item.init:
            given = copied = value  # made anew with each
        elif item.default_factory is not MISSING:
            parameters.append(f"{name}=_MISSING")
            given = f"{value} if {name} is _MISSING else {name}"
        else:
            parameters.append(f"{name}={value}" if value else name)
            given = name
        assignments.append(f"_noun.{name} = {given}")
        copies.append(f"_noun.{name} = {copied}")
    source = _SOURCE.format(
        parameters=", ".join(parameters),
        assignments="; ".join(assignments),
        copies="; ".join(copies),
    )
    exec(source, known)  # noqa: S102 - made of the noun's own field names
    _MADE[kind], _MADE_OPEN[kind] = known["made"], known["made_open"]
    _OPENED[kind] = _OPENED[open_kind] = known["opened"]
    _KINDS[open_kind] = kind
    kind.__new__, kind.__init__ = known["make"], object.__init__


def _usual(item: Field[Any], known: dict[str, Any]) -> str:
    """What a field is where nothing is said of it, as text; notes what that text names."""
    if item.default_factory is dict:
        return "{}"
    if item.default_factory is not MISSING:
        known[f"_new_{item.name}"] = item.default_factory
        return f"_new_{item.name}()"
    if item.default is not MISSING:
        known[f"_usual_{item.name}"] = item.default
        return f"_usual_{item.name}"
    return ""


def maker[**P, T](kind: Callable[P, T]) -> Callable[P, T]:
    """What makes a noun as its kind does: in half the time, where fields are named.

    Python calls a class with named arguments by way of a table of them.
    """
    return _written(kind, _MADE)


def open_maker[**P](kind: Callable[P, object]) -> Callable[P, Any]:
    """The same, but its fields can be set until it is closed: for whoever goes on with it alone."""
    return _written(kind, _MADE_OPEN)


def _written(kind: Any, makers: dict[type, Callable[..., Any]]) -> Callable[..., Any]:  # noqa: ANN401 - a kind
    if kind not in makers:
        _write(kind)
    return makers[kind]


def altered[T](noun: T, **changes: Any) -> T:  # noqa: ANN401 - fields of the noun
    """A noun with these fields replaced; raises AttributeError for one it does not have."""
    return altered_by(noun, changes)


def altered_by[T](noun: T, changes: dict[str, Any]) -> T:
    """The same, with the fields in a table."""
    copy = _OPENED[type(noun)](noun)
    for name, value in changes.items():
        setattr(copy, name, value)
    return closed(copy)  # type: ignore[no-any-return]  # of the noun's own kind


def opened(noun: object) -> Any:  # noqa: ANN401 - the noun, whose fields no type lets be set
    """A copy of a noun whose fields can be set, until it is closed."""
    return _OPENED[type(noun)](noun)


def closed(noun: Any) -> Any:  # noqa: ANN401 - as above
    """The noun itself, frozen from now on."""
    noun.__class__ = _KINDS[type(noun)]
    return noun
