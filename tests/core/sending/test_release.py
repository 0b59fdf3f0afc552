"""What the language says of dispatch, sentence by sentence; reasons name the rule."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sojourn.core.sending.release import Hold, Send, Skip, release, wants
from sojourn.core.state.customer import AddressStatus, Customer, Trait
from sojourn.core.values.exact import Json
from sojourn.core.values.instants import DAY, HOUR, MINUTE, format_instant
from sojourn.core.workspace.settings_file import read_settings
from tests.core.deciding import ANA, EMAIL_DAILY, NIGHT, decide, held
from tests.core.nouns import MONDAY, customer, message


def test_with_no_rules_everything_goes_at_once() -> None:
    assert decide({}) == Send(ANA)


@pytest.mark.parametrize("address", [None, "", "   ", 5, [], ["", None]])
def test_without_an_address_nothing_goes(address: Json) -> None:
    person = customer(email=address)
    assert release(message(), person, read_settings({}), MONDAY) == Skip(
        "no_address", "channels.email missing"
    )


@pytest.mark.parametrize("status", ["bounced", "complained"])
@pytest.mark.parametrize("category", ["marketing", "transactional"])
def test_a_bounce_and_a_complaint_block_all(status: str, category: str) -> None:
    person = customer(channels={"email": status}, consents={"marketing": (True, MONDAY + 1)})
    assert release(message(category=category), person, read_settings({}), MONDAY) == Skip(
        "suppressed", f"channels.email {status}"
    )
    assert isinstance(release(message(channel="sms"), person, read_settings({}), MONDAY), Send)


@pytest.mark.parametrize("address", ["Ana@Example.com", "ANA@EXAMPLE.COM"])
def test_an_address_in_other_letters_is_blocked_as_well(address: str) -> None:
    gone = customer(channels={"email": "complained"})
    moved = replace(gone, traits={**gone.traits, "email": Trait(address, MONDAY)})
    assert release(message(), moved, read_settings({}), MONDAY) == Skip(
        "suppressed", "channels.email complained"
    )


def test_an_unsubscription_blocks_what_needs_consent_until_a_newer_one() -> None:
    rules = read_settings({})
    gone = customer(channels={"email": "unsubscribed"})
    blocked = Skip("suppressed", "channels.email unsubscribed")
    assert release(message(), gone, rules, MONDAY) == blocked
    assert release(message(category="transactional"), gone, rules, MONDAY) == Send(ANA)
    for given, at, expected in (
        (True, MONDAY - 1, blocked),
        (True, MONDAY, blocked),
        (True, MONDAY + 1, Send(ANA)),
        (False, MONDAY + 1, blocked),
    ):
        person = customer(channels={"email": "unsubscribed"}, consents={"marketing": (given, at)})
        assert release(message(), person, rules, MONDAY) == expected
    other = customer(channels={"email": "unsubscribed"}, consents={"news": (True, MONDAY + 1)})
    assert release(message(), other, rules, MONDAY) == blocked


def test_a_message_goes_to_the_addresses_that_are_open() -> None:
    person = customer(push_endpoints=["one", "two", "three"])
    standing = {"one": AddressStatus("bounced", MONDAY), "two": AddressStatus("ok", MONDAY, 2)}
    some = replace(person, channels={"push": standing})
    assert release(message(channel="push"), some, read_settings({}), MONDAY) == Send(
        ("two", "three")
    )


@pytest.mark.parametrize(
    ("consent", "given", "goes"),
    [
        *(("none", None, True), ("none", False, True), ("none", True, True)),
        *(("opt_out", None, True), ("opt_out", False, False), ("opt_out", True, True)),
        *(("opt_in", None, False), ("opt_in", False, False), ("opt_in", True, True)),
    ],
)
def test_consent_is_asked_as_the_category_says(
    consent: str, *, given: bool | None, goes: bool
) -> None:
    rules = read_settings({"categories": {"news": {"consent": consent}}})
    person = customer(consents={} if given is None else {"news": (given, MONDAY)})
    verdict = release(message(category="news"), person, rules, MONDAY)
    assert verdict == (Send(ANA) if goes else Skip("no_consent", "consent news"))


def test_a_category_that_is_not_in_the_settings_binds_like_marketing() -> None:
    person = customer(consents={"unheard-of": (False, MONDAY)})
    verdict = release(message(category="unheard-of"), person, read_settings({}), MONDAY)
    assert verdict == Skip("no_consent", "consent unheard-of")
    assert decide(
        {"caps": [{"name": "none", "max": 0, "per": "P1D"}]}, category="unheard-of"
    ) == Skip("capped", "cap none")


def test_the_control_group_gets_nothing_that_obeys_caps() -> None:
    rules = {"control_group": 100}
    assert decide(rules) == Skip("suppressed", "control_group")
    assert decide(rules, category="transactional") == Send(ANA)
    assert decide({"control_group": 0}) == Send(ANA)


def test_the_control_group_is_sticky_and_about_its_size() -> None:
    rules = read_settings({"control_group": 10})
    people = [customer(id_=f"c{number}") for number in range(2000)]
    first = [release(message(), person, rules, MONDAY) for person in people]
    later = [release(message(), person, rules, MONDAY + DAY) for person in people]
    assert first == later
    assert 130 < first.count(Skip("suppressed", "control_group")) < 270


def test_what_comes_first_in_dispatch_names_the_reason() -> None:
    rules = read_settings(
        {
            "control_group": 100,
            "quiet_hours": [{"from": "00:00", "to": "00:00"}],
            "caps": [{"name": "none", "max": 0, "per": "P1D"}],
        }
    )
    wanted, refused = message(), {"marketing": (False, MONDAY)}
    for person, reason in (
        (customer(email=None, channels={}, consents=refused), "channels.email missing"),
        (customer(channels={"email": "bounced"}, consents=refused), "channels.email bounced"),
        (customer(consents=refused), "consent marketing"),
        (customer(), "control_group"),
    ):
        verdict = release(wanted, person, rules, MONDAY)
        assert isinstance(verdict, Skip)
        assert verdict.reason == reason


def test_quiet_hours_and_caps_push_each_other_on() -> None:
    rules = {"quiet_hours": [NIGHT], "caps": [{"name": "gap", "min_gap": "PT4H"}]}
    # The gap ends at 22:30, which is quiet.
    assert decide(rules, "2026-01-05T19:00:00Z", "2026-01-05T18:30:00Z") == held(
        "2026-01-06T08:00:00Z", "quiet_hours"
    )
    # Quiet hours end at 08:00, when the gap is not over yet.
    assert decide(rules, "2026-01-06T06:00:00Z", "2026-01-06T05:00:00Z") == held(
        "2026-01-06T09:00:00Z", "cap gap"
    )


def test_the_last_instant_of_a_hold_is_in() -> None:
    now = "2026-01-05T22:00:00Z"
    assert decide({"quiet_hours": [NIGHT]}, now, hold=10 * HOUR) == held(
        "2026-01-06T08:00:00Z", "quiet_hours"
    )
    assert decide({"quiet_hours": [NIGHT]}, now, hold=10 * HOUR - 1) == Skip("quiet", "quiet_hours")
    capped = {"caps": [EMAIL_DAILY]}
    assert decide(capped, MONDAY, "2026-01-05T08:00:00Z", hold=23 * HOUR) == held(
        "2026-01-06T08:00:00Z", "cap email-daily"
    )
    assert decide(capped, MONDAY, "2026-01-05T08:00:00Z", hold=23 * HOUR - 1) == Skip(
        "capped", "cap email-daily"
    )


def test_on_limit_skip_holds_nothing() -> None:
    night = "2026-01-05T22:00:00Z"
    assert decide({"quiet_hours": [NIGHT]}, night, on_limit="skip") == Skip("quiet", "quiet_hours")
    assert decide({"caps": [EMAIL_DAILY]}, MONDAY, "2026-01-05T08:00:00Z", on_limit="skip") == Skip(
        "capped", "cap email-daily"
    )
    assert decide({"quiet_hours": [NIGHT]}, MONDAY, on_limit="skip") == Send(ANA)


@pytest.mark.parametrize(
    ("gap", "outcome"),
    [("PT10H", "quiet"), ("PT11H", "capped"), ("PT12H", "capped"), ("PT1H30M", "quiet")],
)
def test_the_outcome_is_whichever_alone_allows_later_caps_on_a_tie(gap: str, outcome: str) -> None:
    # Quiet until 08:00; the last send was at 21:00.
    rules = {"quiet_hours": [NIGHT], "caps": [{"name": "gap", "min_gap": gap}]}
    reason = {"quiet": "quiet_hours", "capped": "cap gap"}[outcome]
    verdict = decide(rules, "2026-01-05T22:00:00Z", "2026-01-05T21:00:00Z", hold=MINUTE)
    assert verdict == Skip(outcome, reason)


def test_alone_is_taken_from_now_not_from_where_the_other_ends() -> None:
    # From now on the cap allows at 10:00; quiet hours stand from 09:30 to 12:00 but not now.
    rules = {
        "quiet_hours": [{"from": "09:30", "to": "12:00"}],
        "caps": [{"name": "gap", "min_gap": "PT2H"}],
    }
    verdict = decide(rules, MONDAY, "2026-01-05T08:00:00Z", hold=2 * HOUR)
    assert verdict == Skip("capped", "cap gap")


@pytest.mark.parametrize(
    ("rules", "outcome"),
    [
        ({"caps": [{"name": "c", "max": 0, "per": "P1D"}]}, "capped"),
        ({"caps": [{"name": "c", "max": 1, "per": "P500D"}]}, "quiet"),
        ({"caps": [{"name": "c", "max": 1, "per": "P600D"}]}, "capped"),
    ],
)
def test_how_late_is_known_however_late_it_is(rules: dict[str, object], outcome: str) -> None:
    # Closed for 550 days from now; the send in the ledger was today.
    closed = {"closed": [{"from": "2026-01-05", "to": "2027-07-08"}]}
    verdict = decide({**rules, **closed}, MONDAY, "2026-01-05T08:00:00Z")
    assert isinstance(verdict, Skip)
    assert verdict.outcome == outcome


def test_never_quiet_and_never_capped_is_capped() -> None:
    rules = {
        "quiet_hours": [{"from": "00:00", "to": "00:00"}],
        "caps": [{"name": "none", "max": 0, "per": "P1D"}],
    }
    assert decide(rules) == Skip("capped", "cap none")


def test_a_message_that_wakes_after_its_deadline_goes_when_nothing_stands_in_the_way() -> None:
    late = message(MONDAY - 3 * DAY, hold=DAY)
    assert release(late, customer(), read_settings({"quiet_hours": [NIGHT]}), MONDAY) == Send(ANA)


@pytest.mark.parametrize("year", [1900, 2199, 2200])
def test_far_years_are_decided_like_any_other(year: int) -> None:
    rules = {
        "timezone": "Europe/Berlin",
        "quiet_hours": [NIGHT],
        "caps": [{"name": "m", "max": 1, "per": "calendar_month"}],
    }
    midnight = datetime(year, 1, 1, tzinfo=UTC)
    now = f"{midnight:%Y-%m-%dT%H:%M:%SZ}"
    verdict = decide(rules, now, now, hold=40 * DAY)
    assert isinstance(verdict, Hold)
    assert format_instant(verdict.until).startswith(f"{year}-02-01T07:")


@pytest.mark.parametrize(
    ("person", "category", "wanted"),
    [
        (customer(), "marketing", True),
        (customer(), "news", False),
        (customer(), "transactional", True),
        (customer(consents={"news": (True, MONDAY)}), "news", True),
        (customer(consents={"marketing": (False, MONDAY)}), "marketing", False),
        (customer(channels={"email": "unsubscribed"}), "marketing", False),
        (customer(channels={"email": "unsubscribed"}), "transactional", True),
        (
            customer(
                channels={"email": "unsubscribed"}, consents={"marketing": (True, MONDAY + 1)}
            ),
            "marketing",
            True,
        ),
        (customer(email=None), "marketing", True),
    ],
)
def test_what_the_customer_said_is_asked_apart_from_everything_else(
    person: Customer, category: str, *, wanted: bool
) -> None:
    rules = read_settings({"categories": {"news": {"consent": "opt_in"}}})
    assert wants(person, "email", rules.category(category)) is wanted
