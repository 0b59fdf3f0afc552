"""Two customers become one: what is carried over, what stays as it was drawn, what is refused."""

from dataclasses import replace

import pytest

from sojourn.core.customer import (
    AddressStatus,
    Consent,
    Customer,
    Entries,
    Event,
    Links,
    Sent,
    Trait,
)
from sojourn.core.engine.draft import Draft
from sojourn.core.engine.facts import ADDRESSES
from sojourn.core.engine.join import (
    CONFLICT,
    REFUSED,
    Apart,
    Joining,
    absorb,
    judged,
    refusal,
    wanted,
)
from sojourn.core.engine.profile import CONSENTS
from sojourn.core.forward import Course
from sojourn.core.history import NO_HISTORY
from sojourn.core.identity import Standing
from sojourn.core.ids import mark
from sojourn.core.limits import ENTRY_KEYS, IDENTITIES, JOINS, PROFILE_BYTES, SEEN_IDS
from sojourn.core.plan import Plan
from sojourn.core.release import Send, Skip, release
from tests.core.engine.given import (
    Loose,
    Story,
    at,
    end,
    event,
    identify,
    journey,
    mail,
    plan_of,
)

NOTHING = plan_of()
CARD = ("loyalty", "L1")
ALWAYS = {"event": "begin", "reentry": {"mode": "always"}}


def course_of(plan: Plan, *events: Event, id_: str = "v1") -> Course:
    """Another customer, carried on by herself."""
    course = Course(plan, Customer(id_, events[0].received_at), NO_HISTORY)
    for item in events:
        course.take(item, item.received_at)
    return course


def joining(when: str, *ids: str, **links: Loose) -> Event:
    found = Links(joins=ids or ("v1",), **links)
    return replace(event("identify", when), links=found)


def join(story: Story, when: str, *others: Course | Apart, **links: Loose) -> Story:
    """The customer takes an event that joins others."""
    ids = [item.id if isinstance(item, Apart) else item.customer.id for item in others]
    story.course.join(joining(when, *ids, **links), others, at(when))
    story.course.take_due(story.customer.decided_at - 1)
    story._store()
    return story


def together(mine: Customer, other: Customer, plan: Plan = NOTHING) -> Customer:
    """The two as one."""
    draft = Draft(plan, mine, at("12:00"), NO_HISTORY, reasons=True)
    absorb(draft, [Joining(other, NO_HISTORY)])
    return draft.decision().customer


def person(id_: str = "ana", **fields: Loose) -> Customer:
    return Customer(id_, at("08:00"), **fields)


# ---- Who is asked, and who is joined ---------------------------------------------------------


def test_who_is_settled_is_not_asked_for_again() -> None:
    ana = person(absorbed=("v1",), conflicts={("anonymous", "v2"): "ben"})
    links = Links(joins=("v1", "v2", "v3", "ana", "v3"), alias="old")
    assert wanted(ana, links) == ["v3", "old"]
    assert wanted(ana, Links(joins=("v3",))) == ["v3"]
    assert wanted(ana, Links(alias="v1")) == []


@pytest.mark.parametrize(
    ("standing", "alias", "verdict"),
    [
        (Standing("v1", is_user=False, was_user=False), None, "v1"),
        (Standing("card:1", is_user=False, was_user=False), None, "card:1"),
        (Standing("ana", is_user=True, was_user=False), None, None),
        (Standing("ben", is_user=True, was_user=False), None, Apart("v1", "ben", "")),
        (Standing("v1", is_user=True, was_user=True), None, Apart("v1", "v1", "")),
        (Standing("v1", is_user=True, was_user=True), "v1", "v1"),
        (Standing("ben", is_user=True, was_user=True), "v1", "ben"),
        (Standing("ben", is_user=True, was_user=False), "v1", Apart("v1", "ben", "")),
        (Standing("ana", is_user=True, was_user=True), "v1", None),
    ],
)
def test_what_becomes_of_an_id_that_is_asked_for(
    standing: Standing, alias: str | None, verdict: Apart | str | None
) -> None:
    found = judged("ana", "v1", standing, Links(("v1",), alias))
    if isinstance(found, Apart):
        assert found.reason == f"v1 belongs to {found.owner}"
        found = replace(found, reason="")
    assert found == verdict


def test_a_join_stops_at_its_bounds() -> None:
    many = person(absorbed=tuple(f"v{number}" for number in range(JOINS - 1)))
    assert refusal(many, person("w")) is None
    assert (
        refusal(many, person("w", absorbed=("x",))) == f"limit: {JOINS} customers joined into one"
    )
    consents = {f"c{number}": Consent(True, 0) for number in range(CONSENTS)}  # noqa: FBT003 - the noun's own order
    full = person(consents=consents)
    assert refusal(full, full) is None
    other = person("w", consents={"more": Consent(False, 0)})  # noqa: FBT003 - the noun's own order
    assert refusal(full, other) == f"limit: consents to {CONSENTS} categories"


def test_enrolments_of_two_may_be_too_many_for_one() -> None:
    plan = plan_of(journey("j", ALWAYS, {"pause": {"type": "wait", "for": "P9D"}}))
    events = [event("begin", "10:00", n=number) for number in range(60)]
    mine, other = course_of(plan, *events, id_="ana"), course_of(plan, *events)
    assert refusal(mine.customer, other.customer) == "limit: 101 live enrolments"
    large = [event("begin", "10:00", n=number, text="x" * 40_000) for number in range(2)]
    mine, other = course_of(plan, *large, id_="ana"), course_of(plan, *large)
    found = refusal(mine.customer, other.customer)
    assert found is not None
    assert found.startswith("limit: entry.* of 1600")


def test_a_join_that_is_refused_is_recorded_and_announced_once() -> None:
    story = Story(NOTHING)
    apart = Apart("v1", "", "limit: 100 customers joined into one")
    join(story, "10:00", apart)
    assert story.reasons("not_joined") == ["limit: 100 customers joined into one"]
    (found,) = story.course.announcements
    assert (found.name, dict(found.properties)) == (
        REFUSED,
        {"refused": "v1", "reason": "limit: 100 customers joined into one"},
    )
    assert wanted(story.customer, Links(("v1",))) == []


def test_a_visitor_of_another_user_stays_hers_without_alarm() -> None:
    story = join(Story(NOTHING), "10:00", Apart("v1", "ben", "v1 belongs to ben"))
    assert story.reasons("not_joined") == ["v1 belongs to ben"]
    assert story.course.announcements == []


def test_a_conflict_is_recorded_and_announced_once() -> None:
    story = Story(NOTHING)
    conflicts = ((CARD, "ben"),)
    story.take(replace(event("a", "10:00"), links=Links(conflicts=conflicts)))
    story.take(replace(event("b", "10:01"), links=Links(conflicts=conflicts)))
    assert story.reasons("identity_conflict") == ["loyalty L1 belongs to ben"]
    (found,) = story.course.announcements
    assert found.name == CONFLICT
    assert dict(found.properties) == {"type": "loyalty", "value": "L1", "belongs_to": "ben"}
    story.take(replace(event("c", "10:02"), links=Links(claims=(CARD,))))
    assert story.customer.conflicts == {}


def test_identities_are_known_since_they_were_first_seen_and_bounded() -> None:
    story = Story(NOTHING)
    story.take(replace(event("a", "10:00"), links=Links(claims=(CARD,))))
    story.take(replace(event("b", "10:01", "09:00"), links=Links(claims=(CARD,))))
    assert story.customer.identities == {CARD: at("09:00")}
    for number in range(IDENTITIES):
        claims = (("loyalty", f"M{number:03d}"),)
        story.take(replace(event("c", "11:00", n=number), links=Links(claims=claims)))
    assert len(story.customer.identities) == IDENTITIES
    assert CARD not in story.customer.identities


# ---- What is carried over --------------------------------------------------------------------


def test_traits_by_their_own_time_of_two_at_once_the_survivors() -> None:
    mine = person(traits={"a": Trait(1, 5), "b": Trait(1, 5), "c": Trait(1, 5), "e": Trait(1, 5)})
    other = person(
        "v1",
        traits={"a": Trait(2, 4), "b": Trait(2, 5), "c": Trait(2, 6), "d": Trait(2, 1)}
        | {"e": Trait(None, 6)},
    )
    assert together(mine, other).profile() == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_a_profile_that_would_be_too_large_keeps_the_survivors() -> None:
    half = "x" * (PROFILE_BYTES // 2)
    mine, other = person(traits={"a": Trait(half, 1)}), person("v1", traits={"b": Trait(half, 1)})
    assert together(mine, other).profile() == {"a": half}


def test_the_stricter_consent_and_of_equal_ones_the_newer() -> None:
    yes, no = Consent(given=True, at=9), Consent(given=False, at=5)
    newer = Consent(given=False, at=7)
    for one, two, found in ((yes, no, no), (no, yes, no), (no, newer, newer), (newer, no, newer)):
        joined = together(person(consents={"m": one}), person("v1", consents={"m": two}))
        assert joined.consents == {"m": found}
    assert together(person(), person("v1", consents={"m": yes})).consents == {"m": yes}


def test_the_stricter_channel_and_as_many_as_are_kept() -> None:
    ok, bounced = AddressStatus("ok", 9, soft=2), AddressStatus("bounced", 5)
    mine = person(channels={"email": {"a": ok, "b": bounced}})
    other = person("v1", channels={"email": {"a": bounced, "b": ok}, "sms": {"c": ok}})
    joined = together(mine, other).channels
    assert joined == {"email": {"a": bounced, "b": bounced}, "sms": {"c": ok}}
    many = {f"n{number}": ok for number in range(ADDRESSES)}
    crowded = together(person(channels={"email": many}), other).channels["email"]
    assert len(crowded) == ADDRESSES
    assert crowded["a"] == bounced


def test_counts_of_entries_are_added_and_bounded() -> None:
    mine = person(entries={("j", "1"): Entries(2, at("10:00")), ("k", "1"): Entries(1, 5)})
    other = person("v1", entries={("j", "1"): Entries(1, at("09:00"))})
    assert together(mine, other).entries == {
        ("j", "1"): Entries(3, at("10:00")),
        ("k", "1"): Entries(1, 5),
    }
    many = {("j", str(number)): Entries(1, number) for number in range(ENTRY_KEYS)}
    crowded = together(person(entries=many), person("v1", entries={("n", "1"): Entries(1, 9)}))
    assert len(crowded.entries) == ENTRY_KEYS
    assert ("n", "1") in crowded.entries
    assert ("j", "0") not in crowded.entries


def test_both_ledgers_in_order_each_send_once() -> None:
    def sent(id_: str, when: int) -> Sent:
        return Sent(id_, when, "email", "marketing", True, "j", "s", "e", "a")  # noqa: FBT003 - the noun's own order

    mine, other = (sent("b", 2), sent("d", 4)), (sent("a", 1), sent("b", 2), sent("c", 3))
    joined = together(person(ledger=mine), person("v1", ledger=other))
    assert [item.id for item in joined.ledger] == ["a", "b", "c", "d"]


def test_ids_seen_by_either_are_seen_by_her_the_forgotten_are_looked_up() -> None:
    few = together(
        person(seen=("m1",), newest_at=3, forgotten_at=1), person("v1", seen=("m2",), newest_at=5)
    )
    assert (few.seen, few.forgotten_at, few.newest_at) == (("m2", "m1"), 1, 5)
    many = tuple(mark(str(number)) for number in range(SEEN_IDS))
    both = together(person(seen=many, newest_at=7), person("v1", seen=("m2",), newest_at=9))
    assert both.seen == many
    assert both.forgotten_at == 9


def test_an_event_that_either_had_is_a_duplicate() -> None:
    first = event("begin", "10:00", id_="m1")
    plan = plan_of(journey("j", ALWAYS, {"end": end()}))
    story = join(Story(plan), "11:00", course_of(plan, first))
    story.take(replace(first, received_at=at("11:05")))
    assert story.reasons("duplicate") == ["messageId m1 was taken before"]


def test_what_she_is_known_by_and_whom_she_is_not() -> None:
    mine = person(conflicts={("anonymous", "v2"): "v1", ("loyalty", "L9"): "ben"})
    other = person("v1", identities={CARD: 7}, conflicts={CARD: "cleo", ("loyalty", "L8"): "ben"})
    joined = together(mine, other)
    assert joined.identities == {CARD: 7, ("anonymous", "v1"): at("08:00")}
    assert joined.conflicts == {("loyalty", "L8"): "ben", ("loyalty", "L9"): "ben"}
    assert joined.absorbed == ("v1",)
    assert together(person(), person("loyalty:L1", identities={CARD: 7})).identities == {CARD: 7}
    draft = Draft(NOTHING, mine, at("12:00"), NO_HISTORY, reasons=True)
    absorb(draft, [Joining(person("old", absorbed=("older",)), NO_HISTORY, is_user=True)])
    assert draft.customer.absorbed == ("older", "old")
    assert ("user", "old") in draft.customer.identities


# ---- Enrolments ------------------------------------------------------------------------------

PAUSE = {"pause": {"type": "wait", "for": "PT2H", "next": "write"}, "write": mail()}
KEYED = journey("j", {"event": "begin", "key": "event.n"}, PAUSE)


def test_enrolments_go_on_where_they_were_in_the_order_of_entry() -> None:
    plan = plan_of(KEYED)
    story = Story(plan).take(event("begin", "10:30", n=2))
    join(story, "11:00", course_of(plan, event("begin", "10:00", n=1)))
    first, second = story.customer.live()
    assert (first.key, first.due_at, second.key) == (1, at("12:00"), 2)
    assert first.number < second.number <= story.customer.number
    story.take(event("begin", "11:10", n=3))
    assert len({item.id for item in story.customer.live()}) == 3
    story.due("12:00")
    assert story.message.enrolment == first.id
    assert story.message.number == first.number


def test_of_one_key_the_one_that_is_further_stays() -> None:
    plan = plan_of(journey("j", "begin", {"first": mail(next="pause"), **PAUSE}))
    other = course_of(plan, identify("09:00", email="v@x.example"), event("begin", "10:00"))
    story = Story(plan).take(event("begin", "10:10")).send("10:10")
    further = story.live
    join(story, "10:30", other)
    assert story.live.id == further.id
    assert story.exits() == [("j", "merged")]
    assert story.settled()[-1] == ("first", "cancelled", "exit merged")


def test_an_enrolment_of_its_own_for_each_event_stays() -> None:
    plan = plan_of(journey("j", ALWAYS, PAUSE))
    story = Story(plan).take(event("begin", "10:10"))
    join(story, "10:30", course_of(plan, event("begin", "10:00")))
    assert len(story.customer.live()) == 2


def test_a_message_of_the_other_is_hers_now() -> None:
    plan = plan_of(journey("j", "begin", {"write": mail()}))
    story = join(Story(plan), "10:30", course_of(plan, event("begin", "10:00")))
    story.send("10:31")
    assert story.exits() == [("j", "finished")]
    assert story.settled() == [("write", "sent", None)]


def test_what_the_other_did_ends_hers_and_what_she_did_the_others() -> None:
    rules = {"exit": [{"event": "bought", "outcome": "converted"}]}
    plan = plan_of(
        journey("j", {"event": "begin", "key": "event.n"}, PAUSE, **rules),
        journey("k", {"event": "start", "key": "event.n"}, PAUSE, goal={"event": "bought"}),
    )
    mine = [event("begin", "10:00", n=1), event("bought", "10:20"), event("begin", "10:50", n=2)]
    other = [event("start", "10:00", n=1), event("begin", "10:10", n=3), event("bought", "10:05")]
    story = Story(plan).take(*mine)
    assert story.exits() == [("j", "converted")]
    join(story, "11:00", course_of(plan, *sorted(other, key=lambda item: item.received_at)))
    assert story.exits() == [("j", "converted"), ("j", "converted")]
    assert sorted(str(item.key) for item in story.customer.live()) == ["1", "2"]
    assert [record.journey for record in story.records if record.what == "converted"] == ["k"]


def test_what_a_machine_did_to_the_other_ends_nothing() -> None:
    plan = plan_of(journey("j", "begin", PAUSE, exit=[{"event": "message.clicked"}]))
    clicks = [event("message.clicked", "10:30", bot=bot) for bot in (True, False)]
    story = Story(plan).take(event("begin", "10:00"))
    assert join(story, "11:00", course_of(plan, clicks[0])).exits() == []
    other = course_of(plan, clicks[1], id_="v2")
    assert join(story, "11:10", other).exits() == [("j", "exited")]


def test_an_exit_that_was_caught_up_with_may_lead_elsewhere() -> None:
    plan = plan_of(
        journey("j", "begin", PAUSE, exit=[{"event": "bought", "enter": "k"}]),
        journey("k", "never", {"end": end("thanked")}),
    )
    story = Story(plan).take(event("begin", "10:00"))
    join(story, "11:00", course_of(plan, event("bought", "10:30")))
    assert story.exits() == [("j", "exited"), ("k", "thanked")]


def test_a_wait_for_what_the_other_did_since_is_over() -> None:
    wait = {
        "type": "wait_for",
        "any": [{"event": "bought", "where": {"event.n": 1}, "next": "yes"}],
        "timeout": "P1D",
    }
    plan = plan_of(
        journey("j", "begin", {"wait": wait, "yes": end("yes")}),
        journey("k", "start", {"wait": wait, "yes": end("yes")}),
    )
    bought = [event("bought", "09:00", n=1), event("bought", "10:30", n=2)]
    story = Story(plan).take(event("begin", "10:00"))
    join(story, "11:00", course_of(plan, *bought))
    assert story.exits() == []
    early = event("bought", "09:30", "10:30", n=1)  # its clock was wrong: it was here before
    late = course_of(plan, early, event("bought", "11:30", n=1), id_="v2")
    join(story, "12:00", late)
    assert story.exits() == [("j", "yes")]
    story.take(event("start", "13:00"))
    join(story, "14:00", course_of(plan, event("other", "12:30"), id_="v3"))
    assert story.live.journey == "k"


def test_did_sees_what_both_had_done() -> None:
    twice = {"where": {"did": {"event": "bought", "count": {"gte": 2}}}}
    plan = plan_of(journey("j", {"event": "begin", **twice}, {"end": end()}))
    story = Story(plan).take(event("bought", "10:00"), event("begin", "10:01"))
    assert story.exits() == []
    join(story, "11:00", course_of(plan, event("bought", "10:30")))
    story.take(event("begin", "11:01"))
    assert story.exits() == [("j", "finished")]


def test_a_profile_that_becomes_true_by_a_join_enters_unless_it_was_true_of_either() -> None:
    both = {"profile": {"a": 1, "b": 1}}
    plan = plan_of(journey("j", both, {"end": end()}))
    story = join(Story(plan, a=1), "11:00", course_of(plan, identify("10:00", b=1)))
    assert story.exits() == [("j", "finished")]
    story = Story(plan, c=1)
    join(story, "11:00", course_of(plan, identify("10:00", a=1, b=1)))
    assert story.exits() == [("j", "finished")]  # the other's own, from before


def test_what_was_taken_in_the_very_instant_counts_for_both() -> None:
    wait = {"type": "wait_for", "any": [{"event": "bought", "next": "yes"}], "timeout": "P1D"}
    plan = plan_of(journey("j", "begin", {"wait": wait, "yes": end("yes")}))
    story = join(Story(plan), "10:00", course_of(plan, event("bought", "10:00")))
    story.take(event("begin", "10:00"))
    assert story.exits() == [("j", "yes")]


# ---- What was drawn --------------------------------------------------------------------------

ARMS = {
    "toss": {
        "type": "split",
        "arms": [
            {"name": "heads", "weight": 50, "next": "heads"},
            {"name": "tails", "weight": 50, "next": "tails"},
        ],
    },
    "heads": end("heads"),
    "tails": end("tails"),
}


def arm(plan: Plan, id_: str) -> str:
    course = course_of(plan, event("begin", "10:00", n=0), id_=id_)
    (enrolment,) = course.enrolments.values()
    return str(enrolment.outcome)


def test_who_was_drawn_for_a_journey_stays_as_drawn() -> None:
    plan = plan_of(journey("j", {"event": "begin", "key": "event.n"}, ARMS, goal={"event": "x"}))
    ids = [f"v{number}" for number in range(30)]
    for id_ in ids:
        story = Story(plan)
        join(story, "11:00", course_of(plan, event("begin", "10:00", n=1), id_=id_))
        story.take(event("begin", "11:01", n=2))
        assert story.exits()[-1] == ("j", arm(plan, id_))
    assert {arm(plan, id_) for id_ in ids} == {"heads", "tails"}


def test_where_both_were_drawn_each_enrolment_stays_as_it_was() -> None:
    steps = {"pause": {"type": "wait", "for": "PT2H", "next": "toss"}, **ARMS}
    plan = plan_of(journey("j", {"event": "begin", "key": "event.n"}, steps))
    plain = plan_of(journey("j", {"event": "begin", "key": "event.n"}, ARMS))
    for number in range(12):
        story = Story(plan).take(event("begin", "10:00", n=1))
        id_ = f"v{number}"
        join(story, "11:00", course_of(plan, event("begin", "10:01", n=2), id_=id_))
        join(story, "11:10", course_of(plan, event("begin", "10:02", n=3), id_=f"w{number}"))
        story.take(event("begin", "11:30", n=4)).due("14:00")
        expected = [arm(plain, name) for name in ("ana", id_, f"w{number}", "ana")]
        assert [outcome for _, outcome in story.exits()] == expected


def test_the_control_group_stays_as_it_was_drawn_for_who_was_there_first() -> None:
    plan = plan_of(journey("j", "begin", {"write": mail()}), settings={"control_group": 50})
    outcomes = set()
    for number in range(20):
        id_ = f"v{number}"
        other = course_of(plan, event("begin", "10:00"), id_=id_)
        alone = person(id_, traits={"email": Trait("a@b.example", 1)})
        story = join(Story(plan), "11:00", other)
        found = release(story.message, story.customer, plan.settings, at("11:00"))
        expected = release(story.message, alone, plan.settings, at("11:00"))
        assert type(found) is type(expected)
        outcomes.add(type(found))
    assert outcomes == {Send, Skip}
    settled = Story(plan).take(event("begin", "09:00"))
    join(settled, "11:00", course_of(plan, event("begin", "10:00"), id_="v3"))
    assert "" not in settled.customer.draws
