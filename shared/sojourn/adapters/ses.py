"""E-mail through SES: handed over once, and the answer sorted into what became of it."""

import re
from email.header import Header
from typing import TYPE_CHECKING, TypedDict

from botocore.exceptions import BotoCoreError, ClientError

from sojourn.adapters.handing_over import send_answer
from sojourn.adapters.translation import code_of, message_of
from sojourn.core.values.addresses import as_mailed, name_and_address
from sojourn.core.values.instants import SECOND, Duration, Instant
from sojourn.runtime.messages.providers import Email, Throttled
from sojourn.runtime.ports import Clock

if TYPE_CHECKING:
    from types_boto3_sesv2.client import SESV2Client
    from types_boto3_sesv2.type_defs import BodyTypeDef, ContentTypeDef

IDLE: Duration = 20 * SECOND
"""A connection unused for longer is made anew. Lambda freezes a function between two calls, so it
may not notice that the other side hung up; and where nothing may be tried twice, finding that out
by sending leaves the message's fate unknown."""


_SPECIAL = re.compile(r"[][()<>@,:;.\"\\]")
_TO_ESCAPE = re.compile(r"[\"\\]")


class _Optional(TypedDict, total=False):
    ReplyToAddresses: list[str]
    ConfigurationSetName: str


class SesMailer:
    """The port Mailer on SES."""

    def __init__(self, client: "SESV2Client", configuration_set: str | None, clock: Clock) -> None:
        """Send with a configuration set: it brings back what becomes of the message.

        Without one nobody is told.
        """
        self._client = client
        self._configuration_set = configuration_set
        self._clock = clock
        self._used_at: Instant = clock.now()

    def send(self, email: Email) -> str:
        """See Mailer."""
        now = self._clock.now()
        if not 0 <= now - self._used_at <= IDLE:
            self._client.close()
        self._used_at = now
        body: BodyTypeDef = {"Text": _content(email.text)}
        if email.html is not None:
            body["Html"] = _content(email.html)
        optional: _Optional = {}
        if email.reply_to is not None:
            optional["ReplyToAddresses"] = [_mailbox(email.reply_to)]
        if self._configuration_set is not None:
            optional["ConfigurationSetName"] = self._configuration_set
        try:
            answer = self._client.send_email(
                **optional,
                FromEmailAddress=_mailbox(email.sender),
                Destination={"ToAddresses": [as_mailed(email.to)]},
                Content={
                    "Simple": {
                        "Subject": _content(email.subject),
                        "Body": body,
                        "Headers": [
                            {"Name": name, "Value": value} for name, value in email.headers.items()
                        ],
                    }
                },
                EmailTags=[{"Name": name, "Value": value} for name, value in email.tags.items()],
            )
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and _is_unverified(email.sender, error):
                raise Throttled(f"{code_of(error)}: {message_of(error)}") from error
            raise send_answer(error) from error
        return answer["MessageId"]


def _is_unverified(sender: str, error: ClientError) -> bool:
    """Whether SES refused a message because its sender is not yet proved to be ours.

    SES names each address that it asked about in vain, in its sandbox that of the recipient too
    (Amazon SES Developer Guide, "Amazon SES email sending errors"). A sender is ours to put right,
    and then all that waits goes out; a recipient is not.
    """
    said = message_of(error).lower()
    address = as_mailed(name_and_address(sender)[1]).lower()
    return code_of(error) == "MessageRejected" and "not verified" in said and address in said


def _mailbox(text: str) -> str:
    """A sender as SES takes one (RFC 5322, 3.4), in ASCII.

    A name beyond ASCII goes as encoded words (RFC 2047), one with a comma or the like in quotes:
    `Shop, Inc <hello@shop.example>` would be two senders, and one without an address.
    """
    name, address = name_and_address(text)
    address = as_mailed(address)
    if not name:
        return address
    if not name.isascii():
        name = Header(name, "utf-8").encode(linesep="")
    elif _SPECIAL.search(name):
        name = '"' + _TO_ESCAPE.sub(r"\\\g<0>", name) + '"'
    return f"{name} <{address}>"


def _content(text: str) -> "ContentTypeDef":
    return {"Data": text, "Charset": "UTF-8"}
