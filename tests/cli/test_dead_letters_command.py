"""`sojourn dead-letters`: each letter with its part and reason, and back to where it came from."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from sojourn.adapters.clock import SystemClock
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.core.state.codec import FORMAT
from sojourn.core.values.instants import MINUTE, parse_instant
from sojourn_cli.commands.dead_letters import QUEUES, _answered_at
from tests.adapters.examples import event
from tests.cli.deployed import DEAD, Deployed, deployed

GONE = json.dumps(
    {
        "requestContext": {"condition": "RetryAttemptsExhausted"},
        "DDBStreamBatchInfo": {
            "shardId": "shardId-" + "0" * 20,
            "startSequenceNumber": "1" * 21,
            "endSequenceNumber": "2" * 21,
            "streamArn": "arn:aws:dynamodb:us-east-1:123456789012:table/gone/stream/1",
        },
    }
)


LATER = {
    "Keys": {"pk": {"S": "C#ana"}, "sk": {"S": "@"}},
    "SequenceNumber": "2" * 21,
    "NewImage": {
        "pk": {"S": "C#ana"},
        "sk": {"S": "@"},
        "rev": {"N": "1"},
        "state": {"S": f"[{FORMAT + 1}]"},
    },
}
"""What a later version put into the stream."""


def still_there(model: Any, **_: object) -> Any:  # noqa: ANN401 - botocore's
    found = {"ShardIterator": "here", "Records": [{"dynamodb": LATER}]}
    http: Any = AWSResponse("", 200, HTTPHeaders(), None)
    return http, {name: found[name] for name in model.output_shape.members if name in found}


def no_longer_there(**_: object) -> Any:  # noqa: ANN401 - botocore's
    http: Any = AWSResponse("", 400, HTTPHeaders(), None)
    error = {"Code": "TrimmedDataAccessException", "Message": "trimmed"}
    return http, {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    with deployed(monkeypatch) as found:
        yield found


def listed(stack: Deployed) -> list[tuple[str, str, str]]:
    rows: list[dict[str, str]] = stack.told("dead-letters", "list")
    return sorted((row["part"], row["reason"], row["body"]) for row in rows)


def test_without_letters_there_is_nothing_to_list_or_put_back(stack: Deployed) -> None:
    assert stack.told("dead-letters", "list") == []
    assert stack.told("dead-letters", "redrive") == {"redriven": 0, "kept": 0}


@pytest.mark.parametrize("part", [part for part in QUEUES if part != "stream"])
def test_a_letter_goes_back_as_it_was_to_the_queue_of_its_part(stack: Deployed, part: str) -> None:
    stack.put(DEAD, '{"a": "ü"}', source=part, reason="no such journey")
    expected = [(part, "no such journey", '{"a": "ü"}')]
    assert listed(stack) == listed(stack) == expected  # looking hides nothing
    assert stack.told("dead-letters", "redrive") == {"redriven": 1, "kept": 0}
    assert {name: stack.taken(name) for name in stack.urls} == {
        name: ['{"a": "ü"}'] if name == QUEUES[part] else [] for name in stack.urls
    }


def test_a_great_many_letters_go_back_once_each(stack: Deployed) -> None:
    bodies = [json.dumps({"n": number}) for number in range(23)]
    for body in bodies:
        stack.put(DEAD, body, source="ingest", reason="why")
    assert len(listed(stack)) == 23
    assert stack.told("dead-letters", "redrive") == {"redriven": 23, "kept": 0}
    assert sorted(stack.taken("IngestQueue")) == sorted(bodies)
    assert stack.told("dead-letters", "redrive") == {"redriven": 0, "kept": 0}


@pytest.mark.parametrize("most", [1, 500])
def test_a_letter_that_comes_back_at_once_is_not_put_back_for_ever(
    stack: Deployed, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    place = "sojourn_cli.commands.dead_letters"
    stack.put(DEAD, "{}", source="ingest", reason="why")
    began = SystemClock().now()

    def comes_back(**_: object) -> None:
        while SystemClock().now() // 1_000 <= began // 1_000:
            pass  # until the queue's clock, of milliseconds, has gone on
        stack.put(DEAD, "{}", source="ingest", reason="still so")

    stack.session.register("before-call.sqs.SendMessageBatch", comes_back)
    with monkeypatch.context() as patch:
        patch.setattr(f"{place}._answered_at", lambda _: began)
        patch.setattr(f"{place}._MOST_AT_ONCE", most)
        assert stack.told("dead-letters", "redrive") == {"redriven": 1, "kept": 0}
    assert [reason for _, reason, _ in listed(stack)] == ["still so"]


def test_a_letter_is_gone_only_when_it_is_where_it_belongs(stack: Deployed) -> None:
    def refused(**_: object) -> Any:  # noqa: ANN401 - botocore's
        http: Any = AWSResponse("", 403, HTTPHeaders(), None)
        error = {"Code": "AccessDeniedException", "Message": "no"}
        return http, {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 403}}

    stack.put(DEAD, "{}", source="ingest", reason="why")
    stack.session.register("before-call.sqs.SendMessageBatch", refused)
    assert stack.run("dead-letters", "redrive").exit_code == 1
    sqs = boto3.client("sqs")
    held = sqs.get_queue_attributes(QueueUrl=stack.urls[DEAD], AttributeNames=["All"])["Attributes"]
    assert held["ApproximateNumberOfMessagesNotVisible"] == "1"


def test_a_letter_that_shows_already_is_no_trouble(stack: Deployed) -> None:
    """As when so many are read that the first come out of hiding meanwhile."""
    code = "AWS.SimpleQueueService.MessageNotInflight"

    def shows_already(**_: object) -> Any:  # noqa: ANN401 - botocore's
        http: Any = AWSResponse("", 400, HTTPHeaders(), None)
        error = {"Code": code, "QueryErrorCode": "MessageNotInflight", "Message": ""}
        return http, {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}

    stack.session.register("before-call.sqs.ChangeMessageVisibility", shows_already)
    stack.put(DEAD, "{}", source="ingest", reason="why")
    assert listed(stack) == [("ingest", "why", "{}")]


def test_the_clock_is_that_of_the_queue() -> None:
    date = {"date": "Mon, 02 Mar 2026 12:00:00 GMT"}
    told = {"ResponseMetadata": {"HTTPHeaders": date}}
    assert _answered_at(told) == parse_instant("2026-03-02T12:00:01Z")
    assert abs(_answered_at({}) - SystemClock().now()) < MINUTE


def test_a_letter_of_nobody_stays_and_holds_no_other_up(stack: Deployed) -> None:
    stack.put(DEAD, "{}", source="somebody", reason="why")
    stack.put(DEAD, "nobody's")
    stack.put(DEAD, "[]", source="rights", reason="why")
    result = stack.run("dead-letters", "redrive")
    assert json.loads(result.stdout) == {"redriven": 1, "kept": 2}
    assert "where it came from is not known (somebody); it stays in the queue" in result.stderr
    assert stack.taken("RightsQueue") == ["[]"]
    assert [part for part, _, _ in listed(stack)] == ["", "somebody"]  # and can be seen at once


def test_a_letter_that_speaks_of_the_stream_is_no_letter_of_the_stream(stack: Deployed) -> None:
    bodies = ['{"event": "DDBStreamBatchInfo"}', "DDBStreamBatchInfo {"]
    for body in bodies:
        stack.put(DEAD, body, source="ingest", reason="no such field")
    assert listed(stack) == sorted(("ingest", "no such field", body) for body in bodies)
    assert stack.told("dead-letters", "redrive") == {"redriven": 2, "kept": 0}
    assert sorted(stack.taken("IngestQueue")) == sorted(bodies)


def test_what_the_stream_no_longer_holds_is_made_up_for_by_who_waits(stack: Deployed) -> None:
    history = DynamoDbHistory(stack.table.client, "table", 400)
    for customer in ("ana", "ben"):
        DynamoDbMailboxes(stack.table.client, "table", history).append(customer, event())
    history.keep("cleo", event())
    stack.session.register("before-call.dynamodb-streams", no_longer_there)
    stack.put(DEAD, GONE)
    assert listed(stack) == [("stream", "RetryAttemptsExhausted", GONE)]
    stack.put(DEAD, GONE)  # for both, everybody is looked for once
    result = stack.run("dead-letters", "redrive")
    assert json.loads(result.stdout) == {"redriven": 2, "kept": 0}
    assert "the stream no longer holds its records" in result.stderr
    bodies: list[Any] = [json.loads(body) for body in stack.taken("WakeQueue")]
    assert sorted(bodies, key=str) == [{"customer": "ana"}, {"customer": "ben"}]


def test_what_a_later_version_wrote_stays_for_that_and_holds_no_other_up(stack: Deployed) -> None:
    stack.session.register("before-call.dynamodb-streams", still_there)
    stack.put(DEAD, GONE)
    stack.put(DEAD, "[]", source="ingest", reason="why")
    result = stack.run("dead-letters", "redrive")
    assert json.loads(result.stdout) == {"redriven": 1, "kept": 1}
    assert f"form {FORMAT + 1} of the state, which a later version wrote" in result.stderr
    assert "it stays in the queue" in result.stderr
    assert stack.taken("IngestQueue") == ["[]"]
    assert [part for part, _, _ in listed(stack)] == ["stream"]


def ids(stack: Deployed) -> dict[str, str]:
    """The id of each letter, by its body."""
    return {row["body"]: row["id"] for row in stack.told("dead-letters", "list")}


def test_what_can_never_be_processed_is_deleted_and_the_others_stay(stack: Deployed) -> None:
    for body in ("1", "2", "3"):
        stack.put(DEAD, body, source="ingest", reason="why")
    found = ids(stack)
    told = stack.told("dead-letters", "discard", found["1"], found["3"])
    assert told == {"discarded": 2, "kept": 1}
    assert listed(stack) == [("ingest", "why", "2")]  # and can be seen at once
    assert [stack.taken(name) for name in stack.urls if name != DEAD and stack.taken(name)] == []


def test_with_an_id_that_is_not_there_nothing_is_deleted(stack: Deployed) -> None:
    stack.put(DEAD, "1", source="ingest", reason="why")
    result = stack.run("dead-letters", "discard", ids(stack)["1"], "mistyped")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "stack shop has no dead letter mistyped; nothing was deleted" in result.stderr
    assert listed(stack) == [("ingest", "why", "1")]


def test_without_an_id_nothing_is_deleted(stack: Deployed) -> None:
    stack.put(DEAD, "1", source="ingest", reason="why")
    assert stack.run("dead-letters", "discard").exit_code == 2
    assert listed(stack) == [("ingest", "why", "1")]


@pytest.mark.parametrize(
    ("words", "answer", "left"), [((), "n\n", 1), ((), "y\n", 0), (("--yes",), "", 0)]
)
def test_on_a_terminal_deleting_asks_first(
    stack: Deployed,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    answer: str,
    left: int,
) -> None:
    stack.put(DEAD, "1", source="ingest", reason="why")
    letter_id = ids(stack)["1"]
    with monkeypatch.context() as patch:
        patch.setattr("sojourn_cli.commands.dead_letters.wants_table", lambda _: True)
        result = stack.run("dead-letters", "discard", letter_id, *words, input=answer)
    assert ("Delete 1 dead letter for good?" in result.stderr) == (not words)
    assert ("1 deleted, 0 left in the queue" in result.stderr) == (left == 0)
    assert len(listed(stack)) == left


def test_letters_are_shown_as_a_table_and_counted(stack: Deployed) -> None:
    stack.put(DEAD, '{"a": 1}', source="ingest", reason="no such field")
    told = stack.run("dead-letters", "list", "--format", "table").stdout
    assert "1 dead letter" in told
    assert all(text in told for text in ("ingest", "no such field", '{"a": 1}'))
    result = stack.run("dead-letters", "redrive", "--format", "table")
    assert result.output == "1 put back, 0 left in the queue\n"


def test_a_stack_of_something_else_is_named(stack: Deployed) -> None:
    del stack.urls["IngestQueue"]
    for words in (("list",), ("redrive",), ("discard", "x")):
        result = stack.run("dead-letters", *words)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "stack shop has no IngestQueue: it is not a stack of Sojourn" in result.stderr


def arn_of(stack: Deployed, queue: str) -> str:
    sqs = boto3.client("sqs")
    told = sqs.get_queue_attributes(QueueUrl=stack.urls[queue], AttributeNames=["QueueArn"])
    return told["Attributes"]["QueueArn"]


def test_what_a_rule_or_sns_could_not_deliver_says_why_and_goes_where_it_was_going(
    stack: Deployed,
) -> None:
    rule = {"RULE_ARN": "arn:aws:events:::rule/r", "ERROR_CODE": "SDK_CLIENT_ERROR"}
    target = arn_of(stack, "PublishQueue")
    stack.put(DEAD, '{"a": 1}', **rule, TARGET_ARN=target, ERROR_MESSAGE="no right")
    stack.put(DEAD, '{"a": 2}', **rule, TARGET_ARN="arn:aws:sqs:us-east-1:1:someone-elses")
    answer = json.dumps({"Type": "Notification", "Message": '{"messageBody": "STOP"}'})
    stack.put(DEAD, answer, RequestID="r", ErrorCode="KMS.Disabled")
    stack.put(DEAD, "STOP", RequestID="r", ErrorCode="x", ErrorMessage="y")
    assert listed(stack) == [
        ("", "not delivered: SDK_CLIENT_ERROR", '{"a": 2}'),
        ("ingest", "not delivered: KMS.Disabled", '{"messageBody": "STOP"}'),
        ("ingest", "not delivered: x: y", "STOP"),
        ("publish", "not delivered: SDK_CLIENT_ERROR: no right", '{"a": 1}'),
    ]
    assert stack.told("dead-letters", "redrive") == {"redriven": 3, "kept": 1}
    assert stack.taken("PublishQueue") == ['{"a": 1}']
    assert sorted(stack.taken("IngestQueue")) == ["STOP", '{"messageBody": "STOP"}']


@pytest.mark.parametrize("queue", sorted(set(QUEUES.values())))
def test_what_a_queue_gave_up_goes_to_that_queue_again(stack: Deployed, queue: str) -> None:
    arn = arn_of(stack, queue)

    def says_whence(parsed: dict[str, Any], **_: object) -> None:
        """As SQS says of what it moved itself; moto does not."""
        for message in parsed.get("Messages", []):
            message.setdefault("Attributes", {})["DeadLetterQueueSourceArn"] = arn

    stack.session.register("after-call.sqs.ReceiveMessage", says_whence)
    body = '{"requestContext": "mine"}'
    stack.put(DEAD, body)
    [(part, reason, listed_body)] = listed(stack)
    assert (QUEUES[part], reason, listed_body) == (queue, "tried too often", body)
    assert stack.told("dead-letters", "redrive") == {"redriven": 1, "kept": 0}
    assert stack.taken(queue) == [body]
