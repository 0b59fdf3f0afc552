"""Preferences: what a link lets its customer say, and what nobody can say with it."""

import json
import re

import pytest

from sojourn.core.values.instants import DAY, HOUR, MINUTE, SECOND
from sojourn.runtime.messages.delivery import untracked
from sojourn.runtime.preferences.links import Links
from tests.runtime.given import PREFERENCES_URL, Works, journey, text
from tests.runtime.preference_shop import FORM, MULTIPART, ONE_CLICK, Shop, boxes

# ---- The head of the mail ------------------------------------------------------------------------


def test_a_mail_that_needs_consent_says_how_to_take_it_back() -> None:
    shop = Shop()
    assert shop.mail.headers["List-Unsubscribe-Post"] == ONE_CLICK
    assert re.fullmatch(rf"<{PREFERENCES_URL}/[\w.-]+>", shop.mail.headers["List-Unsubscribe"])


def test_a_mail_that_needs_none_does_not() -> None:
    works = Works(journey(category="transactional"))
    works.identify()
    works.event("order.placed", order_id="1")
    works.run()
    (mail,) = works.mailer.sent.values()
    assert mail.headers == {}


def test_the_link_stands_in_templates_too() -> None:
    content = {"subject": "Hi", "html": "<a href='{{ unsubscribe_url }}'>Stop</a>"}
    shop = Shop(content=content)
    assert f"href='{shop.link}'" in str(shop.mail.html)
    assert shop.link in shop.mail.text


@pytest.mark.parametrize(
    "link",
    [
        "<a href='{{ unsubscribe_url }}'>Stop</a>",
        '<A class="small" HREF = "{{ unsubscribe_url }}#news" target=_blank>Stop</A>',
        "<a\nid=x href={{ unsubscribe_url }}>Stop</a>",
        "<a ses:no-track href='{{ unsubscribe_url }}'>Stop</a>",
    ],
)
def test_who_unsubscribes_has_not_clicked(link: str) -> None:
    others = "<a href='https://karoo.example'>Shop</a><abbr href='{{ unsubscribe_url }}'>x</abbr>"
    shop = Shop(content={"subject": "Hi", "html": f"{others} {link} {others}"})
    html = str(shop.mail.html)
    assert html.count("ses:no-track") == 1
    assert re.search(rf"<a ses:no-track\s[^>]*{re.escape(shop.link)}", html, re.IGNORECASE)


def test_the_way_to_mark_a_link_takes_linear_time() -> None:
    url = "https://stop.example/x"
    assert untracked("<a href=" * 50_000 + "<a " + " href=" * 50_000 + url, url) is not None
    assert untracked(None, url) is None


def test_a_text_message_may_have_it_as_well() -> None:
    works = Works(journey(steps={"thank": text("Stop: {{ unsubscribe_url }}")}))
    works.identify()
    works.event("order.placed", order_id="1")
    works.run()
    (sms,) = works.texter.sent.values()
    token = sms.text.removeprefix(f"Stop: {PREFERENCES_URL}/")
    assert Links(works.link_keys, works.clock).read(token).channel == "sms"


# ---- One click -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_never_unsubscribes(method: str) -> None:
    shop = Shop()
    assert boxes(shop.ask(method)) == {"marketing": True, "news": False, "back-in-stock": True}
    assert shop.take() == 0


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (FORM, ONE_CLICK),
        ({"content-type": "application/x-www-form-urlencoded; charset=utf-8"}, ONE_CLICK),
        ({"content-type": "multipart/form-data; boundary=xyz"}, MULTIPART),
        ({"content-type": 'Multipart/Form-Data; boundary="xyz"'}, MULTIPART),
    ],
)
def test_one_click_ends_what_needs_consent_and_nothing_else(
    headers: dict[str, str], body: str
) -> None:
    shop = Shop()
    answer = shop.ask("POST", body, headers=headers)
    assert (answer.status, "Location" in answer.headers) == (200, False)
    assert shop.take() == 1
    assert shop.works.customer().channel_status("email") == "unsubscribed"
    shop.order("2")
    assert shop.works.outcomes()[-1] == ("thank", "suppressed", "channels.email unsubscribed")
    shop.works.event("order.sent", order_id="1")
    shop.works.run()
    assert shop.works.outcomes()[-1] == ("thank", "sent", None)


def test_an_unsubscription_is_a_fact_that_a_journey_may_wait_for() -> None:
    said = journey("sorry", "message.unsubscribed", category="transactional")
    asked = {"event.reason": "one_click", "event.channel": "email", "event.category": "marketing"}
    said["entry"] = {"event": "message.unsubscribed", "where": asked}
    shop = Shop()
    shop.works.upload({"journeys/sorry.json": said})
    shop.works.clock.advance(MINUTE)
    shop.ask("POST", ONE_CLICK)
    shop.take()
    assert [sent.journey for sent in shop.works.customer().ledger] == ["thanks", "sorry"]


def test_a_click_again_at_once_says_nothing_new() -> None:
    shop = Shop()
    for _ in range(3):
        assert shop.ask("POST", ONE_CLICK).status == 200
    ids = {json.loads(item.body)["id"] for item in shop.said.queued}
    assert len(ids) == 1
    before = shop.take()
    records = [item for item in shop.works.records() if item.what == "channel"]
    assert (before, len(records)) == (3, 1)


def test_a_click_on_an_old_mail_counts_also_after_consent_was_given_anew() -> None:
    shop = Shop()
    shop.ask("POST", ONE_CLICK)
    shop.take()
    shop.works.clock.advance(DAY)
    shop.works.identify(consent={"marketing": True})
    shop.order("2")
    assert shop.works.outcomes()[-1][1] == "sent"
    shop.ask("POST", ONE_CLICK)
    shop.take()
    shop.order("3")
    assert shop.works.outcomes()[-1][1] == "suppressed"


# ---- The page ------------------------------------------------------------------------------------


def test_the_page_offers_what_needs_consent_and_is_sent() -> None:
    page = Shop().ask().body
    assert "Messages from Karoo &amp; Co" in page
    assert "Our &lt;newsletter&gt; &amp; more" in page
    assert "Back in stock" in page
    assert "orders</label>" not in page.lower()


def test_the_page_needs_no_script_loads_nothing_and_goes_nowhere() -> None:
    answer = Shop().ask()
    assert not re.search(r"<script|\son\w+=|https?:|src=|@import", answer.body)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_page_reads_on_a_phone_and_aloud() -> None:
    page = Shop().ask().body
    assert '<html lang="en">' in page
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in page
    assert page.count("<h1>") == page.count("<legend>") == page.count("<main>") == 1
    assert len(re.findall(r'<label><input type="checkbox"[^>]*> [^<]+</label>', page)) == 3


def test_a_box_ticked_is_consent_with_its_time_source_and_wording() -> None:
    shop = Shop()
    shop.works.clock.advance(HOUR)
    answer = shop.save("marketing", "news", "back-in-stock")
    assert boxes(answer) == {"marketing": True, "news": True, "back-in-stock": True}
    assert 'role="status">Saved' in answer.body
    shop.take()
    consent = shop.works.customer().consents["news"]
    assert (consent.given, consent.at) == (True, shop.works.clock.now())
    assert (consent.source, consent.wording) == ("preference page", "Our <newsletter> & more")
    assert set(shop.works.customer().consents) == {"news"}


def test_a_box_cleared_takes_consent_back_for_that_alone() -> None:
    shop = Shop()
    shop.save("back-in-stock")
    shop.take()
    shop.order("2")
    assert shop.works.outcomes()[-1] == ("thank", "no_consent", "consent marketing")
    shop.works.event("stock.in", order_id="1")
    shop.works.run()
    assert shop.works.outcomes()[-1][1] == "sent"


def test_a_form_that_says_what_holds_says_nothing() -> None:
    shop = Shop()
    shop.save("marketing", "back-in-stock")
    assert shop.take() == 0


def test_unsubscribing_from_all_is_the_same_as_one_click() -> None:
    shop = Shop()
    answer = shop.post(("action", "stop"))
    assert boxes(answer) == dict.fromkeys(("marketing", "news", "back-in-stock"), False)
    assert shop.take() == 1
    assert boxes(shop.ask()) == dict.fromkeys(("marketing", "news", "back-in-stock"), False)


def test_a_box_ticked_after_unsubscribing_brings_that_category_back_alone() -> None:
    shop = Shop()
    shop.post(("action", "stop"))
    shop.take()
    shop.works.clock.advance(MINUTE)
    shop.save("marketing")
    shop.take()
    assert boxes(shop.ask()) == {"marketing": True, "news": False, "back-in-stock": False}
    shop.order("2")
    assert shop.works.outcomes()[-1][1] == "sent"


@pytest.mark.parametrize("shown", [-1, 1, 10**40])
def test_a_tab_that_stood_open_too_long_changes_nothing(shown: int) -> None:
    shop = Shop()
    answer = shop.save("news", shown=shown)
    assert "This page was old" in answer.body
    assert shop.take() == 0


def test_categories_that_are_not_on_the_page_cannot_be_said() -> None:
    shop = Shop()
    now = str(shop.works.clock.now() // SECOND)
    said = [("listed", name) for name in ("orders", "nonsense", "unused")]
    ticked = [("category", name) for name in ("orders", "nonsense", "unused")]
    shop.post(("shown", now), *said, *ticked, ("action", "save"))
    assert shop.take() == 0
