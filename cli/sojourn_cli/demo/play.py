"""Playing: events go through EventBridge at their second, the provider's reports follow."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console

from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.core.values.instants import SECOND, Instant, parse_instant
from sojourn.runtime.customer.mailbox import Mailbox
from sojourn_cli.demo.stories import Line
from sojourn_cli.local.home import LocalError
from sojourn_cli.local.stack import LocalStack

WARM_UPS = 8
WARM_UP_SECONDS = 60.0
FEEDBACK_SECONDS = 20.0
SETTLE_SECONDS = 60.0
REPORT_SECONDS = 60.0
HORIZON = 45 * SECOND
"""What falls due later than this after the last line belongs to no story."""

_LOOK_SECONDS = 0.2


@dataclass(slots=True)
class Played:
    """What was put in, and when: instants are microseconds."""

    started_at: Instant
    customers: list[str]
    sent: list[tuple[Instant, str, str]] = field(default_factory=list)
    seen: int = 0


def now() -> Instant:
    """The present instant."""
    return time.time_ns() // 1_000


def publish_workspace(stack: LocalStack, files: Mapping[str, bytes]) -> None:
    """Upload files as a marketer would, and wait until each is reported to be live."""
    s3 = stack.client("s3")
    bucket = stack.outputs["WorkspaceBucketName"]
    for path, content in files.items():
        s3.put_object(Bucket=bucket, Key=path, Body=content)
    for path in files:
        for _ in _until(REPORT_SECONDS, f"no report on {path}"):
            try:
                answer = s3.get_object(Bucket=bucket, Key=f"reports/{path}.json")
            except s3.exceptions.NoSuchKey:
                continue
            report = json.load(answer["Body"])
            if report["ok"]:
                break


def _until(seconds: float, complaint: str) -> Iterator[None]:
    """Tick until the time is up, then complain."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while time.monotonic() < end:
        yield
        pause.wait(_LOOK_SECONDS)
    raise LocalError(f"{complaint} after {seconds:.0f} s")


def warm_up(stack: LocalStack, zone: str) -> None:
    """Start every function once, as a day of traffic would have: the stories tell seconds.

    Customers who complain get an apology and nothing else within the time of the stories.
    """
    traits = {"first_name": "Warm", "timezone": zone}
    lines = [
        Line(
            0,
            f"warm-up-{number}",
            {
                "userId": f"warm-up-{number}",
                "event": "complaint.filed",
                "properties": {"complaint_id": str(number), "about": "-", "handled_by": "-"},
                "traits": {**traits, "email": f"warm-up-{number}@example.com"},
            },
            None,
        )
        for number in range(WARM_UPS)
    ]
    played = Played(now(), [line.customer for line in lines])
    events = stack.client("events")
    for line in lines:
        _send(events, stack, line, played)
    stack.wait_for(
        lambda messages: sum(message["accepted"] for message in messages) >= WARM_UPS,
        WARM_UP_SECONDS,
    )
    stack.forget_recorded()


def play(stack: LocalStack, stories: list[Line], out: Console) -> Played:
    """Send every line at its second, and tell of messages as they arrive."""
    customers = list(dict.fromkeys(line.customer for line in stories))
    played = Played(now(), customers)
    begun = time.monotonic()
    pause = threading.Event()
    events = stack.client("events")
    for line in stories:
        while (left := begun + line.after_seconds - time.monotonic()) > 0:
            tell_arrivals(stack, played, out)
            pause.wait(min(left, _LOOK_SECONDS))
        if line.event is not None:
            _send(events, stack, line, played)
            _say(out, played, f"{line.customer}: {line.event.get('event')}")
        if line.feedback is not None:
            _report(stack, line.customer, dict(line.feedback))
            _say(out, played, f"{line.customer}: {line.feedback['kind']} reported by SES")
    return played


def _send(events: Any, stack: LocalStack, line: Line, played: Played) -> None:  # noqa: ANN401 - boto3
    own_time = datetime.now(UTC) - timedelta(seconds=line.happened_seconds_ago)
    detail = {**(line.event or {}), "timestamp": own_time.isoformat().replace("+00:00", "Z")}
    played.sent.append((now(), line.customer, str(detail.get("event"))))
    answer = events.put_events(
        Entries=[
            {
                "EventBusName": stack.outputs["EventBusName"],
                "Source": "karoo.shop",
                "DetailType": str(detail.get("event") or detail["type"]),
                "Detail": json.dumps(detail),
            }
        ]
    )
    if answer["FailedEntryCount"]:
        raise LocalError(f"the bus refused an event: {answer['Entries'][0]}")


def _report(stack: LocalStack, customer: str, feedback: dict[str, str]) -> None:
    """Let SES report on a message of that step, once it was sent."""
    kind = feedback.pop("kind")
    step = (feedback.pop("journey"), feedback.pop("step"))
    feedback.pop("customer", None)
    if "bounce_type" in feedback:
        feedback["bounce_type"] = feedback["bounce_type"].capitalize()
    for _ in _until(FEEDBACK_SECONDS, f"{customer} got no message from {'/'.join(step)}"):
        found = _provider_id(stack, customer, step)
        if found is not None:
            stack.feedback(found, kind, **feedback)
            return


def _provider_id(stack: LocalStack, customer: str, step: tuple[str, str]) -> str | None:
    """SES's id of the customer's latest message from a step."""
    box = mailbox(stack, customer)
    if box.customer is None:
        return None
    ours = [sent.id for sent in box.customer.ledger if (sent.journey, sent.step) == step]
    for message in reversed(stack.recorded()):
        tags = message.get("tags") or {}
        if ours and tags.get("sojourn_message") == ours[-1] and message["accepted"]:
            return str(message["message_id"])
    return None


def reader(stack: LocalStack) -> tuple[DynamoDbMailboxes, DynamoDbHistory]:
    """The stack's customer items, for reading."""
    client = stack.client("dynamodb")
    history = DynamoDbHistory(client, stack.outputs["TableName"], 1)
    return DynamoDbMailboxes(client, stack.outputs["TableName"], history), history


def mailbox(stack: LocalStack, customer: str) -> Mailbox:
    """One customer's item."""
    return reader(stack)[0].read(customer)


def settle(stack: LocalStack, played: Played, out: Console) -> None:
    """Wait until nothing of the stories is left to happen."""
    last = now() + HORIZON
    for _ in _until(SETTLE_SECONDS, "the stories did not come to an end"):
        tell_arrivals(stack, played, out)
        if not any(_is_busy(mailbox(stack, customer), last) for customer in played.customers):
            return


def _is_busy(box: Mailbox, last: Instant) -> bool:
    """Whether something of a customer is under way or falls due before ``last``."""
    if box.inbox or box.customer is None:
        return bool(box.inbox)
    if any(message.status != "held" for message in box.customer.messages.values()):
        return True
    return box.wake_at is not None and box.wake_at < last


def tell_arrivals(stack: LocalStack, played: Played, out: Console) -> None:
    """Say what SES and SNS were handed since the last look."""
    for message in stack.recorded(played.seen):
        played.seen = message["number"]
        at = parse_instant(message["arrived_at"])
        what = message.get("subject") or message.get("text")
        to = message["to"] if isinstance(message["to"], str) else ", ".join(message["to"])
        _say(out, played, f"{message['channel']} to {to}: {what}", at, style="bold")


def _say(
    out: Console, played: Played, text: str, at: Instant | None = None, style: str | None = None
) -> None:
    seconds = ((at if at is not None else now()) - played.started_at) / SECOND
    out.print(f"{seconds:6.2f} s  {text}", style=style)
