"""Text and push messages through SNS: handed over once, and the answer sorted."""

import logging
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from sojourn.adapters.handing_over import send_answer
from sojourn.adapters.ses import IDLE
from sojourn.adapters.translation import code_of, message_of
from sojourn.core.state.customer import ENDPOINT_GONE
from sojourn.core.values.instants import Instant
from sojourn.runtime.messages.providers import Note, Push, Refused, Text, Throttled
from sojourn.runtime.messages.push_payload import attributes_of, payload_of, platform_of
from sojourn.runtime.ports import Clock

if TYPE_CHECKING:
    from types_boto3_sns.client import SNSClient

_log = logging.getLogger("sojourn")


class SnsTexter:
    """The port Texter on SNS."""

    def __init__(self, client: "SNSClient", clock: Clock) -> None:
        """Send with the account's settings for text messages."""
        self._client = client
        self._clock = clock
        self._used_at: Instant = clock.now()

    def ask(self, number: str) -> None:
        """See Texter. SNS takes a message to one that has opted out, and delivers it to nobody.

        An answer that is an error stops nobody: the message is handed over, and SNS knows best.
        """
        self._wake()
        try:
            answer = self._client.check_if_phone_number_is_opted_out(phoneNumber=number)
        except ClientError as error:
            _log.warning("dispatch: not told whether a number has opted out: %s", code_of(error))
        except BotoCoreError as error:
            raise Throttled(str(error)) from error
        else:
            if answer.get("isOptedOut"):
                raise _opted_out(number, "the number has opted out of text messages")

    def send(self, text: Text) -> str:
        """See Texter. A sender that begins with `+` is a number of ours, any other a name."""
        self._wake()
        kind = "Promotional" if text.promotional else "Transactional"
        attributes = {"AWS.SNS.SMS.SMSType": _string(kind)}
        if text.sender is not None:
            numbered = text.sender.startswith("+")
            name = "AWS.MM.SMS.OriginationNumber" if numbered else "AWS.SNS.SMS.SenderID"
            attributes[name] = _string(text.sender)
        try:
            answer = self._client.publish(
                PhoneNumber=text.to, Message=text.text, MessageAttributes=attributes
            )
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and code_of(error) == "OptedOut":
                raise _opted_out(text.to, message_of(error)) from error
            raise send_answer(error) from error
        return answer["MessageId"]

    def _wake(self) -> None:
        """Trust no connection that lay idle."""
        now = self._clock.now()
        if not 0 <= now - self._used_at <= IDLE:
            self._client.close()
        self._used_at = now


class SnsPusher:
    """The port Pusher on SNS's platform endpoints."""

    def __init__(self, client: "SNSClient", clock: Clock) -> None:
        """Send with the platform applications that the endpoints belong to."""
        self._client = client
        self._clock = clock
        self._used_at: Instant = clock.now()

    def send(self, push: Push) -> str:
        """See Pusher. An endpoint that is disabled or deleted is noted as gone."""
        platform = platform_of(push.endpoint)
        now = self._clock.now()
        if not 0 <= now - self._used_at <= IDLE:
            self._client.close()
        self._used_at = now
        attributes = {name: _string(value) for name, value in attributes_of(push, platform).items()}
        try:
            answer = self._client.publish(
                TargetArn=push.endpoint,
                Message=payload_of(push, platform),
                MessageStructure="json",
                MessageAttributes=attributes,
            )
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and _is_gone(error):
                said = f"{code_of(error)}: {message_of(error)}"
                raise Refused(said, Note(push.endpoint, ENDPOINT_GONE, said)) from error
            raise send_answer(error) from error
        return answer["MessageId"]


def _opted_out(number: str, said: str) -> Refused:
    reason = f"OptedOut: {said}"
    return Refused(reason, Note(number, "message.unsubscribed", reason))


def _is_gone(error: ClientError) -> bool:
    """Whether an endpoint was switched off by its service, or deleted.

    SNS says of a deleted one `InvalidParameter` and `No endpoint found for the target arn
    specified`, or `NotFound`.
    """
    code = code_of(error)
    missing = code == "InvalidParameter" and "no endpoint found" in message_of(error).lower()
    return code in {"EndpointDisabled", "NotFound"} or missing


def _string(value: str) -> Any:  # noqa: ANN401 - a TypedDict of the type stubs
    return {"DataType": "String", "StringValue": value}
