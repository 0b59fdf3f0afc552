"""Queue, DeadLetters and Bus: what holds for the fakes and for SQS and EventBridge."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ReadTimeoutError

from sojourn.adapters import clients
from sojourn.adapters.batches import MOST_BYTES
from sojourn.adapters.events import EventBridgeBus
from sojourn.adapters.sqs import REASON_CHARS, SqsDeadLetters, SqsQueue
from sojourn.core.errors import Permanent, Unavailable
from sojourn.core.state.decisions import Announcement
from sojourn.fakes.queues import DeadLetter, FakeBus, FakeDeadLetters, FakeQueue
from sojourn.runtime.ports import Bus, DeadLetters, PartlyTaken, Queue
from tests.adapters.answers import Answer, answering, lost, refused, said
from tests.adapters.examples import NOON, announcement

if TYPE_CHECKING:
    from botocore.session import Session
    from types_boto3_sqs.client import SQSClient


@dataclass(frozen=True, slots=True)
class Line:
    """A queue, and what is delivered from it at once."""

    queue: Queue
    delivered: Callable[[], list[str]]


def received(client: "SQSClient", url: str) -> list[Any]:
    found: list[Any] = []
    while True:
        answer = client.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        if not answer.get("Messages"):
            return found
        found += answer["Messages"]


@pytest.fixture(params=["fake", "moto"])
def line(request: pytest.FixtureRequest) -> Line:
    if request.param == "fake":
        fake = FakeQueue()
        return Line(fake, lambda: [each.body for each in fake.queued if not each.delay_seconds])
    client = clients.sqs(request.getfixturevalue("session"))
    url = client.create_queue(QueueName="work")["QueueUrl"]
    return Line(SqsQueue(client, url), lambda: [each["Body"] for each in received(client, url)])


def test_what_is_put_on_a_queue_is_delivered(line: Line) -> None:
    bodies = [json.dumps({"customer": f"{number} \U0001f600"}) for number in range(25)]
    line.queue.put(bodies)
    assert line.delivered() == bodies


def test_nothing_put_on_a_queue_is_nothing(line: Line) -> None:
    line.queue.put([])
    assert line.delivered() == []


def test_what_is_delayed_is_not_delivered_at_once(line: Line) -> None:
    line.queue.put(["later"], delay_seconds=900)
    assert line.delivered() == []


def test_a_delay_that_a_queue_cannot_keep_is_refused(line: Line) -> None:
    with pytest.raises(Permanent):
        line.queue.put(["body"], 901)
    assert line.delivered() == []


def test_bodies_too_large_for_one_batch_go_in_several(line: Line) -> None:
    bodies = [json.dumps(f"{number}" + "é" * 50_000) for number in range(7)]
    line.queue.put(bodies)
    assert line.delivered() == bodies


@dataclass(frozen=True, slots=True)
class Letters:
    """Dead letters, and what lies there: source, reason and body."""

    put: DeadLetters
    found: Callable[[], list[DeadLetter]]


@pytest.fixture(params=["fake", "moto"])
def letters(request: pytest.FixtureRequest) -> Letters:
    if request.param == "fake":
        fake = FakeDeadLetters()
        return Letters(fake, lambda: fake.letters)
    client = clients.sqs(request.getfixturevalue("session"))
    url = client.create_queue(QueueName="dead")["QueueUrl"]

    def found() -> list[DeadLetter]:
        rows = []
        for each in received(client, url):
            named = {key: value["StringValue"] for key, value in each["MessageAttributes"].items()}
            rows.append(DeadLetter(named["source"], named["reason"], each["Body"]))
        return rows

    return Letters(SqsDeadLetters(client, url), found)


def test_a_dead_letter_has_its_source_its_reason_and_the_body_as_it_came(letters: Letters) -> None:
    body = '{"detail": {"userId": "Zoë", "n": 1.50}}\n'
    letters.put.put("ingest", "detail: an object is wanted, not text", body)
    wanted = DeadLetter("ingest", "detail: an object is wanted, not text", body)
    assert letters.found() == [wanted]


@dataclass(frozen=True, slots=True)
class Street:
    """A bus, and the ids of what came past."""

    bus: Bus
    seen: Callable[[], list[str]]


@pytest.fixture(params=["fake", "moto"])
def street(request: pytest.FixtureRequest) -> Street:
    if request.param == "fake":
        fake = FakeBus()
        return Street(fake, lambda: [each.id for each in fake.announced])
    client = clients.events(request.getfixturevalue("session"))
    client.create_event_bus(Name="bus")
    entries: list[Any] = []

    def note(model: object, params: Any, **_: object) -> None:  # noqa: ANN401 - botocore's
        del model
        entries.extend(json.loads(params["body"])["Entries"])

    client.meta.events.register("before-call.eventbridge.PutEvents", note)
    seen = lambda: [json.loads(entry["Detail"])["messageId"] for entry in entries]  # noqa: E731
    return Street(EventBridgeBus(client, "bus"), seen)


def test_what_is_announced_comes_past_in_order(street: Street) -> None:
    street.bus.announce([announcement(f"a{number}") for number in range(23)])
    assert street.seen() == [f"a{number}" for number in range(23)]


def test_announcing_nothing_is_nothing(street: Street) -> None:
    street.bus.announce([])
    assert street.seen() == []


# What follows is AWS's alone.


@pytest.fixture
def sqs(plain_session: "Session") -> "SQSClient":
    return clients.sqs(plain_session)


def failed(*codes: str | None) -> Answer:
    """An answer of SQS to a batch; None is an entry that was taken."""
    rows = list(enumerate(codes))
    return said(
        200,
        {
            "Successful": [
                {"Id": str(index), "MessageId": "m", "MD5OfMessageBody": ""}
                for index, code in rows
                if code is None
            ],
            "Failed": [
                {"Id": str(index), "Code": code, "Message": "why", "SenderFault": False}
                for index, code in rows
                if code is not None
            ],
        },
    )


def entries_of(request: Any, member: str = "Entries") -> Any:  # noqa: ANN401 - botocore's
    return json.loads(request.body)[member]


def test_what_a_queue_did_not_take_is_put_once_more_by_itself(sqs: "SQSClient") -> None:
    answers = failed(None, "InternalError", None), failed(None)
    with answering(sqs, *answers) as requests:
        SqsQueue(sqs, "https://queue").put(["a", "b", "c"], delay_seconds=7)
    bodies = [[entry["MessageBody"] for entry in entries_of(request)] for request in requests]
    assert bodies == [["a", "b", "c"], ["b"]]
    assert entries_of(requests[1])[0]["DelaySeconds"] == 7


@pytest.mark.parametrize(
    ("codes", "error"),
    [
        (["InternalError", "RequestThrottled"], Unavailable),
        (["InvalidMessageContents", "InternalError"], Permanent),
        (["InternalError", "AWS.SimpleQueueService.InvalidMessageContents"], Permanent),
        (["SomethingNew"], Permanent),
    ],
)
def test_what_a_queue_does_not_take_twice_is_an_error(
    sqs: "SQSClient", codes: list[str], error: type[Exception]
) -> None:
    bodies = ["body"] * len(codes)
    with (
        answering(sqs, failed(*codes), failed(*codes)),
        pytest.raises(error, match=f"{len(codes)} of {len(codes)} not taken: why") as caught,
    ):
        SqsQueue(sqs, "https://queue").put(bodies)
    assert type(caught.value) is error


def test_one_body_for_which_a_batch_is_refused_whole_holds_no_other_up(sqs: "SQSClient") -> None:
    """AWS answers so for a text that it cannot hold; the others are put one by one."""
    whole, poison = refused(400, "InvalidMessageContents"), refused(400, "InvalidMessageContents")
    answers = whole, failed(None), poison, failed(None), poison
    with (
        answering(sqs, *answers) as requests,
        pytest.raises(Permanent, match="1 of 3 not taken: InvalidMessageContents while putting"),
    ):
        SqsQueue(sqs, "https://queue").put(["a", "b", "c"])
    bodies = [[entry["MessageBody"] for entry in entries_of(request)] for request in requests]
    assert bodies == [["a", "b", "c"], ["a"], ["b"], ["c"], ["b"]]


def test_a_queue_that_is_not_there_yet_is_unavailable(sqs: "SQSClient") -> None:
    answer = refused(400, "com.amazonaws.sqs#QueueDoesNotExist")
    with answering(sqs, answer), pytest.raises(Unavailable, match="QueueDoesNotExist while"):
        SqsQueue(sqs, "https://queue").put(["a"])
    with answering(sqs, answer), pytest.raises(Unavailable, match="while putting a dead letter"):
        SqsDeadLetters(sqs, "https://queue").put("ingest", "reason", "body")


def test_characters_that_sqs_refuses_are_written_as_json_writes_them(session: "Session") -> None:
    client = clients.sqs(session)
    url = client.create_queue(QueueName="work")["QueueUrl"]
    text = "\ufffe and \uffff, \U0001f600"
    SqsQueue(client, url).put([json.dumps(text, ensure_ascii=False)])
    (message,) = received(client, url)
    assert "\uffff" not in message["Body"]
    assert json.loads(message["Body"]) == text


@pytest.mark.parametrize("first", ["", "x"])
def test_a_dead_letter_beyond_what_sqs_takes_is_cut_and_says_so(
    session: "Session", first: str
) -> None:
    client = clients.sqs(session)
    url = client.create_queue(QueueName="dead")["QueueUrl"]
    body, reason = first + "é" * MOST_BYTES, "r" * 2 * REASON_CHARS
    SqsDeadLetters(client, url).put("ingest", reason, body)
    (message,) = received(client, url)
    named = {key: value["StringValue"] for key, value in message["MessageAttributes"].items()}
    assert named["cut_from_bytes"] == str(len(body.encode()))
    assert named["reason"] == "r" * REASON_CHARS
    assert body.startswith(message["Body"])
    counted = sum(len(key) + 6 + len(value) for key, value in named.items())
    assert MOST_BYTES - 100 < len(message["Body"].encode()) + counted <= MOST_BYTES


def test_a_dead_letter_without_a_body_or_a_reason_is_kept(session: "Session") -> None:
    client = clients.sqs(session)
    url = client.create_queue(QueueName="dead")["QueueUrl"]
    SqsDeadLetters(client, url).put("ingest", "", "")
    (message,) = received(client, url)
    assert (message["Body"], list(message["MessageAttributes"])) == (" ", ["source"])


def test_an_announcement_is_a_segment_message_from_sojourn(plain_session: "Session") -> None:
    client = clients.events(plain_session)
    taken = said(200, {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})
    item = Announcement("a1", "order.thanked", NOON + 1_500_000, "Zoë", {"total": 10**20})
    with answering(client, taken) as requests:
        EventBridgeBus(client, "bus").announce([item])
    (entry,) = entries_of(requests[0])
    assert json.loads(entry.pop("Detail")) == {
        "type": "track",
        "messageId": "a1",
        "userId": "Zoë",
        "event": "order.thanked",
        "timestamp": "2026-03-01T12:00:01.500Z",
        "properties": {"total": 10**20},
    }
    assert entry == {
        "EventBusName": "bus",
        "Source": "sojourn",
        "DetailType": "order.thanked",
        "Time": pytest.approx(NOON / 1_000_000, abs=2),
    }


def results(*codes: str | None) -> Answer:
    rows = [{"EventId": "1"} if code is None else {"ErrorCode": code} for code in codes]
    return said(200, {"FailedEntryCount": len(codes) - codes.count(None), "Entries": rows})


def test_what_the_bus_did_not_take_is_put_once_more_by_itself(plain_session: "Session") -> None:
    client = clients.events(plain_session)
    answers = results(None, "ThrottlingException"), results(None)
    with answering(client, *answers) as requests:
        EventBridgeBus(client, "bus").announce([announcement("a1"), announcement("a2")])
    (entry,) = entries_of(requests[1])
    assert json.loads(entry["Detail"])["messageId"] == "a2"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ThrottlingException", Unavailable),
        ("InternalFailure", Unavailable),
        ("NotAuthorizedForDetailTypeException", Permanent),
        ("MalformedDetail", Permanent),
    ],
)
def test_what_the_bus_does_not_take_twice_is_an_error(
    plain_session: "Session", code: str, error: type[Exception]
) -> None:
    client = clients.events(plain_session)
    bus = EventBridgeBus(client, "bus")
    with answering(client, results(code), results(code)), pytest.raises(error, match="1 of 1"):
        bus.announce([announcement()])


def unannounced(bus: Bus, *ids: str) -> list[str]:
    with pytest.raises(PartlyTaken) as caught:
        bus.announce([announcement(id_) for id_ in ids])
    return [item.id for item in caught.value.left]


def test_what_the_bus_did_not_take_is_named_when_it_took_others(plain_session: "Session") -> None:
    client = clients.events(plain_session)
    bus = EventBridgeBus(client, "bus")
    throttled = "ThrottlingException"
    answers = results(throttled, None, throttled), results(None, throttled)
    with answering(client, *answers):
        assert unannounced(bus, "a1", "a2", "a3") == ["a3"]
    refusal = refused(400, "ThrottlingException")
    many = [f"a{number}" for number in range(23)]
    with answering(client, results(*[None] * 9, throttled), *[refusal] * 3):
        assert unannounced(bus, *many) == many[9:]


def test_announcements_too_large_for_one_request_go_in_several(plain_session: "Session") -> None:
    client = clients.events(plain_session)
    large = [
        Announcement(f"a{number}", "big", NOON, "ana", {"x": "é" * 50_000}) for number in range(5)
    ]
    with answering(client, results(None, None), results(None, None), results(None)) as requests:
        EventBridgeBus(client, "bus").announce(large)
    counts = [len(entries_of(request)) for request in requests]
    assert counts == [2, 2, 1]


def test_a_bus_that_does_not_answer_is_unavailable(plain_session: "Session") -> None:
    client = clients.events(plain_session)
    gone = lost(ReadTimeoutError(endpoint_url="https://events"))
    with (
        answering(client, gone, gone, gone),
        pytest.raises(Unavailable, match="no answer while putting on the bus bus"),
    ):
        EventBridgeBus(client, "bus").announce([announcement()])


def test_a_reason_may_quote_whatever_somebody_sent(sqs: "SQSClient") -> None:
    """SQS refuses control characters and halves of characters, in attributes as in bodies."""
    quoted = "a\x00b\x1f\t\n\ud800\udfff\ue000\ud7ff\uffff \U0001f600: no such field"
    with answering(sqs, said(200, {"MessageId": "m", "MD5OfMessageBody": ""})) as requests:
        SqsDeadLetters(sqs, "https://queue").put("ingest", quoted, "{}")
    attributes = entries_of(requests[0], "MessageAttributes")
    told = "a\\u0000b\\u001f\t\n\\ud800\\udfff\ue000\ud7ff\\uffff \U0001f600: no such field"
    assert attributes["reason"]["StringValue"] == told
