"""Whether a replay of what is in the fakes decides what was decided there."""

import json
from collections.abc import Mapping

from sojourn.core.codec import encode_customer
from sojourn.core.history import BEGINNING
from sojourn.core.instants import LATEST
from sojourn.core.plan import Plan
from sojourn.fakes.mailboxes import FakeHistory, FakeMailboxes
from sojourn.runtime.timeline import read_timeline
from sojourn_cli.recording.replay import replay
from sojourn_cli.recording.turns import Past, as_line, past_of, revisions_over, turn_from


def past_in(mailboxes: FakeMailboxes, history: FakeHistory, customer: str) -> Past:
    """A customer's past out of the fakes, its turns as they come out of a file again."""
    box = mailboxes.read(customer)
    found = past_of(
        customer,
        [*history.lines(customer, BEGINNING), *box.lines],
        history.events(customer, BEGINNING),
        [item.event for item in box.inbox],
    )
    read = json.loads(json.dumps(as_line(found)))
    assert tuple(turn_from(doc) for doc in read["turns"]) == found.turns
    assert found.is_whole
    return found


def check_replay(
    mailboxes: FakeMailboxes, history: FakeHistory, customer: str, plans: Mapping[int, Plan]
) -> None:
    """The replayed customer is the stored one to the last bit, and so is every reason."""
    timeline = read_timeline(mailboxes, history, customer)
    if timeline.box.customer is None or timeline.box.customer_id != customer:
        return
    past = past_in(mailboxes, history, customer)
    if past.joins:
        return  # a recording leaves her out
    life = replay(past, plans, LATEST, reasons=True)
    assert tuple(life.records) == timeline.records
    lived = [(after, plan.revision) for after, plan in life.plans]
    assert lived == revisions_over(past.turns)
    assert encode_customer(life.customer) == encode_customer(timeline.box.customer)
