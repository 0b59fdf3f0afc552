"""The functions' own classes over the emulated AWS, with every call counted.

They work on a table and queues of their own, so that the deployed functions do not interfere; the
clock stands still unless a test lets it go.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sojourn.adapters import clients, keys
from sojourn.adapters.directory import DynamoDbDirectory
from sojourn.adapters.events import EventBridgeBus
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.items import change_from_record
from sojourn.adapters.link_keys import DynamoDbLinkKeys
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.adapters.numbers import DynamoDbNumbers
from sojourn.adapters.plans import DynamoDbPlans
from sojourn.adapters.ses import SesMailer
from sojourn.adapters.sns import SnsPusher, SnsTexter
from sojourn.adapters.sqs import SqsDeadLetters, SqsQueue
from sojourn.adapters.wiring import dispatch as wired_dispatch
from sojourn.core.values.instants import Instant, format_instant
from sojourn.fakes.clock import FakeClock
from sojourn.fakes.queues import FakeBus, FakeWorkers
from sojourn.fakes.workspace import FakeWorkspace
from sojourn.runtime.customer.mailbox import Change
from sojourn.runtime.decisions.deciding import body_of
from sojourn.runtime.decisions.evaluate import Evaluate
from sojourn.runtime.decisions.wake import Looked, wake_due
from sojourn.runtime.incoming.ingest import Ingest
from sojourn.runtime.live_plan import PLAN_AGE, LivePlan
from sojourn.runtime.messages.delivery import Delivery
from sojourn.runtime.messages.dispatch import Dispatch
from sojourn.runtime.messages.providers import Providers
from sojourn.runtime.preferences.links import Forged, Links
from sojourn.runtime.workspace.publishing import Publish
from sojourn_cli.local.stack import LocalStack
from tests.template.given import deployed, properties

if TYPE_CHECKING:
    from botocore.session import Session

READS = {"GetItem", "Query", "BatchGetItem", "Scan"}
WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}

type Client = Any  # of boto3, known by its service alone

type Called = tuple[str, float]
"""An operation and the capacity units it took; 0 where none are told."""


@dataclass(slots=True)
class Meter:
    """Every call to AWS since the last reading, in order."""

    calls: list[Called] = field(default_factory=list)

    def attach(self, session: "Session") -> None:
        """Count what the session's clients call, and have the table tell what it costs."""
        session.register("before-parameter-build.dynamodb", _ask_for_units)
        session.register("after-call", self._note)

    def _note(self, **told: Any) -> None:  # noqa: ANN401 - botocore's
        consumed = told["parsed"].get("ConsumedCapacity", {})
        tables = consumed if isinstance(consumed, list) else [consumed]  # of a transaction each
        units = sum(float(table.get("CapacityUnits", 0)) for table in tables)
        self.calls.append((told["model"].name, units))

    def read(self) -> list[Called]:
        """What was called since the last reading."""
        calls, self.calls = self.calls, []
        return calls


def _ask_for_units(**told: Any) -> None:  # noqa: ANN401 - botocore's
    told["params"]["ReturnConsumedCapacity"] = "TOTAL"


class Line:
    """Ingest, evaluate, dispatch and wake in this process, each as warm as a test makes it."""

    def __init__(self, stack: LocalStack, name: str, now: Instant) -> None:
        """Make a table and queues of that name; AWS is where the environment says."""
        self.meter = Meter()
        self.clock = FakeClock(now)
        self._streams = stack.client("dynamodbstreams")
        self._sqs = stack.client("sqs")
        self._table = _make_table(stack, name)
        self._shard = _first_record(self._streams, self._table)
        session = clients.aws()
        self.meter.attach(session)
        dynamodb, sqs = clients.dynamodb(session), clients.sqs(session)
        urls = [_make_queue(self._sqs, f"{name}-{part}") for part in ("dispatch", "wake", "dead")]
        self._dispatch_url, self._wake_url, dead_url = urls
        history = DynamoDbHistory(dynamodb, self._table, 400)
        self.mailboxes = DynamoDbMailboxes(dynamodb, self._table, history)
        plans = DynamoDbPlans(dynamodb, self._table, self.clock)
        self._wakes = SqsQueue(sqs, self._wake_url)
        numbers = DynamoDbNumbers(dynamodb, self._table)
        self.ingest = Ingest(
            self.mailboxes,
            DynamoDbDirectory(dynamodb, self._table),
            history,
            LivePlan(plans, self.clock, PLAN_AGE),
            numbers,
            SqsDeadLetters(sqs, dead_url),
            self.clock,
        )
        self.evaluate = Evaluate(
            self.mailboxes,
            history,
            LivePlan(plans, self.clock, PLAN_AGE),
            SqsQueue(sqs, self._dispatch_url),
            self._wakes,
            EventBridgeBus(clients.events(session), stack.outputs["EventBusName"]),
            self.clock,
        )
        mailer = SesMailer(clients.ses(session), stack.stack, self.clock)
        texter = SnsTexter(clients.sns(session), self.clock)
        pusher = SnsPusher(clients.sns(session), self.clock)
        link_keys = DynamoDbLinkKeys(dynamodb, self._table)
        link_keys.renew((), now)  # as the stack's first message of a year does
        links = Links(link_keys, self.clock)
        with suppress(Forged):  # the keys are read, as by a process's first message of a day
            links.read("a.token")
        self.dispatch = Dispatch(
            self.mailboxes,
            history,
            LivePlan(plans, self.clock, wired_dispatch.PLAN_AGE),
            Delivery(
                Providers(mailer, texter, pusher),
                numbers,
                "hello@karoo.example",
                links,
                "https://karoo.example",
            ),
            self.clock,
        )
        self._plans = plans

    def publish(self, files: Mapping[str, Mapping[str, Any]]) -> None:
        """Bring files live, and let every function know them."""
        workspace = FakeWorkspace({path: json.dumps(doc).encode() for path, doc in files.items()})
        Publish(workspace, self._plans, FakeBus(), self.clock, lambda _: None).take(files)
        assert all(report["ok"] for report in workspace.reports.values()), workspace.reports
        self.put({"userId": "warm", "event": "nobody.cares"})
        self.evaluate.wake(body_of("nobody"))
        self.dispatch.take(body_of("nobody"))
        self.read_stream()
        self.meter.read()

    def put(self, detail: Mapping[str, Any]) -> None:
        """Let ingest take an event as it comes from the bus."""
        envelope = {
            "id": json.dumps(detail),
            "source": "shop",
            "detail-type": detail["event"],
            "time": format_instant(self.clock.now()),
            "detail": detail,
        }
        self.ingest.take(json.dumps(envelope))

    def read_stream(self) -> list[Change]:
        """What the stream brings evaluate next: as the template's filter lets it through."""
        return [
            change_from_record(record)
            for record in self._records()
            if record["dynamodb"]["Keys"][keys.SK]["S"] == keys.ITEM
        ]

    def take_stream(self) -> int:
        """Let evaluate take what the stream brings, as one batch; how many records there were."""
        changes = self.read_stream()
        for change in changes:
            self.evaluate.take([change])
        self.evaluate.flush()
        return len(changes)

    def hand_out(self) -> int:
        """Let dispatch take what is on its queue; how much there was."""
        bodies = list(_taken(self._sqs, self._dispatch_url))
        for body in bodies:
            self.dispatch.take(body)
        return len(bodies)

    def ring(self) -> int:
        """Let evaluate take the wake-ups that wait; how many there were."""
        bodies = list(_taken(self._sqs, self._wake_url))
        for body in bodies:
            self.evaluate.wake(body)
        self.evaluate.flush()
        return len(bodies)

    def wake(self) -> int:
        """Let wake look for due timers; how many there were."""
        return wake_due(
            self.mailboxes, self._wakes, FakeWorkers(), self.clock, self._plans, Looked()
        )

    def _records(self) -> Iterator[Mapping[str, Any]]:
        while True:
            answer = self._streams.get_records(ShardIterator=self._shard)
            self._shard = answer["NextShardIterator"]
            if not answer["Records"]:
                return
            yield from answer["Records"]


def _make_table(stack: LocalStack, name: str) -> str:
    """A table as the template has it."""
    wanted = deployed(properties("Table"))
    parts = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    stack.client("dynamodb").create_table(
        TableName=name,
        StreamSpecification={"StreamEnabled": True, **wanted["StreamSpecification"]},
        **{part: wanted[part] for part in parts},
    )
    return name


def _make_queue(sqs: Client, name: str) -> str:
    url: str = sqs.create_queue(QueueName=name)["QueueUrl"]
    return url


def _first_record(streams: Client, table: str) -> str:
    """Where the table's stream begins."""
    [found] = streams.list_streams(TableName=table)["Streams"]
    arn = found["StreamArn"]
    [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    iterator: str = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    return iterator


def _taken(sqs: Client, url: str) -> Iterator[str]:
    """Everything that waits on a queue, taken off it."""
    while True:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        messages = answer.get("Messages", [])
        if not messages:
            return
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            yield message["Body"]
