"""An address that somebody forgotten stopped: whatever becomes of its new owner meanwhile."""

from collections.abc import Callable

import pytest

from sojourn.core.state.customer import Event
from sojourn.runtime.decisions.deciding import body_of
from sojourn.runtime.ports import Appended
from sojourn.runtime.rights.forgetting import Settling
from tests.runtime.given import Works, journey
from tests.runtime.test_forgetting import ADDRESS, asks, finish, rights
from tests.runtime.test_joins import put
from tests.runtime.test_rights import told

WELCOME = journey("welcome", "order.placed")


def newly_owned() -> Works:
    """Somebody else has an address that is stopped, and a message waits for dispatch."""
    works = Works(WELCOME)
    works.identify(email=ADDRESS)
    works.run()
    told(works, "message.complained", channel="email")
    put(works, "page.viewed", anonymousId="visitor-9", traits={"email": ADDRESS})
    works.run()
    finish(works)
    put(works, "order.placed", anonymousId="visitor-9", order_id="1")
    works.stream()
    works.stream()
    return works


def test_the_event_that_brings_a_stopped_address_is_decided_on_knowing_that() -> None:
    told_of = {"event": "order.placed", "where": {"channels.email.status": "complained"}}
    rings = journey("rings", entry=told_of)
    works = Works(WELCOME, rings)
    works.identify(email=ADDRESS)
    works.run()
    told(works, "message.complained", channel="email")
    finish(works)
    put(works, "order.placed", userId="zoe", order_id="1", traits={"email": ADDRESS})
    works.run()
    assert works.outcomes("zoe") == [("thank", "suppressed", "channels.email complained")] * 2


def before_the_fact(works: Works, happens: Callable[[Works], None]) -> None:
    """Let something happen just before the fact about the address is put into her inbox."""
    append = works.mailboxes.append

    def late(customer_id: str, event: Event, *, is_user: bool = False) -> Appended:
        works.mailboxes.append = append  # type: ignore[method-assign]  # as it was
        happens(works)
        return append(customer_id, event, is_user=is_user)

    works.mailboxes.append = late  # type: ignore[method-assign]  # for one call


def join(works: Works) -> None:
    put(works, "identify", userId="zoe", anonymousId="visitor-9")
    while works.stream(works.another_evaluate()):
        pass


def forget(works: Works) -> None:
    with pytest.raises(Settling):
        rights(works).take(asks("sojourn.forget", "visitor-9", "r2"))


def test_who_is_joined_meanwhile_is_suppressed_as_whom_she_was_joined_into() -> None:
    works = newly_owned()
    before_the_fact(works, join)
    works.dispatch.take(body_of("visitor-9"))
    works.run()
    assert works.subjects() == []
    assert works.outcomes("zoe") == [("thank", "suppressed", "channels.email complained")]


def test_who_is_forgotten_meanwhile_gets_nothing_and_is_no_dead_letter() -> None:
    works = newly_owned()
    before_the_fact(works, forget)
    works.dispatch.take(body_of("visitor-9"))
    assert works.subjects() == []
    assert works.mailboxes.read("visitor-9").forgotten_at is not None
