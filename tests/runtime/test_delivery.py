"""Composition and delivery: what a message says, and through which provider it goes."""

from dataclasses import replace

import pytest

from sojourn.core.errors import CorruptState
from sojourn.core.state.customer import Message
from sojourn.core.workspace.plan import Plan
from sojourn.fakes.clock import FakeClock
from sojourn.fakes.link_keys import FakeLinkKeys
from sojourn.fakes.numbers import FakeNumbers
from sojourn.fakes.providers import FakeMailer, FakePusher, FakeTexter
from sojourn.rendering.content import Rendered, render
from sojourn.rendering.failure import RenderFailed
from sojourn.runtime.messages.composition import compose
from sojourn.runtime.messages.delivery import Delivery, Outgoing
from sojourn.runtime.messages.providers import Providers
from sojourn.runtime.preferences.links import Links
from tests.runtime.given import ANA, NOON, Works, email, journey, text

URL = "https://preferences.shop.example"


def links() -> Links:
    return Links(FakeLinkKeys(), FakeClock(NOON))


def wanted(works: Works) -> Message:
    """The message that one order asks for."""
    works.identify(name="Ana", locale="de-DE")
    works.event("order.placed", order_id="7", total=59.90)
    works.stream()
    (message,) = works.customer().messages.values()
    return message


def plan(works: Works) -> Plan:
    return works.live().plan()


def test_a_message_sees_profile_entry_customer_journey_and_step() -> None:
    said = (
        "{{ profile.name }} {{ entry.order_id }} {{ customer.id }} {{ customer.timezone }} "
        "{{ customer.locale }} {{ journey.id }} {{ journey.version }} {{ step.id }} {{ voucher }}"
    )
    step = {**email(), "content": {"subject": "Hi", "text": said}, "with": {"voucher": "TEN"}}
    works = Works(journey(steps={"thank": step}))
    message = wanted(works)
    assert compose(message, works.customer(), plan(works), URL).text == (
        "Ana 7 ana Africa/Johannesburg de-DE thanks 1 thank TEN"
    )


def test_a_message_from_a_template_takes_the_part_of_its_channel() -> None:
    works = Works()
    works.upload({"templates/hello.json": {"email": {"subject": "Hello", "text": "Hello"}}})
    step = {"type": "send", "channel": "email", "template": "hello"}
    works.upload({"journeys/thanks.json": journey(steps={"thank": step})})
    message = wanted(works)
    assert compose(message, works.customer(), plan(works), URL).subject == "Hello"
    with pytest.raises(RenderFailed, match="template hello has no email part"):
        compose(message, works.customer(), replace(plan(works), templates={}), URL)


def test_a_step_that_does_not_send_is_corrupt_state() -> None:
    steps = {"thank": email(next="pause"), "pause": {"type": "wait", "for": "P1D"}}
    works = Works(journey(steps=steps))
    message = replace(wanted(works), step="pause")
    with pytest.raises(CorruptState, match="step pause does not send"):
        compose(message, works.customer(), plan(works), URL)


def test_what_has_no_provider_is_not_sent() -> None:
    works = Works(journey())
    message = replace(wanted(works), channel="pigeon")
    mailer, texter = FakeMailer(), FakeTexter()
    content: Rendered = render({"text": "Hi"}, {}, zone="UTC", locale=None)
    with pytest.raises(CorruptState, match="there is no channel pigeon"):
        Delivery(
            Providers(mailer, texter, FakePusher()),
            FakeNumbers(),
            "shop@shop.example",
            links(),
            URL,
        ).send(
            ANA, message, Outgoing(content, ("somewhere",), URL), plan(works).settings, lambda: True
        )
    assert (mailer.sent, texter.sent) == ({}, {})


def test_into_how_many_parts_a_text_was_cut_stands_in_its_record() -> None:
    works = Works(journey(steps={"thank": text("x" * 200, next="mail"), "mail": email()}))
    works.identify()
    works.event("order.placed", order_id="1")
    works.run()
    sms, mail = [item.details for item in works.records() if item.what == "message"]
    assert sms["segments"] == 2
    assert "segments" not in mail


def test_a_text_with_a_link_of_its_own_is_replayed_as_it_was_cut() -> None:
    works = Works(journey(steps={"thank": text("x" * 100 + " {{ unsubscribe_url }}")}))
    works.identify()
    works.event("order.placed", order_id="1")
    works.run()
    (sms,) = [item.details for item in works.records() if item.what == "message"]
    assert sms["segments"] == 2
