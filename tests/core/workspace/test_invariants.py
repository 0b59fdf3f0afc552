"""Invariants: what breaks one, by literals and against a checker that looks at every pair."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sojourn.core.workspace.invariants as module
from sojourn.core.errors import InvalidInput
from sojourn.core.state.customer import Event
from sojourn.core.values.instants import DAY, HOUR, MINUTE, format_instant, parse_instant
from sojourn.core.values.localtime import find_zone
from sojourn.core.workspace.invariants import (
    AtMost,
    Breach,
    Invariant,
    NoneAfter,
    NoneBetween,
    Rule,
    SentMessage,
    breaches,
    read_invariants,
)
from tests.core.naive_invariants import broken

PARIS = find_zone("Europe/Paris")
UTC = find_zone("UTC")
assert PARIS is not None
assert UTC is not None


def message(at: str, *, zone: str = "UTC", channel: str = "email", **more: str) -> SentMessage:
    found = find_zone(zone)
    assert found is not None
    words: dict[str, Any] = {"journey": "cart", "step": "remind", "category": "marketing"} | more
    return SentMessage(parse_instant(at), found, channel=channel, **words)


def event(name: str, at: str, **properties: Any) -> Event:  # noqa: ANN401 - any JSON
    instant = parse_instant(at)
    return Event(f"{name} {at}", name, instant, instant, properties)


def found(
    rule: dict[str, Any], messages: Sequence[SentMessage], events: Sequence[Event] = ()
) -> list[Breach]:
    invariants = read_invariants({"invariants": [{"name": "r", **rule}]})
    assert UTC is not None
    return list(breaches(invariants, messages, events, UTC))


def moments(
    rule: dict[str, Any], messages: Sequence[SentMessage], events: Sequence[Event] = ()
) -> list[str]:
    return [format_instant(breach.at) for breach in found(rule, messages, events)]


def test_the_third_message_of_a_local_day_is_one_too_many() -> None:
    rule = {"max": 2, "per": "calendar_day"}
    hours = ("08", "09", "22", "23")
    day = [message(f"2026-01-05T{hour}:00:00Z", zone="Europe/Paris") for hour in hours]
    (breach,) = found(rule, day)
    assert breach.messages == tuple(day[:3])
    assert breach.invariant == "r"
    assert breach.because == "more than 2 in one day on the local clock (Europe/Paris)"
    assert breach.event is None


def test_a_rolling_window_forgets_what_is_exactly_as_long_ago() -> None:
    rule = {"max": 1, "per": "P1D"}
    first = message("2026-01-05T09:00:00Z")
    assert moments(rule, [first, message("2026-01-06T09:00:00Z")]) == []
    (breach,) = found(rule, [first, message("2026-01-06T08:59:59Z")])
    assert breach.because == "more than 1 in P1D"


def test_each_message_too_many_is_told_with_the_newest_before_it() -> None:
    rule = {"max": 1, "per": "PT3H"}
    three = [message(f"2026-01-05T0{hour}:00:00Z") for hour in (1, 2, 3)]
    assert [breach.messages for breach in found(rule, three)] == [
        (three[0], three[1]),
        (three[1], three[2]),
    ]


def test_a_maximum_of_none_allows_none() -> None:
    rule = {"channels": ["sms"], "max": 0, "per": "P1D"}
    sms, mail = (message("2026-01-05T09:00:00Z", channel=name) for name in ("sms", "email"))
    assert [breach.messages for breach in found(rule, [mail, sms])] == [(sms,)]


@pytest.mark.parametrize(
    ("words", "covered"),
    [
        ({}, True),
        ({"channels": ["email", "sms"]}, True),
        ({"channels": ["sms"]}, False),
        ({"categories": ["marketing"]}, True),
        ({"categories": ["service"]}, False),
        ({"journeys": ["cart"]}, True),
        ({"journeys": ["welcome"]}, False),
        ({"journeys": ["cart"], "channels": ["sms"]}, False),
    ],
)
def test_a_rule_is_about_the_messages_it_names(words: dict[str, Any], *, covered: bool) -> None:
    rule = {**words, "max": 0, "per": "P1D"}
    assert bool(found(rule, [message("2026-01-05T09:00:00Z")])) is covered


def test_an_event_forbids_from_its_instant_on() -> None:
    rule = {"none_after": {"event": "order.placed"}}
    order = event("order.placed", "2026-01-05T09:00:00Z")
    before, at, later = (
        message(f"2026-{day}Z") for day in ("01-05T08:59:59", "01-05T09:00:00", "12-31T00:00:00")
    )
    breaking = found(rule, [before, at, later], [order])
    assert [breach.messages for breach in breaking] == [(at,), (later,)]
    assert breaking[0].because == "after order.placed"
    assert breaking[0].event == order


def test_it_forbids_for_so_long_and_until_another_lifts_it() -> None:
    order = event("order.placed", "2026-01-05T09:00:00Z")
    cart = event("cart.abandoned", "2026-01-05T12:00:00Z")
    times = [f"2026-01-05T{hour}:00:00Z" for hour in ("10", "11", "12", "13")]
    messages = [message(at) for at in times]
    lasting = {"none_after": {"event": ["order.placed", "x"], "for": "PT2H"}}
    assert moments(lasting, messages, [order]) == times[:1]
    lifted = {"none_after": {"event": "order.placed", "until": "cart.abandoned"}}
    assert moments(lifted, messages, [order, cart]) == times[:2]


def test_only_events_that_fit_forbid() -> None:
    where = {"event.total": {"gte": 50}, "event.shop": "za", "event.on": {"before": "2026-02-01"}}
    rule = {"none_after": {"event": "order.placed", "where": where}}
    sent = [message("2026-01-06T09:00:00Z")]

    def forbidden(**properties: Any) -> bool:  # noqa: ANN401 - any JSON
        order = event("order.placed", "2026-01-05T09:00:00Z", **properties)
        return bool(found(rule, sent, [order]))

    assert forbidden(total=50, shop="za", on="2026-01-05")
    assert not forbidden(total=49, shop="za", on="2026-01-05")
    assert not forbidden(total=50, on="2026-01-05")
    assert not forbidden(total=50, shop="za", on="2026-02-01")


def test_a_duration_in_a_condition_counts_from_when_the_event_came_in() -> None:
    sent, day = [message("2026-01-06T09:00:00Z")], "2026-01-05T09:00:00Z"
    rule: dict[str, Any] = {
        "none_after": {"event": "o", "where": {"event.made": {"within": "PT1H"}}}
    }
    assert found(rule, sent, [event("o", day, made="2026-01-05T08:30:00Z")])
    assert not found(rule, sent, [event("o", day, made="2026-01-05T07:30:00Z")])


def test_a_condition_on_anything_else_than_the_event_never_holds() -> None:
    sent, order = [message("2026-01-06T09:00:00Z")], event("o", "2026-01-05T09:00:00Z")
    for where in (
        {"profile.vip": True},
        {"segment": "regulars"},
        {"did": {"event": "o"}},
        {"all": [{"any": [{"segment": "regulars"}]}]},
    ):
        assert found({"none_after": {"event": "o", "where": where}}, sent, [order]) == []
    assert UTC is not None
    scope = module._EventScope(order, UTC)
    assert scope.inside("regulars").segment("regulars") is None


@pytest.mark.parametrize(
    ("hours", "at", "expected"),
    [
        ({"from": "20:00", "to": "09:00"}, "2026-01-05T19:00:00Z", True),
        ({"from": "20:00", "to": "09:00"}, "2026-01-05T18:59:59.9Z", False),
        ({"from": "20:00", "to": "09:00"}, "2026-01-06T07:59:59.999999Z", True),
        ({"from": "20:00", "to": "09:00"}, "2026-01-06T08:00:00Z", False),
        ({"from": "12:00", "to": "13:00"}, "2026-01-05T11:00:00Z", True),
        ({"from": "12:00", "to": "13:00"}, "2026-01-05T12:00:00Z", False),
        ({"from": "12:00", "to": "13:00"}, "2026-01-05T10:59:59Z", False),
        ({"from": "00:00", "to": "00:00", "weekdays": ["mon"]}, "2026-01-05T11:00:00Z", True),
        ({"from": "00:00", "to": "00:00", "weekdays": ["tue"]}, "2026-01-05T11:00:00Z", False),
        ({"from": "20:00", "to": "09:00", "weekdays": ["mon"]}, "2026-01-06T07:00:00Z", True),
        ({"from": "20:00", "to": "09:00", "weekdays": ["tue"]}, "2026-01-06T07:00:00Z", False),
        ({"from": "12:00", "to": "13:00", "weekdays": ["sun"]}, "2026-01-05T11:00:00Z", False),
    ],
)
def test_hours_are_read_off_the_local_clock(
    hours: dict[str, Any], at: str, *, expected: bool
) -> None:
    sent = message(at, zone="Europe/Paris")
    assert bool(found({"none_between": hours}, [sent])) is expected


def test_out_of_hours_says_what_the_clock_showed() -> None:
    sent = message("2026-01-05T20:30:05Z", zone="Europe/Paris")
    (breach,) = found({"none_between": {"from": "20:00", "to": "09:00"}}, [sent])
    clock = "at 21:30:05 on the local clock (Europe/Paris)"
    assert breach.because == f"{clock}, between 20:00 and 09:00"


def test_a_rule_that_slipped_through_is_refused() -> None:
    rules: list[dict[str, Any]] = [
        {"max": 1, "per": "soon"},
        {"none_between": {"from": "9", "to": "10:00"}},
        {"none_after": {"event": []}},
        {"none_after": {"event": "a", "for": "soon"}},
    ]
    for rule in rules:
        with pytest.raises(InvalidInput, match=r"invariants\[0\]"):
            read_invariants({"invariants": [{"name": "r", **rule}]})


def test_no_rules_are_never_broken() -> None:
    assert read_invariants({}) == ()
    assert UTC is not None
    assert list(breaches((), [message("2026-01-05T09:00:00Z")], [], UTC)) == []


# The autumn night of 2026 in Paris: clocks go back from 03:00 to 02:00 at 01:00 UTC.
BEGIN = parse_instant("2026-10-24T18:00:00Z")


def test_what_we_caused_forbids_what_is_sent_after_it_and_not_what_caused_it() -> None:
    at = "2026-01-05T09:00:00Z"
    later = "2026-01-05T09:05:00Z"
    told = event("message.sent", at), event("reminded", at), event("message.sent", later)
    ours = [replace(item, caused=True) for item in told]
    first, second, third = message(at), message(at, step="again"), message("2026-01-05T09:10:00Z")
    sent = [first, replace(second, caused=1), replace(third, caused=3)]
    after_any = moments({"none_after": {"event": "message.sent"}}, sent, ours)
    assert after_any == [at, "2026-01-05T09:10:00Z"]
    assert moments({"none_after": {"event": "reminded"}}, sent, ours) == ["2026-01-05T09:10:00Z"]


instants = st.integers(0, 9 * 24).map(lambda number: BEGIN + number * 10 * MINUTE)
zones = st.sampled_from([PARIS, UTC])
sent_messages = st.builds(
    SentMessage,
    instants,
    zones,
    journey=st.sampled_from("jk"),
    step=st.just("s"),
    channel=st.sampled_from(["email", "sms"]),
    category=st.just("marketing"),
)
times = st.sampled_from([time(0), time(2), time(2, 30), time(9), time(20), time(22, 10)])
rules: st.SearchStrategy[Rule] = st.one_of(
    st.builds(
        AtMost,
        st.integers(0, 3),
        st.sampled_from([10 * MINUTE, 2 * HOUR, DAY, "day", "week", "month"]),
    ),
    st.builds(
        NoneAfter,
        st.sampled_from([("a",), ("a", "b")]),
        st.none(),
        st.sampled_from([None, 10 * MINUTE, 3 * HOUR]),
        st.sampled_from([(), ("b",), ("a",)]),
    ),
    st.builds(NoneBetween, times, times, st.frozensets(st.integers(0, 6), max_size=3)),
)
few = st.one_of(st.none(), st.just(frozenset({"sms"})))


@given(rules, few, st.lists(sent_messages, max_size=12), st.lists(instants, max_size=5))
def test_it_agrees_with_the_checker_that_looks_at_every_pair(
    rule: Rule, channels: frozenset[str] | None, messages: list[SentMessage], at: list[int]
) -> None:
    messages.sort(key=lambda item: item.at)
    events = [
        Event(str(place), "abc"[place % 3], instant, instant)
        for place, instant in enumerate(sorted(at))
    ]
    invariant = Invariant("r", channels, None, None, rule)
    assert UTC is not None
    found = breaches([invariant], messages, events, UTC)
    last = [breach.messages[-1] for breach in found]
    expected = [messages[place] for place in broken(invariant, messages, events)]
    assert last == expected
