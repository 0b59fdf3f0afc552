"""Queues of work, and the queue of dead letters."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sojourn.adapters.batches import MOST_BYTES, Entry, Failed, put_all
from sojourn.adapters.translation import translating

if TYPE_CHECKING:
    from types_boto3_sqs.client import SQSClient

REASON_CHARS = 1_000
"""A dead letter's reason is cut after that."""

_FOREIGN = {0xFFFE: "\\ufffe", 0xFFFF: "\\uffff"}
"""Characters that JSON may hold as they are and SQS refuses, as JSON may hold them too."""

_UNSAID = _FOREIGN | {
    code: f"\\u{code:04x}"
    for code in (*range(0x20), *range(0xD800, 0xE000))
    if chr(code) not in "\t\n\r"
}
"""Those that a reason may hold besides, where it quotes what somebody sent."""


class SqsQueue:
    """The port Queue on SQS; bodies are JSON."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        """Put on the queue with that address."""
        self._client = client
        self._url = url

    def put(self, bodies: Sequence[str], delay_seconds: int = 0) -> None:
        """See Queue."""

        def put(batch: list[Entry[str]]) -> list[Failed[str]]:
            with translating(f"putting on the queue {self._url}"):
                answer = self._client.send_message_batch(
                    QueueUrl=self._url,
                    Entries=[
                        {
                            "Id": str(index),
                            "MessageBody": entry.value,
                            "DelaySeconds": delay_seconds,
                        }
                        for index, entry in enumerate(batch)
                    ],
                )
            return [
                Failed(batch[int(each["Id"])], each["Code"], each.get("Message", ""))
                for each in answer.get("Failed", [])
            ]

        texts = [body.translate(_FOREIGN) for body in bodies]
        entries = [Entry(text, len(text.encode())) for text in texts]
        put_all(entries, put, f"putting on the queue {self._url}")


class SqsDeadLetters:
    """The port DeadLetters on SQS: the body as it came, source and reason as attributes.

    So a letter can be sent again as it is, by `sojourn dead-letters redrive` or by SQS itself.
    """

    def __init__(self, client: "SQSClient", url: str) -> None:
        """Put on the queue with that address."""
        self._client = client
        self._url = url

    def put(self, source: str, reason: str, body: str) -> None:
        """See DeadLetters. A body larger than 256 KB, which nobody takes, is cut and says so."""
        said = reason[:REASON_CHARS].translate(_UNSAID)
        attributes = {"source": source, "reason": said}
        text = body.translate(_FOREIGN).encode()
        size = sum(len(name) + 6 + len(value.encode()) for name, value in attributes.items())
        room = MOST_BYTES - size - 100  # for cut_from_bytes
        if len(text) > room:
            attributes["cut_from_bytes"] = str(len(text))
            text = text[:room]
        named: dict[str, Any] = {
            name: {"DataType": "String", "StringValue": value}
            for name, value in attributes.items()
            if value
        }
        with translating("putting a dead letter"):
            self._client.send_message(
                QueueUrl=self._url,
                MessageBody=text.decode(errors="ignore") or " ",
                MessageAttributes=named,
            )
