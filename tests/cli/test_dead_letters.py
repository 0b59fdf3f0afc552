"""Dead letters: whoever gave something up, what it was, why, and where it goes again is told."""

import json
from typing import Any

import pytest

from sojourn_cli.commands.dead_letters import _letter

SOURCES = {"prod-IngestQueue-1a": "IngestQueue", "prod-WakeQueue-2b": "WakeQueue"}
ARN = "arn:aws:sqs:eu-west-1:123456789012:"
EVENT = json.dumps({"source": "shop", "detail": {"userId": "ana"}})
ANSWER = json.dumps({"originationNumber": "+27825550101", "messageBody": "STOP"})


def message(body: str, attributes: dict[str, str], **system: str) -> dict[str, Any]:
    return {
        "MessageId": "m-1",
        "ReceiptHandle": "r-1",
        "Body": body,
        "Attributes": system,
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    }


@pytest.mark.parametrize(
    ("given", "part", "reason", "body"),
    [
        (
            message("{}", {"source": "dispatch", "reason": "why"}),
            "dispatch",
            "why",
            "{}",
        ),
        (
            message("{}", {}, DeadLetterQueueSourceArn=f"{ARN}prod-WakeQueue-2b"),
            "evaluate",
            "tried too often",
            "{}",
        ),
        (message("{}", {}), "", "tried too often", "{}"),
        (  # EventBridge user guide, "Using dead-letter queues to process undelivered events"
            message(
                EVENT,
                {
                    "RULE_ARN": "arn:aws:events:eu-west-1:123456789012:rule/prod/in",
                    "TARGET_ARN": f"{ARN}prod-IngestQueue-1a",
                    "ERROR_CODE": "NO_PERMISSIONS",
                    "ERROR_MESSAGE": "Lack of permissions to invoke the target",
                    "RETRY_ATTEMPTS": "0",
                },
            ),
            "ingest",
            "not delivered: NO_PERMISSIONS: Lack of permissions to invoke the target",
            EVENT,
        ),
        (  # the target is none of the stack's queues: nobody knows where it belongs
            message(
                EVENT, {"RULE_ARN": "", "TARGET_ARN": f"{ARN}other", "ERROR_CODE": "THROTTLING"}
            ),
            "",
            "not delivered: THROTTLING",
            EVENT,
        ),
        (  # delivered to a queue in place of its target, and given up there
            message(
                EVENT,
                {"RULE_ARN": "r", "TARGET_ARN": "arn:aws:lambda:f", "ERROR_CODE": "THROTTLING"},
                DeadLetterQueueSourceArn=f"{ARN}prod-IngestQueue-1a",
            ),
            "ingest",
            "tried too often",
            EVENT,
        ),
        (
            message(ANSWER, {"RequestID": "r", "ErrorCode": "403", "ErrorMessage": "no"}),
            "ingest",
            "not delivered: 403: no",
            ANSWER,
        ),
        (
            message(
                json.dumps({"Type": "Notification", "Message": ANSWER}),
                {"RequestID": "r", "ErrorCode": "403"},
            ),
            "ingest",
            "not delivered: 403",
            ANSWER,
        ),
        (
            message("no JSON", {"RequestID": "r", "ErrorCode": "403"}),
            "ingest",
            "not delivered: 403",
            "no JSON",
        ),
    ],
    ids=[
        *("ours", "a queue's", "nobody's", "a rule's", "another's", "a queue's of a rule"),
        *("SNS's", "its envelope", "text"),
    ],
)
def test_a_dead_letter_says_what_why_and_where(
    given: dict[str, Any], part: str, reason: str, body: str
) -> None:
    letter = _letter(given, SOURCES)
    assert (letter.source, letter.reason, letter.body) == (part, reason, body)
