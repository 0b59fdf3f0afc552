"""Which senders need no verification: those of domains that nobody can own, by their whole name."""

from types import SimpleNamespace

import pytest

from sojourn_cli.local.senders import accept_reserved, is_reserved


@pytest.mark.parametrize(
    ("address", "reserved"),
    [
        ("hello@shop.example", True),
        ("Shop <hello@Shop.EXAMPLE>", True),
        ("a@shop.test", True),
        ("a@example.com", True),
        ("a@mail.example.org", True),
        ("a@notexample.com", False),
        ("a@example.shop.com", False),
        ("example.com@shop.com", False),
        ("Shop.example <a@shop.com>", False),
        ("a@example.co", False),
        ("", False),
    ],
)
def test_a_domain_is_reserved_by_its_whole_name(address: str, reserved: bool) -> None:  # noqa: FBT001 - a case
    assert is_reserved(address) is reserved


def test_everything_else_is_asked_as_before() -> None:
    asked: list[tuple[str, bool]] = []

    def verified(address: str, *, simulator: bool = False) -> bool:
        asked.append((address, simulator))
        return address == "known@shop.com"

    ses = SimpleNamespace(_identity_verified=verified)
    accept_reserved(ses)
    assert ses._identity_verified("a@shop.example", simulator=True)
    assert asked == []
    assert ses._identity_verified("known@shop.com")
    assert not ses._identity_verified("other@shop.com", simulator=True)
    assert asked == [("known@shop.com", False), ("other@shop.com", True)]
