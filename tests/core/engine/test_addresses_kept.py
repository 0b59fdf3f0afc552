"""Of how many addresses it is kept how they stand, and of which."""

from sojourn.core.limits import ADDRESS_BYTES, ADDRESSES, ADDRESSES_BYTES
from tests.core.engine.given import Story, event, identify
from tests.core.engine.test_facts import PLAN


def test_an_address_that_forbids_less_is_forgotten_before_one_that_complained() -> None:
    story = Story(PLAN)
    story.take(event("message.complained", "09:00", address="first@example.com"))
    story.take(event("message.unsubscribed", "09:01", address="second@example.com"))
    for n in range(ADDRESSES - 1):
        story.take(
            event(
                "message.bounced",
                f"10:{n:02d}",
                address=f"{n}@example.com",
                bounce_type="permanent",
            )
        )

    table = story.customer.channels["email"]
    assert len(table) == ADDRESSES
    assert "first@example.com" in table
    assert "second@example.com" not in table


def test_of_addresses_that_stand_alike_the_one_judged_longest_ago_is_forgotten_first() -> None:
    story = Story(PLAN)
    for n in range(ADDRESSES + 1):
        story.take(identify(f"10:{n:02d}", email=f"{n}@example.com"))
        story.take(event("message.complained", f"10:{n:02d}"))

    table = story.customer.channels["email"]
    assert len(table) == ADDRESSES
    assert "0@example.com" not in table
    assert f"{ADDRESSES}@example.com" in table


def test_the_addresses_of_a_channel_are_bounded_in_size_too() -> None:
    story = Story(PLAN)
    names = [f"{n:02}@{'x' * (ADDRESS_BYTES - 3)}" for n in range(ADDRESSES_BYTES // ADDRESS_BYTES)]
    for n, address in enumerate(["ana@example.com", *names, f"bea@{'x' * (ADDRESS_BYTES - 4)}"]):
        story.take(event("message.complained", f"10:{n:02}", address=address))

    table = story.customer.channels["email"]
    assert sum(map(len, table)) <= ADDRESSES_BYTES
    assert names[0] not in table
    assert table.keys() >= set(names[1:])


def test_of_an_address_that_is_too_long_nothing_is_kept() -> None:
    long = "ü" * (ADDRESS_BYTES // 2) + "@"
    story = Story(PLAN).take(event("message.complained", "10:00", address=long))

    assert story.customer.channels == {}
    assert story.reasons("refused") == [
        f"message.complained: an address of {ADDRESS_BYTES + 1} bytes"
    ]
