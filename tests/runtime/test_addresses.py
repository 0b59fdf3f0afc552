"""What no provider takes: nobody is written to, and the message says why."""

import pytest

from sojourn.runtime.messages.composition import SMS_CHARS
from tests.runtime.given import Works, email, journey, text

BAD_EMAILS = [
    *("ana", "@example.com", "ana@", "ana example.com", "ana@@example.com", "a@b@example.com"),
    *("ana@example.com, bo@example.com", "ana@example.com;bo@example.com", "ana@exa mple.com"),
    *("Ana <ana@example.com>", "<ana@example.com>", '"ana"@example.com', "ana@[127.0.0.1]"),
    *("ana@example.com\r\nBcc: bo@example.com", "ana@example.com\n", "\x00ana@example.com"),
    *("ana@example.com\u2028", f"{'a' * 65}@example.com", f"ana@{'e' * 330}.com"),
    *("zoë@example.com", "ana@x..example", "ana@.example", "ana@example.", f"ana@{'e' * 64}.com"),
    *(f"ana@{'ü' * 60}.example", "ana@exam!ple.com", "ana@例え。テスト。"),
]
BAD_NUMBERS = [
    *("0821234567", "27821234567", "+0821234567", "+27 82 123 4567", "+27-82-123", "+27821234567,"),
    *("+27821234567\n", "tel:+27821234567", "+" + "1" * 16, "+123456", "+٢٧٨٢١٢٣٤٥٦٧", "SHOP"),
]


@pytest.mark.parametrize("address", BAD_EMAILS)
def test_what_is_no_email_address_is_refused_before_anybody_is_called(address: str) -> None:
    works = Works(journey(steps={"thank": email(next="more"), "more": text("Hi")}))
    works.identify(email=address)
    works.event("order.placed", order_id="1")
    works.run()
    reason = "refused: what stands there is no e-mail address"
    assert works.outcomes() == [("thank", "failed", reason), ("more", "sent", None)]
    assert works.mailer.sent == {}
    assert [sent.channel for sent in works.customer().ledger] == ["sms"]


@pytest.mark.parametrize("number", BAD_NUMBERS)
def test_what_is_no_telephone_number_is_refused_before_anybody_is_called(number: str) -> None:
    works = Works(journey(steps={"thank": text("Hi", next="more"), "more": email("Hello")}))
    works.identify(phone=number)
    works.event("order.placed", order_id="1")
    works.run()
    (_, outcome, reason), more = works.outcomes()
    assert (outcome, more) == ("failed", ("more", "sent", None))
    assert str(reason).startswith("refused: what stands there is no telephone number (E.164")
    assert works.texter.sent == {}


@pytest.mark.parametrize(("chars", "outcome"), [(SMS_CHARS, "sent"), (SMS_CHARS + 1, "failed")])
def test_a_text_longer_than_the_provider_takes_is_not_cut(chars: int, outcome: str) -> None:
    works = Works(journey(steps={"thank": text("x" * chars)}))
    works.identify()
    works.event("order.placed", order_id="1")
    works.run()
    reason = "render: limit of SMS: over 1600 characters" if outcome == "failed" else None
    assert works.outcomes() == [("thank", outcome, reason)]
    assert len(works.texter.sent) == (outcome == "sent")


@pytest.mark.parametrize(
    "address",
    [
        *("ana+shop@example.com", "o'brien@example.co.uk", "a@b", "x_1-2%3@e-x.org"),
        *("zoe@exämple.com", "ana@例え.テスト"),
    ],
)
def test_unusual_addresses_are_left_to_the_provider(address: str) -> None:
    works = Works(journey())
    works.identify(email=address)
    works.event("order.placed", order_id="1")
    works.run()
    assert [mail.to for mail in works.mailer.sent.values()] == [address]


HOSTILE = "Ana\r\nBcc: everybody@example.com\r\n\r\n<script>\u2028Reply-To: x\x00\x0b"


def test_a_hostile_name_stays_in_its_place() -> None:
    content = {
        "subject": "Hello {{ profile.name }}",
        "preheader": "For {{ profile.name }}",
        "html": "<p>{{ profile.name }}</p>",
    }
    works = Works(journey(steps={"thank": email(content=content)}))
    works.identify(name=HOSTILE)
    works.event("order.placed", order_id="1")
    works.run()
    (mail,) = works.mailer.sent.values()
    assert mail.subject == "Hello Ana Bcc: everybody@example.com <script> Reply-To: x"
    assert "<script>" not in str(mail.html)
    assert set(mail.headers) == {"List-Unsubscribe", "List-Unsubscribe-Post"}
    assert all(value.isprintable() and value.isascii() for value in mail.headers.values())


@pytest.mark.parametrize("customer", ["ana\r\nBcc: x", "日本 語", '"<>,;', "a" * 180])
def test_a_hostile_id_stays_in_its_place_too(customer: str) -> None:
    works = Works(journey())
    works.identify(customer, email="ana@example.com")
    works.event("order.placed", customer, order_id="1")
    works.run()
    (mail,) = works.mailer.sent.values()
    for value in (*mail.headers.values(), *mail.tags.values()):
        assert value.isprintable()
        assert value.isascii()
    assert len(mail.headers["List-Unsubscribe"]) <= 870
