"""How many decisions of `release` one core takes in a second.

The customers have ledgers of 50 sends; the settings have five caps, quiet hours on two channels, a
closed stretch and a control group. Time is that of this process alone, so a busy machine does not
count; the best of many short rounds is printed, as JSON.
"""

import json
import random
from collections import Counter
from collections.abc import Sequence
from time import process_time

from sojourn.core.sending.release import Skip, release
from sojourn.core.state.customer import Customer, Message, Sent, Trait
from sojourn.core.values.instants import DAY, HOUR, MINUTE, Instant, parse_instant
from sojourn.core.workspace.settings import Settings
from sojourn.core.workspace.settings_file import read_settings

SEED = 1
CUSTOMERS = 200
SENDS = 50
ROUNDS = 400
NOW = parse_instant("2026-03-27T18:00:00Z")
ZONES = ("Africa/Johannesburg", "America/New_York", "Asia/Tokyo", "Europe/Berlin")

SETTINGS = {
    "timezone": "Africa/Johannesburg",
    "caps": [
        {
            "name": "email-daily",
            "channels": ["email"],
            "categories": ["marketing"],
            "max": 1,
            "per": "P1D",
        },
        {"name": "weekly", "max": 4, "per": "P7D"},
        {"name": "sms-month", "channels": ["sms"], "max": 3, "per": "calendar_month"},
        {"name": "email-day", "channels": ["email"], "max": 2, "per": "calendar_day"},
        {"name": "breathing-space", "min_gap": "PT4H"},
    ],
    "quiet_hours": [
        {"from": "21:00", "to": "08:00"},
        {"channels": ["sms"], "from": "20:00", "to": "09:00", "weekdays": ["sun"]},
    ],
    "closed": [{"from": "2026-12-25", "to": "2026-12-26"}],
    "control_group": 5,
}

type Case = tuple[Message, Customer, Instant]


def sends(rng: random.Random, days: int) -> tuple[Sent, ...]:
    """A ledger of 50 sends over so many days, in order of time."""
    times = sorted(NOW - rng.randrange(MINUTE, days * DAY) for _ in range(SENDS))
    return tuple(
        Sent(
            f"m{number}",
            at,
            rng.choice(["email", "sms"]),
            rng.choice(["marketing", "transactional"]),
            rng.random() < 0.5,  # noqa: PLR2004 - half of them count
            "journey",
            "step",
            "enrolment",
            "ana@example.com",
        )
        for number, at in enumerate(times)
    )


def cases(rng: random.Random, days: int) -> list[Case]:
    """One message each for many customers, at different hours of a day."""
    found: list[Case] = []
    for number in range(CUSTOMERS):
        now = NOW + rng.randrange(24) * HOUR
        traits = {
            "email": "ana@example.com",
            "phone": "+27820000000",
            "timezone": rng.choice(ZONES),
        }
        customer = Customer(
            f"customer-{number}",
            NOW,
            traits={name: Trait(value, NOW) for name, value in traits.items()},
            ledger=sends(rng, days),
        )
        message = Message(
            id="message",
            enrolment="enrolment",
            journey="journey",
            version=1,
            step="step",
            number=1,
            channel=rng.choice(["email", "sms"]),
            category="marketing",
            priority=50,
            requested_at=now,
            deadline_at=now + DAY,
            wake_at=now,
            on_limit="hold",
            variables={},
        )
        found.append((message, customer, now))
    return found


def per_second(settings: Settings, chosen: Sequence[Case]) -> int:
    """Decisions a second in the best of many short rounds, the one least disturbed."""
    best = 0.0
    for _ in range(ROUNDS):
        begun = process_time()
        for message, customer, now in chosen:
            release(message, customer, settings, now)
        best = max(best, len(chosen) / (process_time() - begun))
    return round(best)


def outcomes(settings: Settings, chosen: Sequence[Case]) -> dict[str, int]:
    """What the decisions were, so that a reader sees what was measured."""
    verdicts = (release(*case[:2], settings, case[2]) for case in chosen)
    names = (
        item.outcome if isinstance(item, Skip) else type(item).__name__.lower() for item in verdicts
    )
    return dict(sorted(Counter(names).items()))


def main() -> None:
    """Measure ledgers whose 50 sends lie in one week, one quarter and one year."""
    settings = read_settings(SETTINGS)
    result = {}
    for name, days in (("week", 7), ("quarter", 90), ("year", 365)):
        chosen = cases(random.Random(SEED), days)
        result[name] = {
            "decisions_per_second": per_second(settings, chosen),
            "outcomes": outcomes(settings, chosen),
        }
    print(
        json.dumps({"ledger": SENDS, "caps": len(settings.caps), "sends_within": result}, indent=2)
    )


if __name__ == "__main__":
    main()
