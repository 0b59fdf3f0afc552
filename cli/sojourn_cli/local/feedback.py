"""What SES reports about a mail, as the event it puts on the account's default bus.

Shapes: Amazon SES developer guide, "Contents of event data"; EventBridge event reference, "Amazon
SES events".
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any

SIMULATOR_DOMAIN = "simulator.amazonses.com"
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
IP_ADDRESS = "192.0.2.33"  # a documentation address, RFC 5737


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of report: how EventBridge, the event data and a configuration set call it."""

    detail_type: str
    event_type: str
    matching: str
    details: Callable[[Mapping[str, Any], Mapping[str, Any], str], dict[str, Any]]


def _bounce(mail: Mapping[str, Any], told: Mapping[str, Any], at: str) -> dict[str, Any]:
    bounce_type = str(told.get("bounce_type", "permanent")).capitalize()
    permanent = bounce_type == "Permanent"
    status, words = (
        ("5.1.1", "550 5.1.1 user unknown") if permanent else ("4.2.2", "452 4.2.2 mailbox full")
    )
    recipients = [
        {
            "emailAddress": address,
            "action": "failed",
            "status": status,
            "diagnosticCode": f"smtp; {words}",
        }
        for address in _addresses(mail)
    ]
    return {
        "bounceType": bounce_type,
        "bounceSubType": str(
            told.get("bounce_sub_type", "General" if permanent else "MailboxFull")
        ),
        "bouncedRecipients": recipients,
        "timestamp": at,
        "feedbackId": str(uuid.uuid4()),
        "reportingMTA": "dns; mta.example.com",
    }


def _complaint(mail: Mapping[str, Any], told: Mapping[str, Any], at: str) -> dict[str, Any]:
    return {
        "complainedRecipients": [{"emailAddress": address} for address in _addresses(mail)],
        "timestamp": at,
        "feedbackId": str(uuid.uuid4()),
        "complaintSubType": None,
        "complaintFeedbackType": str(told.get("complaint_type", "abuse")),
        "arrivalDate": at,
        "userAgent": USER_AGENT,
    }


def _delivery(mail: Mapping[str, Any], _told: Mapping[str, Any], at: str) -> dict[str, Any]:
    return {
        "timestamp": at,
        "processingTimeMillis": 412,
        "recipients": _addresses(mail),
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": "mta.example.com",
    }


def _open(_mail: Mapping[str, Any], told: Mapping[str, Any], at: str) -> dict[str, Any]:
    agent = str(told.get("user_agent", USER_AGENT))
    return {"timestamp": at, "ipAddress": IP_ADDRESS, "userAgent": agent}


def _click(mail: Mapping[str, Any], told: Mapping[str, Any], at: str) -> dict[str, Any]:
    if "link" not in told:
        raise ValueError("a click needs the link that was clicked")
    return {**_open(mail, told, at), "link": str(told["link"]), "linkTags": None}


def _subscription(mail: Mapping[str, Any], _told: Mapping[str, Any], at: str) -> dict[str, Any]:
    everything = {"unsubscribeAll": True, "topicSubscriptionStatus": []}
    return {
        "contactList": str(mail.get("contact_list") or "customers"),
        "timestamp": at,
        "source": "UnsubscribeHeader",
        "newTopicPreferences": everything,
        "oldTopicPreferences": {**everything, "unsubscribeAll": False},
    }


def _send(_mail: Mapping[str, Any], _told: Mapping[str, Any], _at: str) -> dict[str, Any]:
    return {}


def _reject(_mail: Mapping[str, Any], _told: Mapping[str, Any], _at: str) -> dict[str, Any]:
    return {"reason": "Bad content"}


def _delivery_delay(mail: Mapping[str, Any], _told: Mapping[str, Any], at: str) -> dict[str, Any]:
    delayed = [
        {"emailAddress": address, "status": "4.4.1", "diagnosticCode": "smtp; 421 4.4.1 no answer"}
        for address in _addresses(mail)
    ]
    return {
        "timestamp": at,
        "delayType": "TransientCommunicationFailure",
        "delayedRecipients": delayed,
    }


KINDS: Mapping[str, Kind] = {
    "send": Kind("Email Sent", "Send", "SEND", _send),
    "delivery": Kind("Email Delivered", "Delivery", "DELIVERY", _delivery),
    "bounce": Kind("Email Bounced", "Bounce", "BOUNCE", _bounce),
    "complaint": Kind("Email Complaint Received", "Complaint", "COMPLAINT", _complaint),
    "open": Kind("Email Opened", "Open", "OPEN", _open),
    "click": Kind("Email Clicked", "Click", "CLICK", _click),
    "reject": Kind("Email Rejected", "Reject", "REJECT", _reject),
    "delivery_delay": Kind(
        "Email Delivery Delayed", "DeliveryDelay", "DELIVERY_DELAY", _delivery_delay
    ),
    "subscription": Kind("Email Subscribed", "Subscription", "SUBSCRIPTION", _subscription),
}
# The key of the details within the event data, where it is not the lower-cased event type.
_DETAIL_KEYS = {"delivery_delay": "deliveryDelay"}


def event_of(
    kind: str, mail: Mapping[str, Any], told: Mapping[str, Any], region: str, account: str
) -> dict[str, Any]:
    """The EventBridge event that reports `kind` of a recorded mail.

    `told` may carry `at` (RFC 3339, else now), and per kind `bounce_type`, `bounce_sub_type`,
    `complaint_type`, `link`, `user_agent`. Raises ValueError for a kind SES does not have.
    """
    if kind not in KINDS:
        raise ValueError(f"SES reports no {kind!r}; it reports {', '.join(KINDS)}")
    shape = KINDS[kind]
    at = str(told.get("at") or instant(datetime.now(UTC)))
    name = mail.get("configuration_set")
    arn = f"arn:aws:ses:{region}:{account}:configuration-set/{name}"
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": shape.detail_type,
        "source": "aws.ses",
        "account": account,
        "time": f"{at[:19]}Z",
        "region": region,
        "resources": [arn] if name else [],
        "detail": {
            "eventType": shape.event_type,
            "mail": _mail(mail, region, account),
            _DETAIL_KEYS.get(kind, kind): shape.details(mail, told, at),
        },
    }


def simulated(address: str) -> tuple[str, ...]:
    """What the SES mailbox simulator reports of a mail to this address; nothing for any other
    address.
    """
    local, _, domain = parseaddr(address)[1].partition("@")
    if domain != SIMULATOR_DOMAIN:
        return ()
    reports = {
        "success": ("delivery",),
        "bounce": ("bounce",),
        "complaint": ("delivery", "complaint"),
    }
    return reports.get(local.partition("+")[0], ())


def instant(at: datetime) -> str:
    """An instant as SES writes it: UTC, milliseconds, `Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _addresses(mail: Mapping[str, Any]) -> list[str]:
    return [parseaddr(address)[1] for address in (*mail["to"], *mail["cc"], *mail["bcc"])]


def _mail(mail: Mapping[str, Any], region: str, account: str) -> dict[str, Any]:
    sender = parseaddr(mail["from"] or "")[1]
    name = mail.get("configuration_set")
    headers = {"From": mail["from"], "To": ", ".join(mail["to"]), "Subject": mail["subject"]}
    own = {"ses:from-domain": [sender.rpartition("@")[2]], "ses:source-ip": [IP_ADDRESS]}
    if name:
        own["ses:configuration-set"] = [name]
    return {
        "timestamp": mail["arrived_at"],
        "source": mail["from"],
        "sourceArn": f"arn:aws:ses:{region}:{account}:identity/{sender}",
        "sendingAccountId": account,
        "messageId": mail["message_id"],
        "destination": _addresses(mail),
        "headersTruncated": False,
        "headers": [
            {"name": header, "value": value}
            for header, value in (headers | mail["headers"]).items()
        ],
        "commonHeaders": {
            "from": [mail["from"]],
            "to": mail["to"],
            "messageId": mail["message_id"],
            "subject": mail["subject"],
        },
        "tags": own | {tag: [value] for tag, value in mail["tags"].items()},
    }
