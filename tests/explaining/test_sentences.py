"""What explanations say, word for word."""

from typing import Any

import pytest

from sojourn.core.course.settle import LATE
from sojourn.core.state.decisions import Record
from sojourn.core.values.instants import parse_instant
from sojourn_cli.explaining.standing import Standing
from sojourn_cli.explaining.story import Story, explain, explain_record
from tests.explaining.given import journey, plan_of

NOW = parse_instant("2026-01-05T10:00:00Z")
MESSAGE = {"message": "m1", "channel": "email", "requested_at": "2026-01-05T09:00:00Z"}
PLAN = plan_of({"j": journey()}, {"control_group": 8})


def sentence(what: str, reason: str | None = None, step: str | None = None, **details: Any) -> str:  # noqa: ANN401 - JSON
    record = Record(NOW, what, "j", "e1", step, reason, details)
    said = explain_record(record, Standing("ana", PLAN))
    assert said is not None
    return said.text


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (
            "journey is paused",
            "Did not enter: the journey is paused, and nobody enters; live, it would be asked.",
        ),
        (
            "entry opens at 2026-02-01T00:00:00Z",
            "Did not enter: entry was not open yet; it opens at 2026-02-01T00:00:00Z.",
        ),
        (
            "entry closed at 2026-01-01T00:00:00Z",
            (
                "Did not enter: entry was open until just before 2026-01-01T00:00:00Z;"
                " a later end would let her in."
            ),
        ),
        (
            "limit: 100 live enrolments",
            (
                "Did not enter: the customer was in 100 journeys, the most there can be;"
                " one of them would have to end first."
            ),
        ),
        (
            "limit: entry.* of 200000 characters in all",
            (
                "Did not enter: what entered her journeys would take 200000 characters in all, more"
                " than is kept; one of them would have to end first, or the event to bring less."
            ),
        ),
        (
            "limit: 200000 bytes held by enrolments",
            (
                "Did not enter: her journeys would hold 200000 bytes in all, more than is kept;"
                " one of them would have to end first, or the event to bring less."
            ),
        ),
        (
            "limit: 1000 journeys at once",
            "Did not enter: 1000 journeys had begun at once already; fewer would have to.",
        ),
        (
            "limit: a key of 2000 bytes",
            "Did not enter: its key has 2000 bytes, and may have 1024; a shorter one would do.",
        ),
        (
            "loop_limit",
            (
                "Did not enter: journeys that enter one another went too far in one instant;"
                " fewer journeys would have to lead into one another in one instant."
            ),
        ),
        (
            "there is no such journey",
            (
                "Did not enter: there is no journey j;"
                " a file journeys/j.json would have to say what it is."
            ),
        ),
        (
            "and 3 more journeys",
            (
                "3 more journeys were not entered either; their reasons are not kept;"
                " what stood in their way is not known."
            ),
        ),
    ],
)
def test_why_a_journey_did_not_start(reason: str, text: str) -> None:
    assert sentence("not_entered", reason) == text


@pytest.mark.parametrize(
    ("outcome", "reason", "text"),
    [
        ("sent", None, "Sent: consent to marketing not refused."),
        (
            "suppressed",
            "control_group",
            (
                "Not sent (suppressed): the customer is of the control group (8 %), which gets no"
                " message of a category that obeys caps; the draw does not change;"
                " a group of 7 % would be without her."
            ),
        ),
        (
            "suppressed",
            "channels.email complained",
            (
                "Not sent (suppressed): the e-mail address is marked as complained; a new"
                " address would be ok."
            ),
        ),
        (
            "no_consent",
            "consent news",
            (
                "Not sent (no_consent): consent to news was refused;"
                " the trait consent with news true would be enough."
            ),
        ),
        (
            "no_address",
            "channels.email missing",
            "Not sent (no_address): profile.email was missing; a value for it would be enough.",
        ),
        (
            "failed",
            "render: entry.cart.url",
            (
                "Not sent (failed): the template names entry.cart.url, which was missing and has no"
                " default; a value for it or a default would be enough."
            ),
        ),
        (
            "failed",
            "render: limit of output: over 9 bytes",
            (
                "Not sent (failed): the template could not be rendered: limit of output:"
                " over 9 bytes; the template itself would have to change."
            ),
        ),
        (
            "failed",
            "throttled: slow down",
            (
                "Not sent (failed): the provider did not take it as long as it could be held:"
                " slow down; what the provider answers is its own."
            ),
        ),
        (
            "failed",
            LATE,
            (
                "Not sent (failed): it could not be handed over in time as long as it could be"
                " held; it would have gone had the stack not been slow."
            ),
        ),
        (
            "failed",
            "refused: MessageRejected",
            (
                "Not sent (failed): the provider refused it: MessageRejected;"
                " what the provider answers is its own."
            ),
        ),
        (
            "failed",
            "refused: what stands there is no e-mail address",
            (
                "Not sent (failed): what stands in profile.email is no e-mail address;"
                " an address of the right form would be enough."
            ),
        ),
        (
            "failed",
            "unknown: the provider's answer was lost; not sent again",
            (
                "Not sent (failed): the provider's answer was lost, and this category is not sent"
                " again on a doubt; what the provider answers is its own."
            ),
        ),
        (
            "cancelled",
            "exit bought",
            "Cancelled: the journey ended as bought; it would have gone but for that end.",
        ),
        (
            "cancelled",
            "exit",
            "Cancelled: the journey had ended; it would have gone but for that end.",
        ),
        (
            "capped",
            "cap gone",
            (
                "Not sent (capped): cap gone left no room; its step holds for 1 day, until"
                " 2026-01-06T09:00:00Z; no instant within 400 days is known at which it would be"
                " allowed."
            ),
        ),
    ],
)
def test_what_became_of_a_message(outcome: str, reason: str | None, text: str) -> None:
    assert sentence("message", reason, "mail", outcome=outcome, **MESSAGE) == text


@pytest.mark.parametrize(
    ("what", "fields", "text"),
    [
        ("profile", {"names": "first_name, email"}, "Learned first_name, email."),
        (
            "channel",
            {"channel": "sms", "status": "bounced", "reason": "message.bounced"},
            "The SMS address is now marked as bounced: message.bounced.",
        ),
        (
            "duplicate",
            {"reason": "messageId 7 was taken before"},
            "Changed nothing: messageId 7 was taken before; a messageId counts once.",
        ),
        (
            "ignored",
            {"reason": "message.opened by a machine, not a person"},
            (
                "Changed nothing: message.opened by a machine, not a person; without"
                " event.bot it would count."
            ),
        ),
        (
            "refused",
            {"reason": "profile is full: trait x does not fit"},
            (
                "Not kept: profile is full: trait x does not fit; fewer or shorter traits would"
                " leave room."
            ),
        ),
        (
            "refused",
            {"reason": "type mismatch", "step": "mail"},
            (
                "Not changed: only a number can be added to a number (type mismatch); a"
                " number there would be enough."
            ),
        ),
        ("entered", {"event": "go"}, "Entered on go."),
        ("entered", {"event": None}, "Entered."),
        (
            "held_out",
            {},
            (
                "Held out: the draw put the customer into the holdout (0 %); she walks no step, and"
                " is followed for the goal; a holdout of 35 % would be without her."
            ),
        ),
        ("step", {"step": "mail", "visit": 1}, "Came to mail (an e-mail)."),
        ("step", {"step": "gone", "visit": 2}, "Came to gone, visit 2."),
        (
            "waiting",
            {"step": "mail", "until": "2026-01-06T10:00:00Z"},
            "Waits 1 day, until 2026-01-06T10:00:00Z.",
        ),
        ("timeout", {"step": "mail"}, "Nothing it waited for came."),
        ("matched", {"step": "mail", "event": "go"}, "go is what it waited for."),
        ("branch", {"step": "mail", "branch": "else"}, "No branch held: else."),
        ("branch", {"step": "mail", "branch": 1}, "Branch 2 held."),
        ("split", {"step": "mail", "arm": "b"}, "Drawn into arm b, as always for this customer."),
        ("update", {"step": "mail", "changed": "vars.n"}, "Changed vars.n."),
        (
            "update",
            {"changed": "vars.n, profile.x, vars.long", "values": {"vars.n": 3, "profile.x": None}},
            "Changed vars.n to 3, profile.x (unset), vars.long.",
        ),
        (
            "held",
            {
                "reason": "throttled: slow down",
                "until": "2026-01-05T10:00:30Z",
                "step": "mail",
                **MESSAGE,
            },
            (
                "Held: the provider did not take it now: slow down; it is tried again at"
                " 2026-01-05T10:00:30Z."
            ),
        ),
        (
            "held",
            {"reason": LATE, "until": "2026-01-05T10:00:30Z", "step": "mail", **MESSAGE},
            (
                "Held: it was not handed over in time, so it is decided once more; it is tried"
                " again at 2026-01-05T10:00:30Z."
            ),
        ),
        (
            "held",
            {
                "reason": "the provider's answer was lost",
                "until": "2026-01-05T10:00:30Z",
                "step": "mail",
                **MESSAGE,
            },
            (
                "Held: the provider's answer was lost, and this category is sent again on a doubt;"
                " it is tried again at 2026-01-05T10:00:30Z."
            ),
        ),
        (
            "exited",
            {"outcome": "bought", "reason": "event order.placed"},
            "Ended as bought: its exit rule on order.placed; no order.placed came in from outside.",
        ),
        (
            "exited",
            {"outcome": "left", "reason": "exit condition"},
            "Ended as left: its exit rule without an event came true.",
        ),
        (
            "exited",
            {"outcome": "converted", "reason": "goal order.placed"},
            (
                "Ended as converted: its goal was reached by order.placed, which ends it; no"
                " order.placed came in from outside."
            ),
        ),
        (
            "exited",
            {"outcome": "expired", "reason": "max_stay"},
            (
                "Ended as expired: the customer had stayed its longest (365 days); a max_stay"
                " of 366 days would have let it go on."
            ),
        ),
        (
            "exited",
            {"outcome": "loop_limit", "reason": "step mail was visited 100 times"},
            (
                "Ended as loop_limit: step mail was visited 100 times;"
                " max_visits 101 would allow another."
            ),
        ),
        (
            "exited",
            {"outcome": "past", "reason": "the date of step mail is past"},
            "Ended as past: the date of step mail is past; if_past continue would have gone on.",
        ),
        (
            "exited",
            {
                "outcome": "loop_limit",
                "reason": "a chain of causes in one instant grew too long",
            },
            (
                "Ended as loop_limit: a chain of causes in one instant grew too long; fewer"
                " things would have to cause one another in one instant."
            ),
        ),
        ("exited", {"outcome": "finished"}, "Ended as finished: its last step was done."),
        (
            "exited",
            {"outcome": "archived"},
            (
                "Ended as archived: the journey was archived, and takes those inside along"
                " (on_archive exit); on_archive finish would let those inside go on."
            ),
        ),
        ("converted", {"step": "mail"}, "Reached its goal, credited to mail."),
        ("converted", {}, "Reached its goal, credited to no message."),
    ],
)
def test_what_happened_on_the_way(what: str, fields: dict[str, Any], text: str) -> None:
    assert sentence(what, **fields) == text


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("not_entered", "no such reason"),
        ("message", "no such reason"),
        ("held", "no such reason"),
        ("exited", "no such reason"),
        ("refused", "no such reason"),
        ("no such record", None),
    ],
)
def test_a_reason_of_another_version_stands_for_itself(what: str, reason: str | None) -> None:
    details = {"until": "2026-01-06T10:00:00Z", "outcome": "failed", **MESSAGE}
    record = Record(NOW, what, "j", "e1", "mail", reason, details)
    assert explain_record(record, Standing("ana", PLAN)) is None
    (entry,) = explain(Story("ana", (), (record,)), PLAN)
    assert entry.explanation == f"{what}: {reason}."
