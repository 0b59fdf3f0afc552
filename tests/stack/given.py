"""What tests of the deployed stack do: publish, put events, and look at what became of them."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.core.values.exact import JsonObject, dumps
from sojourn.runtime.customer.mailbox import Mailbox
from sojourn.runtime.customer.timeline import Timeline, read_timeline
from sojourn_cli.local.stack import LocalStack

SOON = 60.0
"""Seconds after which something that should have happened has not; nobody waits for them."""

LOOKS = 5
"""At so many looks, 50 ms apart, nothing may be under way until the stack counts as at rest."""

ROOT = Path(__file__).parents[2]
COMMAND = Path(sys.executable).with_name("sojourn")

type Doc = dict[str, Any]


def until[T](look: Callable[[], T | None], complaint: str, seconds: float = SOON) -> T:
    """What ``look`` finds, as soon as it finds something."""
    pause = threading.Event()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        pause.wait(0.05)
    raise TimeoutError(f"{complaint} after {seconds} s")


def email(subject: str = "Thank you", **fields: Any) -> Doc:  # noqa: ANN401 - JSON
    """A send step with its content in it."""
    content = {"subject": subject, "text": subject}
    return {"type": "send", "channel": "email", "content": content, **fields}


def journey(id_: str, event: str, steps: Doc, **fields: Any) -> Doc:  # noqa: ANN401 - JSON
    """A live journey that begins at its first step, one enrolment for each order."""
    doc: Doc = {
        "id": id_,
        "name": id_,
        "status": "live",
        "entry": {"event": event, "key": "event.order_id"},
        "start": next(iter(steps)),
        "steps": steps,
    }
    return doc | fields


def order(customer: str, order_id: str = "1", event: str = "order.placed", **fields: Any) -> Doc:  # noqa: ANN401 - JSON
    """An event by which a customer with an e-mail address orders something."""
    detail: Doc = {
        "userId": customer,
        "event": event,
        "messageId": f"{customer}-{order_id}",
        "properties": {"order_id": order_id},
        "traits": {"email": f"{customer}@example.com"},
    }
    return detail | fields


def sized(customer: str, size_bytes: int) -> Doc:
    """An order whose message has exactly that many bytes, as they are counted."""
    bare = order(customer, properties={"order_id": "1", "note": ""})
    note = "x" * (size_bytes - len(dumps(bare).encode()))
    return order(customer, properties={"order_id": "1", "note": note})


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter as `sojourn dead-letters list` tells of it."""

    part: str
    reason: str
    body: str


class Shop:
    """A deployed stack, and the tools that its operator has."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self._events = stack.client("events")
        self.s3 = stack.client("s3")
        self.sqs = stack.client("sqs")
        self.dynamodb = stack.client("dynamodb")
        self.table: str = stack.outputs["TableName"]
        self.bucket: str = stack.outputs["WorkspaceBucketName"]
        history = DynamoDbHistory(self.dynamodb, self.table, 1)
        self.mailboxes = DynamoDbMailboxes(self.dynamodb, self.table, history)
        self.history = history
        resources = stack.client("cloudformation").describe_stack_resources(StackName=stack.stack)
        self._urls: dict[str, str] = {
            item["LogicalResourceId"]: item["PhysicalResourceId"]
            for item in resources["StackResources"]
            if item["ResourceType"] == "AWS::SQS::Queue"
        }

    # ---- In --------------------------------------------------------------------------------

    def put(self, *details: Doc | str) -> None:
        """Put events on the bus, ten at a time."""
        for start in range(0, len(details), 10):
            entries = [self._entry(detail) for detail in details[start : start + 10]]
            answer = self._events.put_events(Entries=entries)
            assert answer["FailedEntryCount"] == 0, answer

    def _entry(self, detail: Doc | str) -> dict[str, str]:
        said = detail if isinstance(detail, dict) else {}
        name = "identify" if said.get("type") == "identify" else said.get("event")
        return {
            "EventBusName": self.stack.outputs["EventBusName"],
            "Source": "shop",
            "DetailType": name if isinstance(name, str) else "order.placed",
            "Detail": detail if isinstance(detail, str) else json.dumps(detail),
        }

    def upload(self, files: Mapping[str, Doc | bytes]) -> dict[str, Doc]:
        """Upload files as a marketer would; the report on each, once it is there."""
        for path, content in files.items():
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.s3.put_object(Bucket=self.bucket, Key=path, Body=body)
        return {path: until(lambda path=path: self.report(path), path) for path in files}  # type: ignore[misc]  # mypy: a default of a lambda

    def report(self, path: str) -> Doc | None:
        """The report beside a file, when there is one."""
        try:
            answer = self.s3.get_object(Bucket=self.bucket, Key=f"reports/{path}.json")
        except self.s3.exceptions.NoSuchKey:
            return None
        found: Doc = json.load(answer["Body"])
        return found

    def send(self, queue: str, *bodies: str) -> None:
        """Put bodies on a queue of the stack in one call, so that they come in one batch."""
        entries = [{"Id": str(at), "MessageBody": body} for at, body in enumerate(bodies)]
        answer = self.sqs.send_message_batch(QueueUrl=self._urls[queue], Entries=entries)
        assert not answer.get("Failed"), answer

    # ---- Out -------------------------------------------------------------------------------

    def mails(self, *customers: str) -> list[Doc]:
        """Every mail to these customers, once each of them has one."""
        wanted = {f"{customer}@example.com" for customer in customers}
        found = self.stack.wait_for(lambda mails: wanted <= addresses(mails), SOON)
        return [mail for mail in found if mail["accepted"] and mail["to"][0] in wanted]

    def mailed(self, customer: str) -> list[str]:
        """The subjects of what went to a customer so far."""
        to = f"{customer}@example.com"
        return [
            mail["subject"]
            for mail in self.stack.recorded()
            if mail["accepted"] and mail["to"] == [to]
        ]

    def mailbox(self, customer: str) -> Mailbox:
        """A customer's item."""
        return self.mailboxes.read(customer)

    def live(self, customer: str) -> int | None:
        """In how many journeys a customer is; None before anything was decided about her."""
        known = self.mailbox(customer).customer
        return None if known is None else len(known.live())

    def timeline(self, customer: str) -> Timeline:
        """Everything that is known of a customer."""
        return read_timeline(self.mailboxes, self.history, customer)

    def rests(self) -> bool:
        """Whether nothing is under way: no queue holds work that can be taken, nothing runs."""
        queues = [name for name in self._urls if name != "DeadLetterQueue"]
        return not self.stack.activity()["invocations"] and not any(
            sum(self.waiting(name)) for name in queues
        )

    def settle(self, seconds: float = SOON) -> None:
        """Wait until nothing is under way, at several looks: one thing brings about the next.

        Wake-ups that are delayed count for nothing.
        """
        pause = threading.Event()
        end = time.monotonic() + seconds
        looks = 0
        while looks < LOOKS:
            looks = looks + 1 if self.rests() else 0
            if time.monotonic() > end:
                raise TimeoutError(f"something is still under way after {seconds} s")
            pause.wait(0.05)

    def waiting(self, queue: str) -> tuple[int, int]:
        """How many messages of a queue can be taken, and how many are being worked or held up."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(QueueUrl=self._urls[queue], AttributeNames=names)
        seen, hidden = (int(answer["Attributes"][name]) for name in names)
        return seen, hidden

    # ---- Trouble ---------------------------------------------------------------------------

    def hidden_seconds(self, queue: str) -> int:
        """How long what was received stays hidden from others."""
        answer = self.sqs.get_queue_attributes(
            QueueUrl=self._urls[queue], AttributeNames=["VisibilityTimeout"]
        )
        return int(answer["Attributes"]["VisibilityTimeout"])

    def hide(self, queue: str, seconds: int) -> None:
        """Let what is received stay hidden so long."""
        self.sqs.set_queue_attributes(
            QueueUrl=self._urls[queue], Attributes={"VisibilityTimeout": str(seconds)}
        )

    def stall(self, *queues: str, seconds: float) -> None:
        """Let nobody read these queues for a while."""
        functions = self.stack.client("lambda")
        found = functions.list_event_source_mappings()["EventSourceMappings"]
        names = tuple(self._name(queue) for queue in queues)
        ids = [item["UUID"] for item in found if item["EventSourceArn"].endswith(names)]
        assert len(ids) == len(queues), found
        for enabled in (False, True):
            for id_ in ids:
                functions.update_event_source_mapping(UUID=id_, Enabled=enabled)
            threading.Event().wait(0 if enabled else seconds)

    def url(self, queue: str) -> str:
        """Where a queue of the stack is."""
        return self._urls[queue]

    def _name(self, queue: str) -> str:
        return self._urls[queue].rsplit("/", 1)[-1]

    # ---- Dead letters ----------------------------------------------------------------------

    def letters(self, at_least: int = 0) -> list[Letter]:
        """What `sojourn dead-letters list` tells, once there are as many letters."""
        until(lambda: self.waiting("DeadLetterQueue")[0] >= at_least, f"no {at_least} letters")
        return [Letter(**_chosen(item)) for item in self.command("dead-letters", "list")]

    def redrive(self) -> Doc:
        """What `sojourn dead-letters redrive` did."""
        done: Doc = self.command("dead-letters", "redrive")
        return done

    def forget_letters(self) -> None:
        """Empty the dead-letter queue."""
        self.sqs.purge_queue(QueueUrl=self._urls["DeadLetterQueue"])

    def command(self, *arguments: str, code: int = 0) -> Any:  # noqa: ANN401 - JSON
        """What the command line answers about this stack."""
        done = subprocess.run(
            [COMMAND, *arguments, "--stack", self.stack.stack, "--format", "json"],
            env={**os.environ, **self.stack.env},
            capture_output=True,
            text=True,
            timeout=SOON,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)


def _chosen(item: JsonObject) -> dict[str, str]:
    return {name: str(item[name]) for name in ("part", "reason", "body")}


def addresses(mails: Iterable[Mapping[str, Any]]) -> set[str]:
    """To whom the mails that were accepted went."""
    return {mail["to"][0] for mail in mails if mail["accepted"]}
