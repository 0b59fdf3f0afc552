"""Update steps: `set`, `increment` and `unset` of the profile, of consent and of variables."""

from dataclasses import replace
from decimal import Decimal

import pytest

from sojourn.core.limits import CONSENTS, PROFILE_BYTES, VARS_CHARS
from sojourn.core.state.customer import Consent, Trait
from sojourn.core.workspace.plan import Plan
from tests.core.engine.given import Loose, Story, at, event, identify, journey, plan_of

WAIT = {"type": "wait_for", "any": [{"event": "never"}]}


def updating(entry: str = "begun", **update: Loose) -> Plan:
    steps = {"update": {"type": "update", **update, "next": "wait"}, "wait": WAIT}
    heard = {"type": "branch", "branches": []}
    return plan_of(
        journey("a", {"event": entry, "reentry": {"mode": "always"}}, steps),
        journey("b", {"profile": {"x": {"exists": True}}}, {"stop": heard}),
    )


def changes(story: Story) -> list[str]:
    return [str(record.details["changed"]) for record in story.records if record.what == "update"]


def test_values_are_read_when_the_step_is_reached() -> None:
    plan = updating(
        set={
            "vars.n": {"from": "event.n"},
            "vars.city": {"from": "profile.city"},
            "profile.seen": {"from": "customer.id"},
            "vars.text": "{{ n }}",
        }
    )
    story = Story(plan, city="Rome").take(event("begun", "10:00", n=7))

    assert story.live.vars == {"n": 7, "city": "Rome", "text": "{{ n }}"}
    assert story.customer.trait("seen") == "ana"


def test_set_then_increment_then_unset() -> None:
    plan = updating(
        set={"vars.a": 5, "vars.b": 1, "profile.c": 1},
        increment={"vars.a": 2, "vars.d": 3, "vars.b": {"from": "vars.a"}},
        unset=["profile.c", "profile.e"],
    )
    story = Story(plan, e=9).take(event("begun", "10:00"))

    assert story.live.vars == {"a": 7, "b": 1, "d": 3}
    assert story.reasons("refused") == ["type mismatch"]
    assert (story.customer.trait("c"), story.customer.trait("e")) == (None, None)
    assert changes(story) == ["vars.a, vars.b, vars.d, profile.e"]


def test_setting_to_what_is_missing_unsets() -> None:
    plan = updating(set={"profile.x": {"from": "event.none"}, "vars.y": {"from": "profile.none"}})

    assert changes(Story(plan).take(event("begun", "10:00"))) == []
    story = Story(plan, x=1).take(event("begun", "10:00"))
    assert story.customer.trait("x") is None
    assert changes(story) == ["profile.x"]


@pytest.mark.parametrize(
    ("before", "by", "after"),
    [
        (Decimal("0.1"), 0.2, Decimal("0.3")),
        (10**37, 1, 10**37 + 1),
        (None, 0.5, Decimal("0.5")),
        (1, -3, -2),
    ],
)
def test_sums_are_exact(before: Loose, by: Loose, after: Loose) -> None:
    story = Story(updating(increment={"profile.n": by}))
    traits = {**story.customer.traits, "n": Trait(before, at("00:00"))}
    story.course.customer = replace(story.customer, traits=traits)

    story.take(event("begun", "10:00"))

    assert story.customer.trait("n") == after


@pytest.mark.parametrize(
    ("before", "by"), [("text", 1), (True, 1), (1, "text"), (1, True), (10**38 - 1, 1), ([1], 1)]
)
def test_what_cannot_be_added_is_left_as_it_is(before: Loose, by: Loose) -> None:
    story = Story(updating(increment={"profile.n": by}), n=before).take(event("begun", "10:00"))

    assert story.customer.trait("n") == before
    assert story.reasons("refused") == ["type mismatch"]
    assert changes(story) == []


def test_what_changes_nothing_is_no_stimulus_but_is_newer() -> None:
    story = Story(updating(set={"profile.tier": "gold"}), tier="gold")

    story.take(event("begun", "10:00"), identify("11:00", "09:00", tier="silver"))

    assert story.customer.trait("tier") == "gold"
    assert changes(story) == []


def test_true_is_not_one() -> None:
    story = Story(updating(set={"profile.x": True}), x=1).take(event("begun", "10:00"))

    assert story.customer.trait("x") is True
    assert changes(story) == ["profile.x"]


def test_an_update_stands_over_a_trait_from_the_future() -> None:
    story = Story(updating(set={"profile.tier": "gold", "profile.consent.a": False}))
    story.take(identify("09:00", "12:00", tier="silver", consent={"a": True}))

    story.take(event("begun", "10:00"))

    assert story.customer.trait("tier") == "gold"
    assert not story.customer.consents["a"].given


def test_nested_traits_are_replaced_one_by_one() -> None:
    plan = updating(
        set={"profile.home.city": "Rome", "profile.a.b.c": 1, "profile.text.x": 2},
        unset=["profile.home.street", "profile.home.none.at.all"],
    )
    story = Story(plan, home={"street": "Via", "zip": 1}, text="words").take(
        event("begun", "10:00")
    )

    assert story.customer.trait("home") == {"zip": 1, "city": "Rome", "none": {"at": {}}}
    assert story.customer.trait("a") == {"b": {"c": 1}}
    assert story.customer.trait("text") == {"x": 2}


def test_consent_is_set_with_its_time_and_unset() -> None:
    plan = updating(set={"profile.consent.a": True, "profile.consent.b": False})
    story = Story(plan).take(event("begun", "10:00"))

    assert {name: (item.given, item.at) for name, item in story.customer.consents.items()} == {
        "a": (True, at("10:00")),
        "b": (False, at("10:00")),
    }
    assert changes(story) == ["profile.consent.a, profile.consent.b"]

    story.under(updating("over", unset=["profile.consent.a"])).take(event("over", "11:00"))
    assert [story.customer.consent(name) for name in "ab"] == [None, False]


@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize("before", [{}, {"a": True}, {"a": False}])
def test_a_word_taken_back_is_not_brought_back_by_an_older_one(
    before: dict[str, bool], *, late: bool
) -> None:
    story = Story(updating(unset=["profile.consent.a"]))
    story.take(identify("09:00", consent=before), event("begun", "10:00"))
    assert story.customer.consent("a") is None
    assert changes(story) == (["profile.consent.a"] if before else [])

    story.take(identify("11:00", "09:30", consent={"a": late}))
    assert story.customer.consent("a") is None

    story.take(identify("11:01", "10:30", consent={"a": late}))
    assert story.customer.consent("a") is late


def test_a_refusal_dated_ahead_is_taken_back_with_all_that_was_said_before_it() -> None:
    story = Story(updating(unset=["profile.consent.a"]))
    story.take(identify("09:00", "12:00", consent={"a": False}), event("begun", "10:00"))
    story.take(identify("11:00", consent={"a": True}))
    assert story.customer.consents["a"] == Consent(None, at("12:00"), "journey a")


def test_what_is_taken_back_counts_among_the_consents_that_are_kept() -> None:
    full = {f"c{number}": True for number in range(CONSENTS)}
    story = Story(updating(unset=["profile.consent.c1", "profile.consent.other"]))
    story.take(identify("09:00", consent=full), event("begun", "10:00"))
    assert story.customer.consent("c1") is None
    assert story.reasons("refused") == [f"consent other: at most {CONSENTS} are kept"]


@pytest.mark.parametrize("said", ["yes", 1, None, {"from": "event.said"}])
def test_only_a_clear_word_changes_consent(said: object) -> None:
    """Above all, an answer that is not there takes no refusal back."""
    story = Story(updating(set={"profile.consent.a": said, "profile.tier": "gold"}))
    story.take(identify("09:00", consent={"a": False}), event("begun", "10:00"))

    assert story.reasons("refused") == ["consent a is neither true nor false"]
    assert changes(story) == ["profile.tier"]
    assert story.customer.consents["a"].at == at("09:00")
    assert not story.customer.consents["a"].given


def test_the_whole_consent_can_be_set_as_the_trait_can() -> None:
    plan = updating(set={"profile.consent": {"from": "event.consent"}})
    story = Story(plan).take(event("begun", "10:00", consent={"a": True}))

    assert story.customer.consents["a"].given
    assert "consent" not in story.customer.traits


def test_what_does_not_fit_is_refused() -> None:
    plan = updating(set={"profile.x": {"from": "event.x"}, "vars.x": {"from": "event.x"}})
    story = Story(plan).take(event("begun", "10:00", x="x" * (PROFILE_BYTES + VARS_CHARS)))

    assert story.live.vars == {}
    assert story.customer.trait("x") is None
    assert story.reasons("refused") == [
        "profile is full: trait x does not fit",
        "vars.x: vars full",
    ]
