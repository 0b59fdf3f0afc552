"""Standing: what was known of a customer at a moment of her story, told forward from its records.

It holds what explanations quote: the profile's values, consents, how channels stand, sends that
caps count, and where she is in journeys. What records do not tell is not there.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from sojourn.core.engine.entry_keys import EntryKey, entry_key
from sojourn.core.nouns import noun
from sojourn.core.sending.release import Hold, Skip, release, zone_of
from sojourn.core.state.customer import (
    ADDRESS_TRAITS,
    Consent,
    Customer,
    Event,
    Message,
    Sent,
    Trait,
)
from sojourn.core.state.decisions import Record
from sojourn.core.values.exact import Json
from sojourn.core.values.instants import DAY, Instant, format_instant, parse_instant
from sojourn.core.values.localtime import local_clock
from sojourn.core.workspace.plan import Journey, Plan, Send, Step
from sojourn.core.workspace.settings import Cap
from sojourn_cli.explaining.nearest import Moment

FAR = 400 * DAY
"""How far ahead the first instant that is allowed is looked for."""


_RULES = {"quiet_hours": "quiet hours", "closed": "closed days"}


@noun
class Passage:
    """Where a customer is in a journey, since when and by which event; until when she waits.

    ``step_at`` is when she came to the step.
    """

    journey: str
    entered_at: Instant
    key: Json = None
    step: str | None = None
    event: Event | None = None
    until: Instant | None = None
    step_at: Instant | None = None


@noun
class ChannelStatus:
    """How a channel stands since an instant, and through which fact."""

    status: str
    since: Instant
    fact: str


@noun
class Held:
    """A message being held: by which rule, and until when."""

    reason: str
    until: str

    @property
    def rule(self) -> str:
        """The rule as a sentence names it: `cap weekly`, `quiet hours`, `closed days`."""
        return _RULES.get(self.reason, self.reason)


@dataclass(slots=True)
class Standing:
    """A customer at one moment; `take_event` and `take_record` lead to the next.

    ``rests`` are all waits of the story: of which enrolment, at which step, from when on.
    """

    customer: str
    plan: Plan
    traits: dict[str, Trait] = field(default_factory=dict)
    consents: dict[str, Consent] = field(default_factory=dict)
    channels: dict[str, ChannelStatus] = field(default_factory=dict)
    sends: list[Sent] = field(default_factory=list)
    passages: dict[str, Passage] = field(default_factory=dict)
    entries: dict[EntryKey, list[Instant]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    holds: dict[str, Held] = field(default_factory=dict)
    ended: dict[str, tuple[Record, Passage | None]] = field(default_factory=dict)
    rests: Container[tuple[str | None, str | None, Instant]] = ()

    def take_event(self, event: Event) -> None:
        """Learn an event's traits; an older one overwrites nothing newer."""
        self.events.append(event)
        for name, value in event.traits.items():
            if name == "consent" and isinstance(value, dict):
                for category, given in value.items():
                    before = self.consents.get(category)
                    if isinstance(given, bool) and (before is None or before.at <= event.at):
                        self.consents[category] = Consent(given, event.at)
            elif name not in self.traits or self.traits[name].at <= event.at:
                self.traits[name] = Trait(value, event.at)

    def take_record(self, record: Record) -> None:
        """Follow a line of a decision."""
        match record.what:
            case "entered" | "held_out":
                self._enter(record)
            case "step" | "waiting":
                self._move(record)
            case "exited" if record.enrolment is not None:
                left = self.passages.pop(record.enrolment, None)
                self.ended[record.enrolment] = record, left
            case "update":
                self._update(record)
            case "channel":
                channel, status = record.details.get("channel"), record.details.get("status")
                standing = ChannelStatus(str(status), record.at, record.reason or "")
                self.channels[str(channel)] = standing
            case "held":
                until = str(record.details.get("until"))
                self.holds[_message_in(record)] = Held(record.reason or "", until)
            case "message":
                self.holds.pop(_message_in(record), None)
                if record.details.get("outcome") == "sent":
                    self._send(record)
            case "forgotten":
                self._forget()
            case _:
                return

    def _forget(self) -> None:
        """Know nothing more of her; what ended stands for what is told of it."""
        for table in (self.traits, self.consents, self.channels, self.entries, self.holds):
            table.clear()
        self.sends.clear()
        self.events.clear()

    def _enter(self, record: Record) -> None:
        journey, key = record.journey or "", record.details.get("key")
        self.entries.setdefault(entry_key(journey, key), []).append(record.at)
        if record.enrolment is None:
            return
        version = record.details.get("version")
        if isinstance(version, int):
            self.versions[record.enrolment] = version
        if record.what == "entered":
            name = record.details.get("event")
            came = [item for item in self.events if item.name == name]
            event = came[-1] if came else None
            self.passages[record.enrolment] = Passage(journey, record.at, key, event=event)

    def _move(self, record: Record) -> None:
        """Follow her to a step, or into the wait that she is in."""
        passage = self.passages.get(record.enrolment or "")
        if passage is None:
            return
        if record.what == "step":
            passage = replace(passage, step=record.step, step_at=record.at, until=None)
        else:
            passage = replace(passage, until=parse_instant(str(record.details.get("until"))))
        self.passages[record.enrolment or ""] = passage

    def _update(self, record: Record) -> None:
        """Learn what a step set; a value too long to be recorded is not known any more."""
        values = record.details.get("values")
        known = values if isinstance(values, dict) else {}
        for path, value in known.items():
            root, _, rest = path.partition(".")
            name, _, inner = rest.partition(".")
            if root != "profile":
                continue
            if name == "consent":
                word = value if isinstance(value, bool) else None
                self.consents[inner] = Consent(word, record.at)
            elif not inner:
                self.traits[name] = Trait(value, record.at)

    def _send(self, record: Record) -> None:
        category = self.category_of(record)
        channel = str(record.details.get("channel"))
        self.sends.append(
            Sent(
                id=_message_in(record),
                at=record.at,
                channel=channel,
                category=category,
                counts=self.plan.settings.category(category).counts_toward_caps,
                journey=record.journey or "",
                step=record.step or "",
                enrolment=record.enrolment or "",
                address="",
            )
        )

    def journey_of(self, record: Record) -> Journey | None:
        """The journey a record is about, in the version that ran, else as it is now."""
        name, version = record.journey or "", self.versions.get(record.enrolment or "", 0)
        return self.plan.versions.get((name, version)) or self.plan.current.get(name)

    def step_of(self, record: Record) -> Step | None:
        """The step a record is about."""
        journey = self.journey_of(record)
        return None if journey is None else journey.steps.get(record.step or "")

    def category_of(self, record: Record) -> str:
        """The category of the message a record is about."""
        journey, step = self.journey_of(record), self.step_of(record)
        own = step.category if isinstance(step, Send) else None
        return own or (journey.category if journey is not None else "marketing")

    def hold_of(self, record: Record) -> Held | None:
        """How the message a record is about was held until now."""
        return self.holds.get(_message_in(record))

    def passage_of(self, record: Record) -> Passage | None:
        """Where she is, or was until now, in the passage that a record is about."""
        enrolment = record.enrolment or ""
        left = self.ended.get(enrolment)
        return self.passages.get(enrolment) or (left[1] if left is not None else None)

    def passages_in(self, journey: str, key: Json) -> Iterator[Passage]:
        """Where the customer is in a journey by a key now, the first entered first."""
        wanted = entry_key(journey, key)
        return (
            item for item in self.passages.values() if entry_key(item.journey, item.key) == wanted
        )

    def rests_at(self, record: Record) -> bool:
        """Whether she waits at the step a record is about, from then on."""
        return (record.enrolment, record.step, record.at) in self.rests

    def entries_of(self, record: Record) -> list[Instant]:
        """When the customer entered the journey of a record by its key, the first first."""
        key = entry_key(record.journey or "", record.details.get("key"))
        return self.entries.get(key, [])

    def times_entered(self, journey: str, key: Json, at: Instant) -> int:
        """How often the customer entered a journey by a key at one instant."""
        return self.entries.get(entry_key(journey, key), []).count(at)

    def moment(self, now: Instant) -> Moment:
        """What conditions were asked by at an instant."""
        return Moment(now, self.zone, self.plan.segments, self.events)

    def trait(self, name: str) -> Json:
        """A trait's value; None when it is missing."""
        found = self.traits.get(name)
        return None if found is None else found.value

    @property
    def zone(self) -> ZoneInfo:
        """The customer's zone."""
        known = {name: self.traits[name] for name in ("timezone",) if name in self.traits}
        return zone_of(Customer(self.customer, 0, traits=known), self.plan.settings)

    def counted_by(self, cap: Cap, since: Instant) -> list[Sent]:
        """The sends after an instant that a cap counts, the oldest first."""
        return [
            sent
            for sent in self.sends
            if sent.at > since
            and sent.counts
            and (cap.channels is None or sent.channel in cap.channels)
            and (cap.categories is None or sent.category in cap.categories)
        ]

    def first_allowed(self, record: Record) -> Instant | None:
        """When a message that was not sent for a limit would have been let go, had it been held.

        None when that is not within 400 days, or when the records do not bear the decision out.
        """
        step = self.step_of(record)
        if not isinstance(step, Send):
            return None
        requested_at = parse_instant(str(record.details["requested_at"]))
        message = self._message(record, step, requested_at)
        customer = self._customer(message)
        settings = self.plan.settings
        decided = release(message, customer, settings, record.at)
        if decided != Skip(str(record.details.get("outcome")), record.reason or ""):
            return None
        patient = replace(message, on_limit="hold", deadline_at=record.at + FAR)
        allowed = release(patient, customer, settings, record.at)
        return allowed.until if isinstance(allowed, Hold) else None

    def _message(self, record: Record, step: Send, requested_at: Instant) -> Message:
        return Message(
            id=_message_in(record),
            enrolment="",
            journey=record.journey or "",
            version=0,
            step=step.name,
            number=0,
            channel=step.channel,
            category=self.category_of(record),
            priority=0,
            requested_at=requested_at,
            deadline_at=requested_at + step.hold,
            wake_at=record.at,
            on_limit=step.on_limit,
            variables={},
        )

    def _customer(self, message: Message) -> Customer:
        """The customer with what limits rest upon; that she may be written to is known."""
        traits = {**self.traits, ADDRESS_TRAITS[message.channel]: Trait("an address", 0)}
        consents = {message.category: Consent(given=True, at=message.requested_at)}
        return Customer(
            self.customer, 0, traits=traits, consents=consents, ledger=tuple(self.sends)
        )

    def clock_reads(self, at: Instant) -> str:
        """An instant, and what the customer's clock read then."""
        return f"{format_instant(at)} ({local_clock(at, self.zone):%H:%M} {self.zone.key})"


def _message_in(record: Record) -> str:
    return str(record.details.get("message"))
