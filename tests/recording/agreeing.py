"""Whether a replay of what is in the fakes decides what was decided there."""

import json
from collections.abc import Mapping
from dataclasses import replace

from sojourn.core.state.codec import encode_customer
from sojourn.core.state.history import BEGINNING
from sojourn.core.values.instants import LATEST
from sojourn.core.workspace.plan import Plan
from sojourn.fakes.mailboxes import FakeHistory, FakeMailboxes
from sojourn.runtime.customer.timeline import read_timeline
from sojourn_cli.recording.pasts import Past, as_line, past_of
from sojourn_cli.recording.people import person
from sojourn_cli.recording.replay import replay
from sojourn_cli.recording.turns import revisions_over, turn_from


class PastsIn:
    """What fakes hold under each id, turns as they come out of a file again."""

    def __init__(self, mailboxes: FakeMailboxes, history: FakeHistory) -> None:
        self._mailboxes = mailboxes
        self._history = history

    def past(self, customer: str) -> Past:
        """See Pasts."""
        box = self._mailboxes.read(customer)
        found = past_of(
            customer,
            [*self._history.lines(customer, BEGINNING), *box.lines],
            self._history.events(customer, BEGINNING),
            [item.event for item in box.inbox],
        )
        read = json.loads(json.dumps(as_line(found)))
        assert tuple(turn_from(doc) for doc in read["turns"]) == found.turns
        assert found.is_whole
        return replace(found, is_user=box.is_user, joined_into=box.joined_into)


def check_replay(
    mailboxes: FakeMailboxes, history: FakeHistory, customer: str, plans: Mapping[int, Plan]
) -> None:
    """The replayed customer is the stored one to the last bit, and so is every reason."""
    timeline = read_timeline(mailboxes, history, customer)
    if timeline.box.customer is None or timeline.box.customer_id != customer:
        return
    found = person(customer, PastsIn(mailboxes, history))
    assert found.past.customer == customer
    assert found.joined.keys() == set(timeline.box.customer.absorbed)
    life = replay(found.past, plans, LATEST, found.joined, reasons=True)
    assert tuple(life.records) == timeline.records
    lived = [(after, plan.revision) for after, plan in life.plans]
    assert lived == revisions_over(found.past.turns)
    assert encode_customer(life.customer) == encode_customer(timeline.box.customer)
