"""Two customers become one: what is carried over, what stays as it was drawn, what is refused."""

from dataclasses import replace

import pytest

from sojourn.core.engine.draft import Draft
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
from sojourn.core.incoming.identity import Standing
from sojourn.core.limits import (
    ADDRESSES,
    CONFLICTS,
    CONSENTS,
    ENTRY_KEYS,
    IDENTITIES,
    JOINS,
    PROFILE_BYTES,
    SEEN_IDS,
)
from sojourn.core.state.customer import (
    AddressStatus,
    Consent,
    Entries,
    Links,
    Sent,
    Trait,
)
from sojourn.core.state.history import NO_HISTORY
from sojourn.core.values.ids import mark
from tests.core.engine.given import (
    Story,
    at,
    end,
    event,
    journey,
    plan_of,
)
from tests.core.engine.joined import (
    ALWAYS,
    CARD,
    NOTHING,
    course_of,
    join,
    person,
    together,
)

BENS = Apart("v1", is_anothers=True, reason="v1 belongs to another customer")


# ---- Who is asked, and who is joined ---------------------------------------------------------


def test_who_is_settled_is_not_asked_for_again() -> None:
    ana = person(absorbed=("v1",), conflicts={("anonymous", "v2"): True})
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
        (Standing("ben", is_user=True, was_user=False), None, BENS),
        (Standing("v1", is_user=True, was_user=True), None, BENS),
        (Standing("v1", is_user=True, was_user=True), "v1", "v1"),
        (Standing("ben", is_user=True, was_user=True), "v1", "ben"),
        (Standing("ben", is_user=True, was_user=False), "v1", BENS),
        (Standing("ana", is_user=True, was_user=True), "v1", None),
    ],
)
def test_what_becomes_of_an_id_that_is_asked_for(
    standing: Standing, alias: str | None, verdict: Apart | str | None
) -> None:
    found = judged("ana", "v1", standing, Links(("v1",), alias))
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
    assert found == "limit: 160068 bytes held by enrolments"


def test_a_join_that_is_refused_is_recorded_and_announced_once() -> None:
    story = Story(NOTHING)
    reason = "limit: 100 customers joined into one"
    apart = Apart("v1", is_anothers=False, reason=reason)
    join(story, "10:00", apart)
    assert story.reasons("not_joined") == [reason]
    (found,) = story.course.announcements
    assert (found.name, dict(found.properties)) == (
        REFUSED,
        {"refused": "v1", "reason": reason},
    )
    assert wanted(story.customer, Links(("v1",))) == []


def test_a_visitor_of_another_user_stays_hers_without_alarm() -> None:
    story = join(Story(NOTHING), "10:00", BENS)
    assert story.reasons("not_joined") == ["v1 belongs to another customer"]
    assert story.course.announcements == []


def test_a_conflict_is_recorded_and_announced_once() -> None:
    story = Story(NOTHING)
    conflicts = (CARD,)
    story.take(replace(event("a", "10:00"), links=Links(conflicts=conflicts)))
    story.take(replace(event("b", "10:01"), links=Links(conflicts=conflicts)))
    assert story.reasons("identity_conflict") == ["loyalty L1 belongs to another customer"]
    (found,) = story.course.announcements
    assert found.name == CONFLICT
    assert dict(found.properties) == {"type": "loyalty", "value": "L1"}
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


def test_conflicts_are_bounded_and_the_oldest_is_reported_again() -> None:
    story = Story(NOTHING)
    cards = [("loyalty", f"M{number:03d}") for number in range(CONFLICTS + 1)]
    for card in (*cards, cards[-1], cards[0]):
        at_ten = event("c", "10:00", card=card[1], n=len(story.records))
        story.take(replace(at_ten, links=Links(conflicts=(card,))))

    assert list(story.customer.conflicts) == [*cards[2:], cards[0]]
    told = story.reasons("identity_conflict")
    assert len(told) == CONFLICTS + 2


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


def test_a_word_taken_back_outlasts_an_older_consent_and_no_refusal() -> None:
    back, older, newer = Consent(None, 7), Consent(given=True, at=5), Consent(given=True, at=9)
    no = Consent(given=False, at=5)
    for said, found in ((older, back), (newer, newer), (no, no)):
        for one, two in ((said, back), (back, said)):
            joined = together(person(consents={"m": one}), person("v1", consents={"m": two}))
            assert joined.consents == {"m": found}


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

    at_once = (sent("z", 2), sent("y", 2))
    joined = together(person(ledger=at_once), person("v1", ledger=(sent("a", 1),)))
    assert [item.id for item in joined.ledger] == ["a", "z", "y"]


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
    hers, others, refused = ("anonymous", "v2"), ("loyalty", "L8"), ("loyalty", "L9")
    mine = person(conflicts={hers: True, refused: False})
    known = {"identities": {CARD: 7}, "conflicts": {CARD: True, others: True}}
    other = person("v1", **known, absorbed=("v2",))
    joined = together(mine, other)
    assert joined.identities == {CARD: 7, ("anonymous", "v1"): at("08:00")}
    assert joined.conflicts == {others: True, refused: False}
    assert joined.absorbed == ("v2", "v1")
    assert together(person(), person("loyalty:L1", identities={CARD: 7})).identities == {CARD: 7}
    draft = Draft(NOTHING, mine, at("12:00"), NO_HISTORY, reasons=True)
    absorb(draft, [Joining(person("old", absorbed=("older",)), NO_HISTORY, is_user=True)])
    assert draft.customer.absorbed == ("older", "old")
    assert ("user", "old") in draft.customer.identities
