"""Traits and consent by their own times, and the bounds of what is kept."""

from dataclasses import replace
from decimal import Decimal

import pytest

from sojourn.core.engine.profile import differs
from sojourn.core.limits import (
    CATEGORY_CHARS,
    CONSENT_TEXT_BYTES,
    CONSENTS,
    PROFILE_BYTES,
    WORDING_CHARS,
)
from sojourn.core.state.customer import Consent, Event
from sojourn.core.values.instants import DAY
from sojourn.core.values.paths import MISSING
from tests.core.engine.given import Loose, Story, at, end, event, exact, identify, journey, plan_of

EMPTY = plan_of()


def test_an_older_trait_overwrites_nothing_newer() -> None:
    story = Story(EMPTY).take(identify("10:00", city="Paris"))

    story.take(identify("11:00", "09:00", city="Rome", name="Ana"))

    assert story.customer.profile() == {"email": "ana@example.com", "city": "Paris", "name": "Ana"}


def test_of_two_traits_with_one_time_the_later_taken_stays() -> None:
    story = Story(EMPTY).take(identify("10:00", city="Paris"), identify("10:00", city="Rome"))

    assert story.customer.trait("city") == "Rome"


def test_a_trait_once_unset_is_not_brought_back_by_an_older_one() -> None:
    story = Story(EMPTY).take(identify("10:00", city=None), identify("11:00", "09:00", city="Rome"))

    assert story.customer.trait("city") is None


def test_a_profile_entry_is_asked_only_when_something_changed() -> None:
    plan = plan_of(
        journey("a", {"profile": {"n": 1}, "reentry": {"mode": "always"}}, {"stop": end()}),
        journey("b", {"profile": {"n": True}, "reentry": {"mode": "always"}}, {"stop": end()}),
    )
    story = Story(plan)

    story.take(identify("10:00", n=1), identify("11:00", n=1), identify("12:00", n=True))

    assert [name for name, _ in story.exits()] == ["a", "b"]


def test_a_consent_begins_a_journey_like_any_trait() -> None:
    plan = plan_of(
        journey("thanks", {"profile": {"consent.tips": True}}, {"stop": end()}),
        settings={"categories": {"tips": {"consent": "opt_in"}}},
    )

    story = Story(plan).take(identify("10:00", consent={"tips": True}))

    assert story.outcomes() == ["finished"]


@pytest.mark.parametrize(
    ("consent", "reason"),
    [
        ("yes", "trait consent is not an object of true and false"),
        (None, "trait consent is not an object of true and false"),
        ({"marketing": 1}, "consent marketing is neither true nor false"),
        ({"marketing": None}, "consent marketing is neither true nor false"),
    ],
)
def test_what_is_no_consent_is_refused(consent: Loose, reason: str) -> None:
    story = Story(EMPTY).take(identify("10:00", consent=consent))

    assert story.reasons("refused") == [reason]
    assert story.customer.consents == {}


def test_an_older_consent_overwrites_nothing_newer() -> None:
    story = Story(EMPTY).take(identify("10:00", consent={"a": False}))

    story.take(identify("11:00", "09:00", consent={"a": True, "b": True}))

    assert {name: item.given for name, item in story.customer.consents.items()} == {
        "a": False,
        "b": True,
    }


def test_a_consent_dated_into_the_future_outlasts_no_refusal() -> None:
    ahead = identify("10:00", consent={"a": True, "b": True})
    story = Story(EMPTY).take(replace(ahead, at=at("10:00") + 900 * DAY))
    story.take(identify("11:00", consent={"a": False}))

    assert not story.customer.consents["a"].given
    assert story.customer.consents["b"].at == at("10:00")


def test_a_consent_from_a_clock_that_is_ahead_by_hours_keeps_its_time() -> None:
    ahead = identify("10:00", consent={"a": True})
    story = Story(EMPTY).take(replace(ahead, at=at("10:00") + DAY))

    assert story.customer.consents["a"].at == at("10:00") + DAY


def test_a_refusal_dated_into_the_future_stands_until_then() -> None:
    story = Story(EMPTY).take(identify("10:00", "12:00", consent={"a": False}))
    story.take(identify("11:00", consent={"a": True}))
    assert not story.customer.consents["a"].given

    story.take(identify("12:01", consent={"a": True}))
    assert story.customer.consents["a"].given


def test_a_consent_said_again_is_newer() -> None:
    story = Story(EMPTY).take(identify("10:00", consent={"a": True}))

    story.take(identify("11:00", consent={"a": True}))

    assert story.customer.consents["a"].at == at("11:00")


def test_consents_are_bounded() -> None:
    many = {f"c{n}": True for n in range(CONSENTS)}
    story = Story(EMPTY).take(identify("10:00", consent=many))

    story.take(identify("11:00", consent={"one-more": True, "c0": False}))

    assert story.reasons("refused") == [f"consent one-more: at most {CONSENTS} are kept"]
    assert not story.customer.consents["c0"].given


def test_a_category_with_too_long_a_name_is_refused_and_the_others_are_kept() -> None:
    long, most = "l" * (CATEGORY_CHARS + 1), "m" * CATEGORY_CHARS
    story = Story(EMPTY).take(identify("10:00", consent={long: True, most: True, "c": False}))

    assert list(story.customer.consents) == [most, "c"]
    name = f"{'l' * CATEGORY_CHARS}…"
    assert story.reasons("refused") == [
        f"consent {name}: a name of more than {CATEGORY_CHARS} characters"
    ]


def test_of_the_consents_given_longest_ago_the_words_go_and_not_the_consents() -> None:
    story = Story(EMPTY)
    count = CONSENT_TEXT_BYTES // (2 * WORDING_CHARS) + 2
    for n in range(count):
        words = {"consent_source": "s", "consent_wording": "ü" * WORDING_CHARS}
        said = event("identify", f"10:{n:02}", **words)
        story.take(replace(said, traits={"consent": {f"c{n}": True}}))

    kept = [item.wording != "" for item in story.customer.consents.values()]
    assert kept == [False] * 2 + [True] * (count - 2)
    assert all(item.given for item in story.customer.consents.values())


def test_the_profile_is_measured_in_bytes_whatever_the_letters() -> None:
    room = PROFILE_BYTES - len("emailana@example.com" + "a")
    story = Story(EMPTY).take(identify("10:00", a="語" * (room // 3)))
    assert story.reasons("refused") == []

    story.take(identify("11:00", a="語" * (room // 3 + 1)))
    assert story.reasons("refused") == ["profile is full: trait a does not fit"]


def test_a_trait_that_does_not_fit_is_refused_and_the_others_stay() -> None:
    big = "x" * PROFILE_BYTES
    story = Story(EMPTY).take(identify("10:00", a=1), identify("11:00", a=big, b=2))

    assert story.reasons("refused") == ["profile is full: trait a does not fit"]
    assert (story.customer.trait("a"), story.customer.trait("b")) == (1, 2)


def test_a_full_profile_can_be_emptied_but_not_of_what_it_never_held() -> None:
    story = Story(EMPTY).take(identify("10:00", a="x" * (PROFILE_BYTES - 50)))

    story.take(identify("11:00", **{"never-known-" + "y" * 60: None}))
    assert len(story.reasons("refused")) == 1
    story.take(identify("12:00", a=None), identify("13:00", b=[1, {"c": "d"}]))

    assert story.customer.profile() == {"email": "ana@example.com", "b": [1, {"c": "d"}]}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, None, False),
        (None, 1, True),
        (1, None, True),
        (MISSING, None, False),
        (1, MISSING, True),
        (1, True, True),
        (1, Decimal("1.0"), False),
        ({"a": [None]}, {"a": [None]}, False),
        ("1", 1, True),
    ],
)
def test_a_value_differs_by_type_or_value(before: Loose, after: Loose, expected: bool) -> None:  # noqa: FBT001
    assert differs(before, after) is expected


def test_the_channel_stands_as_its_best_address_does() -> None:
    story = Story(EMPTY, push_endpoints=["one", "two"])
    story.take(event("message.bounced", "10:00", channel="push", bounce_type="permanent"))
    assert story.customer.channel_status("push") == "bounced"

    story.take(identify("11:00", push_endpoints=["one", "three", 7, " "]))

    assert story.customer.channel_status("push") == "ok"
    assert story.customer.addresses("push") == ("one", "three")


@pytest.mark.parametrize("email", [None, "", "  ", 7, {"a": 1}])
def test_what_is_no_address_is_missing(email: Loose) -> None:
    story = Story(EMPTY).take(identify("10:00", email=email))

    assert story.customer.channel_status("email") == "missing"


def saying(name: str, consent: Loose, **properties: Loose) -> Event:
    """An event that says something about consent beside its properties."""
    return replace(event(name, "10:00", **properties), traits={"consent": exact(consent)})


def _given(source: str, wording: str = "") -> Consent:
    return Consent(given=True, at=at("10:00"), source=source, wording=wording)


def _refused(source: str) -> Consent:
    return Consent(given=False, at=at("10:00"), source=source)


def test_consent_is_kept_with_where_it_was_said_and_to_which_words() -> None:
    shop = {"consent_source": "checkout", "consent_wording": "Send me news"}
    story = Story(EMPTY).take(saying("order.placed", {"n": True}, **shop))

    assert story.customer.consents == {"n": _given("checkout", "Send me news")}


def test_each_category_may_have_words_of_its_own() -> None:
    words = {"consent_wording": {"news": "Our news", "tips": 7}}
    story = Story(EMPTY).take(saying("form.sent", {"news": True, "tips": False}, **words))

    assert story.customer.consents == {
        "news": _given("form.sent", "Our news"),
        "tips": _refused("form.sent"),
    }


def test_without_a_source_the_event_is_one_and_long_words_are_cut() -> None:
    odd = {"consent_source": 7, "consent_wording": "w" * 1_000}
    story = Story(EMPTY).take(saying("x", {"n": True}, **odd))

    assert story.customer.consents == {"n": _given("x", "w" * WORDING_CHARS)}


def test_a_step_that_sets_consent_is_its_source() -> None:
    steps = {"give": {"type": "update", "set": {"profile.consent.tips": True}}}
    story = Story(plan_of(journey("welcome", {"event": "joined"}, steps)))

    story.take(event("joined", "10:00"))

    assert story.customer.consents == {"tips": _given("journey welcome")}


def test_a_step_may_set_several_consents_at_once() -> None:
    both = {"news": True, "tips": False}
    steps = {"give": {"type": "update", "set": {"profile.consent": {"from": "entry.said"}}}}
    story = Story(plan_of(journey("welcome", {"event": "joined"}, steps)))

    story.take(event("joined", "10:00", said=both))

    assert {name: item.given for name, item in story.customer.consents.items()} == both
    assert story.customer.trait("consent") is None
