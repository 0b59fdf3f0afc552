"""A workspace that uses every permission there is: waits, all channels, and a look into history."""

from collections.abc import Mapping
from typing import Any

STEPS = {"type": "send", "content": {"subject": "Hello", "text": "Hello"}}
JOURNEYS: Mapping[str, Any] = {
    "settings.json": {"timezone": "UTC", "senders": {"email": "hello@shop.example", "sms": "SHOP"}},
    "journeys/mail.json": {
        "id": "mail",
        "name": "Mail",
        "status": "live",
        "entry": {
            "event": "order.placed",
            "key": "event.n",
            "where": {"did": {"event": "visited", "count": 0, "within": "P30D"}},
        },
        "start": "pause",
        "steps": {
            "pause": {"type": "wait", "for": "PT1M", "next": "mail"},
            "mail": {**STEPS, "channel": "email", "next": "text"},
            "text": {
                "type": "send",
                "channel": "sms",
                "content": {"text": "Hello"},
                "next": "push",
            },
            "push": {"type": "send", "channel": "push", "content": {"title": "Hello"}},
        },
    },
    "journeys/nap.json": {
        "id": "nap",
        "name": "Nap",
        "status": "live",
        "entry": {"event": "order.placed"},
        "start": "sleep",
        "steps": {"sleep": {"type": "wait", "for": "P30D"}},
    },
}
