"""What a condition can see."""

from typing import Any

import pytest

from sojourn.core.course.settle import hold
from sojourn.core.workspace.plan import Plan
from tests.core.engine.given import Loose, Story, at, end, event, identify, journey, mail, plan_of


def asking(where: dict[str, Any], entry: str = "asked", **rest: Loose) -> Plan:
    look = {"type": "branch", "branches": [{"where": where, "next": "yes"}], "else": "no"}
    return plan_of(journey("a", entry, {"look": look, "yes": end("yes"), "no": end("no")}), **rest)


def answer(where: dict[str, Any], **properties: Loose) -> str | None:
    story = Story(asking(where), city="Rome", home={"zip": 1}, locale="it", timezone="Europe/Rome")
    return story.take(event("asked", "10:00", **properties)).outcomes()[0]


@pytest.mark.parametrize(
    "where",
    [
        {"profile.city": "Rome"},
        {"profile.home.zip": 1},
        {"profile.home": {"eq": {"zip": 1}}},
        {"profile.none": {"exists": False}},
        {"profile.city.none": {"exists": False}},
        {"event.n": 1, "entry.n": 1},
        {'event."a name"': 2},
        {"event.n.m": {"exists": False}},
        {"vars.n": {"exists": False}},
        {"customer.id": "ana"},
        {"customer.created_at": "2026-03-02T00:00:00Z"},
        {"customer.timezone": "Europe/Rome"},
        {"customer.locale": "it"},
        {"customer.none": {"exists": False}},
        {"consent.marketing": True},
        {"profile.consent.marketing": True},
        {"consent.marketing.more": {"exists": False}},
        {"channels.email.status": "ok", "channels.sms.status": "missing"},
        {"channels.pigeon.status": {"exists": False}},
        {"channels.email.colour": {"exists": False}},
        {"channels.email": {"exists": False}},
        {"messages.letter.status": {"exists": False}},
        {"messages.letter": {"exists": False}},
    ],
)
def test_paths(where: dict[str, Any]) -> None:
    assert answer(where, n=1, **{"a name": 2}) == "yes"


def test_consent_defaults_to_what_its_category_asks() -> None:
    kinds = {"in": "opt_in", "out": "opt_out", "none": "none"}
    plan = asking(
        {"consent.in": False, "consent.out": True, "consent.none": True},
        settings={"categories": {name: {"consent": kind} for name, kind in kinds.items()}},
    )

    assert Story(plan).take(event("asked", "10:00")).outcomes() == ["yes"]


def test_a_zone_that_is_none_is_the_workspaces() -> None:
    plan = asking({"customer.timezone": "Asia/Tokyo"}, settings={"timezone": "Asia/Tokyo"})

    for timezone in ("Mars/Olympus", 7, None):
        assert Story(plan, timezone=timezone).take(event("asked", "10:00")).outcomes() == ["yes"]


def test_before_entry_there_is_no_entry_and_no_variable() -> None:
    where = {"entry.n": {"exists": False}, "vars.n": {"exists": False}, "event.n": 1}
    where |= {"messages.letter.status": {"exists": False}}
    plan = plan_of(journey("a", {"event": "asked", "where": where}, {"stop": end()}))

    assert Story(plan).take(event("asked", "10:00", n=1)).outcomes() == ["finished"]


STATUS = "messages.letter.status"


def statuses(*, want: Loose) -> Plan:
    """Exits as soon as the letter's status is the wanted one."""
    where = {STATUS: want} if want is not None else {STATUS: {"exists": False}, "profile.x": 1}
    steps = {"letter": mail(next="wait"), "wait": {"type": "wait", "for": "P9D"}}
    return plan_of(
        journey("a", "asked", steps, exit=[{"where": where, "outcome": "seen"}]),
        settings={"quiet_hours": [{"from": "21:00", "to": "08:00"}]},
    )


def test_a_message_has_no_status_before_it_is_decided() -> None:
    story = Story(statuses(want=None)).take(event("asked", "10:00"), identify("10:00", x=1))

    assert story.outcomes() == ["seen"]


def test_a_message_is_held_until_it_is_decided() -> None:
    plan = statuses(want="held")
    story = Story(plan).take(event("asked", "22:00"))
    story.follow(
        hold(plan, story.customer, story.message, at("3 08:00"), "quiet_hours", at("22:00"))
    )

    story.take(event("other", "23:00"))

    assert story.settled() == [("letter", "cancelled", "exit seen")]
    assert story.reasons("held") == ["quiet_hours"]


@pytest.mark.parametrize("outcome", ["sent", "capped", "failed"])
def test_a_message_has_its_outcome_for_status(outcome: str) -> None:
    story = Story(statuses(want=outcome)).take(event("asked", "10:00"))

    story.conclude(outcome, "10:00")

    assert story.outcomes() == ["seen"]


def test_times_of_a_message_are_instants() -> None:
    where = {
        "messages.letter.sent_at": "2026-03-02T10:00:00Z",
        "messages.letter.opened_at": {"older_than": "PT1H"},
        "messages.letter.clicked_at": {"exists": False},
        "messages.letter.channel": "email",
        "messages.letter.colour": {"exists": False},
    }
    look = {"type": "branch", "branches": [{"where": where, "next": "yes"}], "else": "no"}
    steps = {
        "letter": mail(next="wait"),
        "wait": {"type": "wait", "for": "P1D", "next": "look"},
        "look": look,
        "yes": end("yes"),
        "no": end("no"),
    }
    story = Story(plan_of(journey("a", "asked", steps))).take(event("asked", "10:00"))
    story.send("10:00").take(event("message.opened", "11:00", journey="a", step="letter"))

    assert story.due("3 10:00").outcomes() == ["yes"]


def test_values_that_are_missing_are_left_out() -> None:
    given = {"a": {"from": "event.none"}, "b": {"from": "profile.none"}, "c": None, "d": 0}
    plan = plan_of(journey("x", "asked", {"letter": mail(**{"with": given})}))

    assert Story(plan).take(event("asked", "10:00")).message.variables == {"d": 0}


def did(**rest: Loose) -> dict[str, Any]:
    return {"did": {"event": "order", **rest}}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (did(), "yes"),
        (did(count=2), "yes"),
        (did(count=[1, 2]), "yes"),
        (did(count={"gt": 2}), "no"),
        (did(within="PT1H", count=1), "yes"),
        (did(within="PT2H", count=1), "yes"),
        (did(within="PT121M", count=2), "yes"),
        (did(where={"event.total": {"gte": 10}}, count=1), "yes"),
        (did(sum={"of": "event.total", "eq": 12.5}), "yes"),
        (did(event=["order", "order"], count=2), "yes"),
        (did(event="refund", count=0), "yes"),
        (did(since="entry", count=0), "yes"),
        ({"did": {"event": "asked", "since": "entry", "count": 0}}, "yes"),
        ({"did": {"event": "asked", "count": 1}}, "yes"),
    ],
)
def test_did(where: dict[str, Any], expected: str) -> None:
    story = Story(asking(where)).take(
        event("order", "08:00", total=10), event("order", "09:30", total=2.5, note="x")
    )

    assert story.take(event("asked", "10:00")).outcomes() == [expected]


def test_sums_pass_over_what_is_no_number() -> None:
    story = Story(asking(did(sum={"of": "event.total", "eq": 1}, count=3)))
    story.take(event("order", "08:00", total="9"), event("order", "08:01", total=True))

    assert story.take(event("order", "08:02", total=1), event("asked", "10:00")).outcomes() == [
        "yes"
    ]


def test_since_entry_counts_late_events_made_after_it() -> None:
    hear = {
        "type": "wait_for",
        "any": [{"event": "look", "where": did(since="entry", count=1), "next": "yes"}],
    }
    plan = plan_of(journey("a", "asked", {"hear": hear, "yes": end("yes")}))
    story = Story(plan).take(event("order", "09:00"), event("asked", "10:00"))

    story.take(event("order", "11:00", "09:59"), event("look", "11:30"))
    assert story.outcomes() == [None]
    story.take(event("order", "12:00", "10:00"), event("look", "12:30"))
    assert story.outcomes() == ["yes"]


def test_since_entry_without_an_event_at_hand_counts_nothing() -> None:
    plan = plan_of(
        journey("a", {"segment": {"id": "s"}}, {"stop": end()}),
        segments={"s": did(since="entry", count={"gte": 1})},
    )
    story = Story(plan).take(event("order", "09:00"))

    assert story.wake("10:00").outcomes() == []


def test_a_segment_within_itself_is_not_there() -> None:
    plan = asking({"segment": "s"}, segments={"s": {"not": {"segment": "s"}}})

    assert Story(plan).take(event("asked", "10:00")).outcomes() == ["yes"]
