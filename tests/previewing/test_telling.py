"""What stands around a message, channel by channel."""

import pytest

from sojourn.rendering.content import Rendered
from sojourn_cli.previewing.made import CLIPPED_BYTES, Made
from sojourn_cli.previewing.telling import facts, lines

NOTHING = Rendered(None, None, None, None, None, None, None)
EMAIL = Rendered("Hello", "Soon", "Hello Ana", "<p>Hello</p>", None, None, None)
TEXT = Rendered(None, None, "Hello", None, None, None, None)
PUSH = Rendered(None, None, None, None, "Hello", "A\n\nB", {"a": 1})


def made(channel: str, content: Rendered | None, *, sender: str | None = "shop") -> Made:
    return Made(channel, "marketing", sender, None, ("ana",), content, ())


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (
            made("email", EMAIL),
            {"from": "shop", "subject": "Hello", "preheader": "Soon"},
        ),
        (made("sms", TEXT), {"from": "shop", "size": "1 part (5 places of GSM-7)"}),
        (made("sms", TEXT, sender=None), {"size": "1 part (5 places of GSM-7)"}),
        (made("push", PUSH), {"title": "Hello", "data": '{"a":1}'}),
        (made("push", None), {}),
    ],
)
def test_each_channel_tells_what_is_its_own(message: Made, told: dict[str, str]) -> None:
    assert facts(message) == {"to": "ana", "category": "marketing", **told}


def test_a_push_message_is_read_by_its_body() -> None:
    assert list(lines(made("push", PUSH)))[-3:] == ["  A", "", "  B"]


def test_what_failed_has_no_text() -> None:
    assert list(lines(made("sms", None)))[1:] == [
        "  to:         ana",
        "  category:   marketing",
        "  from:       shop",
    ]


@pytest.mark.parametrize("over", [0, 1])
def test_html_that_is_cut_short_is_told(over: int) -> None:
    html = "x" * (CLIPPED_BYTES + over)
    content = Rendered("Hello", None, "Hello", html, None, None, None)
    [told] = [line for line in lines(made("email", content)) if "HTML" in line]
    assert ("Gmail shows 102 KB" in told) is bool(over)
    assert f"{len(html):,} bytes" in told


def test_without_html_there_is_nothing_to_show() -> None:
    assert not [line for line in lines(made("sms", TEXT)) if "HTML" in line]
