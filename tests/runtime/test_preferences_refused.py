"""What is wrong with a request for the preference page, and what it changes: nothing."""

from dataclasses import replace
from typing import Any, override

import pytest

from sojourn.core.errors import Permanent, Unavailable
from sojourn.core.values.instants import MINUTE
from sojourn.fakes.queues import FakeQueue
from sojourn.runtime.preferences.links import LIFETIME, Links
from sojourn.runtime.preferences.page import HEADERS
from sojourn.runtime.preferences.requests import BODY_BYTES, Preferences, Request
from tests.runtime.given import ANA, PREFERENCES_URL, Doc, Works, settings
from tests.runtime.preference_shop import CATEGORIES, FORM, MULTIPART, ONE_CLICK, Shop

# ---- What is wrong with a request ----------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "LINK", "get"])
def test_other_methods_change_nothing(method: str) -> None:
    shop = Shop()
    answer = shop.ask(method, ONE_CLICK)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, POST")
    assert answer.headers.items() >= HEADERS.items()
    assert shop.take() == 0


@pytest.mark.parametrize("path", ["/", "", "/favicon.ico", "/x.y", "/../../etc", "/%00", "//"])
def test_without_a_token_there_is_nothing_to_see(path: str) -> None:
    shop = Shop()
    for method in ("GET", "POST"):
        answer = shop.ask(method, ONE_CLICK, path=path)
        assert answer.status == 403
        assert "checkbox" not in answer.body
    assert shop.take() == 0


def test_a_token_of_another_customer_cannot_be_made_from_ones_own() -> None:
    shop = Shop()
    body, mac = shop.link.removeprefix(f"{PREFERENCES_URL}/").split(".")
    answer = shop.ask("POST", ONE_CLICK, path=f"/{body[:-4]}AAAA.{mac}")
    assert (answer.status, shop.take()) == (403, 0)


def test_an_old_link_says_so() -> None:
    shop = Shop()
    shop.works.clock.advance(LIFETIME)
    for method in ("GET", "POST"):
        assert shop.ask(method, ONE_CLICK).status == 410
    assert shop.take() == 0


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (FORM, "", 400),
        (FORM, "List-Unsubscribe=Two-Clicks", 400),
        (FORM, "List-Unsubscribe=One-Click&List-Unsubscribe=No", 400),
        (FORM, "list-unsubscribe=One-Click", 400),
        (FORM, "action=explode", 400),
        (FORM, "&".join(f"f{n}=1" for n in range(300)), 400),
        (FORM, "List-Unsubscribe=%ff%fe", 400),
        ({"content-type": "application/json"}, '{"List-Unsubscribe": "One-Click"}', 415),
        ({}, ONE_CLICK, 415),
        ({"content-type": "text/plain"}, ONE_CLICK, 415),
        ({"content-type": "multipart/form-data"}, MULTIPART, 400),
        ({"content-type": "multipart/form-data; boundary=abc"}, MULTIPART, 400),
        ({"content-type": "multipart/form-data; boundary=xyz"}, "--xyz\r\n\r\n--xyz--", 400),
        (FORM, "x" * (BODY_BYTES + 1), 413),
        (
            {"content-type": "multipart/form-data; boundary=xyz"},
            MULTIPART.replace("name=", "name*0*=''; name*="),
            400,
        ),
    ],
)
def test_a_form_that_is_none_of_ours_changes_nothing(
    headers: dict[str, str], body: str, status: int
) -> None:
    shop = Shop()
    assert shop.ask("POST", body, headers=headers).status == status
    assert shop.take() == 0


@pytest.mark.parametrize("shown", ["9" * 5_000, "", "-1", "1e3", "٣", " 1", "9" * 13])
def test_a_form_that_was_never_shown_changes_nothing(shown: str) -> None:
    shop = Shop()
    answer = shop.post(("action", "save"), ("listed", "back-in-stock"), ("shown", shown))
    assert (answer.status, shop.take()) == (200, 0)
    assert "This page was old" in answer.body


def test_when_the_queue_is_away_nobody_is_told_that_it_is_done() -> None:
    shop = Shop()

    class Away(FakeQueue):
        @override
        def put(self, bodies: object, delay_seconds: int = 0) -> None:
            raise Unavailable("away")

    page = Preferences(
        shop.works.mailboxes,
        shop.works.live(),
        Links(shop.works.link_keys, shop.works.clock),
        Away(),
        shop.works.clock,
    )
    path = shop.link.removeprefix(PREFERENCES_URL)
    answer = page.answer(Request("POST", path, FORM, ONE_CLICK.encode()))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
    assert answer.headers.items() >= HEADERS.items()


def test_a_customer_nobody_knows_any_more_may_still_unsubscribe() -> None:
    shop = Shop()
    links = Links(shop.works.link_keys, shop.works.clock)
    message = replace(unsent(shop.works), id="gone")
    path = f"/{links.token_for('nobody', message)}"
    assert shop.ask(path=path).status == 200
    assert shop.ask("POST", ONE_CLICK, path=path).status == 200
    shop.take()
    assert shop.works.customer("nobody").channel_status("email") == "missing"


def unsent(works: Works) -> Any:  # noqa: ANN401 - a message
    works.event("order.placed", order_id="9")
    works.stream()
    (message,) = works.customer().messages.values()
    return message


@pytest.mark.parametrize(
    ("senders", "title"),
    [
        ({}, "Your messages"),
        ({"email": "hi@karoo.example"}, "Messages from hi@karoo.example"),
        ({"email": '"Karoo, Ltd" <hi@karoo.example>'}, "Messages from Karoo, Ltd"),
    ],
)
def test_the_page_says_whose_messages_they_are(senders: Doc, title: str) -> None:
    shop = Shop()
    rules = {**settings(categories=CATEGORIES), "senders": senders}
    shop.works.upload({"settings.json": rules})
    shop.works.clock.advance(MINUTE)
    assert f"<title>{title}</title>" in shop.ask().body


def test_what_no_retry_can_help_is_an_error_of_ours() -> None:
    shop = Shop()

    class Broken(FakeQueue):
        @override
        def put(self, bodies: object, delay_seconds: int = 0) -> None:
            raise Permanent("broken")

    page = Preferences(
        shop.works.mailboxes,
        shop.works.live(),
        Links(shop.works.link_keys, shop.works.clock),
        Broken(),
        shop.works.clock,
    )
    path = shop.link.removeprefix(PREFERENCES_URL)
    with pytest.raises(Permanent):
        page.answer(Request("POST", path, FORM, ONE_CLICK.encode()))


def test_nothing_a_customer_is_called_gets_onto_the_page() -> None:
    shop = Shop()
    assert ANA not in shop.ask().body
