"""Release finds the first legal instant: it agrees with stepping through time, minute by minute."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time, timedelta
from itertools import chain, takewhile

from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from sojourn.core.sending.caps import first_allowed, pruned
from sojourn.core.sending.quiet import first_open
from sojourn.core.sending.release import Hold, Release, Send, Skip, release
from sojourn.core.state.customer import Customer, Message, Sent
from sojourn.core.values.instants import DAY, HOUR, MINUTE, Instant, parse_instant
from sojourn.core.values.localtime import find_zone
from sojourn.core.workspace.settings import Cap, Category, Closed, QuietHours, Settings
from tests.core.naive_release import Rules
from tests.core.nouns import customer, message, sent

GRID = 15 * MINUTE
"""Every offset, every change of one and every rule in these tests is on a quarter of an hour."""

CHANNELS = ("email", "sms")
CATEGORIES = ("marketing", "news", "service")
ODD_WEEKS = [
    ("UTC", "2026-01-05T09:00:00Z"),
    ("Europe/Berlin", "2026-03-28T12:00:00Z"),
    ("Europe/Berlin", "2026-10-24T12:00:00Z"),
    ("America/New_York", "2026-11-01T00:00:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T00:00:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T00:00:00Z"),
    ("Pacific/Apia", "2011-12-29T00:00:00Z"),
    ("America/Sao_Paulo", "2018-11-03T12:00:00Z"),
    ("America/Sao_Paulo", "2018-02-17T12:00:00Z"),
    ("America/Havana", "2026-10-31T12:00:00Z"),
    ("Africa/Casablanca", "2026-02-14T12:00:00Z"),
    ("Antarctica/Casey", "2010-03-04T06:00:00Z"),
    ("Asia/Kathmandu", "2026-01-05T09:00:00Z"),
]

quarters = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
some_channels = st.none() | st.frozensets(st.sampled_from(CHANNELS), min_size=1)
some_categories = st.none() | st.frozensets(st.sampled_from(CATEGORIES), min_size=1)
weekdays = st.frozensets(st.integers(0, 6), max_size=3)
windows = st.sampled_from([HOUR, 4 * HOUR, DAY, 3 * DAY])
caps = st.builds(
    lambda cap, number: replace(cap, name=f"cap{number}"),
    st.one_of(
        st.builds(
            Cap,
            st.just("rolling"),
            some_channels,
            some_categories,
            st.sampled_from([0, 1, 1, 1, 2, 3]),
            windows,
            st.none() | st.sampled_from([HOUR, 5 * HOUR]),
        ),
        st.builds(
            Cap,
            st.just("calendar"),
            some_channels,
            some_categories,
            st.sampled_from([1, 1, 2, 4]),
            st.sampled_from(["day", "day", "week", "month"]),
            st.none() | st.just(HOUR),
        ),
        st.builds(
            Cap,
            st.just("gap"),
            some_channels,
            some_categories,
            st.none(),
            st.none(),
            st.sampled_from([MINUTE * 30, 4 * HOUR, 30 * HOUR]),
        ),
    ),
    st.integers(0, 9),
)
quiet_hours = st.one_of(
    st.builds(QuietHours, some_channels, quarters, quarters, weekdays),
    st.builds(QuietHours, some_channels, quarters, quarters, weekdays),
    st.builds(QuietHours, st.none(), st.just(time(21)), st.just(time(8)), weekdays),
    st.builds(lambda at, on: QuietHours(None, at, at, on), quarters, weekdays),
)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Message, Customer, Settings, Instant, str]:
    """A message, a customer with a ledger, settings and an instant, around an odd time."""
    zone, around = draw(st.sampled_from(ODD_WEEKS))
    now = parse_instant(around) + GRID * draw(st.integers(0, 200))
    today = date.fromisoformat(around[:10])
    closed = st.builds(
        lambda channels, first, days: Closed(
            channels, today + timedelta(days=first), today + timedelta(days=first + days)
        ),
        some_channels,
        st.integers(-2, 5),
        st.sampled_from([0, 0, 1, 1, 2, 9]),
    )
    ledger = draw(
        st.lists(
            st.builds(
                lambda ago, channel, category, counts: sent(
                    now - GRID * ago, channel, category, counts=counts
                ),
                st.integers(0, 200) | st.integers(0, 3000),
                st.sampled_from(CHANNELS),
                st.sampled_from(CATEGORIES),
                st.sampled_from([True, True, True, False]),
            ),
            max_size=8,
        )
    )
    ledger.sort(key=lambda item: item.at)
    rules = Settings(
        timezone=zone,
        senders={},
        categories={
            "news": Category("news", "none", True, True, False),  # noqa: FBT003 - in the noun's order
            "service": Category("service", "none", False, False, True),  # noqa: FBT003 - as above
        },
        caps=tuple(draw(st.lists(caps, max_size=4))),
        quiet_hours=tuple(draw(st.lists(quiet_hours, max_size=2))),
        closed=tuple(draw(st.lists(closed, max_size=1))),
        control_group=0,
    )
    wanted = message(
        now,
        channel=draw(st.sampled_from(CHANNELS)),
        category=draw(st.sampled_from([*CATEGORIES, "marketing", "marketing"])),
        hold=draw(st.sampled_from([0, GRID, 6 * HOUR, DAY, DAY, 3 * DAY, 3 * DAY, 6 * DAY])),
        on_limit=draw(st.sampled_from([*["hold"] * 7, "skip"])),
    )
    return wanted, customer(ledger=tuple(ledger)), rules, now, zone


def rules_of(situation: tuple[Message, Customer, Settings, Instant, str]) -> Rules:
    wanted, person, rules, _, zone = situation
    there = find_zone(zone)
    assert there is not None
    category = rules.category(wanted.category)
    return Rules(rules, category, wanted.channel, person.ledger, there)


def steps(begin: Instant, end: Instant) -> Iterator[Instant]:
    """The grid from an instant up to and including another."""
    return iter(range(begin, end + 1, GRID))


FAR = 75 * DAY
"""Longer than any limit in these tests lasts: two months, a closed stretch and three weeks."""


def expected(
    situation: tuple[Message, Customer, Settings, Instant, str],
) -> tuple[Release, set[str]]:
    """What must be decided, and which rules may be named as the reason."""
    wanted, person, _, now, _ = situation
    rules = rules_of(situation)
    last = now if wanted.on_limit == "skip" else wanted.deadline_at
    first = rules.first("quiet full", steps(now, last))
    if first == now:
        return Send(person.addresses(wanted.channel)), set()
    if first is not None:
        backwards = range(first - GRID, now - 1, -GRID)
        last_run = takewhile(bool, (rules.quiet(at) for at in backwards))
        return Hold(first, ""), {*chain(*last_run), *rules.full(first - GRID)}
    quiet_until = rules.first("quiet", steps(now, now + FAR))
    full_until = rules.first("full", steps(now, now + FAR))
    if _later(quiet_until, full_until):
        return Skip("quiet", ""), {rules.quiet(now)[0]}
    never = now + FAR if full_until is None else full_until - GRID
    return Skip("capped", ""), set(rules.full(never))


def _later(one: Instant | None, other: Instant | None) -> bool:
    return other is not None and (one is None or one > other)


def unreasoned(verdict: Release) -> Release:
    return verdict if isinstance(verdict, Send) else replace(verdict, reason="")


@settings(max_examples=150)
@given(situations())
def test_release_is_what_stepping_through_time_finds(
    situation: tuple[Message, Customer, Settings, Instant, str],
) -> None:
    wanted, person, rules, now, _ = situation
    verdict = release(wanted, person, rules, now)
    right, reasons = expected(situation)
    event(right.outcome if isinstance(right, Skip) else type(right).__name__)
    assert unreasoned(verdict) == right
    assert isinstance(verdict, Send) or verdict.reason in reasons


@settings(max_examples=60)
@given(situations())
def test_each_kind_of_limit_alone_ends_at_its_first_free_instant(
    situation: tuple[Message, Customer, Settings, Instant, str],
) -> None:
    wanted, person, settings_, now, _ = situation
    rules = rules_of(situation)
    quiet = first_open(settings_, rules.category, wanted.channel, now, rules.zone)
    cap = first_allowed(settings_, rules.category, wanted.channel, person.ledger, now, rules.zone)
    opens = rules.first("quiet", steps(now, now + FAR))
    frees = rules.first("full", steps(now, now + FAR))
    assert (now if quiet is None else quiet.until) == opens
    assert (now if cap is None else cap.until) == frees


@given(situations())
def test_a_held_message_that_wakes_is_sent_unless_something_new_came(
    situation: tuple[Message, Customer, Settings, Instant, str],
) -> None:
    wanted, person, rules, now, _ = situation
    verdict = release(wanted, person, rules, now)
    if isinstance(verdict, Hold):
        assert now < verdict.until <= wanted.deadline_at
        assert isinstance(release(wanted, person, rules, verdict.until), Send)
        assert not isinstance(release(wanted, person, rules, verdict.until - 1), Send)


@st.composite
def long_ledgers(draw: st.DrawFn) -> tuple[tuple[Sent, ...], tuple[Cap, ...], Instant]:
    """More sends than are kept whatever caps say, and caps that may look back beyond them."""
    now = parse_instant("2026-03-28T12:00:00Z")
    gaps = st.sampled_from([0, 1, MINUTE, HOUR, 5 * HOUR])
    channels, categories = st.sampled_from(CHANNELS), st.sampled_from(CATEGORIES)
    count = draw(st.integers(45, 90))
    at, ledger = now, []
    for number in range(count):
        at -= draw(gaps)
        item = sent(at, draw(channels), draw(categories), counts=draw(st.booleans()))
        ledger.append(replace(item, id=f"m{number}"))
    chosen = draw(st.lists(caps, min_size=1, max_size=3))
    raised = [
        replace(cap, maximum=cap.maximum and cap.maximum * draw(st.sampled_from([1, 20])))
        for cap in chosen
    ]
    return tuple(reversed(ledger)), tuple(raised), now


@settings(max_examples=60)
@given(long_ledgers(), st.sampled_from(["UTC", "Europe/Berlin"]), st.integers(0, 40))
def test_a_pruned_ledger_changes_no_release(
    case: tuple[tuple[Sent, ...], tuple[Cap, ...], Instant], zone: str, hours: int
) -> None:
    ledger, some_caps, now = case
    rules = Settings(zone, {}, {}, some_caps, (), (), 0)
    short = pruned(ledger, rules, now)
    event(f"pruned: {len(short) < len(ledger)}")
    assert [item for item in ledger if item in short] == list(short)
    assert short[-50:] == ledger[-50:]
    later = now + hours * HOUR
    for channel in CHANNELS:
        for category in CATEGORIES:
            wanted = message(later, channel=channel, category=category, hold=3 * DAY)
            whole, cut = customer(ledger=ledger), customer(ledger=short)
            assert release(wanted, whole, rules, later) == release(wanted, cut, rules, later)


@settings(max_examples=30)
@given(
    st.integers(-26 * 60, 26 * 60),
    st.lists(st.integers(0, 30 * 60), max_size=4),
    st.integers(1, 2),
    st.sampled_from([("America/St_Johns", "2010-11-07"), ("Antarctica/Casey", "2010-03-05")]),
)
@example(150, [10, 5], 1, ("America/St_Johns", "2010-11-07"))
def test_a_calendar_cap_holds_where_the_clock_goes_back_over_midnight(
    minutes: int, ago: list[int], maximum: int, where: tuple[str, str]
) -> None:
    # In St. John's a day began, and a minute later it was 23:01 of the day before.
    name, day = where
    zone = find_zone(name)
    assert zone is not None
    now = parse_instant(f"{day}T00:00:00Z") + minutes * MINUTE
    ledger = tuple(sent(now - age * MINUTE) for age in sorted(ago, reverse=True))
    cap = Cap("daily", None, None, maximum, "day", None)
    rules = Settings(name, {}, {}, (cap,), (), (), 0)
    category = rules.category("marketing")
    naive = Rules(rules, category, "email", ledger, zone)
    limit = first_allowed(rules, category, "email", ledger, now, zone)
    frees = naive.first("full", iter(range(now, now + 3 * DAY, MINUTE)))
    assert (now if limit is None else limit.until) == frees
