"""Nouns that are quick to make are nouns like any other."""

import copy
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from sojourn.core.customer import Customer
from sojourn.core.nouns import altered, quick


@quick
@dataclass(frozen=True, slots=True)
class Pot:
    """A noun with every kind of default."""

    name: str
    size: int = 3
    plants: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SlowPot:
    """The same, made by dataclasses alone."""

    name: str
    size: int = 3
    plants: dict[str, int] = field(default_factory=dict)


def test_it_is_made_by_place_and_by_name_with_its_defaults() -> None:
    assert Pot("a") == Pot(name="a", size=3, plants={})
    assert Pot("a", 4, {"rose": 1}) == Pot(plants={"rose": 1}, size=4, name="a")
    assert repr(Pot("a")) == repr(SlowPot("a")).replace("SlowPot", "Pot")


def test_a_default_that_is_made_is_made_for_each() -> None:
    assert Pot("a").plants is not Pot("b").plants


@pytest.mark.parametrize("made", [Pot("a"), altered(Pot("a"), size=4), replace(Pot("a"), size=5)])
def test_it_is_frozen_and_of_its_own_class(made: Pot) -> None:
    assert type(made) is Pot
    with pytest.raises(FrozenInstanceError):
        made.size = 9  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del made.size
    assert not hasattr(made, "__dict__")


@pytest.mark.parametrize(
    "arguments", [{}, {"nme": "a"}, {"name": "a", "size": 1, "plants": {}, "colour": 2}]
)
def test_what_does_not_fit_is_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        Pot(**arguments)  # type: ignore[arg-type]


def test_alteration_replaces_what_is_named_and_nothing_else() -> None:
    plants = {"rose": 1}
    before = Pot("a", 3, plants)
    after = altered(before, size=4)
    assert (after.name, after.size, after.plants) == ("a", 4, plants)
    assert after.plants is plants
    assert before.size == 3


def test_a_field_it_does_not_have_is_refused() -> None:
    with pytest.raises(AttributeError):
        altered(Pot("a"), sze=4)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_copies_are_equal_and_of_its_class(copied: Callable[[Pot], Pot]) -> None:
    pot = Pot("a", 4, {"rose": 1})
    assert copied(pot) == pot
    assert type(copied(pot)) is Pot


def test_equality_and_hash_go_by_the_fields() -> None:
    assert Customer("ana", 1) == Customer("ana", 1) != Customer("ben", 1)
    assert len({(item.name, item.type) for item in fields(Pot)}) == 3
    with pytest.raises(TypeError):
        hash(Pot("a"))
