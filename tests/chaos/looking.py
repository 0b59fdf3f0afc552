"""What there is to look at in a world that has come to rest: its journal, and every claim."""

from collections.abc import Iterator
from typing import Any

from sojourn.core.state.codec import decode_event
from sojourn.core.state.customer import Enrolment, Event, Message, Sent
from sojourn.core.values.exact import loads_object
from sojourn.core.workspace.settings import Category
from tests.chaos.world import World
from tests.naive.releasing import USUAL


def lines_of(world: World, customer: str) -> list[str]:
    """The journal from its first line on; a line that was moved twice counts once."""
    kept = [*world.history.lines(customer, -(1 << 62)), *world.mailboxes.read(customer).lines]
    by_revision = {revision_of(line): line for line in kept}
    return [by_revision[revision] for revision in sorted(by_revision)]


def revision_of(line: str) -> int:
    """Under which revision of hers a line was saved."""
    found = loads_object(line)["r"]
    assert isinstance(found, int)
    return found


def events_in(line: str) -> list[Event]:
    """The events that a line's decision took, in order; what they caused left out."""
    stored = loads_object(line).get("e") or []
    assert isinstance(stored, list)
    return [event for event in map(decode_event, stored) if not event.caused]


def claims_of(world: World) -> Iterator[tuple[int, str, Message, Sent | None, Enrolment | None]]:
    """Every claim: which change made it, whose message it is, the slot it took."""
    for number, change in enumerate(world.mailboxes.changes):
        after = change.after.customer
        if after is None or not change.decided:
            continue
        before = change.before.customer.messages if change.before and change.before.customer else {}
        for message in after.messages.values():
            old = before.get(message.id)
            if message.claimed_at is not None and (old is None or old.attempt != message.attempt):
                slot = next((one for one in reversed(after.ledger) if one.id == message.id), None)
                yield number, after.id, message, slot, after.enrolments.get(message.enrolment)


def category_of(world: World, message: Message) -> Category:
    """How a message is bound, as the settings' file has it or the language's description."""
    files: Any = world.documents(1)
    rules = files["settings"].get("categories", {}).get(message.category)
    return Category(message.category, **(rules or USUAL[message.category]))


def is_given_up(world: World, message: Message) -> bool:
    """Whether it is not tried again when nobody knows whether it went: it needs consent."""
    return category_of(world, message).consent != "none"
