"""What SES and SNS refuse and MiniStack lets pass, so that a test learns it before AWS teaches it.

Sources: SES v2 API reference (MessageTag, MessageHeader, SendEmail), SNS developer guide (SMS).
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
_ATOMS = r"[\w!#$%&'*+/=?^`{|}~-]+"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_ADDRESS = r"[^\s@<>(),:;\[\]\\\"]+@[^\s@<>(),:;\[\]\\\"]+"
_MAILBOX = re.compile(
    rf"{_ADDRESS}|(?:(?:{_ATOMS}|{_QUOTED})(?:\s+(?:{_ATOMS}|{_QUOTED}))*\s*)?<{_ADDRESS}>",
    re.ASCII,
)
"""RFC 5322, 3.4, without what is obsolete: a comma or a colon outside of quotes is no part of a
name."""

_HEADER_NAME = re.compile(r"[!-9;-~]{1,126}")
_HEADER_VALUE = re.compile(r"[ -~]{1,870}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SENDER_ID = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9-]{1,11}")
_PUSH_ATTRIBUTES = {
    f"AWS.SNS.MOBILE.APNS.{name}"
    for name in ("COLLAPSE_ID", "PRIORITY", "PUSH_TYPE", "TOPIC", "TTL")
} | {"AWS.SNS.MOBILE.APNS_SANDBOX.TTL", "AWS.SNS.MOBILE.GCM.TTL"}
_MAX_HEADERS = 15
_MAX_SMS_CHARACTERS = 1_600
_MAX_PAYLOAD_BYTES = 4_096


@dataclass(frozen=True, slots=True)
class Refusal:
    """A service's reason to refuse a message."""

    status: int
    code: str
    message: str


def refused_email(
    mail: Mapping[str, Any], has_configuration_set: Callable[[str], bool]
) -> Refusal | None:
    """Why SES would refuse this mail, if it would."""
    name = mail["configuration_set"]
    if name and not has_configuration_set(name):
        return Refusal(404, "NotFoundException", f"Configuration set <{name}> does not exist.")
    if not (mail["to"] or mail["cc"] or mail["bcc"]):
        return Refusal(400, "BadRequestException", "A destination needs at least one address.")
    for address in (mail["from"], *mail["to"], *mail["cc"], *mail["bcc"], *mail["reply_to"]):
        if address and not address.isascii():
            return Refusal(400, "BadRequestException", f"<{address}> is not in 7-bit ASCII.")
    for sender in (mail["from"], *mail["reply_to"]):
        if sender and not is_mailbox(sender):
            return Refusal(400, "BadRequestException", f"Invalid address <{sender}>.")
    for tag, value in mail["tags"].items():
        for part in (tag, value):
            if not _TAG.fullmatch(part):
                return Refusal(
                    400,
                    "BadRequestException",
                    f"Invalid message tag <{part}>: at most 256 of A-Z, a-z, 0-9, '_', '-'.",
                )
    return None if mail["raw"] else _refused_headers(mail["headers"])


def is_mailbox(text: str) -> bool:
    """Whether a text is one address, alone or behind a name that is quoted where it must be."""
    return _MAILBOX.fullmatch(text) is not None


def _refused_headers(headers: Mapping[str, str]) -> Refusal | None:
    if len(headers) > _MAX_HEADERS:
        return Refusal(400, "BadRequestException", f"More than {_MAX_HEADERS} headers.")
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            return Refusal(400, "BadRequestException", f"Invalid header <{name}: {value}>.")
    return None


def refused_sms(sms: Mapping[str, Any]) -> Refusal | None:
    """Why SNS would refuse this text message, if it would."""
    for number in sms["to"]:
        if not _E164.fullmatch(number):
            return Refusal(
                400,
                "InvalidParameter",
                f"Invalid parameter: PhoneNumber Reason: {number} is not valid to publish to",
            )
    text = sms["text"] or ""
    if not text:
        return Refusal(400, "InvalidParameter", "Invalid parameter: Empty message")
    if sms["to"] and len(text) > _MAX_SMS_CHARACTERS:
        return Refusal(400, "InvalidParameter", "Invalid parameter: Message too long")
    sender = sms["attributes"].get("AWS.SNS.SMS.SenderID")
    if sender is not None and not _SENDER_ID.fullmatch(sender):
        return Refusal(400, "InvalidParameterValue", f"Invalid parameter: SenderID <{sender}>")
    return None


def refused_push(push: Mapping[str, Any]) -> Refusal | None:
    """Why SNS, Apple or Google would refuse this push message, if they would."""
    for name in push["attributes"]:
        if name.startswith("AWS.") and name not in _PUSH_ATTRIBUTES:
            return Refusal(400, "InvalidParameterValue", f"Invalid parameter: {name} is reserved")
    if len(json.dumps(push["payload"], ensure_ascii=False).encode()) > _MAX_PAYLOAD_BYTES:
        return Refusal(400, "InvalidParameter", "Invalid parameter: Message too long")
    return None
