"""What a push message is on its way: the JSON that SNS hands to Apple's and Google's services.

Shapes: SNS Developer Guide, "Publishing notifications with platform-specific payloads" and "FCM v1
payloads"; Apple, "Generating a remote notification".
"""

import json
import re
from collections.abc import Mapping

from sojourn.core.values.exact import Json, dumps
from sojourn.runtime.messages.providers import Push, Refused

APPLE = frozenset({"APNS", "APNS_SANDBOX"})
GOOGLE = "GCM"
"""Firebase Cloud Messaging, by the name of the service before it, which SNS keeps."""

_UNSEEN = "-"
"""What SNS asks for besides the service's own payload, never sends, and takes no empty text for."""

_ENDPOINT = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:endpoint/([A-Z_]+)/[^/\s]+/[^/\s]+")


def flaw_of(endpoint: str) -> str | None:
    """Why nothing can be sent to what should be an endpoint, or None when it has the form of one.

    The address itself stays out of the words, as with other channels: reasons are kept for long.
    """
    found = _ENDPOINT.fullmatch(endpoint)
    if found is None:
        return "what stands there is no platform endpoint of SNS (its ARN)"
    if found[1] not in APPLE and found[1] != GOOGLE:
        return "of SNS's services only APNS, APNS_SANDBOX and GCM are sent to"
    return None


def platform_of(endpoint: str) -> str:
    """The service that an endpoint belongs to; raises Refused for what is no endpoint."""
    flaw = flaw_of(endpoint)
    if flaw is not None:
        raise Refused(flaw)
    return endpoint.partition("endpoint/")[2].partition("/")[0]


def payload_of(push: Push, platform: str) -> str:
    """The text for SNS (`MessageStructure` json): the service's own payload, itself as text."""
    payload = _apple(push) if platform in APPLE else _google(push)
    default = push.body or push.title or _UNSEEN
    return json.dumps({"default": default, platform: dumps(payload)}, ensure_ascii=False)


def attributes_of(push: Push, platform: str) -> dict[str, str]:
    """What SNS is told beside: Apple asks whether a message is shown, and how much it hurries.

    The names are those of `APNS` for its sandbox too: SNS knows no others (SNS Developer Guide,
    "Mobile push API"; AWS's own prefix is not for anything else).
    """
    if platform not in APPLE:
        return {}
    shown = _is_shown(push)
    return {
        "AWS.SNS.MOBILE.APNS.PUSH_TYPE": "alert" if shown else "background",
        "AWS.SNS.MOBILE.APNS.PRIORITY": "10" if shown else "5",
    }


def _is_shown(push: Push) -> bool:
    return bool(push.title or push.body)


def _shown(push: Push) -> dict[str, Json]:
    parts = {"title": push.title, "body": push.body}
    return {name: text for name, text in parts.items() if text}


def _apple(push: Push) -> dict[str, Json]:
    aps: dict[str, Json] = {"alert": _shown(push)} if _is_shown(push) else {"content-available": 1}
    return {"aps": aps, **({"data": dict(push.data)} if push.data else {})}


def _google(push: Push) -> dict[str, Json]:
    message: dict[str, Json] = {"notification": _shown(push)} if _is_shown(push) else {}
    if push.data:
        message["data"] = _texts(push.data)
    return {"fcmV1Message": {"message": message}}


def _texts(data: Mapping[str, Json]) -> dict[str, Json]:
    """FCM takes text alone: anything else goes as JSON."""
    return {key: value if isinstance(value, str) else dumps(value) for key, value in data.items()}
