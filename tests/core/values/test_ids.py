"""Ids and chances: the same on every machine, even shares, and as few moves as can be."""

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.values.ids import chance, choose, derived_id, enrolment_id, falls_within, mark

shares = st.integers(0, 100) | st.decimals(0, 100, places=6)
names = st.text()


def test_ids_are_the_same_on_every_machine() -> None:
    assert derived_id("message", "c1", "e1", "remind", 1) == "h0g4UyZ4Rc6wD_kB"
    assert enrolment_id("c1", "cart-recovery", 1) == "gOqwmdUjv8acF5l9"
    assert mark("evt-1") == "e0Cfky0s"
    assert chance("split", "j", "s", "", "c1") == 14394741393478911358


@given(st.lists(names | st.integers(), min_size=1, max_size=3))
def test_an_id_is_short_and_plain(parts: list[str | int]) -> None:
    id_ = derived_id(*parts)
    assert len(id_) == 16
    assert all(letter.isascii() and (letter.isalnum() or letter in "-_") for letter in id_)
    assert id_ == derived_id(*parts)


def test_parts_do_not_run_together() -> None:
    spellings = [("ab", "c"), ("a", "bc"), ("abc",), ("ab", "c", ""), (1,), ("1",), (None,), ("",)]
    assert len({derived_id(*parts) for parts in spellings}) == len(spellings)


def test_half_a_pair_of_surrogates_has_an_id_of_its_own() -> None:
    halves = ["\ud800", "\udc00", "?", "\ufffd"]
    assert len({derived_id(half) for half in halves}) == len(halves)
    assert len({enrolment_id(half, "j", 1) for half in halves}) == len(halves)
    assert len({mark(half) for half in halves}) == len(halves)


@given(st.text(st.characters()))
def test_a_mark_has_eight_characters_whatever_the_text(text: str) -> None:
    assert len(mark(text)) == 8
    assert len(derived_id(text)) == 16


@given(shares, shares, names)
def test_a_raised_share_keeps_who_was_in(one: Decimal, other: Decimal, who: str) -> None:
    low, high = sorted((one, other))
    assert falls_within(low, "group", who) <= falls_within(high, "group", who)


@given(names)
def test_nobody_is_in_nothing_and_everybody_in_all(who: str) -> None:
    assert not falls_within(0, who)
    assert not falls_within(Decimal("0.0"), who)
    assert falls_within(100, who)


@given(shares, names)
def test_a_share_is_exact_to_the_last_chance(share: Decimal, who: str) -> None:
    assert falls_within(share, who) == (chance(who) * 100 * 10**6 < int(share * 10**6) * 2**64)


@pytest.mark.parametrize("share", [1, 5, 50, Decimal("33.3"), 95])
def test_a_share_is_about_its_size(share: Decimal) -> None:
    people = 20_000
    inside = sum(falls_within(share, "control_group", f"c{number}") for number in range(people))
    # Five standard deviations; the people are always the same ones.
    part = float(share) / 100
    assert abs(inside - people * part) < 5 * (people * part * (1 - part)) ** 0.5


def test_groups_are_drawn_apart() -> None:
    people = [f"c{number}" for number in range(10_000)]
    held_out = {who for who in people if falls_within(10, "holdout", "j", who)}
    controlled = {who for who in people if falls_within(10, "control_group", who)}
    # Independent draws meet in a hundredth; five standard deviations around it.
    assert 50 < len(held_out & controlled) < 150


WEIGHTS = st.dictionaries(
    st.sampled_from("abcd"), st.integers(1, 9) | st.decimals("0.01", 9, places=2), min_size=1
)


@given(WEIGHTS, st.sampled_from("abcd"), st.integers(0, 20), names)
def test_a_changed_weight_moves_only_into_or_out_of_its_arm(
    weights: dict[str, Decimal], changed: str, weight: int, who: str
) -> None:
    before = choose(weights, "split", who)
    after = choose({**weights, changed: weight}, "split", who)
    if before != after:
        raised = weight > weights.get(changed, 0)
        assert (after if raised else before) == changed


@given(WEIGHTS, names)
def test_the_order_of_arms_does_not_matter(weights: dict[str, Decimal], who: str) -> None:
    backwards = dict(reversed(weights.items()))
    assert choose(weights, who) == choose(backwards, who)


def test_arms_get_their_shares() -> None:
    halves: dict[str, int | Decimal] = {"b": Decimal("2.5"), "half": Decimal("0.5")}
    weights = {"a": 1, "c": 6, "never": 0, **halves}
    people = 10_000
    got = Counter(choose(weights, "split", f"c{number}") for number in range(people))
    assert got["never"] == 0
    for name, weight in weights.items():
        part = float(weight) / 10
        assert abs(got[name] - people * part) <= 5 * (people * part * (1 - part)) ** 0.5


def test_without_any_weight_there_is_no_arm() -> None:
    assert choose({"a": 0}, "c1") == ""
    assert choose({}, "c1") == ""
