"""SES and SNS that lose answers, refuse, and tell late, twice or never what became of a mail."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sojourn.core.state.customer import Message
from sojourn.core.values.instants import HOUR, MINUTE, SECOND, Instant
from sojourn.core.workspace.settings import Settings
from sojourn.runtime.incoming.feedback import tags_for
from sojourn.runtime.messages.delivery import Delivery, Outgoing
from sojourn.runtime.messages.providers import Email, Note, Refused, Text, Throttled, Unknown
from tests.chaos.faults import REPORTED, SENDING
from tests.chaos.parts import Killed

if TYPE_CHECKING:
    from tests.chaos.world import World


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that a provider took, and when it was handed over to it.

    ``seen`` is how many changes the table had had.
    """

    at: Instant
    handed_over_at: Instant
    customer: str
    message: Message
    seen: int


class WatchedDelivery(Delivery):
    """Delivery that tells the world which message it hands over."""

    world: "World"

    def send(
        self,
        customer_id: str,
        message: Message,
        outgoing: Outgoing,
        settings: Settings,
        still: Callable[[], bool],
    ) -> tuple[Note, ...]:
        """See Delivery."""
        self.world.handed_over = (customer_id, message, self.world.now)
        return super().send(customer_id, message, outgoing, settings, still)


class Provider:
    """The ports Mailer and Texter."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def ask(self, number: str) -> None:
        """See Texter: nobody has opted out."""

    def send(self, _content: Email | Text) -> str:
        """See Mailer and Texter."""
        world = self._world
        customer, message, handed_over_at = world.handed_over
        fate = world.misfortune(f"provider for {message.id}", SENDING)
        if fate == "dies before":
            raise Killed
        if fate == "is throttled" or world.faults.out("provider", world.now):
            raise Throttled("slow down")
        if fate == "is refused":
            raise Refused("no such address")
        if fate == "never arrives":
            raise Unknown("it never arrived")
        seen = len(world.mailboxes.changes)
        world.taken.append(Taken(world.now, handed_over_at, customer, message, seen))
        world.tell(f"the provider takes {message.step} of {message.journey}, {message.id}")
        number = len(world.taken)
        if message.channel == "email":
            self._report(customer, message, number)
        if fate == "dies after":
            raise Killed
        if fate == "loses the answer":
            raise Unknown("the answer was lost")
        return f"provider-{number}"

    def _report(self, customer: str, message: Message, number: int) -> None:
        """Tell of the delivery, and perhaps of a click, through the bus."""
        world = self._world
        name = f"delivery of {message.id}"
        delay = SECOND + world.dice.number(f"{name} takes", MINUTE)
        fate = world.faults.fate(name, REPORTED)
        if fate == "is lost":
            return
        if fate == "comes late":
            delay += 3 * MINUTE + world.dice.number(f"{name} late", 40 * MINUTE)
        body = feedback("Delivery", customer, message, number, world.now + delay)
        world.post(world.way_in, world.now + delay, body)
        if fate == "comes twice":
            world.post(world.way_in, world.now + delay + SECOND, body)
        if world.dice.draw(f"{name} is clicked")[1] < 0.3:
            at = world.now + delay + world.dice.number(f"{name} clicked", HOUR)
            world.post(world.way_in, at, feedback("Click", customer, message, number, at))


def feedback(kind: str, customer: str, message: Message, number: int, at: Instant) -> str:
    """What SES puts on the bus about the mail that it took as the ``number``-th."""
    stamp = datetime.fromtimestamp(at / SECOND, UTC).isoformat().replace("+00:00", "Z")
    tags = {name: [value] for name, value in tags_for(customer, message.id).items()}
    entry = {
        "id": f"{kind}-{number}",
        "source": "aws.ses",
        "detail-type": f"Email {kind}",
        "time": stamp,
        "detail": {
            "eventType": kind,
            "mail": {"messageId": f"provider-{number}", "timestamp": stamp, "tags": tags},
            kind.lower(): {"timestamp": stamp, "link": "https://shop.example"},
        },
    }
    return json.dumps(entry)
