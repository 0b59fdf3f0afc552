"""One decision of release, in the words of a settings file."""

from collections.abc import Mapping

from sojourn.core.sending.release import Hold, Release, release
from sojourn.core.values.instants import DAY, Instant, parse_instant
from sojourn.core.workspace.settings_file import read_settings
from tests.core.nouns import MONDAY, customer, message, sent

ANA = ("ana@example.com",)
EMAIL_DAILY = {"name": "email-daily", "channels": ["email"], "max": 1, "per": "P1D"}
NIGHT = {"from": "21:00", "to": "08:00"}


def decide(  # noqa: PLR0913 - what a decision rests on
    rules: Mapping[str, object],
    now: Instant | str = MONDAY,
    *ledger: str,
    channel: str = "email",
    category: str = "marketing",
    hold: int = DAY,
    on_limit: str = "hold",
) -> Release:
    at = parse_instant(now) if isinstance(now, str) else now
    wanted = message(at, channel=channel, category=category, hold=hold, on_limit=on_limit)
    person = customer(ledger=tuple(sent(item, channel) for item in ledger))
    return release(wanted, person, read_settings(rules), at)


def held(until: str, reason: str) -> Hold:
    return Hold(parse_instant(until), reason)
