"""The link in a real mail, followed over HTTP to the deployed page."""

import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass

import pytest

from sojourn_cli.local.stack import LocalStack
from tests.stack.given import SOON, Doc, Shop, email, journey, order, until

pytestmark = pytest.mark.stack

LETTER = {"subject": "Hi", "html": "<p>Hi</p><a href='{{ unsubscribe_url }}'>Unsubscribe</a>"}


@pytest.fixture(scope="module")
def shop(stack: LocalStack) -> Shop:
    """The stack, empty but for one journey."""
    stack.reset()
    found = Shop(stack)
    reports = found.upload(
        {
            "settings.json": {"timezone": "UTC", "senders": {"reply_to": "help@shop.example"}},
            "journeys/thanks.json": journey(
                "thanks", "order.placed", {"thank": email(content=LETTER)}
            ),
        }
    )
    assert all(report["ok"] for report in reports.values()), reports
    return found


@dataclass(frozen=True, slots=True)
class Answered:
    """What the page said."""

    status: int
    body: str


def ask(shop: Shop, url: str, form: str | None = None) -> Answered:
    """Follow a link; its host is the emulator's, which tells functions by it."""
    parts = urllib.parse.urlsplit(url)
    body = None if form is None else form.encode()
    request = urllib.request.Request(  # noqa: S310 - our own loopback address
        f"{shop.stack.endpoint}{parts.path}", body, headers={"Host": str(parts.hostname)}
    )
    try:
        with urllib.request.urlopen(request, timeout=SOON) as answer:  # noqa: S310 - likewise
            return Answered(answer.status, answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Answered(error.code, error.read().decode())


def mailed(shop: Shop, customer: str) -> Doc:
    shop.put(order(customer))
    (mail,) = shop.mails(customer)
    return mail


def test_one_click_on_a_real_mail_unsubscribes_and_looking_does_not(shop: Shop) -> None:
    mail = mailed(shop, "clicker")
    assert mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["reply_to"] == ["help@shop.example"]
    url = mail["headers"]["List-Unsubscribe"].strip("<>")
    assert url.startswith(shop.stack.outputs["PreferencesUrl"])
    assert f"href='{url}'" in mail["html"]
    assert url in mail["text"]

    page = ask(shop, url)
    assert page.status == 200
    assert '<input type="checkbox" name="category" value="marketing" checked>' in page.body
    shop.settle()
    assert status(shop, "clicker") == "ok"

    assert ask(shop, url, "List-Unsubscribe=One-Click").status == 200
    until(lambda: status(shop, "clicker") == "unsubscribed", "the click did not come in")
    shop.put(order("clicker", "2"))
    shop.settle()
    assert len(shop.mailed("clicker")) == 1


def test_a_link_that_was_changed_is_refused(shop: Shop) -> None:
    url = mailed(shop, "victim")["headers"]["List-Unsubscribe"].strip("<>")
    assert ask(shop, f"{url[:-4]}AAAA", "List-Unsubscribe=One-Click").status == 403
    assert ask(shop, shop.stack.outputs["PreferencesUrl"]).status == 403
    shop.settle()
    assert status(shop, "victim") == "ok"


def status(shop: Shop, customer: str) -> str:
    found = shop.mailbox(customer).customer
    assert found is not None
    return found.channel_status("email")
