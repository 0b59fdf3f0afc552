"""Forgetting on the virtual clock: what she was in ends, and no id of hers is known any more.

What production deletes stays in the result up to then: it tells what would have been sent.
"""

from collections.abc import Iterator

from sojourn.core.course.forward import Course
from sojourn.core.engine.draft import Draft
from sojourn.core.state.customer import ADDRESS_TRAITS, AddressStatus, Customer, Event, addresses_in
from sojourn.core.state.history import NO_HISTORY
from sojourn.core.values.instants import DAY, Instant, format_instant
from sojourn.runtime.customer.forgotten import mark_of_address, packed, suppressed, unpacked
from sojourn.runtime.customer.mailbox import Gone
from sojourn.runtime.rights.forgetting import liftable
from sojourn.runtime.rights.requests import FORGET

OUTCOME = "forgotten"
_SECRET = b"nobody's: what is simulated is not kept"


def end_for_good(course: Course, now: Instant) -> None:
    """End everything she is in, as her item's going does; what is held is cancelled."""
    draft = Draft(course.plan, course.customer, now, NO_HISTORY, reasons=True)
    for enrolment in draft.live():
        draft.exit(enrolment, OUTCOME, f"request {FORGET}")
    draft.record("forgotten")
    course.follow(draft.decision())


class ForgottenIds:
    """Ids that were forgotten, each with when."""

    def __init__(self) -> None:
        """Begin with none."""
        self._since: dict[str, Instant] = {}
        self._back: dict[str, Instant] = {}

    def __bool__(self) -> bool:
        """Whether there is any, or was."""
        return bool(self._since or self._back)

    def __contains__(self, id_: str) -> bool:
        """Whether an id was forgotten, and not lifted since."""
        return id_ in self._since

    def add(self, id_: str, now: Instant) -> None:
        """Forget an id, which may have been forgotten before."""
        self._since.setdefault(id_, now)

    def lift(self, id_: str, now: Instant) -> None:
        """Let an id come back; raises InvalidInput as production does."""
        since = self._since.get(id_)
        liftable(None if since is None else since // DAY * DAY, now)
        del self._since[id_]
        self._back[id_] = now

    def check(self, id_: str, at: Instant) -> None:
        """Raise Gone for what was of an id before it came back."""
        since = self._back.get(id_)
        if since is not None and at < since:
            raise Gone(id_, since)

    def say(self, gone: Gone) -> str:
        """Why an event is not taken in."""
        if gone.since is not None:
            return f"{gone.customer_id}: {gone}"
        since = format_instant(self._since[gone.customer_id])
        return f"{gone.customer_id}: was forgotten at {since}"


class SuppressedAddresses:
    """Addresses at which somebody who was forgotten wanted, or could get, nothing more."""

    def __init__(self) -> None:
        """Begin with none."""
        self._entries: list[tuple[Instant, bytes]] = []

    def add(self, customer: Customer, at: Instant) -> None:
        """Keep how the addresses of somebody stand who is forgotten at an instant."""
        self._entries += [
            (at, packed(address_key(channel, address), standing))
            for channel, known in customer.channels.items()
            for address, standing in known.items()
            if standing.status != "ok"
        ]

    def standing(self, channel: str, address: str, now: Instant) -> AddressStatus | None:
        """How an address stood of whoever was forgotten by now; of several the strictest."""
        if not self._entries:
            return None
        known = unpacked([entry for at, entry in self._entries if at <= now])
        return known.get(address_key(channel, address))

    def told_by(self, customer_id: str, event: Event) -> Iterator[Event]:
        """The facts about addresses that an event brings, to be taken before it."""
        now = event.received_at
        for channel, address in addresses_of(event):
            was = self.standing(channel, address, now)
            if was is not None:
                yield suppressed(customer_id, channel, address, was, now)


def addresses_of(event: Event) -> Iterator[tuple[str, str]]:
    """The addresses that an event brings, each after its channel."""
    for channel, name in ADDRESS_TRAITS.items():
        for address in addresses_in(event.traits.get(name)):
            yield channel, address


def address_key(channel: str, address: str) -> bytes:
    """What is the same for all ways to write an address that mean the same."""
    return mark_of_address(_SECRET, channel, address)
