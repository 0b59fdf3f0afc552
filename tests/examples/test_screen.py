"""The demo's last screen says everything on a screen of any width."""

import re
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from sojourn.core.state.decisions import Record
from sojourn.language.workspace import load
from sojourn_cli.demo.__main__ import SHOP, without_fonts
from sojourn_cli.demo.account import Account, Row, why_not_entered
from sojourn_cli.demo.screen import show
from sojourn_cli.demo.stories import workspace_at_demo_speed

ACCOUNT = Account(
    rows=(
        Row("zanele", 8.4, "welcome", "hello", "email", "sent", "consent to marketing not refused"),
        Row("zanele", 12.3, "win-back", "", "", "not entered", 'event.channel eq "email": "sms"'),
        Row(
            "ben", 25.2, "cart-recovery", "remind", "email", "suppressed", "channels.email bounced"
        ),
    ),
    events=28,
    dead_letters=0,
    fresh=(),
    late=(),
    enrolments=(),
)
WIDE = 140
STORIES = {"zanele": "complains to customer care", "ben": "has an address that bounces"}


LONG = Row(
    "ben", 31.0, "service-recovery", "ask-how-it-went-by-sms", "sms", "sent",
    "no consent is needed for service, and no quiet hours hold it back",
)  # fmt: skip


def screen(width: int, account: Account = ACCOUNT) -> str:
    out = StringIO()
    console = Console(file=out, width=width, highlight=False, markup=False)
    show(console, account, {"event to message": (8, 0.057, 1.197)}, STORIES)
    return out.getvalue()


@pytest.mark.parametrize("width", [44, 60, 80, 95, 96, 97, WIDE, 250])
def test_who_got_what_and_why_is_there_whole(width: int) -> None:
    shown = screen(width)
    assert all(len(line.rstrip()) <= width for line in shown.splitlines())
    words = set(shown.split())
    for row in ACCOUNT.rows:
        assert {row.customer, f"{row.at:.1f}", *row.why.split()} <= words
        assert row.status in ("sent", "not entered") or f"{row.status}: " in " ".join(shown.split())
        assert (f"{row.journey}/{row.step}" if row.is_message else row.journey) in words
        assert set(STORIES[row.customer].split()) <= words
    assert "28 events, 2 messages: 1 sent, 1 suppressed" in " ".join(shown.split())


@pytest.mark.parametrize("width", [60, WIDE, 150])
def test_a_long_name_of_a_step_stays_whole(width: int) -> None:
    missed = replace(LONG, status="held")
    shown = screen(width, replace(ACCOUNT, rows=(*ACCOUNT.rows, LONG, missed)))
    words = shown.split()
    assert words.count("service-recovery/ask-how-it-went-by-sms") == 2
    for word in LONG.why.split():
        assert words.count(word) >= 2
    assert all(len(line.rstrip()) <= width for line in shown.splitlines())


def test_on_a_narrow_screen_each_customer_is_a_block() -> None:
    lines = [line.rstrip() for line in screen(80).splitlines()]
    assert lines[:6] == [
        "zanele complains to customer care",
        "  8.4 s  got email welcome/hello",
        "         consent to marketing not refused",
        " 12.3 s  did not enter win-back",
        '         event.channel eq "email": "sms"',
        "",
    ]


def test_on_a_wide_screen_each_reason_stands_beside_what_it_explains() -> None:
    lines = [line.rstrip() for line in screen(WIDE).splitlines()]
    assert lines[:6] == [
        "zanele complains to customer care",
        "  8.4 s  got email welcome/hello                 consent to marketing not refused",
        ' 12.3 s  did not enter win-back                  event.channel eq "email": "sms"',
        "",
        "ben has an address that bounces",
        " 25.2 s  did not get email cart-recovery/remind  suppressed: channels.email bounced",
    ]


@pytest.mark.parametrize("width", [60, WIDE])
def test_a_journey_that_ended_is_no_message_that_was_not_got(width: int) -> None:
    ended = Row("ben", 9.0, "win-back", "", "", "ended", "by message.opened")
    shown = " ".join(screen(width, replace(ACCOUNT, rows=(ended,))).split())
    assert "9.0 s left win-back ended by message.opened" in shown
    assert "did not get" not in shown


@pytest.mark.parametrize("width", [60, WIDE])
def test_a_long_story_shifts_no_row(width: int) -> None:
    stories, row = {"ben": "long " * 60}, ACCOUNT.rows[-1]
    out = StringIO()
    show(Console(file=out, width=width), replace(ACCOUNT, rows=(row, row)), {}, stories)
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    first, second = (number for number, line in enumerate(lines) if "25.2 s" in line)
    assert second - first == (1 if width == WIDE else 2)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("event.total gte 50: 32", "event.total ≥ 50: it was 32"),
        ("profile.open_complaint ne true: true", "profile.open_complaint ≠ true: it was true"),
        ("in_progress", "in_progress"),
    ],
)
def test_why_a_journey_was_not_entered_is_said_as_explain_says_it(reason: str, said: str) -> None:
    plan = load(workspace_at_demo_speed(SHOP)).plan
    assert plan is not None
    record = Record(0, "not_entered", "cart-recovery", reason=reason)
    assert why_not_entered(record, plan) == said


def test_the_picture_fetches_nothing_from_elsewhere() -> None:
    picture = Console(record=True, width=WIDE, file=StringIO())
    show(picture, ACCOUNT, {}, STORIES)
    svg = without_fonts(picture.export_svg(title="demo"))
    assert set(re.findall(r"https?://[^\s\"')]*", svg)) == {"http://www.w3.org/2000/svg"}
    assert "zanele" in svg
    assert "monospace" in svg
