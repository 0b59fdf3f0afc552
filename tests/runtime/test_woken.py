"""Wake-ups: what falls due is written once, with the claim where a message follows."""

from sojourn.core.values.instants import MINUTE
from sojourn.fakes.queues import Queued
from sojourn.runtime.audit import Judged, Kept, examine
from sojourn.runtime.customer.mailbox import Mailbox
from sojourn.runtime.decisions.deciding import body_of
from tests.runtime.given import ANA, NOON, Doc, Works, email, journey


def waiting(**fields: str) -> Doc:
    """A journey that waits a minute before it writes."""
    steps = {"pause": {"type": "wait", "for": "PT60S", "next": "thank"}, "thank": email()}
    return journey(start="pause", steps=steps, **fields)


def entered(doc: Doc) -> Works:
    """A customer whose order was decided, and whose wait is over."""
    works = Works(doc)
    works.identify()
    works.event("order.placed", order_id="1")
    works.stream()
    works.stream()
    works.clock.advance(MINUTE)
    return works


def rung(works: Works, body: str = body_of(ANA)) -> None:
    """Evaluate takes a wake-up."""
    works.evaluate.wake(body)
    works.evaluate.flush()


def test_a_wake_up_without_a_message_costs_one_write() -> None:
    steps = {"pause": {"type": "wait", "for": "PT60S", "next": "stay"}}
    steps["stay"] = {"type": "wait", "for": "PT1H"}
    works = entered(journey(start="pause", steps=steps))
    rung(works)
    assert works.mailboxes.read(ANA).revision == 2
    assert works.dispatches.queued == []


def test_a_wake_up_that_leads_to_a_message_is_written_with_its_claim_and_its_record() -> None:
    works = entered(waiting())
    for _ in range(2):  # nothing hangs on the hand-over: until the claim the timer stays overdue
        rung(works, works.wakes.queued[0].body)
        assert works.mailboxes.read(ANA).revision == 1
        assert works.mailboxes.read(ANA).timer_at == works.clock.now()
    assert works.dispatches.queued == [Queued(body_of(ANA), 0)] * 2
    works.dispatch.take(body_of(ANA))
    assert works.subjects() == ["Thank you"]
    assert works.mailboxes.read(ANA).revision == 3
    assert works.mailboxes.read(ANA).timer_at is None
    works.run()
    assert works.subjects() == ["Thank you"]


def test_a_claim_leaves_the_overdue_timer_where_it_is_and_who_is_woken_by_it_changes_nothing() -> (
    None
):
    works = entered(waiting())
    rung(works)
    seen: list[Mailbox] = []

    def look() -> None:
        box = works.mailboxes.read(ANA)
        judged = Judged(works.live(0).plan(), works.clock.now(), 15 * MINUTE, 0)
        assert list(examine(Kept(box, box.timer_at, 0, 0), judged)) == []
        seen.append(box)
        rung(works)
        assert works.mailboxes.read(ANA) == box

    works.mailer.while_sending = [look]
    works.dispatch.take(body_of(ANA))
    [claimed] = seen
    assert (claimed.revision, claimed.timer_at) == (2, NOON + MINUTE)
    assert works.mailboxes.read(ANA).revision == 3
    assert claimed.customer is not None
    assert [message.status for message in claimed.customer.messages.values()] == ["claimed"]


def test_a_message_handed_over_before_its_journey_was_paused_does_not_go() -> None:
    works = entered(waiting())
    rung(works)
    works.upload({"journeys/thanks.json": {**waiting(), "status": "paused"}})
    works.run()
    assert works.subjects() == []
    works.upload({"journeys/thanks.json": waiting(resume_over="PT0S")})
    works.wait(MINUTE)
    assert works.subjects() == ["Thank you"]
