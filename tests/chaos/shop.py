"""A small shop for chaos: waits, a cap, a gap, quiet hours, an exit, two categories."""

from typing import Any

from sojourn.core.exact import JsonObject, dumps, loads_object

SETTINGS: dict[str, Any] = {
    "timezone": "UTC",
    "caps": [
        {
            "name": "daily",
            "channels": ["email"],
            "categories": ["marketing"],
            "max": 2,
            "per": "P1D",
        },
        {"name": "gap", "min_gap": "PT30M"},
    ],
    "quiet_hours": [{"from": "21:00", "to": "08:00"}],
}

CART: dict[str, Any] = {
    "id": "cart",
    "status": "live",
    "priority": 60,
    "entry": {"event": "cart.abandoned", "key": "event.cart"},
    "exit": [{"event": "order.placed", "match": {"event.cart": "entry.cart"}, "outcome": "bought"}],
    "start": "wait",
    "steps": {
        "wait": {"type": "wait", "for": "PT10M", "next": "remind"},
        "remind": {
            "type": "send",
            "channel": "email",
            "content": {"subject": "cart {{ entry.cart }}", "text": "cart {{ entry.cart }}"},
            "next": "reaction",
        },
        "reaction": {
            "type": "wait_for",
            "any": [{"event": "message.clicked", "step": "remind"}],
            "timeout": "PT1H",
            "on_timeout": "nudge",
        },
        "nudge": {
            "type": "send",
            "channel": "sms",
            "content": {"text": "nudge {{ entry.cart }}"},
        },
    },
}

WELCOME: dict[str, Any] = {
    "id": "welcome",
    "status": "live",
    "entry": {"event": "account.created", "reentry": {"mode": "never"}},
    "start": "hello",
    "steps": {
        "hello": {
            "type": "send",
            "channel": "email",
            "content": {"subject": "hello", "text": "hello {{ customer.id }}"},
            "next": "pause",
        },
        "pause": {"type": "wait", "for": "PT45S", "next": "more"},
        "more": {
            "type": "send",
            "channel": "email",
            "content": {"subject": "more", "text": "more"},
        },
    },
}

RECEIPT: dict[str, Any] = {
    "id": "receipt",
    "status": "live",
    "category": "transactional",
    "entry": {"event": "order.placed", "key": "event.order"},
    "start": "thank",
    "steps": {
        "thank": {
            "type": "send",
            "channel": "email",
            "content": {"subject": "order {{ entry.order }}", "text": "thanks"},
        }
    },
}


def documents() -> JsonObject:
    """The shop's plan as publishing stores it."""
    journeys = {
        doc["id"]: {"current": 1, "versions": {"1": doc}} for doc in (CART, WELCOME, RECEIPT)
    }
    return loads_object(
        dumps({"settings": SETTINGS, "segments": {}, "templates": {}, "journeys": journeys})
    )
