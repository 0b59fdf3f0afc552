"""`sojourn dead-letters`: what could not be processed, why, and again or never again."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any

import boto3
import click

from sojourn.adapters import keys
from sojourn.adapters.clock import SystemClock
from sojourn.adapters.sqs import SqsQueue
from sojourn.adapters.translation import translating
from sojourn.core.errors import InvalidInput, NewerForm
from sojourn.core.nouns import noun
from sojourn.core.values.exact import loads_object
from sojourn.core.values.instants import SECOND, Instant, from_datetime
from sojourn.runtime.decisions.deciding import body_of
from sojourn_cli.deployment import Deployment, find_deployment, stack_option
from sojourn_cli.explaining.words import counted
from sojourn_cli.given_up import carried_on_again, is_of_the_stream
from sojourn_cli.options import examples
from sojourn_cli.output import fail, format_option, print_json, say, wants_table
from sojourn_cli.tables import print_table

QUEUES = {
    "ingest": "IngestQueue",
    "evaluate": "WakeQueue",
    "wake": "WakeQueue",
    "dispatch": "DispatchQueue",
    "publish": "PublishQueue",
    "rights": "RightsQueue",
    "stream": "WakeQueue",
}
"""From the part that could not do it, the queue that brings it there again."""

STREAM = "stream"
"""The source of what Lambda gave up of the table's stream."""

_BY_A_RULE = {"RULE_ARN", "TARGET_ARN", "ERROR_CODE"}
"""Attributes of what a rule could not deliver: EventBridge user guide, "Using dead-letter queues to
process undelivered events"."""

_BY_SNS = {"RequestID", "ErrorCode"}
"""Attributes of what SNS could not deliver."""

_ANSWERS = "ingest"
"""Who takes answers to text messages, all that the stack has SNS deliver."""

_COLUMNS = ("id", "part", "reason", "body")

_HIDE_SECONDS = 120
_MOST_AT_ONCE = 500
"""Letters that are read, and then put back, while they are hidden."""

_MILLISECOND = SECOND // 1_000
_EMPTY_ROUNDS = 2


@noun
class DeadLetter:
    """One message of the dead-letter queue."""

    receipt: str
    id: str
    source: str
    reason: str
    body: str


@click.group("dead-letters")
def dead_letters() -> None:
    """List what could not be processed, process it again, or delete it."""


@dead_letters.command("list", epilog=examples("dead-letters list --stack prod"))
@stack_option
@format_option
def list_letters(stack: str, output_format: str | None) -> None:
    """Show every dead letter, the function it failed in and the reason."""
    deployment = find_deployment(stack)
    with translating(f"reading the dead letters of stack {stack}"):
        letters = [letter for some in _read(deployment) for letter in some]
        _show_again(deployment, letters)
    rows = [(letter.id, letter.source, letter.reason, letter.body) for letter in letters]
    if wants_table(output_format):
        title = counted(len(rows), "dead letter") if rows else "dead letters"
        print_table(title, _COLUMNS, rows)
    else:
        print_json([dict(zip(_COLUMNS, row, strict=True)) for row in rows])


@dead_letters.command(epilog=examples("dead-letters redrive --stack prod"))
@stack_option
@format_option
def redrive(stack: str, output_format: str | None) -> None:
    """Put every dead letter back to where it came from.

    Remove the cause first, or they come back. Stream records that were given up can be read again
    for a day. After that, every customer with waiting events is looked at instead.
    """
    deployment = find_deployment(stack)
    with translating(f"putting back the dead letters of stack {stack}"):
        moved, kept = _put_back(deployment)
    if wants_table(output_format):
        say(f"{moved} put back, {kept} left in the queue")
    else:
        print_json({"redriven": moved, "kept": kept})


@dead_letters.command(
    epilog=examples("dead-letters discard 3e937fc1-3903-4e75-87b5-f77eb82f24e7 --stack prod")
)
@click.argument("letter_ids", metavar="ID...", nargs=-1, required=True)
@stack_option
@click.option("--yes", is_flag=True, help="Do not ask for confirmation on a terminal.")
@format_option
def discard(
    letter_ids: tuple[str, ...], stack: str, output_format: str | None, *, yes: bool
) -> None:
    """Delete dead letters for good, by the ids that `list` shows.

    For what can never be processed, such as an event that names no customer. Others stay. If one of
    the ids is not there, nothing is deleted: a letter that was put back and came again has another.
    """
    deployment = find_deployment(stack)
    wanted = set(letter_ids)
    if wants_table(None) and not yes:
        click.confirm(
            f"Delete {counted(len(wanted), 'dead letter')} for good?", abort=True, err=True
        )
    with translating(f"deleting dead letters of stack {stack}"):
        letters = [letter for some in _read(deployment) for letter in some]
        missing = sorted(wanted - {letter.id for letter in letters})
        gone = [] if missing else [letter for letter in letters if letter.id in wanted]
        for letter in gone:
            boto3.client("sqs").delete_message(
                QueueUrl=deployment.dead_letters_url, ReceiptHandle=letter.receipt
            )
        kept = [letter for letter in letters if letter not in gone]
        _show_again(deployment, kept)
    if missing:
        raise fail(f"stack {stack} has no dead letter {', '.join(missing)}; nothing was deleted")
    if wants_table(output_format):
        say(f"{len(gone)} deleted, {len(kept)} left in the queue")
    else:
        print_json({"discarded": len(gone), "kept": len(kept)})


def _put_back(deployment: Deployment) -> tuple[int, int]:
    """Put letters back to where they came from, as they are read; how many were, and how many stay.

    A letter is taken from the dead ones when it is where it belongs, so whoever is stopped in the
    middle has lost none.
    """
    queues = _queue_urls(deployment)
    sqs = boto3.client("sqs")
    waiting = _Waiting(deployment.table)
    moved = 0
    kept: list[DeadLetter] = []
    for letters in _read(deployment):
        bodies: dict[str, list[str]] = {}
        back: list[DeadLetter] = []
        for letter in letters:
            try:
                url, again = _where(letter, queues), _again(letter, waiting)
            except (InvalidInput, NewerForm) as error:
                say(f"{letter.id}: {error}; it stays in the queue")
                kept.append(letter)
                continue
            bodies.setdefault(url, []).extend(again)
            back.append(letter)
        for url, some in bodies.items():
            SqsQueue(sqs, url).put(some)
        for letter in back:
            sqs.delete_message(QueueUrl=deployment.dead_letters_url, ReceiptHandle=letter.receipt)
        moved += len(back)
    _show_again(deployment, kept)
    return moved, len(kept)


def _where(letter: DeadLetter, queues: Mapping[str, str]) -> str:
    """The queue that a letter goes back to; raises InvalidInput for nobody's."""
    url = queues.get(QUEUES.get(letter.source, ""))
    if url is None:
        raise InvalidInput(f"where it came from is not known ({letter.source})")
    return url


def _again(letter: DeadLetter, waiting: "_Waiting") -> list[str]:
    """What brings home that was given up: what it was, or what a record of the stream asks for.

    Raises NewerForm where a later version wrote that: one that reads it puts it back.
    """
    if letter.source != STREAM:
        return [letter.body]
    bodies = carried_on_again(letter.body)
    if bodies is None:
        say(
            f"{letter.id}: the stream no longer holds its records; every customer with waiting"
            " events is looked at instead, but events that only those records would have put on"
            " the bus (journey.entered, message.sent, emitted ones) are lost"
        )
        return waiting.bodies()
    return bodies


class _Waiting:
    """A wake-up for each customer whose inbox holds events, once: it reads the whole table."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._asked = False

    def bodies(self) -> list[str]:
        """The wake-ups as bodies of the wake queue; none where they were asked for before."""
        if self._asked:
            return []
        self._asked = True
        pages = (
            boto3.client("dynamodb")
            .get_paginator("scan")
            .paginate(
                TableName=self._table,
                ProjectionExpression="#pk",
                FilterExpression="#count > :none",
                ExpressionAttributeNames={"#pk": keys.PK, "#count": keys.INBOX_COUNT},
                ExpressionAttributeValues={":none": {"N": "0"}},
            )
        )
        return [
            body_of(item[keys.PK]["S"].removeprefix(keys.CUSTOMER))
            for page in pages
            for item in page["Items"]
        ]


def _read(deployment: Deployment) -> Iterator[list[DeadLetter]]:
    """Every message that was there when this began, many at a time, hidden from others meanwhile.

    What has come since is shown again and stays for another time: a letter whose cause is still
    there comes back at once, and would be put back for ever.
    """
    client = boto3.client("sqs")
    sources = {url.rsplit("/", 1)[-1]: name for name, url in _queue_urls(deployment).items()}
    known: set[str] = set()
    found: list[DeadLetter] = []
    later: list[DeadLetter] = []
    began: Instant | None = None
    empty = 0
    while empty < _EMPTY_ROUNDS:
        answer: Any = client.receive_message(
            QueueUrl=deployment.dead_letters_url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=_HIDE_SECONDS,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )
        began = _answered_at(answer) if began is None else began
        fresh = [item for item in answer.get("Messages", []) if item["MessageId"] not in known]
        known |= {item["MessageId"] for item in fresh}
        for item in fresh:
            is_later = int(item["Attributes"]["SentTimestamp"]) * _MILLISECOND > began
            (later if is_later else found).append(_letter(item, sources))
        empty = 0 if fresh else empty + 1
        if len(found) >= _MOST_AT_ONCE:
            yield found
            found = []
    _show_again(deployment, later)
    yield found


def _answered_at(answer: Any) -> Instant:  # noqa: ANN401 - boto3's
    """When SQS answered by its own clock, to a second, or else by ours."""
    told = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    if told is None:
        return SystemClock().now()
    return from_datetime(parsedate_to_datetime(told)) + SECOND


def _letter(item: Any, sources: dict[str, str]) -> DeadLetter:  # noqa: ANN401 - boto3's
    """A message as a dead letter, whoever gave it up: a part of ours, Lambda, a queue, a rule of
    EventBridge, or SNS.
    """
    body = item["Body"]
    told = {
        name: attribute.get("StringValue", "")
        for name, attribute in item.get("MessageAttributes", {}).items()
    }
    source, reason = told.get("source"), told.get("reason", "")
    queue = item.get("Attributes", {}).get("DeadLetterQueueSourceArn")
    if source is None and queue is None and is_of_the_stream(body):
        source, reason = STREAM, _reason_in(body)
    elif source is None and queue is None and told.keys() >= _BY_A_RULE:
        source = _part_of(told["TARGET_ARN"], sources)
        reason = _why_not_delivered(told["ERROR_CODE"], told.get("ERROR_MESSAGE", ""))
    elif source is None and queue is None and told.keys() >= _BY_SNS:
        source, body = _ANSWERS, _published(body)
        reason = _why_not_delivered(told["ErrorCode"], told.get("ErrorMessage", ""))
    elif source is None:
        source = _part_of(queue or "", sources)
        reason = reason or _reason_in(body)
    return DeadLetter(item["ReceiptHandle"], item["MessageId"], source, reason, body)


def _part_of(arn: str, sources: dict[str, str]) -> str:
    """The part that takes from a queue; empty when the queue is none of the stack's."""
    queue = sources.get(arn.rsplit(":", 1)[-1], "")
    return next((name for name, wanted in QUEUES.items() if wanted == queue), "")


def _why_not_delivered(code: str, message: str) -> str:
    return f"not delivered: {code}" + (f": {message}" if message else "")


def _published(body: str) -> str:
    """What was published, without the envelope that SNS may have put it into."""
    try:
        doc = loads_object(body)
    except InvalidInput:
        return body
    message = doc.get("Message")
    return message if doc.get("Type") == "Notification" and isinstance(message, str) else body


def _reason_in(body: str) -> str:
    """The reason of a stream record that was given up, or that a queue gave up."""
    try:
        doc = loads_object(body)
    except InvalidInput:
        return "tried too often"
    condition = doc.get("requestContext")
    if isinstance(condition, dict) and isinstance(condition.get("condition"), str):
        return str(condition["condition"])
    return "tried too often"


def _show_again(deployment: Deployment, letters: list[DeadLetter]) -> None:
    client = boto3.client("sqs")
    for letter in letters:
        with suppress(client.exceptions.MessageNotInflight):  # it shows already
            client.change_message_visibility(
                QueueUrl=deployment.dead_letters_url,
                ReceiptHandle=letter.receipt,
                VisibilityTimeout=0,
            )


def _queue_urls(deployment: Deployment) -> dict[str, str]:
    """The stack's queues by logical name."""
    client = boto3.client("cloudformation")
    pages = client.get_paginator("list_stack_resources").paginate(StackName=deployment.name)
    urls = {
        item["LogicalResourceId"]: item["PhysicalResourceId"]
        for page in pages
        for item in page["StackResourceSummaries"]
        if item["ResourceType"] == "AWS::SQS::Queue"
    }
    if "IngestQueue" not in urls:
        raise fail(f"stack {deployment.name} has no IngestQueue: it is not a stack of Sojourn")
    return urls
