"""Links: who can make one, and until when it works."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.core.errors import Unavailable
from sojourn.core.limits import CUSTOMER_ID_BYTES
from sojourn.core.state.customer import Message
from sojourn.core.values.instants import DAY, SECOND, Instant
from sojourn.fakes.clock import FakeClock
from sojourn.fakes.link_keys import FakeLinkKeys
from sojourn.runtime.ports import LinkKey
from sojourn.runtime.preferences.links import (
    DOUBTED,
    KEPT,
    KEY_AGE,
    LIFETIME,
    TOKEN_CHARS,
    Expired,
    Forged,
    Link,
    Links,
    read,
    sign,
)
from tests.core.nouns import message
from tests.runtime.given import ANA, NOON

KEY = LinkKey(NOON, b"k" * 32)
LINK = Link(ANA, "marketing", "m1", "email", NOON + DAY)
HEADER_CHARS = 870
"""The longest value of a header that SES takes."""


class Office:
    """Two functions that share the keys: one signs, the other reads."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOON)
        self.keys = FakeLinkKeys()
        self.signer = Links(self.keys, self.clock)
        self.reader = Links(self.keys, self.clock)

    def token(self, about: Message | None = None) -> str:
        return self.signer.token_for(ANA, about or message())


def test_a_token_says_what_was_signed() -> None:
    office = Office()
    link = office.reader.read(office.token())
    assert link == Link(ANA, "marketing", "m1", "email", NOON + LIFETIME)


@settings(max_examples=200)
@given(st.integers(0, 400), st.characters(codec="utf-8"))
def test_a_token_with_any_character_changed_is_forged(place: int, other: str) -> None:
    token = sign(LINK, KEY)
    at = place % len(token)
    changed = token[:at] + other + token[at + 1 :]
    if changed != token:
        with pytest.raises(Forged):
            read(changed, [KEY], NOON)


@pytest.mark.parametrize(
    "token", ["", ".", "a.", ".b", "favicon.ico", "x" * (TOKEN_CHARS + 1), "\ud800.\ud800", "é.é"]
)
def test_what_is_no_token_is_forged(token: str) -> None:
    with pytest.raises(Forged):
        read(token, [KEY], NOON)


def test_a_token_beyond_all_of_ours_is_not_looked_into_even_if_it_is_signed() -> None:
    token = sign(replace(LINK, customer="c" * TOKEN_CHARS), KEY)
    with pytest.raises(Forged):
        read(token, [KEY], NOON)


def test_another_key_signs_nothing_of_ours() -> None:
    with pytest.raises(Forged):
        read(sign(LINK, LinkKey(NOON, b"x" * 32)), [KEY], NOON)


@pytest.mark.parametrize(
    "link",
    [
        replace(LINK, channel="pigeon"),
        replace(LINK, category="a\nb"),
        replace(LINK, expires_at=NOON),
    ],
)
def test_a_signature_on_something_else_opens_nothing(link: Link) -> None:
    with pytest.raises((Forged, Expired)):
        read(sign(link, KEY), [KEY], NOON)


def test_a_link_works_until_just_before_it_expires() -> None:
    token = sign(LINK, KEY)
    assert read(token, [KEY], LINK.expires_at - 1) == LINK
    with pytest.raises(Expired):
        read(token, [KEY], LINK.expires_at)


def test_whoever_signs_first_makes_the_key_and_others_take_it() -> None:
    office = Office()
    first = office.token()
    assert Links(office.keys, office.clock).token_for(ANA, message()) == first
    assert len(office.keys.made) == 1


def test_before_any_key_was_made_every_token_is_forged() -> None:
    with pytest.raises(Forged):
        Office().reader.read(sign(LINK, KEY))


def test_a_key_is_renewed_in_time_and_every_link_works_until_it_expires() -> None:
    office = Office()
    tokens: list[tuple[Instant, str]] = []
    for _ in range(40):
        tokens.append((office.clock.now() + LIFETIME, office.token()))
        office.clock.advance(30 * DAY)
        for expires_at, token in tokens:
            if office.clock.now() < expires_at:
                assert office.reader.read(token).expires_at == expires_at
            else:
                with pytest.raises((Expired, Forged)):
                    office.reader.read(token)
    made = {key.made_at for key in office.keys.made}
    assert len(made) == 2
    assert max(made) - min(made) >= KEY_AGE


def test_a_function_that_still_signs_with_the_key_before_is_understood_as_long() -> None:
    office = Office()
    office.token()
    office.clock.advance(KEY_AGE - 1)
    late = office.token()
    office.clock.advance(1)
    Links(office.keys, office.clock).token_for(ANA, message())
    office.clock.advance(KEPT - 2)
    later = office.token()
    assert len(office.keys.made) == 2
    for token in (late, later):
        assert office.reader.read(token).customer == ANA


def test_a_key_that_is_new_is_looked_up_when_no_other_fits() -> None:
    office = Office()
    office.token()
    office.reader.read(office.token())
    office.clock.advance(KEY_AGE)
    office.reader = Links(office.keys, office.clock)
    with pytest.raises(Forged):
        office.reader.read("no.token")
    fresh = Links(office.keys, office.clock).token_for(ANA, message())
    with pytest.raises(Forged):
        office.reader.read(fresh)
    office.clock.advance(DOUBTED)
    assert office.reader.read(fresh).customer == ANA


def test_forged_tokens_do_not_have_the_keys_read_each_time() -> None:
    reads = 0

    class Counting(FakeLinkKeys):
        def keys(self) -> tuple[LinkKey, ...]:
            nonlocal reads
            reads += 1
            return self.made

    store = Counting()
    store.renew((), NOON)
    links = Links(store, FakeClock(NOON))
    for _ in range(50):
        with pytest.raises(Forged):
            links.read("no.token")
    assert reads == 1


def test_without_a_key_nothing_is_signed() -> None:
    class Refusing(FakeLinkKeys):
        def renew(self, known: object, now: Instant) -> tuple[LinkKey, ...]:
            del known, now
            return ()

    with pytest.raises(Unavailable, match="no key"):
        Links(Refusing(), FakeClock(NOON)).token_for(ANA, message())


def test_the_longest_ids_fit_into_a_header_and_a_token() -> None:
    long = replace(message(), id="x" * 16, category="c" * 64)
    ids = ["ü" * (CUSTOMER_ID_BYTES // 2), '"' * CUSTOMER_ID_BYTES, "\x01" * CUSTOMER_ID_BYTES]
    for customer in ids:
        office = Office()
        token = office.signer.token_for(customer, long)
        assert office.reader.read(token).customer == customer
        assert len(token) <= TOKEN_CHARS
        host = f"{'x' * 32}.lambda-url.ap-southeast-1.on.aws"
        assert len(f"<https://{host}/{token}>") <= HEADER_CHARS


def test_seconds_are_enough_for_an_expiry() -> None:
    link = replace(LINK, expires_at=NOON + DAY + 1)
    assert read(sign(link, KEY), [KEY], NOON).expires_at == NOON + DAY // SECOND * SECOND
