"""What a condition or a value can see: the customer, the event at hand, one enrolment."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from sojourn.core.engine.draft import WANTED, Draft
from sojourn.core.matching.comparisons import same
from sojourn.core.matching.conditions import Condition, Did, holds
from sojourn.core.sending.release import zone_of
from sojourn.core.state.customer import Customer, Enrolment, Event, MessageFacts
from sojourn.core.state.history import BEGINNING
from sojourn.core.values.exact import Json, add, is_number
from sojourn.core.values.instants import Instant, format_instant
from sojourn.core.values.localtime import start_of_day
from sojourn.core.values.paths import MISSING, Found, Missing, Path, descend
from sojourn.core.workspace.plan import CHANNELS, From, Value

FOREVER: Instant = 1 << 62
"""After any event."""


class DraftScope:
    """A scope over a draft; see `conditions.Scope`."""

    __slots__ = ("asked", "customer", "draft", "enrolment", "event", "now")

    def __init__(
        self,
        draft: Draft,
        event: Event | None = None,
        enrolment: Enrolment | None = None,
        customer: Customer | None = None,
        asked: frozenset[str] = frozenset(),
    ) -> None:
        """Look through a draft; another ``customer`` stands in for how she was before.

        ``asked`` are the segments within which the condition stands.
        """
        self.draft = draft
        self.now = draft.now
        self.event = event
        self.enrolment = enrolment
        self.customer = customer if customer is not None else draft.customer
        self.asked = asked

    def value(self, path: Path) -> Found:
        """The value at a path, or MISSING."""
        root, *names = path
        rest = tuple(names)
        match root:
            case "profile":
                return self._trait(rest)
            case "event":
                return MISSING if self.event is None else descend_in(self.event.properties, rest)
            case "entry":
                return self._of_enrolment("entry", rest)
            case "vars":
                return self._of_enrolment("vars", rest)
            case "messages":
                return self._message(rest)
            case "consent":
                return self._consent(rest)
            case "channels":
                return self._channel(rest)
            case _:
                return self._customer(rest)

    def _trait(self, names: Path) -> Found:
        if not names:
            return MISSING
        if names[0] == "consent":
            return self._consent(names[1:])
        return descend(self.customer.trait(names[0]), names[1:])

    def _of_enrolment(self, table: str, names: Path) -> Found:
        if self.enrolment is None:
            return MISSING
        found = self.enrolment.entry if table == "entry" else self.enrolment.vars
        return descend_in(found, names)

    def _message(self, names: Path) -> Found:
        if self.enrolment is None or len(names) != 2:  # noqa: PLR2004 - step and field
            return MISSING
        step, field = names
        facts = self.enrolment.messages.get(step)
        if facts is None:
            return MISSING
        match field:
            case "status":
                return self._status(facts)
            case "channel":
                return facts.channel
            case "sent_at" | "delivered_at" | "opened_at" | "clicked_at" | "bounced_at":
                at: Instant | None = getattr(facts, field)
                return MISSING if at is None else format_instant(at)
            case _:
                return MISSING

    def _status(self, facts: MessageFacts) -> Found:
        """An outcome, `cancelled`, or `held`; nothing before a message was first decided."""
        if facts.status != WANTED:
            return facts.status
        message = self.draft.messages.get(facts.id)
        return "held" if message is not None and message.status == "held" else MISSING

    def _consent(self, names: Path) -> Found:
        if len(names) != 1:
            return MISSING
        said = self.customer.consent(names[0])
        if said is not None:
            return said
        return self.draft.plan.settings.category(names[0]).consent != "opt_in"

    def _channel(self, names: Path) -> Found:
        if len(names) != 2 or names[1] != "status" or names[0] not in CHANNELS:  # noqa: PLR2004 - channel and field
            return MISSING
        return self.customer.channel_status(names[0])

    def _customer(self, names: Path) -> Found:
        match names:
            case ("id",):
                return self.customer.id
            case ("created_at",):
                return format_instant(self.customer.created_at)
            case ("timezone",):
                return self.zone.key
            case ("locale",):
                return self.customer.trait("locale")
            case _:
                return MISSING

    @property
    def zone(self) -> ZoneInfo:
        """The customer's zone."""
        return zone_of(self.customer, self.draft.plan.settings)

    def local_midnight(self, day: date) -> Instant:
        """The instant at which that day begins for the customer."""
        return start_of_day(day, self.zone)

    def segment(self, name: str) -> Condition | None:
        """The condition of a segment; asked within itself, it is not there."""
        return None if name in self.asked else self.draft.plan.segments.get(name)

    def inside(self, segment: str) -> "DraftScope":
        """The same scope while that segment is asked."""
        asked = self.asked | {segment}
        return DraftScope(self.draft, self.event, self.enrolment, self.customer, asked)

    def with_event(self, event: Event) -> "DraftScope":
        """The same scope with another event at hand."""
        return DraftScope(self.draft, event, self.enrolment, self.customer, self.asked)

    def occurrences(self, did: Did) -> tuple[int, Decimal | int]:
        """How many events fit a `did`, and the sum over them; what is no number adds nothing."""
        since, until = BEGINNING, FOREVER
        if did.within is not None:
            since, until = self.now - did.within + 1, self.now
        without = None
        if did.since_entry:
            entering = self._entering()
            if entering is None:
                return 0, 0
            since, without = max(since, entering[0]), entering[1]
        elif did.where is None and did.sum_of is None:
            return self.draft.count(did.events, since, until), 0
        count = 0
        total: Decimal | int = 0
        for event in self.draft.events(did.events, since):
            if event.at > until or event.id == without:
                continue
            scope = self.with_event(event)
            if did.where is not None and not holds(did.where, scope):
                continue
            count += 1
            found = scope.value(did.sum_of) if did.sum_of is not None else None
            if is_number(found):
                total = add(total, found)
        return count, total

    def _entering(self) -> tuple[Instant, str] | None:
        """The own time and the id of the entering event; before entry it is the event at hand."""
        if self.enrolment is not None:
            return self.enrolment.begun_at, self.enrolment.entry_event
        return None if self.event is None else (self.event.at, self.event.id)

    def agrees(self, match: tuple[tuple[Path, Path], ...]) -> bool:
        """Whether each pair of paths has equal values."""
        return all(same(self.value(left), self.value(right)) for left, right in match)

    def fits(self, where: Condition | None, match: tuple[tuple[Path, Path], ...]) -> bool:
        """Whether the condition holds and each pair of paths agrees."""
        return (where is None or holds(where, self)) and self.agrees(match)

    def read(self, value: Value) -> Found:
        """A literal as it is, or what is found at its path."""
        return self.value(value.path) if isinstance(value, From) else value

    def read_all(self, values: Mapping[str, Value]) -> dict[str, Json]:
        """Names with their values; those that are missing are left out."""
        found = ((name, self.read(value)) for name, value in values.items())
        return {
            name: value
            for name, value in found
            if value is not None and not isinstance(value, Missing)
        }


def descend_in(table: Mapping[str, Json], names: Path) -> Found:
    """Follow names from a table of values; MISSING where there is none."""
    return descend(table.get(names[0], MISSING), names[1:]) if names else MISSING
