"""What the tests of rendering start from: a customer, and short ways to render for her."""

from collections.abc import Mapping
from decimal import Decimal

from sojourn.core.values.exact import Json
from sojourn.rendering.content import render
from sojourn.rendering.failure import RenderFailed

NAMES: Mapping[str, Json] = {
    "profile": {
        "first_name": "Thandi",
        "company": "Bread & <Butter>",
        "nickname": None,
        "points": 120,
        "vip": False,
        "born": "1990-02-28",
        "languages": ["zu", "en"],
        "address": {"city": "Durban", "first line": "1 Beach Rd"},
    },
    "entry": {
        "total": Decimal("59.90"),
        "placed_at": "2026-01-05T22:30:00Z",
        "items": [
            {"name": "Mug", "price": Decimal("19.90"), "count": 1},
            {"name": "Tea & cake", "price": Decimal("20.00"), "count": 2},
        ],
        "notes": [],
    },
    "vars": {},
    "customer": {"id": "c1"},
    "journey": {"id": "cart-recovery"},
    "step": {"id": "remind"},
    "unsubscribe_url": "https://shop.example/u?a=1&b=2",
}


def text_of(source: str, names: Mapping[str, Json] = NAMES, locale: str | None = None) -> str:
    """The source rendered as plain text."""
    text = render({"text": source}, names, zone="Africa/Johannesburg", locale=locale).text
    assert text is not None
    return text


def html_of(source: str, names: Mapping[str, Json] = NAMES, locale: str | None = None) -> str:
    """The source rendered as HTML."""
    html = render({"html": source}, names, zone="Africa/Johannesburg", locale=locale).html
    assert html is not None
    return html


def reason_of(source: str, names: Mapping[str, Json] = NAMES) -> str:
    """Why the source cannot be rendered, the same as text and as HTML."""
    reasons = set()
    for show in (text_of, html_of):
        try:
            shown = show(source, names)
        except RenderFailed as error:
            reasons.add(error.reason)
        else:
            raise AssertionError(f"it was rendered: {shown!r}")
    assert len(reasons) == 1
    return reasons.pop()
