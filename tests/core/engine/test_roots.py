"""What a condition sees: every root of a path, and what was done."""

from dataclasses import replace
from decimal import Decimal

import pytest

from sojourn.core.engine.scope import DraftScope
from sojourn.core.errors import HistoryNeeded
from sojourn.core.limits import ENDPOINTS
from sojourn.core.matching.conditions import Did, holds
from sojourn.core.state.customer import Customer, Event, MessageFacts
from sojourn.core.state.history import LoadedHistory
from sojourn.core.values.exact import Json
from sojourn.core.values.instants import DAY, HOUR, format_instant, parse_date
from sojourn.core.values.paths import MISSING, Found, parse_path
from sojourn.core.workspace.plan import From
from sojourn.core.workspace.reading import read_condition
from tests.core.nouns import MONDAY, customer, enrolment, event, message
from tests.core.plans import draft, plan

FACTS = MessageFacts("m1", "email", "sent", MONDAY, opened_at=MONDAY + HOUR)
INSIDE = enrolment(
    entry={"cart_id": "c9", "item": {"sku": "a"}},
    vars={"n": 2},
    messages={"remind": FACTS, "nudge": MessageFacts("m2", "sms", "wanted")},
)
SETTINGS = {
    "timezone": "Africa/Johannesburg",
    "categories": {"news": {"consent": "opt_in"}, "service": {"consent": "none"}},
}


def scope(
    person: Customer | None = None, at_hand: Event | None = None, *, inside: bool = True
) -> DraftScope:
    opened = draft(plan(SETTINGS), person if person is not None else customer())
    return DraftScope(opened, at_hand, INSIDE if inside else None)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("profile.email", "ana@example.com"),
        ("profile.address.city", "Berlin"),
        ("profile.address.street", MISSING),
        ("profile.address.city.part", MISSING),
        ("profile.age", None),
        ("profile.consent.marketing", False),
        ("profile.consent", MISSING),
        ("event.total", 5),
        ('event."order.total"', Decimal("9.90")),
        ("event.none", MISSING),
        ("entry.cart_id", "c9"),
        ("entry.item.sku", "a"),
        ("vars.n", 2),
        ("vars.m", MISSING),
        ("messages.remind.status", "sent"),
        ("messages.remind.channel", "email"),
        ("messages.remind.sent_at", "2026-01-05T09:00:00Z"),
        ("messages.remind.opened_at", "2026-01-05T10:00:00Z"),
        ("messages.remind.clicked_at", MISSING),
        ("messages.remind.id", MISSING),
        ("messages.nudge.status", MISSING),
        ("messages.nudge.channel", "sms"),
        ("messages.nudge.sent_at", MISSING),
        ("messages.other.status", MISSING),
        ("messages.remind", MISSING),
        ("consent.marketing", False),
        ("consent.news", False),
        ("consent.service", True),
        ("consent.unheard-of", True),
        ("consent.news.x", MISSING),
        ("channels.email.status", "bounced"),
        ("channels.sms.status", "ok"),
        ("channels.push.status", "missing"),
        ("channels.fax.status", MISSING),
        ("channels.email.address", MISSING),
        ("channels.email", MISSING),
        ("customer.id", "c1"),
        ("customer.created_at", "2026-01-05T09:00:00Z"),
        ("customer.timezone", "Africa/Johannesburg"),
        ("customer.locale", "de-AT"),
        ("customer.name", MISSING),
        ("moon.phase", MISSING),
    ],
)
def test_every_root_has_its_values(path: str, found: Found) -> None:
    person = customer(
        channels={"email": "bounced"},
        consents={"marketing": (False, MONDAY)},
        address={"city": "Berlin"},
        age=None,
        locale="de-AT",
    )
    at_hand = replace(
        event("order", MONDAY), properties={"total": 5, "order.total": Decimal("9.90")}
    )
    assert scope(person, at_hand).value(parse_path(path)) == found


@pytest.mark.parametrize("root", ["profile", "event", "entry", "vars", "messages", "consent"])
def test_a_root_alone_names_no_value(root: str) -> None:
    assert scope(at_hand=event("order", MONDAY)).value((root,)) is MISSING


@pytest.mark.parametrize("path", ["entry.cart_id", "vars.n", "messages.remind.status"])
def test_without_an_enrolment_there_is_nothing_of_one(path: str) -> None:
    assert scope(inside=False).value(parse_path(path)) is MISSING


def test_a_message_has_no_status_before_it_is_decided_but_when_it_is_held() -> None:
    opened = draft(plan(), customer())
    seen = DraftScope(opened, None, INSIDE)
    for status, found in (("wanted", MISSING), ("held", "held"), ("claimed", MISSING)):
        opened.messages["m2"] = replace(message(), id="m2", status=status)  # type: ignore[arg-type]
        assert seen.value(("messages", "nudge", "status")) == found


def test_without_an_event_at_hand_there_is_nothing_of_one() -> None:
    assert scope().value(("event", "total")) is MISSING


def test_consent_is_what_was_said_else_what_the_category_assumes() -> None:
    person = customer(consents={"news": (True, MONDAY), "service": (False, MONDAY)})
    found = {
        name: scope(person).value(("consent", name)) for name in ("news", "service", "marketing")
    }
    assert found == {"news": True, "service": False, "marketing": True}


def test_the_zone_is_the_one_that_counts() -> None:
    for named, key in (("Asia/Tokyo", "Asia/Tokyo"), ("Mars/Olympus", "Africa/Johannesburg")):
        seen = scope(customer(timezone=named))
        assert seen.value(("customer", "timezone")) == key
    midnight = scope(customer(timezone="Asia/Tokyo")).local_midnight(parse_date("2026-01-05"))
    assert format_instant(midnight) == "2026-01-04T15:00:00Z"


def test_another_customer_may_stand_in_for_how_she_was() -> None:
    opened = draft(plan(), customer(tier="gold"))
    assert DraftScope(opened, customer=customer()).value(("profile", "tier")) is None
    assert DraftScope(opened).value(("profile", "tier")) == "gold"


def test_values_are_read_or_stand_there() -> None:
    seen = scope(at_hand=event("order", MONDAY, total=5, note=None))
    assert seen.read(From(("event", "total"))) == 5
    assert seen.read("event.total") == "event.total"
    values: dict[str, From | Json] = {
        "a": From(("event", "total")),
        "b": From(("event", "none")),
        "c": From(("event", "note")),
        "d": None,
        "e": 1,
    }
    assert seen.read_all(values) == {"a": 5, "e": 1}


def test_pairs_agree_when_both_are_there_and_equal() -> None:
    seen = scope(at_hand=event("order", MONDAY, cart_id="c9", other="x"))
    same_cart = ((("event", "cart_id"), ("entry", "cart_id")),)
    assert seen.agrees(same_cart)
    assert not seen.agrees(((("event", "other"), ("entry", "cart_id")),))
    assert not seen.agrees(((("event", "none"), ("entry", "none")),))
    assert seen.fits(None, same_cart)
    assert seen.fits(read_condition({"vars.n": 2}, "where"), same_cart)
    assert not seen.fits(read_condition({"vars.n": 3}, "where"), same_cart)
    assert not seen.fits(read_condition({"vars.n": 2}, "where"), ((("vars", "n"), ("vars", "m")),))


# ---- What was done ----


def did(**doc: object) -> Did:
    read = read_condition({"did": {"event": "order", **doc}}, "where")
    assert isinstance(read, Did)
    return read


PAST = (
    event("order", MONDAY - 2 * DAY, total=Decimal("0.1")),
    event("order", MONDAY - DAY, total=Decimal("0.2")),
    event("visit", MONDAY - HOUR, total=100),
    event("order", MONDAY - HOUR, total="much"),
)
AT_HAND = event("order", MONDAY, total=1)


def seen_by(*, inside: bool = False, past: tuple[Event, ...] = PAST) -> DraftScope:
    opened = draft(plan(), customer(), past=past, taken=[AT_HAND])
    entered = enrolment(MONDAY - DAY, entry_event=PAST[1].id)
    return DraftScope(opened, AT_HAND, entered if inside else None)


def test_the_event_being_evaluated_counts() -> None:
    assert seen_by().occurrences(did()) == (4, 0)
    assert seen_by().occurrences(did(event=["order", "visit"])) == (5, 0)
    assert seen_by(past=()).occurrences(did()) == (1, 0)


def test_sums_are_exact_and_what_is_no_number_adds_nothing() -> None:
    count, total = seen_by().occurrences(did(sum={"of": "event.total", "gte": 0}))
    assert (count, str(total)) == (4, "1.3")
    flags = (event("order", MONDAY - DAY, total=True),)
    assert seen_by(past=flags).occurrences(did(sum={"of": "event.total", "gte": 0})) == (2, 1)
    wide = (
        event("order", MONDAY - DAY, total=10**37),
        event("order", MONDAY - HOUR, total=Decimal("0.01")),
    )
    _, total = seen_by(past=wide).occurrences(did(sum={"of": "event.total", "gte": 0}))
    assert total == Decimal(f"{10**37 + 1}.01")


def test_where_looks_at_each_event() -> None:
    where = did(where={"event.total": {"lt": 1}, "profile.email": {"exists": True}})
    assert seen_by().occurrences(where) == (2, 0)


@pytest.mark.parametrize(
    ("within", "count"), [("P1D", 2), ("PT24H0.000001S", 3), ("PT1H", 1), ("0s", 0), ("P9D", 4)]
)
def test_a_window_begins_just_after_its_length_ago(within: str, count: int) -> None:
    assert seen_by().occurrences(did(within=within))[0] == count


def test_a_window_ends_now_by_own_times() -> None:
    ahead = (*PAST, event("order", MONDAY + 1))
    assert seen_by(past=ahead).occurrences(did())[0] == 5
    assert seen_by(past=ahead).occurrences(did(within="P9D"))[0] == 4


def test_since_entry_leaves_out_what_was_before_and_what_entered() -> None:
    assert seen_by(inside=True).occurrences(did(since="entry")) == (2, 0)
    twin = (*PAST, replace(PAST[1], id="at the same instant"))
    assert seen_by(inside=True, past=twin).occurrences(did(since="entry")) == (3, 0)
    assert seen_by(inside=True).occurrences(did(since="entry", within="PT1H")) == (1, 0)


def test_before_entry_the_event_at_hand_is_the_entering_one() -> None:
    late = (*PAST, event("order", MONDAY + HOUR, "overtook"))
    assert seen_by(past=late).occurrences(did(since="entry")) == (1, 0)
    assert seen_by().occurrences(did(since="entry")) == (0, 0)
    without = DraftScope(draft(plan(), customer(), past=PAST))
    assert without.occurrences(did(since="entry")) == (0, 0)


def test_history_that_is_not_at_hand_is_asked_for() -> None:
    opened = draft(plan(), customer())
    opened.history = LoadedHistory(PAST, since=MONDAY - DAY)
    seen = DraftScope(opened)
    assert seen.occurrences(did(within="P1D")) == (1, 0)
    with pytest.raises(HistoryNeeded) as needed:
        seen.occurrences(did(within="P2D"))
    assert needed.value.since == MONDAY - 2 * DAY + 1


def test_segments_are_the_plans_and_end_within_themselves() -> None:
    ring = {
        "buyers": {"did": {"event": "order", "where": {"not": {"segment": "buyers"}}}},
        "gold": {"profile.tier": "gold"},
    }
    opened = draft(plan(segments=ring), customer(tier="gold"), past=PAST)
    seen = DraftScope(opened)
    assert holds(read_condition({"segment": "gold"}, "where"), seen)
    assert not holds(read_condition({"segment": "gone"}, "where"), seen)
    assert holds(read_condition({"segment": "buyers"}, "where"), seen)
    assert seen.inside("gold").segment("gold") is None
    assert seen.inside("gold").with_event(AT_HAND).segment("gold") is None
    assert seen.inside("gold").segment("buyers") is not None


def test_devices_are_each_there_once_and_the_last_ones_at_most() -> None:
    many = [f"d{number}" for number in range(ENDPOINTS + 3)]
    person = customer(push_endpoints=["d1", "two words", "", 7, *many])
    assert person.addresses("push") == tuple(many[3:])
