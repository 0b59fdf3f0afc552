"""A message costs as many calls on the meter as its adapter makes of AWS."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from sojourn.adapters import clients
from sojourn.adapters.ses import SesMailer
from sojourn.adapters.sns import SnsPusher, SnsTexter
from sojourn.fakes.clock import FakeClock
from sojourn.runtime.messages.providers import Email, Push, Text, Texter
from sojourn_cli.costing.meter import Meter, MeteredMailer, MeteredPusher, MeteredTexter

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.session import Session

EMAIL = Email("hello@shop.example", "ana@example.com", "Hello", "Hello", None, None, {}, {})
TEXT = Text("SHOP", "+27821234567", "Hello", promotional=True)

type Sends = Callable[[], object]
"""Hands one message over."""


def by_email(session: "Session", meter: Meter) -> tuple["BaseClient", Sends, Sends]:
    client = clients.ses(session)
    client.create_configuration_set(ConfigurationSetName="set")
    client.create_email_identity(EmailIdentity="shop.example")
    mailer = SesMailer(client, "set", FakeClock(0))
    return client, lambda: mailer.send(EMAIL), lambda: MeteredMailer(meter).send(EMAIL)


def by_text(session: "Session", meter: Meter) -> tuple["BaseClient", Sends, Sends]:
    client = clients.sns(session)
    texter, metered = SnsTexter(client, FakeClock(0)), MeteredTexter(meter)
    return client, lambda: ask_and_send(texter), lambda: ask_and_send(metered)


def ask_and_send(texter: Texter) -> None:
    texter.ask(TEXT.to)
    texter.send(TEXT)


def by_push(session: "Session", meter: Meter) -> tuple["BaseClient", Sends, Sends]:
    client = clients.sns(session)
    made = client.create_platform_application(Name="app", Platform="GCM", Attributes={})
    arn = made["PlatformApplicationArn"]
    device = client.create_platform_endpoint(PlatformApplicationArn=arn, Token="t")
    push = Push(device["EndpointArn"], "Hello", "Hello", {})
    pusher = SnsPusher(client, FakeClock(0))
    return client, lambda: pusher.send(push), lambda: MeteredPusher(meter).send(push)


@pytest.mark.parametrize("way", [by_email, by_text, by_push])
def test_the_meter_counts_the_calls_that_are_made(
    way: "Callable[[Session, Meter], tuple[BaseClient, Sends, Sends]]",
) -> None:
    meter, made = Meter("dispatch"), list[str]()
    with mock_aws():
        client, send, send_metered = way(clients.aws(), meter)
        client.meta.events.register("before-send", lambda **called: made.append(str(called)))
        send()
        send_metered()
    assert meter.counts["round_trips"] == meter.counts["calls.dispatch"] == len(made) > 0
