"""What is told of a message from before she came back is not told of the one she got since."""

import json
from typing import Any

import pytest

from sojourn.core.values.instants import MINUTE, Instant, format_instant
from sojourn.runtime.rights.forgetting import LIFTED_AFTER
from tests.runtime.given import ASKS_FOR_A_CLICK, Works, journey
from tests.runtime.ses_events import report
from tests.runtime.test_forgetting import asks, finish, rights

FORMER, PRESENT = "former@home.example", "present@home.example"


def thanked(works: Works, address: str) -> tuple[dict[str, str], Instant]:
    """A customer orders and is thanked: the tags of that e-mail, and when it went."""
    works.identify(email=address)
    works.event("order.placed", order_id="1")
    works.run()
    tags, at = dict(list(works.mailer.sent.values())[-1].tags), works.clock.now()
    works.clock.advance(MINUTE)
    return tags, at


def twice() -> tuple[Works, Instant, Instant, dict[str, str]]:
    """The same before she was forgotten and after she came back; the tags are the same."""
    works = Works(journey(steps=ASKS_FOR_A_CLICK))
    before, sent_before = thanked(works, FORMER)
    finish(works)
    works.clock.advance(LIFTED_AFTER)
    rights(works).take(asks("sojourn.lift"))
    works.clock.advance(MINUTE)
    after, sent_since = thanked(works, PRESENT)
    assert before == after
    return works, sent_before, sent_since, after


def hear(works: Works, kind: str, tags: dict[str, str], mailed_at: Instant, **mail: Any) -> None:  # noqa: ANN401 - JSON
    """The provider tells now of an e-mail."""
    told = report(kind, tags, timestamp=format_instant(works.clock.now()))
    told["detail"]["mail"] |= {"timestamp": format_instant(mailed_at), **mail}
    works.ingest.take(json.dumps(told))
    works.run()


def test_a_late_click_moves_nobody_and_one_of_now_does() -> None:
    works, sent_before, sent_since, tags = twice()
    sent = len(works.mailer.sent)
    hear(works, "Click", tags, sent_before, destination=[FORMER])
    assert len(works.mailer.sent) == sent
    assert works.customer().enrolments[works.customer().ledger[-1].enrolment].step == "reaction"
    hear(works, "Click", tags, sent_since, destination=[PRESENT])
    assert works.subjects()[-1] == "You clicked"
    assert works.dead_letters.letters == []


@pytest.mark.parametrize(
    ("kind", "status"),
    [("Bounce", "bounced"), ("Complaint", "complained"), ("Subscription", "unsubscribed")],
)
def test_what_a_late_report_says_of_an_address_is_of_the_one_it_went_to(
    kind: str, status: str
) -> None:
    works, sent_before, _, tags = twice()
    hear(works, kind, tags, sent_before, destination=[FORMER])
    assert works.customer().channel_status("email") == "ok"
    works.identify(email=FORMER)
    works.run()
    assert works.customer().channel_status("email") == status


@pytest.mark.parametrize("written_to", [[], None])
def test_a_late_report_that_names_no_address_says_nothing(written_to: object) -> None:
    works, sent_before, _, tags = twice()
    hear(works, "Bounce", tags, sent_before, destination=written_to)
    assert works.customer().channels == {}
    assert works.dead_letters.letters == []


def test_a_report_that_does_not_say_when_it_was_mailed_is_of_the_present_message() -> None:
    works, _, _, tags = twice()
    told = report("Click", tags, timestamp=format_instant(works.clock.now()))
    del told["detail"]["mail"]["timestamp"]
    works.ingest.take(json.dumps(told))
    works.run()
    assert works.subjects()[-1] == "You clicked"
