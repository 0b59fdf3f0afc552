"""A deployed stack in this process: its queues, table, bucket and bus over moto, found by name.

CloudFormation, which moto brings only with much else, is answered here.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from click.testing import CliRunner, Result
from moto import mock_aws

from sojourn.adapters import clients
from sojourn_cli.main import main
from tests.adapters.conftest import Table, make_table

QUEUES = ("IngestQueue", "WakeQueue", "DispatchQueue", "PublishQueue", "RightsQueue")
DEAD = "DeadLetterQueue"
SENDER = "hello@shop.example"


@dataclass(frozen=True, slots=True)
class Deployed:
    """The stack `shop`; ``urls`` are those of its queues, by logical name."""

    session: Any
    table: Table
    urls: dict[str, str]

    def run(self, *words: str, **how: Any) -> Result:  # noqa: ANN401 - of click
        """A command about this stack."""
        return CliRunner().invoke(main, [*words, "--stack", "shop"], **how)

    def told(self, *words: str) -> Any:  # noqa: ANN401 - JSON
        """What a command that goes well answers."""
        result = self.run(*words)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def put(self, queue: str, body: str, **attributes: str) -> None:
        """Put a message on a queue."""
        named: Any = {
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        }
        url = self.urls[queue]
        sqs = boto3.client("sqs")
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=named)

    def taken(self, queue: str) -> list[str]:
        """The bodies of a queue's messages that can be seen, taken from it."""
        sqs, bodies = boto3.client("sqs"), list[str]()
        while messages := sqs.receive_message(QueueUrl=self.urls[queue]).get("Messages", []):
            for message in messages:
                bodies.append(message["Body"])
                sqs.delete_message(
                    QueueUrl=self.urls[queue], ReceiptHandle=message["ReceiptHandle"]
                )
        return bodies


@contextmanager
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    """Deploy the stack."""
    with mock_aws():
        session: Any = botocore.session.Session()
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", boto3.Session(botocore_session=session))
        sqs = boto3.client("sqs")
        urls = {
            name: sqs.create_queue(QueueName=f"shop-{name}")["QueueUrl"] for name in (*QUEUES, DEAD)
        }
        session.register("before-call.cloudformation", _Stack(urls).answer)
        # Nothing comes while a test looks.
        session.register("provide-client-params.sqs.ReceiveMessage", _without_waiting)
        boto3.client("events").create_event_bus(Name="bus")
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", boto3.Session(botocore_session=session))
        yield Deployed(session, make_table(clients.aws()), urls)


@dataclass(frozen=True, slots=True)
class _Stack:
    urls: dict[str, str]

    def answer(self, model: Any, **_: object) -> Any:  # noqa: ANN401 - botocore's
        """What CloudFormation says of the stack."""
        outputs = {
            "EventBusName": "bus",
            "WorkspaceBucketName": "bucket",
            "TableName": "table",
            "DeadLetterQueueUrl": self.urls[DEAD],
        }
        found: dict[str, Any] = {
            "DescribeStacks": {
                "Stacks": [
                    {
                        "StackName": "shop",
                        "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/shop/1",
                        "Outputs": [
                            {"OutputKey": key, "OutputValue": value}
                            for key, value in outputs.items()
                        ],
                        "Parameters": [
                            {"ParameterKey": "EventRetentionDays", "ParameterValue": "400"},
                            {"ParameterKey": "SenderEmail", "ParameterValue": SENDER},
                        ],
                    }
                ]
            },
            "ListStackResources": {
                "StackResourceSummaries": [
                    {
                        "LogicalResourceId": name,
                        "PhysicalResourceId": url,
                        "ResourceType": "AWS::SQS::Queue",
                    }
                    for name, url in self.urls.items()
                ]
            },
        }
        http: Any = AWSResponse("", 200, HTTPHeaders(), None)
        return http, found[model.name] | {"ResponseMetadata": {"HTTPStatusCode": 200}}


def _without_waiting(params: dict[str, Any], **_: object) -> None:
    params["WaitTimeSeconds"] = 0
