"""Nouns are frozen dataclasses with slots, whose functions are written when they are used."""

import copy
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from sojourn.core.nouns import altered, closed, maker, noun, open_maker, opened
from sojourn.core.state.customer import Customer


@noun
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


@noun
class Label:
    """A noun of a single field."""

    text: str


@noun
class Nothing:
    """A noun that says nothing but its name."""


@noun
class Word:
    """A noun whose fields bear names that its makers might want for themselves."""

    cls: str
    noun: str
    new: str = "n"
    kind: str = "k"
    before: list[str] = field(default_factory=list)


@noun
class Bed:
    """A noun of which some fields are neither compared nor shown."""

    pots: tuple[Pot, ...]
    noted: int = field(default=0, compare=False)
    secret: str = field(default="", repr=False)
    counted: dict[str, int] = field(default_factory=dict, init=False, repr=False, compare=False)
    watered: int = field(default=1, init=False)


def unpickled(pot: Pot) -> Pot:
    """What comes back of a noun that was packed."""
    return pickle.loads(pickle.dumps(pot))  # type: ignore[no-any-return]  # noqa: S301 - our own


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


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, unpickled])
def test_copies_are_equal_and_of_its_class(copied: Callable[[Pot], Pot]) -> None:
    pot = Pot("a", 4, {"rose": 1})
    assert copied(pot) == pot
    assert type(copied(pot)) is Pot


def test_equality_and_hash_go_by_the_fields() -> None:
    assert Customer("ana", 1) == Customer("ana", 1) != Customer("ben", 1)
    assert len({(item.name, item.type) for item in fields(Pot)}) == 3
    with pytest.raises(TypeError):
        hash(Pot("a"))


def test_a_noun_is_equal_to_none_of_another_kind() -> None:
    others: list[object] = [SlowPot("a"), Nothing(), "a"]
    assert [one for one in (Pot("a"), Label("a")) if one in others] == []


def test_nouns_of_one_field_and_of_none_are_compared_and_hashed() -> None:
    assert Label("a") == Label("a") != Label("b")
    assert len({Label("a"), Label("a"), Label("b")}) == 2
    assert Nothing() == Nothing()
    assert (hash(Nothing()), repr(Nothing())) == (hash(()), "Nothing()")


def test_what_is_not_compared_makes_no_difference_and_what_is_secret_is_not_shown() -> None:
    assert Bed((), 1) == Bed((), 2) != Bed((), 1, "rose")
    assert hash(Bed((), 1)) == hash(Bed((), 2))
    assert repr(Bed((), 1, "rose")) == "Bed(pots=(), noted=1, watered=1)"


def test_its_fields_are_matched_by_place_and_known_to_whoever_asks() -> None:
    match Pot("a", 4):
        case Pot(name, size):
            assert (name, size) == ("a", 4)
    assert list(inspect.signature(Pot).parameters) == ["name", "size", "plants"]


@pytest.mark.parametrize("ways", [maker, open_maker])
def test_whoever_makes_the_first_by_a_maker_makes_it_as_its_kind_does(
    ways: Callable[[type], Callable[..., object]],
) -> None:
    @noun
    class Fresh:
        size: int = 3

    made = ways(Fresh)(size=4)
    assert ways(Fresh) is ways(Fresh)
    assert isinstance(made, Fresh)
    assert made.size == Fresh(4).size == 4


def test_an_open_copy_can_be_set_until_it_is_closed() -> None:
    pot = Pot("a")
    copied = opened(pot)
    copied.size = 9
    del copied.plants
    assert (copied.size, pot.size) == (9, 3)
    copied.plants = {}
    assert closed(copied) is copied
    with pytest.raises(FrozenInstanceError):
        copied.size = 10


@pytest.mark.parametrize("again", [altered, replace, copy.copy, opened])
def test_what_is_worked_out_of_the_rest_is_nobodys_but_its_own(
    again: Callable[[Bed], Bed],
) -> None:
    bed = Bed((Pot("a"),), 2)
    bed.counted["roses"] = 1
    after = again(bed)
    assert (after.pots, after.noted, after.counted, after.watered) == (bed.pots, 2, {}, 1)
    with pytest.raises(TypeError):
        Bed((), counted={})  # type: ignore[call-arg]


def test_fields_may_bear_any_name() -> None:
    word = Word("c", "n", kind="other")
    assert (word.cls, word.noun, word.new, word.kind, word.before) == ("c", "n", "n", "other", [])
    assert altered(word, new="m") == Word("c", "n", "m", "other", [])


def test_a_default_that_would_be_shared_is_refused() -> None:
    with pytest.raises(ValueError, match="mutable default"):

        @noun
        class Shared:
            plants: list[str] = []  # noqa: RUF012 - that is what is refused
