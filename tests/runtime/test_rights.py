"""What may be asked for about one customer, and what lives on when she is forgotten."""

import json
from typing import Any

import pytest

from sojourn.core.errors import InvalidInput
from sojourn.core.values.instants import DAY, MINUTE, SECOND
from sojourn.runtime.customer.timeline import as_document, read_timeline
from sojourn.runtime.customer.whom import user_of
from sojourn.runtime.preferences.links import Link, Links, sign
from sojourn.runtime.preferences.requests import GONE, Preferences, Request
from sojourn.runtime.rights.forgetting import Settling
from sojourn.runtime.rights.requests import EXPORTED
from tests.runtime.given import ANA, NOON, Works, journey, push, text
from tests.runtime.test_forgetting import (
    ADDRESS,
    CARD,
    PHONE,
    VISITOR,
    asks,
    finish,
    known,
    rights,
)
from tests.runtime.test_joins import outcomes, put

WELCOME = journey("welcome", "order.placed")
TEXTS = journey("texts", "order.placed", steps={"thank": text()})


def told(works: Works, name: str, **about: Any) -> None:  # noqa: ANN401 - JSON
    """Something is told of her channels, and taken."""
    works.event(name, messageId=f"{name}-{json.dumps(about)}", **about)
    works.run()


def somebody_new(works: Works, **traits: Any) -> list[tuple[str, str, str | None]]:  # noqa: ANN401 - JSON
    """What becomes of the first message to somebody who registers with her address."""
    works.clock.advance(DAY)
    known_as = {"email": ADDRESS.upper(), "phone": PHONE, **traits}
    works.event("identify", "zoe", type="identify", traits=known_as)
    works.event("order.placed", "zoe", order_id="1")
    works.run()
    return works.outcomes("zoe")


# ---- Suppression ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fact", "status"),
    [
        ({"name": "message.unsubscribed"}, "unsubscribed"),
        ({"name": "message.complained"}, "complained"),
        ({"name": "message.bounced", "bounce_type": "permanent"}, "bounced"),
    ],
)
@pytest.mark.parametrize("taken", [True, False])
def test_an_address_stays_suppressed_for_whoever_comes_with_it(
    fact: dict[str, str], status: str, *, taken: bool
) -> None:
    works = Works(WELCOME)
    works.identify(email=ADDRESS)
    works.run()
    about = {**fact, "channel": "email"}
    works.event(about.pop("name"), **about)
    if taken:
        works.run()
    finish(works)
    assert ADDRESS not in repr(works.plans.forgotten())
    assert somebody_new(works) == [("thank", "suppressed", f"channels.email {status}")]
    assert works.customer("zoe").channel_status("email") == status
    works.event("order.placed", "zoe", order_id="2")
    works.run()
    assert len(works.outcomes("zoe")) == 2
    assert works.subjects() == []


ASKS = journey(
    "asks",
    "order.placed",
    start="status",
    steps={
        "status": {
            "type": "branch",
            "branches": [{"where": {"channels.email.status": "ok"}, "next": "fine"}],
            "else": "not",
        },
        "fine": {"type": "exit", "outcome": "fine"},
        "not": {"type": "exit", "outcome": "not"},
    },
)


@pytest.mark.parametrize("fact", ["message.unsubscribed", "message.complained"])
def test_a_branch_before_any_message_knows_that_the_address_is_suppressed(fact: str) -> None:
    works = Works(ASKS)
    works.identify(email=ADDRESS)
    works.run()
    told(works, fact, channel="email")
    finish(works)
    works.clock.advance(DAY)
    for number, email in enumerate([ADDRESS.upper(), "fine@home.example", ADDRESS]):
        works.event("order.placed", f"zoe{number}", order_id="1", traits={"email": email})
        works.run()
        assert outcomes(works, f"zoe{number}") == ["fine" if number == 1 else "not"]
    before = len(works.mailboxes.changes)
    works.event("order.placed", "zoe2", order_id="2", traits={"email": ADDRESS})
    assert len(works.mailboxes.changes) == before + 1


def test_an_address_that_was_fine_is_anybodys() -> None:
    works = Works(WELCOME)
    works.identify(email=ADDRESS)
    works.run()
    finish(works)
    assert somebody_new(works) == [("thank", "sent", None)]


def test_a_number_that_stopped_stays_so() -> None:
    works = Works(TEXTS)
    works.identify(phone=PHONE)
    works.run()
    told(works, "message.unsubscribed", channel="sms", address=PHONE)
    finish(works)
    [(_, outcome, reason)] = somebody_new(works)
    assert (outcome, reason) == ("suppressed", "channels.sms unsubscribed")


def test_a_newer_consent_counts_as_ever() -> None:
    works = Works(WELCOME)
    works.identify(email=ADDRESS)
    works.run()
    told(works, "message.unsubscribed", channel="email")
    finish(works)
    given = somebody_new(works, consent={"marketing": True})
    assert given == [("thank", "sent", None)]


def test_a_device_that_went_is_not_tried_again() -> None:
    works = Works(journey("pushes", "order.placed", steps={"thank": push()}))
    works.identify(push_endpoints=["arn:device"])
    works.run()
    told(works, "endpoint.gone", channel="push", address="arn:device")
    finish(works)
    found = somebody_new(works, push_endpoints=["arn:device"])
    assert found == [("thank", "suppressed", "channels.push bounced")]


# ---- Others --------------------------------------------------------------------------------------


def test_who_uses_her_browser_next_is_not_joined_with_her_past() -> None:
    works = known()
    finish(works)
    put(works, "order.placed", userId="ben", anonymousId=VISITOR, cards=[CARD], order_id="1")
    works.run()
    ben = works.customer("ben")
    assert (ben.absorbed, dict(ben.identities), ben.trait("email")) == ((), {}, None)


def ana_and_ben() -> Works:
    """Ana has a browser and a card that come with ben's events too, when nobody has decided yet."""
    works = Works(WELCOME)
    put(works, "order.placed", userId=ANA, anonymousId="browser-1", cards=["L-1"], id="m1")
    works.run()
    put(works, "order.placed", userId="ben", anonymousId="browser-1", cards=["L-1"], id="m2")
    return works


def test_the_record_of_somebody_who_shares_something_with_her_does_not_name_her() -> None:
    works = ana_and_ben()
    works.run()
    assert works.customer("ben").conflicts == {
        ("card", "L-1"): True,
        ("anonymous", "browser-1"): True,
    }
    changes = [change.after for change in works.mailboxes.changes if change.after.customer]
    bens = [change for change in changes if change.customer_id == "ben"]
    assert bens
    assert ANA not in repr((bens, read_timeline(works.mailboxes, works.history, "ben")))


def test_who_owns_what_is_not_hers_is_asked_when_it_is_shown() -> None:
    works = ana_and_ben()
    works.run()
    timeline = read_timeline(works.mailboxes, works.history, "ben")

    def shown() -> list[object]:
        found = as_document(timeline, lambda identity: user_of(identity, works.directory))
        return [(item["refused"], item["belongs_to"]) for item in found["conflicts"]]  # type: ignore[index, union-attr, call-overload]  # as it is made

    assert shown() == [(False, ANA)] * 2
    finish(works)
    assert shown() == [(False, None)] * 2


def test_what_waits_when_she_is_forgotten_is_taken_without_a_word_of_her() -> None:
    works = ana_and_ben()
    put(works, "alias", userId="ben", previousId=ANA, id="a1")
    finish(works)
    works.run()
    ben = works.customer("ben")
    assert (dict(ben.conflicts), ben.absorbed) == ({}, ())
    kept = (works.mailboxes._items, works.history._journals)
    for word in (ANA, "browser-1", "L-1"):
        assert word not in repr(kept)


def test_two_who_used_one_browser_are_forgotten_each_for_herself() -> None:
    works = ana_and_ben()
    works.run()
    hers = asks("sojourn.forget", "browser-1", "r1")
    with pytest.raises(Settling):
        rights(works).take(hers)
    finish(works, asked="ben")
    assert {id_ for id_, item in works.mailboxes._items.items() if item.forgotten_at} >= {ANA}
    finish(works, hers)
    assert (works.mailboxes._items, works.directory._holders) == ({}, {})


def test_who_shares_her_number_keeps_it() -> None:
    works = Works(TEXTS)
    for customer in (ANA, "ben"):
        works.identify(customer, phone=PHONE)
        works.event("order.placed", customer, order_id="1")
    works.run()
    finish(works)
    assert works.numbers.customers_of(PHONE) == ["ben"]
    works.ingest.take(json.dumps({"originationNumber": PHONE, "messageBody": "STOP"}))
    works.run()
    assert works.customer("ben").channel_status("sms") == "unsubscribed"


def test_an_answer_to_her_last_text_message_is_let_go() -> None:
    works = known()
    works.numbers.remember("+27820000099", ANA, NOON)
    finish(works)
    reply = {"originationNumber": "+27820000099", "messageBody": "hello"}
    works.ingest.take(json.dumps(reply))
    assert works.mailboxes.read(ANA).arrivals == 0
    assert works.dead_letters.letters == []


def test_a_join_meets_nobody_where_somebody_was_forgotten_just_now() -> None:
    works = known()
    put(works, "identify", userId="ben", anonymousId="visitor-99")
    with pytest.raises(Exception, match="forgotten"):
        rights(works).take(asks("sojourn.forget", "visitor-99"))
    works.clock.advance(10 * SECOND)
    works.run()
    assert works.customer("ben").absorbed == ()


def test_an_identity_that_came_with_a_duplicate_goes_with_her() -> None:
    works = Works(WELCOME)
    for cards in ([], ["L-1"]):
        put(works, "order.placed", userId=ANA, cards=cards, id="m1")
    put(works, "order.placed", userId=ANA, id="m2")
    works.run()
    assert works.directory.holder(("card", "L-1")) == ANA
    finish(works)
    assert works.directory._holders == {}


# ---- Links ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("settled", [True, False])
def test_a_link_says_that_nothing_is_kept(*, settled: bool) -> None:
    works = known()
    page = Preferences(
        works.mailboxes,
        works.live(MINUTE),
        Links(works.link_keys, works.clock),
        works.dispatches,
        works.clock,
    )
    [key] = works.link_keys.keys()
    path = f"/{sign(Link(ANA, 'marketing', 'm1', 'email', works.clock.now() + DAY), key)}"
    form = {"content-type": "application/x-www-form-urlencoded"}
    click = Request("POST", path, form, b"List-Unsubscribe=One-Click")
    assert "More messages" not in page.answer(Request("GET", path)).body
    if settled:
        finish(works)
    else:
        with pytest.raises(Exception, match="forgotten"):
            rights(works).take(asks("sojourn.forget"))
    works.dispatches.queued.clear()
    for request in (Request("GET", path), click):
        answer = page.answer(request)
        assert (answer.status, GONE in answer.body) == (200, True)
    assert works.dispatches.queued == []


# ---- Requests ------------------------------------------------------------------------------------


def test_an_export_lies_under_a_key_that_names_nobody() -> None:
    works = known()
    works.bus.announced.clear()
    for asked in (ANA, VISITOR, f"card:{CARD}"):
        rights(works).take(asks("sojourn.export", asked, id_=f"r-{asked}"))
    keys = [item.properties["key"] for item in works.bus.announced if item.name == EXPORTED]
    assert len({*keys}) == 3
    assert len({str(key).rpartition("/")[0] for key in keys}) == 1
    for key in keys:
        assert works.exports.files[str(key)]["customer"] == ANA
        assert ANA not in str(key)
    rights(works).take(asks("sojourn.export", ANA, id_=f"r-{ANA}"))
    assert len({str(item.properties["key"]) for item in works.bus.announced}) == 3


def test_nobody_is_not_exported() -> None:
    works = known()
    finish(works)
    for customer in (ANA, "nobody"):
        with pytest.raises(InvalidInput, match="nobody is known by this id"):
            rights(works).take(asks("sojourn.export", customer))


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (asks("sojourn.remember"), "sojourn.forget, sojourn.lift and sojourn.export"),
        (asks("sojourn.forget", 7), "detail:"),
        (asks("sojourn.forget", ""), "detail:"),
        (asks("sojourn.forget", "x" * 200), "customer: longer than"),
        (json.dumps({"detail-type": "sojourn.forget", "detail": []}), "detail:"),
    ],
)
def test_a_request_that_is_none_says_what_is_wrong(body: str, complaint: str) -> None:
    with pytest.raises(InvalidInput, match=complaint):
        rights(Works()).take(body)
