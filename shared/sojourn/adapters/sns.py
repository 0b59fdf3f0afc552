"""Text messages through SNS: handed over once, and the answer sorted into what became of it."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from sojourn.adapters.ses import IDLE
from sojourn.adapters.translation import send_answer
from sojourn.core.instants import Instant
from sojourn.runtime.ports import Clock, Text

if TYPE_CHECKING:
    from types_boto3_sns.client import SNSClient


class SnsTexter:
    """The port Texter on SNS."""

    def __init__(self, client: "SNSClient", clock: Clock) -> None:
        """Send with the account's settings for text messages."""
        self._client = client
        self._clock = clock
        self._used_at: Instant = clock.now()

    def send(self, text: Text) -> str:
        """See Texter. A sender that begins with `+` is a number of ours, any other a name."""
        now = self._clock.now()
        if not 0 <= now - self._used_at <= IDLE:
            self._client.close()
        self._used_at = now
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
            raise send_answer(error) from error
        return answer["MessageId"]


def _string(value: str) -> Any:  # noqa: ANN401 - a TypedDict of the type stubs
    return {"DataType": "String", "StringValue": value}
