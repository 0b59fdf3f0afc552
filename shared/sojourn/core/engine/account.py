"""The account: what was decided about a customer and why, and what the bus is to be told of it."""

from collections.abc import Mapping
from types import MappingProxyType

from sojourn.core.state.customer import Customer, Enrolment, Message
from sojourn.core.state.decisions import Announcement, Record
from sojourn.core.values.exact import Json
from sojourn.core.values.instants import Instant, format_instant

_NOTHING: Mapping[str, Instant] = MappingProxyType({})


class Account:
    """Records and announcements of one instant, in order, when reasons are wanted."""

    __slots__ = ("announcements", "customer", "now", "reasons", "records")

    def __init__(self, customer: Customer, now: Instant, *, reasons: bool) -> None:
        """Begin with none; ``reasons`` says whether to keep any."""
        self.customer: Customer = customer
        self.now: Instant = now
        self.reasons: bool = reasons
        self.records: list[Record] = []
        self.announcements: list[Announcement] = []

    def record(  # noqa: PLR0913 - the columns of one line
        self,
        what: str,
        *,
        enrolment: Enrolment | None = None,
        journey: str | None = None,
        step: str | None = None,
        reason: str | None = None,
        instants: Mapping[str, Instant] = _NOTHING,
        **details: Json,
    ) -> None:
        """Keep a line of the decision, when reasons are wanted."""
        if not self.reasons:
            return
        for name, at in instants.items():
            details[name] = format_instant(at)
        self.records.append(
            Record(
                self.now,
                what,
                enrolment.journey if enrolment is not None else journey,
                enrolment.id if enrolment is not None else None,
                step,
                reason,
                details,
            )
        )

    def record_message(
        self, what: str, message: Message, reason: str | None, **details: Json
    ) -> None:
        """Keep a line about a message; for whoever wants reasons."""
        details |= {"message": message.id, "channel": message.channel}
        details["requested_at"] = format_instant(message.requested_at)
        about = (message.journey, message.enrolment, message.step)
        self.records.append(Record(self.now, what, *about, reason, details))

    def announce(self, name: str, cause: str, properties: Mapping[str, Json]) -> None:
        """Put an event on the bus once the decision is stored, when reasons are wanted."""
        if not self.reasons:
            return
        self.announcements.append(
            Announcement(f"{name}:{cause}", name, self.now, self.customer.id, dict(properties))
        )


def passage(enrolment: Enrolment) -> dict[str, Json]:
    """What announcements say of an enrolment."""
    return {
        "journey": enrolment.journey,
        "version": enrolment.version,
        "enrolment": enrolment.id,
        "key": enrolment.key,
    }
