"""Whose an event is, and who is told to be the same person."""

import pytest

from sojourn.core.errors import InvalidInput
from sojourn.core.incoming.events import Identities
from sojourn.core.incoming.identity import Standing, Whose, is_nobodys, owner_of, plain, whose
from sojourn.core.state.customer import Identity, Links

CARD = ("loyalty", "L1")
PHONE = ("phone", "+27820000001")


class Book:
    """A directory: holders of identities, and customers with a `userId`."""

    def __init__(self, holders: dict[Identity, str] | None = None, *users: str) -> None:
        self.holders = dict(holders or {})
        self.users = set(users)
        self.joined: dict[str, str] = {}

    def claim(self, identity: Identity, customer: str) -> str:
        return self.holders.setdefault(identity, customer)

    def standing(self, customer: str) -> Standing:
        present = self.joined.get(customer, customer)
        return Standing(present, present in self.users, customer in self.users)


class Asked(Book):
    """A directory that nobody may ask."""

    def claim(self, identity: Identity, customer: str) -> str:
        raise AssertionError(f"{customer} claims {identity}")

    def standing(self, customer: str) -> Standing:
        raise AssertionError(f"who is {customer}?")


def named(
    user: str | None = None,
    visitor: str | None = None,
    *external: Identity,
    previous: str | None = None,
) -> Identities:
    return Identities(user, visitor, previous, external)


def test_a_user_or_a_visitor_alone_asks_nothing() -> None:
    assert whose(named("ana"), Asked()) == Whose("ana", is_user=True)
    assert whose(named(None, "v1"), Asked()) == Whose("v1", is_user=False)
    assert whose(named("ana", "ana"), Asked()) == Whose("ana", is_user=True)


def test_a_visitor_beside_a_user_and_an_alias_are_told_without_asking() -> None:
    assert whose(named("ana", "v1"), Asked()).links == Links(joins=("v1",))
    assert whose(named("ana", previous="old"), Asked()).links == Links(alias="old")
    assert whose(named("ana", previous="ana"), Asked()).links is None


def test_a_first_identity_is_claimed() -> None:
    book = Book()
    assert whose(named("ana", None, CARD), book).links == Links(claims=(CARD,))
    assert book.holders == {CARD: "ana"}


def test_who_is_known_by_another_identity_alone_has_it_as_id() -> None:
    book = Book()
    found = whose(named(None, None, CARD, PHONE), book)
    assert found == Whose("loyalty:L1", is_user=False, links=Links(claims=(CARD, PHONE)))
    assert book.holders == {CARD: "loyalty:L1", PHONE: "loyalty:L1"}
    assert whose(named(None, None, PHONE), book).customer == "loyalty:L1"


def test_who_has_no_user_id_is_joined_into_who_has_one() -> None:
    book = Book({CARD: "loyalty:L1"})
    assert whose(named("ana", None, CARD), book) == Whose(
        "ana", is_user=True, links=Links(joins=("loyalty:L1",), claims=(CARD,))
    )
    book = Book({CARD: "ana"}, "ana")
    assert whose(named(None, "v1", CARD), book) == Whose(
        "ana", is_user=True, links=Links(joins=("v1",), claims=(CARD,))
    )


def test_of_two_without_a_user_id_the_first_holder_stays() -> None:
    book = Book({CARD: "v1"})
    assert whose(named(None, "v2", CARD), book) == Whose(
        "v1", is_user=False, links=Links(joins=("v2",), claims=(CARD,))
    )


def test_what_another_user_holds_stays_hers() -> None:
    book = Book({CARD: "ana"}, "ana", "ben")
    found = whose(named("ben", None, CARD, PHONE), book)
    assert found.customer == "ben"
    assert found.links == Links(claims=(PHONE,), conflicts=(CARD,))


def test_a_visitor_who_is_a_user_by_now_is_asked_for() -> None:
    book = Book({CARD: "ana"}, "ana", "ben")
    book.joined = {"v1": "ben", "v2": "ana"}
    found = whose(named(None, "v1", CARD), book)
    assert found.is_user
    assert found.links == Links(conflicts=(CARD,))
    assert whose(named(None, "v2", CARD), book).links == Links(claims=(CARD,))


def test_several_who_turn_out_to_be_one() -> None:
    book = Book({CARD: "v1", PHONE: "ana"}, "ana")
    assert whose(named(None, "v2", CARD, PHONE), book) == Whose(
        "ana", is_user=True, links=Links(joins=("v2", "v1"), claims=(CARD, PHONE))
    )


@pytest.mark.parametrize(
    "value",
    ["", "  ", "null", " NULL ", "0000", "0", "--", "guest", "Guest@shop.example", "n/a", "+00 00"],
)
def test_values_that_are_nobodys(value: str) -> None:
    assert is_nobodys(value)


@pytest.mark.parametrize("value", ["ana", "1", "0001", "guestina@shop.example", "nulla", "é"])
def test_values_that_are_somebodys(value: str) -> None:
    assert not is_nobodys(value)


def test_nobodys_values_neither_claim_nor_join() -> None:
    assert whose(named("ana", "0000"), Asked()) == Whose("ana", is_user=True)
    assert whose(named("null", "v1"), Asked()) == Whose("v1", is_user=False)
    assert whose(named("ana", None, ("email", "Guest@x.example")), Asked()).links is None
    assert whose(named("ana", previous="guest"), Asked()).links is None
    assert whose(named("ana", None, ("email", "till@x.example")), Asked(), ["till@*"]).links is None


def test_a_user_who_is_nobody_and_has_no_other_identity_is_alone() -> None:
    guest = ("email", "guest@x.example")
    assert whose(named("guest", None, guest), Asked()) == Whose("guest", is_user=True)
    assert whose(named("null", "0"), Asked()) == Whose("null", is_user=True)
    assert whose(named(None, "0", guest), Asked()) == Whose("0", is_user=False)


def test_an_event_of_nobody_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"email Guest@x.example: is nobody's"):
        whose(named(None, None, ("email", "Guest@x.example")), Asked())


def test_an_identity_too_long_for_an_id_is_refused() -> None:
    with pytest.raises(InvalidInput, match="loyalty: longer than 180 bytes with its type"):
        whose(named("ana", None, ("loyalty", "x" * 180)), Asked())


@pytest.mark.parametrize(
    ("kind", "value", "same"),
    [
        ("email", " Ana@Shop.Example ", "ana@shop.example"),
        ("phone", "+27 82 000-0001", "+27820000001"),
        ("phone", "0027 (82) 000.0001", "+27820000001"),
        ("phone", "082/000 0001", "0820000001"),
        ("loyalty", " L1 ", "L1"),
    ],
)
def test_equal_identities_are_equal(kind: str, value: str, same: str) -> None:
    assert plain(kind, value) == (kind, same)


def test_whose_an_event_is_before_anybody_is_asked() -> None:
    assert owner_of(named("ana", "v1", CARD)) == "ana"
    assert owner_of(named(None, "v1", CARD)) == "v1"
    assert owner_of(named(None, None, ("phone", "0027820000001"), CARD)) == "phone:+27820000001"
    assert owner_of(named("guest", None, CARD)) == "loyalty:L1"
