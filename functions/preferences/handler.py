"""Preferences: the page behind the link in a message, and the one click of mail programs."""

import gc

gc.disable()  # until everything is loaded: docs/decisions/0008-cold-start.md

import os
from typing import Any

from sojourn.adapters.http import answer_to, request_from
from sojourn.adapters.wiring.preferences import wire

_preferences = wire(os.environ)
gc.freeze()
gc.enable()


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one request."""
    request = request_from(event)
    return answer_to(request, _preferences.answer(request))
