"""Every message handed to SES or SNS, as its reader sees it, and what SES reports of it.

MiniStack keeps neither headers nor tags nor configuration sets of what is sent, refuses less than
SES and SNS do, and reports nothing.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from sojourn_cli.local.calls import SES_SEND_PATH, email_of, published
from sojourn_cli.local.faults import Call
from sojourn_cli.local.feedback import KINDS, event_of, simulated
from sojourn_cli.local.refusals import Refusal, refused_email, refused_push, refused_sms

MAX_RECORDED = 100_000  # messages kept in memory, the oldest go first
MAX_WAIT_SECONDS = 60.0
SNS_SCOPE = b"/sns/aws4_request"

type Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Account:
    """What is to be known of the account that sends.

    `publish(configuration_set, matching_type, event)` puts a report of SES on the default bus, and
    says whether an event destination of the configuration set asked for it.
    """

    region: str
    number: str
    has_configuration_set: Callable[[str], bool]
    publish: Callable[[str | None, str, Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Handed:
    """A message on its way: when it came, and what became of it."""

    call: Call
    arrived_at: datetime
    message: Message
    status: int
    content: bytes
    fault: str | None

    @property
    def accepted(self) -> bool:
        """Whether the service took it."""
        return self.status == HTTPStatus.OK

    def entry(self) -> Message:
        """How it is recorded."""
        at = self.arrived_at.astimezone(UTC).isoformat(timespec="microseconds")
        return {
            "arrived_at": at.replace("+00:00", "Z"),
            "service": self.call.service,
            "operation": self.call.operation,
            "status": self.status,
            "accepted": self.accepted,
            "fault": self.fault,
            "message_id": message_id(self.content) if self.accepted else None,
            **self.message,
        }


class Recorder:
    """The messages in order of arrival, numbered from 1; lives on one event loop."""

    def __init__(self, account: Account) -> None:
        """Begin an empty record."""
        self._account = account
        self._entries: list[Message] = []
        self._count = 0
        self._more = asyncio.Event()

    @staticmethod
    def watches(method: str, path: str, authorization: bytes) -> bool:
        """Whether a request may carry a message."""
        to_ses, to_sns = path == SES_SEND_PATH, SNS_SCOPE in authorization
        return method == "POST" and (to_ses or to_sns)

    def read(self, call: Call, body: bytes) -> tuple[Message | None, Refusal | None]:
        """The message that a call carries, if it does, and why the service would refuse it."""
        try:
            if (call.service, call.operation) == ("ses", "SendEmail"):
                mail = email_of(body)
                return mail, refused_email(mail, self._account.has_configuration_set)
            if (call.service, call.operation) == ("sns", "Publish"):
                message = published(body)
                refused = refused_push if message["channel"] == "push" else refused_sms
                return message, refused(message)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            status = HTTPStatus.BAD_REQUEST
            return None, Refusal(
                status, "SerializationException", f"{type(error).__name__}: {error}"
            )
        return None, None

    def keep(self, handed: Handed) -> None:
        """Record a message, and report what the mailbox simulator reports of it."""
        entry = handed.entry()
        self._count += 1
        self._entries.append({"number": self._count, **entry})
        del self._entries[:-MAX_RECORDED]
        self._more.set()
        self._more = asyncio.Event()
        if entry["accepted"] and entry["channel"] == "email":
            for address in entry["to"]:
                for kind in simulated(address):
                    self.feedback({"message_id": entry["message_id"], "kind": kind})

    def forget(self) -> None:
        """Begin an empty record; numbers go on."""
        self._entries.clear()

    def feedback(self, told: Mapping[str, Any]) -> Message:
        """Report something of a recorded mail, as SES does; LookupError when it is not recorded."""
        kind, wanted = str(told["kind"]), str(told["message_id"])
        found = [entry for entry in self._entries if entry["message_id"] == wanted]
        if not found:
            raise LookupError(f"no message {wanted!r} was recorded")
        mail = found[-1]
        event = event_of(kind, mail, told, self._account.region, self._account.number)
        published = self._account.publish(mail["configuration_set"], KINDS[kind].matching, event)
        return {"published": published, "event": event}

    async def after(self, number: int, wait_seconds: float) -> list[Message]:
        """Those numbered above `number`; waits so long for the first of them."""
        try:
            async with asyncio.timeout(min(wait_seconds, MAX_WAIT_SECONDS)):
                while self._count <= number:
                    await self._more.wait()
        except TimeoutError:
            return []
        first = self._entries[0]["number"] if self._entries else self._count + 1
        return self._entries[max(0, number + 1 - first) :]

    def controls(self) -> dict[str, Callable[[Any], Awaitable[Any]]]:
        """What may be asked of it, under method and name."""

        async def recorded(asked: Mapping[str, str]) -> list[Message]:
            return await self.after(int(asked.get("after", 0)), float(asked.get("wait", 0)))

        async def forget(_asked: object) -> Message:
            self.forget()
            return {}

        async def feedback(asked: Mapping[str, Any]) -> Message:
            return self.feedback(asked)

        return {"GET recorded": recorded, "DELETE recorded": forget, "POST feedback": feedback}


def message_id(content: bytes) -> str | None:
    """The id in an answer of SES (JSON) or SNS (XML)."""
    text = content.decode("utf-8", "replace")
    if "<MessageId>" in text:
        return text.partition("<MessageId>")[2].partition("</MessageId>")[0]
    told = json.loads(text)
    return str(told["MessageId"]) if "MessageId" in told else None
