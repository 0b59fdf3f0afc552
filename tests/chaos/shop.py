"""A small shop for chaos: waits, a cap, a gap, quiet hours, exits, three kinds of category."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest

from sojourn.core.values.exact import JsonObject, dumps, loads_object
from sojourn.core.workspace.documents import plan_from
from sojourn.core.workspace.plan import Plan
from sojourn.runtime.workspace.publishing import next_documents, with_thaw
from tests.chaos.story import published_at

type Doc = dict[str, Any]

SETTINGS: Doc = {
    "timezone": "UTC",
    "categories": {
        "notice": {
            "consent": "none",
            "obeys_caps": True,
            "counts_toward_caps": True,
            "quiet_hours": False,
        }
    },
    "caps": [
        {
            "name": "daily",
            "channels": ["email"],
            "categories": ["marketing", "notice"],
            "max": 2,
            "per": "P1D",
        },
        {"name": "gap", "min_gap": "PT30M"},
    ],
    "quiet_hours": [{"from": "21:00", "to": "08:00"}],
}

CART: Doc = {
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

WELCOME: Doc = {
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

RECEIPT: Doc = {
    "id": "receipt",
    "status": "live",
    "category": "transactional",
    "entry": {"event": "order.placed", "key": "event.order"},
    "exit": [{"event": "order.cancelled", "match": {"event.order": "entry.order"}}],
    "start": "thank",
    "steps": {
        "thank": {
            "type": "send",
            "channel": "email",
            "content": {"subject": "order {{ entry.order }}", "text": "thanks"},
        }
    },
}

NOTICE: Doc = {
    "id": "notice",
    "status": "live",
    "category": "notice",
    "entry": {"event": "order.placed", "key": "event.order"},
    "start": "tell",
    "steps": {
        "tell": {
            "type": "send",
            "channel": "email",
            "hold": "PT6H",
            "content": {"subject": "notice {{ entry.order }}", "text": "on its way"},
        }
    },
}

LONGER_CART: Doc = CART | {
    "steps": CART["steps"] | {"reaction": CART["steps"]["reaction"] | {"timeout": "PT2H"}}
}

REVISIONS: tuple[Mapping[str, Doc], ...] = (
    {"cart": CART, "welcome": WELCOME, "receipt": RECEIPT, "notice": NOTICE},
    {"cart": LONGER_CART},
    {"cart": LONGER_CART | {"status": "paused", "resume_over": "PT20M"}},
    {"cart": LONGER_CART | {"resume_over": "PT20M"}},
    {"cart": CART | {"status": "archived", "on_archive": "exit"}},
)
"""What each publishing uploads; the first is live from the beginning."""


@cache
def documents(revision: int = 1) -> JsonObject:
    """A revision of the shop's plan as publishing stores it."""
    files: dict[str, Doc] = {}
    for uploaded in REVISIONS[:revision]:
        files |= uploaded
    workspace = loads_object(
        dumps(
            {
                "settings": SETTINGS,
                "segments": {},
                "templates": {},
                "journeys": {
                    id_: {"current": 1, "versions": {"1": doc}} for id_, doc in files.items()
                },
            }
        )
    )
    before: JsonObject = documents(revision - 1) if revision > 1 else {}
    after = next_documents(before, workspace, published_at(revision))
    return with_thaw(after, before, revision)


@cache
def plan(revision: int = 1) -> Plan:
    """A revision, compiled."""
    return plan_from(documents(revision), revision)


@contextmanager
def shared_plans() -> Iterator[None]:
    """Compile each revision once for all seeds: that is most of what a cold function costs."""
    shared = [(documents(revision), revision) for revision in range(1, len(REVISIONS) + 1)]

    def compiled(asked: JsonObject, revision: int) -> Plan:
        if any(known is asked and number == revision for known, number in shared):
            return plan(revision)
        return plan_from(asked, revision)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sojourn.runtime.live_plan.plan_from", compiled)
        yield
