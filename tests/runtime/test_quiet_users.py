"""A user is one whatever she did: also with events alone that nobody refers to."""

import pytest

from sojourn.core.state.history import BEGINNING
from sojourn_cli.simulation.lines import read_events
from sojourn_cli.simulation.run import simulate
from tests.runtime.given import ANA, Works
from tests.runtime.test_forgetting import asks, finish
from tests.runtime.test_joins import CART, put

BEN = "ben"
SEEN = b'{"userId": "ben", "event": "%s", "timestamp": "2026-03-02T12:00:00Z"}'
CAME = (
    b'{"userId": "ana", "anonymousId": "ben", "event": "cart.abandoned",'
    b' "timestamp": "2026-03-02T12:00:01Z"}'
)


def met(name: str = "seen") -> Works:
    """A user whose events concern no journey; another comes with her id as her own browser's."""
    works = Works(CART)
    put(works, name, userId=BEN)
    assert works.mailboxes.read(BEN).arrivals == 0
    put(works, "cart.abandoned", userId=ANA, anonymousId=BEN, cart=1)
    return works


@pytest.mark.parametrize("name", ["seen", "message.delivered"])
def test_two_users_stay_two_as_in_a_simulation(name: str) -> None:
    works = met(name)
    works.run()
    simulated = simulate(works.live().plan(), read_events([SEEN % name.encode(), CAME]))
    assert works.customer().absorbed == simulated.lives[ANA].customer.absorbed == ()
    assert works.customer().conflicts == simulated.lives[ANA].customer.conflicts != {}
    assert works.mailboxes.read(BEN).joined_into is None


def test_a_visitor_of_whom_nobody_wanted_to_know_is_joined() -> None:
    works = Works(CART)
    put(works, "seen", anonymousId=BEN)
    put(works, "cart.abandoned", userId=ANA, anonymousId=BEN, cart=1)
    works.run()
    assert works.customer().absorbed == (BEN,)


def test_who_is_forgotten_takes_no_user_along() -> None:
    works = met()
    finish(works, asks("sojourn.forget"))
    assert [event.name for event in works.history.events(BEN, BEGINNING)] == ["seen"]
    assert not works.plans.forgotten().knows(BEN)
