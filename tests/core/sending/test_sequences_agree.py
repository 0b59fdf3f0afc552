"""Many messages of one customer: each goes, waits, is skipped or cancelled as stepping finds it.

The rules are asked anew at every decision by the naive checker, over a ledger that is kept here:
messages wake best first, everything is checked again when one wakes, an exit cancels at once.
"""

from dataclasses import dataclass, replace

from hypothesis import event, given, settings
from hypothesis import strategies as st

from sojourn.core.sending.release import Hold, Send, Skip
from sojourn.core.state.customer import Event, Message, Sent
from sojourn.core.values.instants import DAY, HOUR, Instant, parse_instant
from sojourn.core.workspace.plan import Plan
from sojourn.core.workspace.settings import Category, Settings
from sojourn_cli.simulation.clock import live
from tests.core.engine.given import journey, plan_of
from tests.core.nouns import customer, message
from tests.core.sending.test_release_agrees import (
    CATEGORIES,
    CHANNELS,
    GRID,
    ODD_WEEKS,
    caps,
    expected,
    quiet_hours,
)

LASTS = 9 * DAY
"""Longer than any message here is held."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A message that a journey will want to send, and when she leaves that journey."""

    journey: str
    at: Instant
    left_at: Instant | None
    channel: str
    category: str
    priority: int
    hold: int
    on_limit: str

    def message(self) -> Message:
        """As the naive checker has it."""
        made = message(
            self.at,
            channel=self.channel,
            category=self.category,
            hold=self.hold,
            on_limit=self.on_limit,
        )
        return replace(made, journey=self.journey, priority=self.priority)


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[Wish], Settings, str]:
    """Up to seven messages around an odd time of a zone, and the rules that bind them."""
    zone, around = draw(st.sampled_from(ODD_WEEKS))
    begin = parse_instant(around)
    wishes = []
    for number in range(draw(st.integers(2, 7))):
        at = begin + GRID * draw(st.sampled_from([0, 0, 1, 8]) | st.integers(0, 120))
        after = draw(st.none() | st.integers(0, 60))
        wishes.append(
            Wish(
                f"j{number}",
                at,
                None if after is None else at + GRID * after,
                draw(st.sampled_from(CHANNELS)),
                draw(st.sampled_from([*CATEGORIES, "marketing", "marketing"])),
                draw(st.sampled_from([50, 50, 60])),
                draw(st.sampled_from([0, 6 * HOUR, DAY, 2 * DAY, 3 * DAY])),
                draw(st.sampled_from([*["hold"] * 6, "skip"])),
            )
        )
    rules = Settings(
        timezone=zone,
        senders={},
        categories={
            "news": Category("news", "none", True, True, False),  # noqa: FBT003 - in the noun's order
            "service": Category("service", "none", False, False, True),  # noqa: FBT003 - as above
        },
        caps=tuple(draw(st.lists(caps, min_size=1, max_size=3))),
        quiet_hours=tuple(draw(st.lists(quiet_hours, max_size=2))),
        closed=(),
        control_group=0,
    )
    return wishes, rules, zone


type Fate = tuple[str, Instant]


def stepped(wishes: list[Wish], rules: Settings, zone: str) -> dict[str, Fate]:
    """What becomes of each message and when, a quarter of an hour at a time."""
    fates: dict[str, Fate] = {}
    waiting: dict[str, tuple[Instant, Wish]] = {}
    ledger: list[Sent] = []
    begin = min(wish.at for wish in wishes)
    for now in range(begin, begin + LASTS, GRID):
        for wish in wishes:
            if wish.at == now:
                waiting[wish.journey] = (now, wish)
        for wish in wishes:
            if wish.left_at == now and wish.journey in waiting:
                del waiting[wish.journey]
                fates[wish.journey] = ("cancelled", now)
        while ready := [wish for wake_at, wish in waiting.values() if wake_at <= now]:
            best = min(ready, key=lambda one: (-one.priority, one.at + one.hold, one.journey))
            person = customer(ledger=tuple(ledger))
            verdict, _ = expected((best.message(), person, rules, now, zone))
            match verdict:
                case Send():
                    ledger.append(_slot(best, rules, now))
                    fates[best.journey] = ("sent", now)
                case Hold(until, _):
                    waiting[best.journey] = (until, best)
                    continue
                case Skip(outcome, _):
                    fates[best.journey] = (outcome, now)
            del waiting[best.journey]
    return fates


def _slot(wish: Wish, rules: Settings, at: Instant) -> Sent:
    counts = rules.category(wish.category).counts_toward_caps
    return Sent(wish.journey, at, wish.channel, wish.category, counts, "j", "s", "e", "a@b.example")


def plan_for(wishes: list[Wish], rules: Settings) -> Plan:
    """A journey for each wish: it sends as soon as it is entered."""
    plan = plan_of(
        *(
            journey(
                wish.journey,
                f"{wish.journey} goes",
                {
                    "mail": {
                        "type": "send",
                        "channel": wish.channel,
                        "category": wish.category,
                        "priority": wish.priority,
                        "hold": f"{wish.hold // HOUR}h",
                        "on_limit": wish.on_limit,
                        "content": {"subject": "s", "text": "t"},
                    }
                },
                exit=[{"event": f"{wish.journey} stops"}],
            )
            for wish in wishes
        )
    )
    return replace(plan, settings=rules)


def story_of(wishes: list[Wish]) -> list[Event]:
    """The events that begin and end it all, in order of time; who enters does so first."""
    known = {"email": "ana@example.com", "phone": "+27820000000"}
    goes = [
        Event(f"{wish.journey}+", f"{wish.journey} goes", wish.at, wish.at, traits=known)
        for wish in wishes
    ]
    stops = [
        Event(f"{wish.journey}-", f"{wish.journey} stops", wish.left_at, wish.left_at)
        for wish in wishes
        if wish.left_at is not None
    ]
    return sorted([*goes, *stops], key=lambda item: item.received_at)


@settings(max_examples=40)
@given(lives())
def test_a_life_of_messages_is_what_stepping_finds(
    case: tuple[list[Wish], Settings, str],
) -> None:
    wishes, rules, zone = case
    plan, story = plan_for(wishes, rules), story_of(wishes)
    life = live(plan, "c1", story, story[0].received_at + LASTS)
    fates = {item.message.journey: (item.status, item.decided_at) for item in life.settled}
    right = stepped(wishes, rules, zone)
    for status, _ in right.values():
        event(status)
    assert fates == right
    assert len(fates) == len(wishes), "none is lost"
    assert dict(life.customer.messages) == {}
