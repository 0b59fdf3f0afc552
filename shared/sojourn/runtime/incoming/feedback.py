"""Feedback: what the provider says about our messages, as facts about them.

SES puts its events on the default bus as `aws.ses`; the tags we sent with the message say whose
it was. Shapes: Amazon SES Developer Guide, "Examples of event data that Amazon SES publishes".
"""

from base64 import b64decode, urlsafe_b64encode

from sojourn.core.errors import InvalidInput
from sojourn.core.state.customer import ACCEPTED
from sojourn.core.values.exact import Json, JsonObject
from sojourn.core.values.ids import derived_id
from sojourn.core.values.instants import Instant, parse_instant

CUSTOMER_TAG = "sojourn_customer"
MESSAGE_TAG = "sojourn_message"

_NAMES = {
    "Send": ACCEPTED,
    "Delivery": "message.delivered",
    "DeliveryDelay": "message.delayed",
    "Open": "message.opened",
    "Click": "message.clicked",
    "Bounce": "message.bounced",
    "Complaint": "message.complained",
    "Subscription": "message.unsubscribed",
    "Reject": "message.rejected",
    "Rendering Failure": "message.rejected",
}

_VERDICTS = ("message.bounced", "message.complained", "message.unsubscribed")
"""What says something of an address."""

BARE = "mozilla/5.0"
"""All that Apple's mail privacy proxy says of itself; it fetches what nobody has looked at."""

MACHINES = (
    *("googleimageproxy", "yahoomailproxy", "ymailproxy", "outlook-ios-proxy"),
    *("barracuda", "mimecast", "proofpoint", "urldefense", "safelinks", "forcepoint", "trendmicro"),
    *("bot", "crawler", "spider", "preview", "scanner", "headlesschrome", "phantomjs"),
    *("curl/", "wget/", "python-requests", "python-urllib", "aiohttp", "go-http-client", "okhttp"),
    *("java/", "libwww-perl", "node-fetch", "axios/", "apache-httpclient"),
)
"""Words by which proxies that load pictures in advance, scanners that follow every link, and
programs are known; in lower case."""


def tags_for(customer_id: str, message_id: str) -> dict[str, str]:
    """The tags that ride with a message; SES allows letters, digits, `_` and `-`."""
    encoded = urlsafe_b64encode(customer_id.encode()).decode("ascii").rstrip("=")
    return {CUSTOMER_TAG: encoded, MESSAGE_TAG: message_id}


def is_feedback(entry: JsonObject) -> bool:
    """Whether an envelope is the provider's."""
    return entry.get("source") == "aws.ses"


def read_feedback(entry: JsonObject) -> JsonObject:
    """The provider's envelope as one of ours; raises InvalidInput when it cannot be bound."""
    detail = _object(entry.get("detail"), "detail")
    kind = detail.get("eventType", detail.get("notificationType"))
    name = _NAMES.get(kind) if isinstance(kind, str) else None
    if name is None:
        raise InvalidInput(f"detail.eventType: {kind} is not an event of SES that is known here")
    if kind == "Subscription" and not _left_everything(detail):
        name = "message.preferences"
    if kind == "Complaint" and _took_it_back(detail):
        name = "message.not_spam"
    mail = _object(detail.get("mail"), "detail.mail")
    tags = _object(mail.get("tags"), "detail.mail.tags")
    section = _section(str(kind))
    about = _object(detail.get(section, {}), f"detail.{section}")
    time = about.get("timestamp", mail.get("timestamp"))
    properties: JsonObject = {"channel": "email", "message_id": _tag(tags, MESSAGE_TAG)}
    properties |= _details(str(kind), about)
    told = (properties.get("link"), *(["bot"] if "bot" in properties else []))
    return {
        "source": "aws.ses",
        "detail-type": name,
        "time": time,
        "id": derived_id("feedback", mail.get("messageId"), kind, time, *told),
        "detail": {
            "event": name,
            # Her id, whatever it is: a visitor who got a message is no user by that.
            "anonymousId": customer_tagged(_tag(tags, CUSTOMER_TAG)),
            "properties": properties,
        },
    }


def mailed_before(entry: JsonObject, since: Instant) -> bool:
    """Whether a report is about an e-mail that the provider took before an instant."""
    mail_at = _object(_object(entry.get("detail"), "detail").get("mail"), "detail.mail").get(
        "timestamp"
    )
    return isinstance(mail_at, str) and parse_instant(mail_at) < since


def about_address(entry: JsonObject) -> JsonObject | None:
    """The provider's envelope as a fact about the address that the e-mail went to, and no message.

    None when it says nothing of an address.
    """
    told = read_feedback(entry)
    detail = _object(told["detail"], "detail")
    mail = _object(_object(entry["detail"], "detail")["mail"], "detail.mail")
    written_to = mail.get("destination")
    if detail["event"] not in _VERDICTS or not isinstance(written_to, list) or not written_to:
        return None
    properties = _object(detail["properties"], "detail.properties")
    about = {key: value for key, value in properties.items() if key != "message_id"}
    return {**told, "detail": {**detail, "properties": {**about, "address": written_to[0]}}}


def _section(kind: str) -> str:
    """The member that describes an event of a kind."""
    known = {"DeliveryDelay": "deliveryDelay", "Rendering Failure": "failure"}
    return known.get(kind, kind.lower())


def _details(kind: str, about: JsonObject) -> JsonObject:
    match kind:
        case "Open":
            return _by_whom(about)
        case "Click":
            return {"link": about.get("link"), **_by_whom(about)}
        case "Bounce":
            permanent = about.get("bounceType") == "Permanent"
            return {
                "bounce_type": "permanent" if permanent else "transient",
                "reason": about.get("bounceSubType"),
            }
        case "Complaint":
            return {"reason": about.get("complaintFeedbackType")}
        case "Reject":
            return {"reason": about.get("reason")}
        case "Rendering Failure":
            return {"reason": about.get("errorMessage")}
        case _:
            return {}


def _by_whom(about: JsonObject) -> JsonObject:
    """Whether a mail program's proxy or a scanner opened or clicked: such a fact moves nothing."""
    agent = about.get("userAgent")
    if not isinstance(agent, str):
        return {}
    told = agent.strip().lower()
    is_bot = told == BARE or any(word in told for word in MACHINES)
    return {"bot": True} if is_bot else {}


def _left_everything(detail: JsonObject) -> bool:
    """Whether a change of preferences is an unsubscription, and not one from a single topic."""
    about = _object(detail.get("subscription"), "detail.subscription")
    preferences = about.get("newTopicPreferences", {})
    place = "detail.subscription.newTopicPreferences"
    return _object(preferences, place).get("unsubscribeAll") is True


def _took_it_back(detail: JsonObject) -> bool:
    """Whether a complaint says the opposite: somebody fetched the mail out of the spam folder."""
    about = _object(detail.get("complaint"), "detail.complaint")
    return about.get("complaintFeedbackType") == "not-spam"


def _object(value: Json, place: str) -> JsonObject:
    if not isinstance(value, dict):
        raise InvalidInput(f"{place}: an object is wanted")
    return value


def _tag(tags: JsonObject, name: str) -> str:
    found = tags.get(name)
    first = found[0] if isinstance(found, list) and found else found
    if not isinstance(first, str):
        raise InvalidInput(f"detail.mail.tags.{name}: missing; it is not a message of ours")
    return first


def customer_tagged(encoded: str) -> str:
    """The customer whom a tag names; raises InvalidInput."""
    try:
        padded = encoded + "=" * (-len(encoded) % 4)
        return b64decode(padded, altchars=b"-_", validate=True).decode("utf-8")
    except ValueError as error:
        raise InvalidInput(f"detail.mail.tags.{CUSTOMER_TAG}: cannot be read") from error
