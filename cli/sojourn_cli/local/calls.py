"""Reading a request to AWS: which operation it calls, and what a message to a person says."""

import base64
import email
import email.policy
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from sojourn_cli.local.faults import Call

SES_SEND_PATH = "/v2/email/outbound-emails"
CREDENTIAL_PARTS = 5  # key/date/region/service/aws4_request


def call_of(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Call:
    """Which operation a signed request calls; header names in lower case.

    JSON services name it in `X-Amz-Target`, query services in `Action`, REST services by their
    method and path.
    """
    text = body.decode("utf-8", "replace")
    credential = (
        headers.get("authorization", "").partition("Credential=")[2].partition(",")[0].split("/")
    )
    service = credential[3] if len(credential) == CREDENTIAL_PARTS else ""
    if target := headers.get("x-amz-target", ""):
        operation = target.rpartition(".")[2]
    elif "x-www-form-urlencoded" in headers.get("content-type", ""):
        operation = parse_qs(text).get("Action", [""])[0]
    else:
        operation = _rest_operation(service, method, path)
    return Call(service, operation, text)


def _rest_operation(service: str, method: str, path: str) -> str:
    if service == "ses" and method == "POST" and path == SES_SEND_PATH:
        return "SendEmail"
    if service == "s3":
        verb = {"PUT": "Put", "GET": "Get", "HEAD": "Head", "DELETE": "Delete"}.get(method, method)
        return f"{verb}Object" if path.strip("/").count("/") else f"{verb}Bucket"
    return f"{method} {path}"


def email_of(body: bytes) -> dict[str, Any]:
    """A `SendEmail` request of SES v2 as its reader sees it, and what SES is told beside it."""
    request = json.loads(body)
    destination = request.get("Destination", {})
    content = request.get("Content", {})
    seen = {
        "channel": "email",
        "from": request.get("FromEmailAddress"),
        "to": destination.get("ToAddresses", []),
        "cc": destination.get("CcAddresses", []),
        "bcc": destination.get("BccAddresses", []),
        "reply_to": request.get("ReplyToAddresses", []),
        "configuration_set": request.get("ConfigurationSetName"),
        "tags": {tag["Name"]: tag["Value"] for tag in request.get("EmailTags", [])},
        "raw": "Raw" in content,
    }
    if seen["raw"]:
        return seen | _raw(base64.b64decode(content["Raw"]["Data"]), seen)
    simple = content.get("Simple", {})
    text, html = (simple.get("Body", {}).get(part, {}).get("Data") for part in ("Text", "Html"))
    headers = {header["Name"]: header["Value"] for header in simple.get("Headers", [])}
    return seen | {
        "subject": simple.get("Subject", {}).get("Data"),
        "text": text,
        "html": html,
        "headers": headers,
    }


def _raw(data: bytes, seen: Mapping[str, Any]) -> dict[str, Any]:
    message = email.message_from_bytes(data, policy=email.policy.default)
    bodies = {kind: message.get_body((kind,)) for kind in ("plain", "html")}
    addresses = [address.addr_spec for address in message["To"].addresses] if message["To"] else []
    return {
        "from": seen["from"] or str(message["From"]),
        "to": seen["to"] or addresses,
        "subject": str(message["Subject"]),
        "text": part.get_content() if (part := bodies["plain"]) else None,
        "html": part.get_content() if (part := bodies["html"]) else None,
        "headers": {name: str(value) for name, value in message.items()},
    }


def published(body: bytes) -> dict[str, Any]:
    """A `Publish` request of SNS: a push message when it names an endpoint, else a text message."""
    sent = sms_of(body)
    target = str(sent["topic"] or "")
    if ":endpoint/" not in target:
        return sent
    payloads = json.loads(str(sent["text"]))
    platform = target.partition(":endpoint/")[2].partition("/")[0]
    return {
        "channel": "push",
        "to": [target],
        "text": payloads.get("default"),
        "payload": json.loads(payloads[platform]),
        "attributes": sent["attributes"],
    }


def sms_of(body: bytes) -> dict[str, Any]:
    """A `Publish` request of SNS: number, text, attributes (`AWS.SNS.SMS.SenderID` and others)."""
    fields = {name: values[0] for name, values in parse_qs(body.decode("utf-8")).items()}
    attributes = {}
    for name, value in fields.items():
        if name.startswith("MessageAttributes.entry.") and name.endswith(".Name"):
            entry = name.removesuffix(".Name")
            attributes[value] = fields.get(f"{entry}.Value.StringValue")
    return {
        "channel": "sms",
        "to": [fields["PhoneNumber"]] if "PhoneNumber" in fields else [],
        "topic": fields.get("TopicArn") or fields.get("TargetArn"),
        "text": fields.get("Message"),
        "attributes": attributes,
    }
