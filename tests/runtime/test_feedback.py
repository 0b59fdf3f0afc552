"""Feedback: every kind of report of SES becomes a fact about one of our messages."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.core.state.history import BEGINNING
from sojourn.core.values.exact import loads_object
from sojourn.core.values.instants import MINUTE, SECOND
from sojourn.runtime.incoming.feedback import CUSTOMER_TAG, MESSAGE_TAG, read_feedback, tags_for
from tests.runtime.given import ANA, ASKS_FOR_A_CLICK, Works, email, journey
from tests.runtime.ses_events import ALL_ON, AT, MAIL_AT, ONE_OFF, report, report_body
from tests.runtime.test_joins import put

TAGS = tags_for(ANA, "m1")
ABOUT = {"channel": "email", "message_id": "m1"}


def fact(kind: str, **told: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """What a report becomes."""
    return read_feedback(loads_object(report_body(kind, TAGS, **told)))


@pytest.mark.parametrize(
    ("kind", "name", "at", "more"),
    [
        ("Send", "message.accepted", MAIL_AT, {}),
        ("Delivery", "message.delivered", AT, {}),
        ("DeliveryDelay", "message.delayed", AT, {}),
        ("Open", "message.opened", AT, {}),
        ("Click", "message.clicked", AT, {"link": "https://shop.example/offer?a=1"}),
        ("Bounce", "message.bounced", AT, {"bounce_type": "permanent", "reason": "General"}),
        ("Complaint", "message.complained", AT, {"reason": "abuse"}),
        ("Reject", "message.rejected", MAIL_AT, {"reason": "Bad content"}),
        (
            "Rendering Failure",
            "message.rejected",
            MAIL_AT,
            {"reason": "Attribute 'attributeName' is not present in the rendering data."},
        ),
        ("Subscription", "message.unsubscribed", AT, {}),
    ],
)
def test_each_kind_of_report_becomes_a_fact(
    kind: str, name: str, at: str, more: dict[str, str]
) -> None:
    found = fact(kind)
    assert (found["source"], found["detail-type"], found["time"]) == ("aws.ses", name, at)
    assert found["detail"] == {"event": name, "anonymousId": ANA, "properties": {**ABOUT, **more}}


@pytest.mark.parametrize("bounce_type", ["Transient", "Undetermined"])
def test_a_bounce_that_is_not_permanent_is_transient(bounce_type: str) -> None:
    found = fact("Bounce", bounceType=bounce_type, bounceSubType="MailboxFull")
    assert found["detail"]["properties"] == {
        **ABOUT,
        "bounce_type": "transient",
        "reason": "MailboxFull",
    }


def test_who_takes_a_mail_out_of_the_spam_folder_has_not_complained() -> None:
    works = sent()
    (message,) = works.mailer.sent.values()
    works.ingest.take(report_body("Complaint", message.tags, complaintFeedbackType="not-spam"))
    works.run()
    assert works.customer().channel_status("email") == "ok"
    works.ingest.take(report_body("Complaint", message.tags, complaintFeedbackType="virus"))
    works.run()
    assert works.customer().channel_status("email") == "complained"


@pytest.mark.parametrize("preferences", [ONE_OFF, ALL_ON])
def test_who_changes_a_single_topic_has_not_unsubscribed(preferences: Any) -> None:  # noqa: ANN401 - JSON
    found = fact("Subscription", newTopicPreferences=preferences)
    assert found["detail"]["event"] == "message.preferences"


def test_the_same_report_twice_has_one_id_and_another_click_another() -> None:
    first, again = fact("Click"), fact("Click")
    other = fact("Click", link="https://shop.example/other")
    scanner = fact("Click", userAgent="python-requests/2.32.3")
    assert first["id"] == again["id"]
    assert len({report["id"] for report in (first, other, scanner)}) == 3


def test_a_report_may_tell_its_kind_as_a_notification_does() -> None:
    report = loads_object(report_body("Delivery", tags_for("ana", "m1")))
    detail: Any = report["detail"]
    detail["notificationType"] = detail.pop("eventType")
    assert read_feedback(report)["detail-type"] == "message.delivered"


@pytest.mark.parametrize("customer", ["ana", "Ána/1", "a" * 180, "日本", "x?y=z&~"])
def test_a_customers_id_survives_the_way_to_ses_and_back(customer: str) -> None:
    tags = tags_for(customer, "m1")
    assert all(len(value) <= 256 for value in tags.values())
    found = read_feedback(loads_object(report_body("Open", tags)))
    assert found["detail"]["anonymousId"] == customer  # type: ignore[index, call-overload]  # an object


def with_other(place: str, value: Any) -> str:  # noqa: ANN401 - JSON
    """A report in which something at a place is another."""
    doc = report("Bounce", TAGS)
    *names, last = place.split("/")
    inner = doc
    for name in names:
        inner = inner[name]
    inner[last] = value
    return json.dumps(doc)


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        ("detail", None, "detail: an object is wanted"),
        ("detail/eventType", "Party", "detail.eventType: Party is not an event of SES"),
        ("detail/eventType", None, "detail.eventType: None is not an event of SES"),
        ("detail/eventType", ["Open"], "is not an event of SES that is known here"),
        ("detail/mail", "?", "detail.mail: an object is wanted"),
        ("detail/mail/tags", None, "detail.mail.tags: an object is wanted"),
        ("detail/bounce", 1, "detail.bounce: an object is wanted"),
        (f"detail/mail/tags/{MESSAGE_TAG}", [], "it is not a message of ours"),
        (f"detail/mail/tags/{CUSTOMER_TAG}", ["=YW5h"], f"{CUSTOMER_TAG}: cannot be read"),
        (f"detail/mail/tags/{CUSTOMER_TAG}", ["YW5hY"], f"{CUSTOMER_TAG}: cannot be read"),
        (f"detail/mail/tags/{CUSTOMER_TAG}", ["_w"], f"{CUSTOMER_TAG}: cannot be read"),
        (f"detail/mail/tags/{CUSTOMER_TAG}", ["ána"], f"{CUSTOMER_TAG}: cannot be read"),
        ("detail/bounce/timestamp", 7, "time: an RFC 3339 instant is wanted"),
    ],
)
def test_a_report_that_cannot_be_bound_is_a_dead_letter_with_its_reason(
    place: str,
    value: Any,  # noqa: ANN401 - JSON
    reason: str,
) -> None:
    works = Works()
    body = with_other(place, value)
    works.ingest.take(body)
    (letter,) = works.dead_letters.letters
    assert reason in letter.reason
    assert letter.body == body


def test_a_tag_may_stand_there_as_text_alone() -> None:
    body = with_other(f"detail/mail/tags/{MESSAGE_TAG}", "m2")
    found = read_feedback(loads_object(body))
    assert found["detail"]["properties"]["message_id"] == "m2"  # type: ignore[index, call-overload]  # an object


def sent(**fields: Any) -> Works:  # noqa: ANN401 - JSON
    """A customer to whom one e-mail went."""
    works = Works(journey(**fields))
    works.identify()
    works.event("order.placed", order_id="1")
    works.run()
    assert works.subjects() == ["Thank you"]
    return works


def hear(works: Works, kind: str) -> None:
    (mail,) = works.mailer.sent.values()
    works.clock.advance(MINUTE)
    works.ingest.take(report_body(kind, mail.tags))
    works.run()


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("Bounce", "bounced"),
        ("Complaint", "complained"),
        ("Subscription", "unsubscribed"),
        ("Delivery", "ok"),
        ("Open", "ok"),
        ("Reject", "ok"),
    ],
)
def test_a_report_changes_how_the_channel_stands(kind: str, status: str) -> None:
    works = sent()
    hear(works, kind)
    assert works.customer().channel_status("email") == status


def test_a_click_moves_who_waits_for_it() -> None:
    works = sent(steps=ASKS_FOR_A_CLICK)
    hear(works, "Click")
    assert works.subjects() == ["Thank you", "You clicked"]


@pytest.mark.parametrize("kind", ["Send", "Delivery"])
def test_a_report_that_overtakes_the_answer_settles_the_message_once(kind: str) -> None:
    works = Works(journey())
    works.identify()
    works.event("order.placed", order_id="1")

    def overtake() -> None:
        (mail,) = works.mailer.sent.values()
        works.ingest.take(report_body(kind, mail.tags))
        works.stream()
        assert works.outcomes() == [("thank", "sent", None)]

    works.mailer.while_sending = [overtake]
    works.run()
    assert works.subjects() == ["Thank you"]
    assert works.outcomes() == [("thank", "sent", None)]


@pytest.mark.parametrize(
    ("kind", "kept"),
    [("Send", []), ("Delivery", ["message.delivered"]), ("Open", ["message.opened"])],
)
def test_a_report_that_nobody_waits_for_is_no_decision(kind: str, kept: list[str]) -> None:
    works = sent()
    revision = works.mailboxes.read(ANA).revision
    hear(works, kind)
    assert works.mailboxes.read(ANA).revision == revision
    assert [event.name for event in works.history.events(ANA, BEGINNING)] == kept


@pytest.mark.parametrize("known", [False, True])
def test_a_report_about_a_message_of_which_nothing_is_known_is_kept(*, known: bool) -> None:
    works = Works(journey())
    if known:
        works.identify()
        works.run()
    works.ingest.take(report_body("Send", tags_for(ANA, "unheard-of")))
    assert [event.name for event in works.history.events(ANA, BEGINNING)] == ["message.accepted"]


@pytest.mark.parametrize("kind", ["Send", "Delivery"])
def test_a_report_of_who_was_joined_settles_her_message(kind: str) -> None:
    works = Works(journey())
    works.identify()
    works.event("order.placed", order_id="1")
    seen = []

    def meanwhile() -> None:
        (mail,) = works.mailer.sent.values()
        put(works, "alias", userId="new", previousId=ANA)
        works.ingest.take(report_body(kind, mail.tags))
        works.stream()
        seen.append(works.outcomes("new"))

    works.mailer.while_sending = [meanwhile]
    works.run()
    assert seen == [[("thank", "sent", None)]]
    assert works.subjects() == ["Thank you"]


# ---- Machines ------------------------------------------------------------------------------------

PROXIES = [
    "Mozilla/5.0",
    " mozilla/5.0 ",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
    "Mozilla/5.0 (compatible; Barracuda Sentinel (EE))",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "python-requests/2.32.3",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0.0.0 Safari/537.36",
]
PEOPLE = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:126.0) Gecko/20100101 Firefox/126.0",
    "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17628; Pro)",
    "",
    None,
    7,
]


@pytest.mark.parametrize("kind", ["Open", "Click"])
@pytest.mark.parametrize("agent", PROXIES)
def test_what_a_machine_does_is_marked(kind: str, agent: str) -> None:
    assert fact(kind, userAgent=agent)["detail"]["properties"]["bot"] is True


@pytest.mark.parametrize("kind", ["Open", "Click"])
@pytest.mark.parametrize("agent", PEOPLE)
def test_what_a_person_does_is_not(kind: str, agent: object) -> None:
    assert "bot" not in fact(kind, userAgent=agent)["detail"]["properties"]


def test_a_machines_click_moves_nobody_and_a_persons_after_it_does() -> None:
    steps = {
        "thank": email("Thank you", next="reaction"),
        "reaction": {
            "type": "wait_for",
            "any": [
                {"event": "message.clicked", "step": "thank", "next": "more"},
                {"event": "message.opened", "step": "thank", "next": "more"},
            ],
            "timeout": "P2D",
        },
        "more": email("You clicked"),
    }
    works = sent(steps=steps)
    (mail,) = works.mailer.sent.values()
    for kind in ("Open", "Click"):
        works.ingest.take(report_body(kind, mail.tags, userAgent=PROXIES[0]))
    works.run()
    assert works.subjects() == ["Thank you"]
    facts = next(iter(works.customer().enrolments.values())).messages["thank"]
    assert (facts.opened_at, facts.clicked_at) == (None, None)
    hear(works, "Click")
    assert works.subjects() == ["Thank you", "You clicked"]


# ---- In any order, and twice ---------------------------------------------------------------------

LOUD = ("Send", "Delivery", "DeliveryDelay", "Open", "Click", "Bounce", "Complaint", "Subscription")
STRICTEST = ("Complaint", "Bounce", "Subscription")
STATUS = {"Complaint": "complained", "Bounce": "bounced", "Subscription": "unsubscribed"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(LOUD), max_size=12))
def test_reports_twice_and_in_any_order_leave_the_strictest_verdict(kinds: list[str]) -> None:
    works = sent()
    (mail,) = works.mailer.sent.values()
    for kind in kinds:
        works.ingest.take(report_body(kind, mail.tags))
        works.run()
    verdict = next((kind for kind in STRICTEST if kind in kinds), None)
    assert works.customer().channel_status("email") == STATUS.get(str(verdict), "ok")
    assert works.outcomes() == [("thank", "sent", None)]
    assert works.subjects() == ["Thank you"]


def soft(works: Works, number: int) -> None:
    """A transient bounce that SES reports; each at a time of its own."""
    at = f"2026-03-02T12:{number:02}:00.000Z"
    (mail,) = works.mailer.sent.values()
    told = {"bounceType": "Transient", "bounceSubType": "MailboxFull", "timestamp": at}
    for _ in range(2):  # each is reported twice
        works.ingest.take(report_body("Bounce", mail.tags, **told))
    works.run()


def test_five_transient_bounces_in_a_row_count_as_a_permanent_one() -> None:
    works = sent()
    for number in range(1, 5):
        soft(works, number)
    assert works.customer().channel_status("email") == "ok"
    soft(works, 5)
    assert works.customer().channel_status("email") == "bounced"


def test_a_delivery_between_them_begins_the_count_anew() -> None:
    works = sent()
    for number in range(1, 5):
        soft(works, number)
    (mail,) = works.mailer.sent.values()
    works.ingest.take(report_body("Delivery", mail.tags, timestamp="2026-03-02T12:04:30.000Z"))
    works.run()
    for number in range(5, 9):
        soft(works, number)
    assert works.customer().channel_status("email") == "ok"
    soft(works, 9)
    assert works.customer().channel_status("email") == "bounced"


def test_a_delivery_that_came_after_them_ends_no_row_that_waited_to_be_decided() -> None:
    works = sent()
    (mail,) = works.mailer.sent.values()
    told = {"bounceType": "Transient", "bounceSubType": "MailboxFull"}
    for number in range(1, 6):
        at = f"2026-03-02T12:{number:02}:00.000Z"
        works.ingest.take(report_body("Bounce", mail.tags, **told, timestamp=at))
    works.clock.advance(SECOND)
    works.ingest.take(report_body("Delivery", mail.tags, timestamp="2026-03-02T12:06:00.000Z"))
    works.run()
    assert works.customer().channel_status("email") == "bounced"


def test_a_provider_that_takes_a_message_twice_makes_it_sent_once() -> None:
    works = sent(category="transactional")
    (mail,) = works.mailer.sent.values()
    for id_ in ("first", "second"):
        doc = report("Delivery", mail.tags)
        doc["detail"]["mail"]["messageId"] = id_
        works.ingest.take(json.dumps(doc))
        works.run()
    assert works.outcomes() == [("thank", "sent", None)]
    assert len(works.customer().ledger) == 1
    assert [item.name for item in works.bus.announced].count("message.sent") == 1


def test_a_visitor_who_got_a_mail_is_no_user_by_what_became_of_it() -> None:
    works = Works(journey())
    put(works, "order.placed", anonymousId="v1", order_id="1", traits={"email": "v@shop.example"})
    works.run()
    hear(works, "Delivery")
    put(works, "identify", userId=ANA, anonymousId="v1")
    works.run()
    assert works.customer().absorbed == ("v1",)
