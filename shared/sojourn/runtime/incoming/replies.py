"""Replies: what customers answer to text messages. `STOP` is an unsubscription.

AWS End User Messaging puts them on an SNS topic, and that on the ingest queue as they are. Shape:
its user guide, "Example of a two-way SMS message payload".
"""

import re

from sojourn.core.errors import InvalidInput
from sojourn.core.incoming.events import check_json
from sojourn.core.limits import MESSAGE_ID_CHARS
from sojourn.core.nouns import noun
from sojourn.core.state.customer import Event
from sojourn.core.values.exact import JsonObject
from sojourn.core.values.ids import derived_id
from sojourn.core.values.instants import Instant

STOPPING = frozenset(
    {
        *("ARRET", "CANCEL", "END", "OPTOUT", "QUIT", "REMOVE", "STOP", "STOPALL", "STOPP", "TD"),
        *("UNSUBSCRIBE",),
    }
)
"""Words that alone end text messages: those of AWS's own opt-out keyword and of the carriers'."""

BEGINNING = ("STOP", "UNSUBSCRIBE")
"""Words that end them at the start of a longer answer too; "cancel my order" is about an order."""

RECEIVED = "sms.received"
TEXT_CHARS = 1_600

_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_NO_LETTERS = re.compile(r"[\W_]+")


def is_reply(entry: JsonObject) -> bool:
    """Whether a body is an answer to a text message."""
    return "originationNumber" in entry and "messageBody" in entry and "detail" not in entry


@noun
class Reply:
    """An answer: the number it came from, and the event that it is for everybody there."""

    number: str
    event: Event


def read_reply(entry: JsonObject, now: Instant) -> Reply:
    """Read an answer; raises InvalidInput. AWS does not say when it was written: now."""
    number, text = entry["originationNumber"], entry["messageBody"]
    if not isinstance(number, str) or not _E164.fullmatch(number):
        raise InvalidInput("originationNumber: a telephone number (E.164) is wanted")
    if not isinstance(text, str):
        raise InvalidInput("messageBody: text is wanted")
    check_json(entry)
    stops = ends_messages(text)
    properties: JsonObject = {"channel": "sms", "address": number}
    properties |= {"reason": "STOP"} if stops else {"text": text[:TEXT_CHARS]}
    told = entry.get("inboundMessageId")
    id_ = told if isinstance(told, str) and 0 < len(told) <= MESSAGE_ID_CHARS else None
    name = "message.unsubscribed" if stops else RECEIVED
    event = Event(id_ or derived_id("reply", number, text, now), name, now, now, properties)
    return Reply(number, event)


def ends_messages(text: str) -> bool:
    """Whether somebody who writes this wants no more text messages."""
    words = _NO_LETTERS.sub(" ", text.upper().replace("-", "")).split()
    return bool(words) and (words[0] in BEGINNING or (len(words) == 1 and words[0] in STOPPING))
