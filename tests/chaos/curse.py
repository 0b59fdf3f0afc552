"""A record that kills whoever takes it: poison in the table's stream."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sojourn.core.values.instants import HOUR, Instant
from tests.chaos.dice import Dice
from tests.chaos.story import Happening, Sent

if TYPE_CHECKING:
    from tests.chaos.world import World

CURSE = "a record kills"


@dataclass(frozen=True, slots=True)
class Curse:
    """A customer whose records in the stream kill evaluate, for a while: poison."""

    customer: str
    begins_at: Instant
    ends_at: Instant


def curse_of(dice: Dice, happenings: Sequence[Happening], begin: Instant) -> Curse | None:
    """The curse of a seed; one seed in eight has one."""
    sent = (item for item in happenings if isinstance(item, Sent))
    customers = [item.customer for item in sent if not item.broken]
    if not customers or dice.draw("curse")[1] >= 1 / 8:
        return None
    customer = customers[dice.number("curse of", len(customers))]
    begins_at = begin + dice.number("curse begins", 8 * HOUR)
    return Curse(customer, begins_at, begins_at + HOUR + dice.number("curse lasts", 10 * HOUR))


def a_poison_record_stops_nobody_else(world: "World") -> Iterator[str]:
    """Of records that kill whoever takes them, just those are given up."""
    outage = any(struck.startswith("outage of") for struck in world.faults.struck)
    if world.curse is None or outage:
        return
    for number in world.given_up:
        customer = world.mailboxes.changes[number].after.customer_id
        if customer != world.curse.customer:
            yield f"record {number} of {customer} was given up with the poison"
