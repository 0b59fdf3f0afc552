"""Bad input: each shows a clear reason, holds nothing else up, and nothing is lost."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sojourn.core.limits import EVENT_BYTES
from sojourn.core.state.codec import encode_customer
from sojourn.runtime.decisions.deciding import body_of
from sojourn_cli.local.stack import LocalStack
from tests.stack.given import SOON, Doc, Letter, Shop, email, journey, order, sized, until

pytestmark = pytest.mark.stack

THANKS = journey("thanks", "order.placed", {"thank": email()})
NAP = journey(
    "nap",
    "nap.began",
    {"sleep": {"type": "wait", "for": "PT1H", "next": "wake-up"}, "wake-up": email("Awake")},
    exit=[{"event": "nap.ended", "outcome": "woken"}],
)


@pytest.fixture(scope="module")
def shop(stack: LocalStack) -> Shop:
    """The stack, empty but for two journeys."""
    stack.reset()
    found = Shop(stack)
    reports = found.upload(
        {
            "settings.json": {"timezone": "UTC"},
            "journeys/thanks.json": THANKS,
            "journeys/nap.json": NAP,
        }
    )
    assert all(report["ok"] for report in reports.values()), reports
    return found


@pytest.fixture(autouse=True)
def _calm(stack: LocalStack) -> Iterator[None]:
    yield
    stack.clear_faults()


# ---- Events ----------------------------------------------------------------------------------


def bad(case: str, **fields: Any) -> Doc:  # noqa: ANN401 - JSON
    """An order of somebody whose e-mail must never go, with something about it that is wrong."""
    return order(f"bad-{case}", **fields)


CASES: Mapping[str, tuple[Doc | str, str]] = {
    "no-customer": (bad("nobody", userId=None, traits={}), "userId: missing, and so are anony"),
    "empty-customer": (bad("empty", userId="", traits={}), "userId: missing, and so are anony"),
    "nobodys-address": (
        bad("nobodys", userId=None, traits={"email": "guest@example.com"}),
        "email guest@example.com: is nobody's, and there is no other identity",
    ),
    "customer-of-a-wrong-type": (
        bad("list", userId=["list"]),
        "userId: text is wanted, not a list",
    ),
    "not-json": ("bad-not-json {", "detail: an object is wanted, not text"),
    "a-list": ('["bad-a-list"]', "detail: an object is wanted, not a list"),
    "not-a-number": (
        '{"userId": "bad-nan", "properties": {"order_id": NaN}}',
        "NaN is not a JSON value",
    ),
    "properties-of-a-wrong-type": (
        bad("properties", properties="none"),
        "properties: an object is wanted, not text",
    ),
    "event-of-a-wrong-type": (bad("event", event=7), "event: text is wanted, not a number"),
    "unknown-type": (bad("kind", type="purchase"), 'type: "purchase" is none of track,'),
    "no-instant": (bad("instant", timestamp="yesterday"), "timestamp: "),
    "unknown-field": (bad("field", total=5), "total: there is no such field"),
    "half-a-character": (
        bad("half", properties={"order_id": "\ud800"}),
        "text with half a character (a lone surrogate)",
    ),
    "too-large": (sized("bad-large", EVENT_BYTES + 1), "the event has 65537 bytes; at most 65536"),
    "larger-than-a-letter": (sized("bad-huge", 300_000), "the event has 300000 bytes; at most"),
    "larger-than-the-bus": (sized("bad-bus", 1_100_000), "the event has 1100000 bytes; at most"),
}
GOOD = [f"good-{number}" for number in range(len(CASES))]


@pytest.fixture(scope="module")
def letters(shop: Shop) -> list[Letter]:
    """Bad and good events put on the bus by turns, and the dead letters that came of them."""
    for good, (detail, _) in zip(GOOD, CASES.values(), strict=True):
        shop.put(order(good), detail)
    shop.mails(*GOOD)
    found = shop.letters(at_least=len(CASES))
    shop.settle()
    return found


@pytest.mark.parametrize("case", CASES)
def test_a_bad_event_is_a_dead_letter_with_its_reason(letters: list[Letter], case: str) -> None:
    detail, reason = CASES[case]
    fits = [letter for letter in letters if reason in letter.reason]
    marks = [detail, "bad-"] if isinstance(detail, str) else [str(detail["messageId"])]
    found = [letter for letter in fits if any(mark in _readable(letter.body) for mark in marks)]
    assert {letter.part for letter in found} == {"ingest"}


def _readable(body: str) -> str:
    return body.replace('\\"', '"')


def test_every_bad_event_is_one_letter_and_nobody_got_a_mail_by_it(
    shop: Shop, letters: list[Letter]
) -> None:
    assert len(letters) == len(CASES)
    assert [mail for mail in shop.stack.recorded() if "bad" in mail["to"][0]] == []


def test_the_good_events_beside_them_are_all_taken_once(shop: Shop, letters: list[Letter]) -> None:
    assert letters
    assert [shop.mailed(customer) for customer in GOOD] == [["Thank you"]] * len(GOOD)


def test_what_was_not_mended_comes_back_with_its_reason_when_it_is_redriven(
    shop: Shop, letters: list[Letter]
) -> None:
    assert shop.redrive() == {"redriven": len(letters), "kept": 0}
    again = shop.letters(at_least=len(letters))
    whole = {letter.body for letter in letters if len(letter.body) < EVENT_BYTES * 2}
    assert whole <= {letter.body for letter in again}
    assert len(again) == len(letters)
    shop.forget_letters()


def test_an_event_as_large_as_may_be_is_taken_and_evaluated(shop: Shop) -> None:
    shop.put(sized("near", EVENT_BYTES))
    assert [mail["subject"] for mail in shop.mails("near")] == ["Thank you"]


def test_the_same_event_again_and_again_is_one_enrolment_and_one_message(shop: Shop) -> None:
    shop.forget_letters()
    shop.put(order("twice"), order("twice"), order("twice"))
    shop.mails("twice")
    shop.settle()
    shop.put(order("twice"))
    shop.settle()
    assert shop.mailed("twice") == ["Thank you"]
    customer = shop.mailbox("twice").customer
    assert customer is not None
    assert customer.number == 1
    whats = [record.what for record in shop.timeline("twice").records]
    assert (whats.count("entered"), whats.count("exited")) == (1, 1)
    assert shop.waiting("DeadLetterQueue") == (0, 0)


def test_lines_of_a_file_that_cannot_be_sent_are_named_and_the_others_go(
    shop: Shop, tmp_path: Path
) -> None:
    lines = [
        json.dumps(order("file-first")).encode(),
        b'{"userId": "file-\xff"}',
        b'{"userId": ',
        b'{"userId": "file-\\ud800"}',
        b"[]",
        json.dumps(order("file-last")).encode(),
    ]
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"\n".join(lines))
    told = shop.command("send-events", str(file), code=1)
    assert told["sent"] == 2
    assert [item["line"] for item in told["refused"]] == [2, 3, 4, 5]
    reasons = " | ".join(item["reason"] for item in told["refused"])
    for words in ("not UTF-8 at byte 17", "not JSON", "half a character", "a JSON object is"):
        assert words in reasons
    assert len(shop.mails("file-first", "file-last")) == 2


# ---- Poison in a batch -----------------------------------------------------------------------


POISON = ["{", "[]", '{"customer": 7}', '{"custmer": "ana"}']


@pytest.mark.parametrize(
    ("queue", "part"), [("WakeQueue", "evaluate"), ("DispatchQueue", "dispatch")]
)
def test_poison_on_an_inner_queue_is_a_dead_letter_and_its_neighbours_are_done(
    shop: Shop, queue: str, part: str
) -> None:
    shop.forget_letters()
    shop.send(queue, body_of("nobody"), *POISON, body_of("nobody-else"))
    found = shop.letters(at_least=len(POISON))
    assert {letter.body: letter.part for letter in found} == dict.fromkeys(POISON, part)
    assert all(letter.reason for letter in found)
    until(lambda: shop.waiting(queue) == (0, 0), "a neighbour is held up")
    shop.forget_letters()


def test_poison_on_the_way_in_is_a_dead_letter_and_its_neighbours_are_done(shop: Shop) -> None:
    shop.forget_letters()
    envelopes = [
        json.dumps(
            {
                "id": f"e{number}",
                "source": "shop",
                "time": "2026-03-02T12:00:00Z",
                "detail-type": "order.placed",
                "detail": order(f"beside-{number}"),
            }
        )
        for number in range(2)
    ]
    shop.send("IngestQueue", envelopes[0], "{", envelopes[1])
    assert len(shop.mails("beside-0", "beside-1")) == 2
    [letter] = shop.letters(at_least=1)
    assert (letter.part, letter.body) == ("ingest", "{")
    assert letter.reason.startswith("not JSON")
    until(lambda: shop.waiting("IngestQueue") == (0, 0), "a neighbour is held up")
    shop.forget_letters()


def write_state(shop: Shop, customer: str, state: str) -> None:
    """Write a customer's state as somebody might who has no business to."""
    shop.dynamodb.update_item(
        TableName=shop.table,
        Key={"pk": {"S": f"C#{customer}"}, "sk": {"S": "@"}},
        UpdateExpression="SET #state = :state",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":state": {"S": state}},
    )


def test_a_customer_who_cannot_be_read_stops_nobody_and_comes_home_when_mended(shop: Shop) -> None:
    shop.forget_letters()
    shop.put(order("broken"))
    shop.mails("broken")
    shop.settle()
    customer = shop.mailbox("broken").customer
    assert customer is not None
    whole = encode_customer(customer)
    write_state(shop, "broken", whole[:-10])
    shop.put(order("whole-before"), order("broken", "2"), order("whole-after"))
    shop.mails("whole-before", "whole-after")
    found = shop.letters(at_least=1)
    assert [(letter.part, letter.body) for letter in found] == [("evaluate", body_of("broken"))]
    assert all("cannot be read" in letter.reason for letter in found)
    assert shop.mailed("broken") == ["Thank you"]

    write_state(shop, "broken", whole)
    shop.redrive()
    until(lambda: shop.mailed("broken") == ["Thank you", "Thank you"], "her order is lost")
    shop.settle()
    assert shop.mailed("broken") == ["Thank you", "Thank you"]
    assert shop.mailbox("broken").inbox == ()
    shop.forget_letters()


def test_a_record_of_the_stream_that_is_given_up_loses_no_event(shop: Shop) -> None:
    shop.forget_letters()
    refused = {"service": "dynamodb", "operation": "UpdateItem", "text": "C#unlucky"}
    # The first write is ingest's; whatever evaluate tries then is refused.
    shop.stack.faults(
        {
            "match": refused,
            "kind": "error",
            "skip": 1,
            "status": 400,
            "code": "AccessDeniedException",
        }
    )
    shop.put(order("lucky-before"), order("unlucky"), order("lucky-after"))
    shop.mails("lucky-before", "lucky-after")
    found = shop.letters(at_least=1)
    assert {letter.reason for letter in found} == {"RetryAttemptsExhausted"}
    assert [waiting.event.name for waiting in shop.mailbox("unlucky").inbox] == ["order.placed"]
    assert shop.stack.clear_faults() != [0]
    assert shop.redrive() == {"redriven": len(found), "kept": 0}
    assert [mail["subject"] for mail in shop.mails("unlucky")] == ["Thank you"]
    shop.settle()
    assert shop.mailbox("unlucky").inbox == ()
    assert shop.waiting("DeadLetterQueue") == (0, 0)


def test_a_wake_up_for_an_enrolment_that_has_moved_changes_nothing(shop: Shop) -> None:
    shop.forget_letters()
    shop.put(order("sleeper", event="nap.began"))
    until(lambda: shop.mailbox("sleeper").wake_at, "she does not sleep")
    shop.put(order("sleeper", "2", event="nap.ended"))
    until(lambda: shop.mailbox("sleeper").wake_at is None, "she does not wake up")
    shop.settle()
    before = shop.mailbox("sleeper")
    assert before.customer is not None
    assert before.customer.live() == ()
    shop.send("WakeQueue", body_of("sleeper"), body_of("sleeper"))
    shop.settle()
    assert shop.mailbox("sleeper") == before
    assert shop.mailed("sleeper") == []
    assert shop.waiting("DeadLetterQueue") == (0, 0)


# ---- Uploads ---------------------------------------------------------------------------------


def looped() -> Doc:
    steps = {"one": email(next="two"), "two": email(next="one")}
    return journey("looped", "loop.began", steps)


TEN_MEGABYTES = b'{"id": "large", "name": "' + b"x" * (10 * 1024 * 1024) + b'"}'
UPLOADS: Mapping[str, tuple[Doc | bytes, str, str]] = {
    "journeys/not-json.json": (b'{"id": "not-json",', "not-json", ""),
    "journeys/not-utf8.json": (b'{"id": "not-utf8", "name": "\xff"}', "not-utf8", ""),
    "journeys/large.json": (TEN_MEGABYTES, "too-large", ""),
    "journeys/unknown-step.json": (
        journey("unknown-step", "x", {"fly": {"type": "fly"}}),
        "unknown-step-type",
        "steps.fly.type",
    ),
    "journeys/lost.json": (
        journey("lost", "x", {"one": email(next="nowhere")}),
        "missing-target",
        "steps.one.next",
    ),
    "journeys/looped.json": (looped(), "loop-without-wait", "steps.one"),
    "journeys/thanks-again.json": (
        journey("thanks", "order.placed", {"thank": email("Thanks again")}),
        "duplicate-id",
        "id",
    ),
    "journeys/nap.json": ({**NAP, "start": "nowhere"}, "missing-target", "start"),
}


@pytest.fixture(scope="module")
def reports(shop: Shop) -> dict[str, Doc]:
    """Bad files and a good one uploaded together, and the report beside each."""
    shop.s3.delete_object(Bucket=shop.bucket, Key="reports/journeys/nap.json.json")
    good = {"journeys/gift.json": journey("gift", "gift.bought", {"thank": email("A gift")})}
    return shop.upload({path: content for path, (content, _, _) in UPLOADS.items()} | good)


@pytest.mark.parametrize("path", UPLOADS)
def test_a_bad_upload_has_a_report_beside_it_with_place_and_reason(
    reports: dict[str, Doc], path: str
) -> None:
    _, code, place = UPLOADS[path]
    report = reports[path]
    assert (report["ok"], report["version"]) == (False, None)
    errors = [item for item in report["findings"] if item["severity"] == "error"]
    assert (code, place, path) in [(item["code"], item["path"], item["file"]) for item in errors]
    assert all(item["message"] for item in errors)


def test_the_good_file_beside_them_goes_live(shop: Shop, reports: dict[str, Doc]) -> None:
    assert reports["journeys/gift.json"] == {"ok": True, "version": 1, "findings": []}
    tries = iter(range(1_000))

    def thanked() -> bool:
        # Whoever takes events in may know the plan of some seconds ago.
        shop.put(order("giver", str(next(tries)), event="gift.bought"))
        return "A gift" in shop.mailed("giver")

    until(thanked, "the good file is not live", SOON)


def test_what_was_live_before_stays_as_it_was(shop: Shop, reports: dict[str, Doc]) -> None:
    shop.forget_letters()
    assert not reports["journeys/nap.json"]["ok"]
    shop.put(order("faithful"), order("napper", event="nap.began"))
    assert [mail["subject"] for mail in shop.mails("faithful")] == ["Thank you"]
    until(lambda: shop.mailbox("napper").wake_at, "the journey that was live is gone")
    customer = shop.mailbox("napper").customer
    assert customer is not None
    assert [(item.journey, item.version) for item in customer.live()] == [("nap", 1)]
    assert shop.waiting("DeadLetterQueue") == (0, 0)
