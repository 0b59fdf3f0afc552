"""E-mail addresses in the letters that mail systems take."""

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.state.customer import standing_key
from sojourn.core.values.addresses import as_mailed, name_and_address


@pytest.mark.parametrize(
    ("written", "mailed"),
    [
        ("Ana@Shop.example", "Ana@Shop.example"),
        ("ana@müller.example", "ana@xn--mller-kva.example"),
        ("ana@MÜLLER.example", "ana@xn--mller-kva.example"),
        ("ana@mu\u0308ller.example", "ana@xn--mller-kva.example"),  # another way to write ü
        ("ana@straße.example", "ana@xn--strae-oqa.example"),  # another domain than `strasse`
        ("ana@例え。テスト", "ana@xn--r8jz45g.xn--zckzah"),
        ("ana@ｓｈｏｐ.example", "ana@shop.example"),  # noqa: RUF001 - wide letters
        ("zoë@shop.example", "zoë@shop.example"),  # SES takes no such address in any form
        ("müller", "müller"),
    ],
)
def test_a_domain_is_mailed_by_its_ascii_name(written: str, mailed: str) -> None:
    assert as_mailed(written) == mailed


@given(st.text())
def test_what_is_mailed_is_mailed_by_the_same_name(text: str) -> None:
    mailed = as_mailed(f"ana@{text}")
    assert as_mailed(mailed) == mailed


def test_a_letter_of_another_form_is_mailed_by_the_same_name() -> None:
    others = [char for char in map(chr, range(0x80, 0x110000)) if normalize("NFKC", char) != char]
    mailed = [as_mailed(f"ana@\x80{char}") for char in others]
    assert [as_mailed(address) for address in mailed] == mailed
    assert len(others) > 4_000


@given(st.text(st.characters(categories=["Ll", "Lu", "Nd"], max_codepoint=0x24F), min_size=1))
def test_a_domain_of_letters_and_digits_has_a_name_in_ascii(domain: str) -> None:
    assert as_mailed(f"ana@{domain}").isascii()


@pytest.mark.parametrize("char", ["\u2028", "\u200b", "\ud800", "\U0001f600", "«"])
def test_what_is_no_letter_has_no_name_in_ascii(char: str) -> None:
    assert not as_mailed(f"ana@sh{char}op.example").isascii()


@given(st.emails())
def test_an_address_in_ascii_stays_as_it_is(address: str) -> None:
    assert as_mailed(address) == address


def test_both_ways_to_write_an_address_have_one_standing() -> None:
    assert standing_key("email", "Ana@Müller.example") == "ana@xn--mller-kva.example"
    assert standing_key("email", "ana@xn--mller-kva.example") == "ana@xn--mller-kva.example"
    assert standing_key("push", "Müller") == "Müller"


@pytest.mark.parametrize(
    ("sender", "name", "address"),
    [
        ("Shop <hello@shop.example>", "Shop", "hello@shop.example"),
        ("Shop, Inc. <hello@shop.example>", "Shop, Inc.", "hello@shop.example"),
        ('"Shop, Inc." <hello@shop.example>', "Shop, Inc.", "hello@shop.example"),
        ('"The \\"Shop\\"" < hello@shop.example >', 'The "Shop"', "hello@shop.example"),
        ('"<hello@shop.example>', '"', "hello@shop.example"),
        ("<hello@shop.example>", "", "hello@shop.example"),
        (" hello@shop.example ", "", "hello@shop.example"),
        ("", "", ""),
    ],
)
def test_a_sender_is_a_name_and_an_address(sender: str, name: str, address: str) -> None:
    assert name_and_address(sender) == (name, address)
