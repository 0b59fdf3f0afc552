"""What tests of the engine start from: small plans, instants of one day, a customer carried on."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sojourn.core.course.forward import Course
from sojourn.core.course.settle import next_message, with_claim
from sojourn.core.state.codec import decode_customer, encode_customer
from sojourn.core.state.customer import Customer, Enrolment, Event, Message, Wake
from sojourn.core.state.decisions import Decision, Record
from sojourn.core.state.history import NO_HISTORY, History
from sojourn.core.values.exact import loads_object
from sojourn.core.values.instants import Instant, parse_instant
from sojourn.core.workspace.compile import compile_plan
from sojourn.core.workspace.journeys import read_journey
from sojourn.core.workspace.plan import Journey, Plan
from sojourn.core.workspace.reading import read_condition
from sojourn.core.workspace.settings_file import read_settings

type Doc = Mapping[str, Any]
type Loose = Any
"""Whatever a case puts in."""

ADDRESS = "ana@example.com"


def at(text: str) -> Instant:
    """`10:00`, `10:00:01` of 2 March 2026, or `5 10:00` of the 5th, in UTC."""
    day, _, time = text.rpartition(" ")
    seconds = time if time.count(":") == 2 else f"{time}:00"
    return parse_instant(f"2026-03-{int(day or 2):02d}T{seconds}Z")


def exact(doc: Doc) -> dict[str, Any]:
    """A document as it is read from a file: numbers that are not whole are Decimals."""
    return loads_object(json.dumps(doc))


def journey(id_: str, entry: str | Doc, steps: Doc, **rest: Loose) -> dict[str, Any]:
    """A live journey that starts at its first step."""
    return {
        "id": id_,
        "status": "live",
        "entry": {"event": entry} if isinstance(entry, str) else entry,
        "start": next(iter(steps)),
        "steps": steps,
        **rest,
    }


def mail(**rest: Loose) -> dict[str, Any]:
    return {"type": "send", "channel": "email", "content": {"subject": "s", "text": "t"}, **rest}


def end(outcome: str = "finished") -> dict[str, Any]:
    return {"type": "exit", "outcome": outcome}


def plan_of(
    *journeys: Doc,
    settings: Doc | None = None,
    segments: Mapping[str, Doc] | None = None,
    older: tuple[Doc, ...] = (),
    **life: Instant | None,
) -> Plan:
    """A plan of these journeys, version 2 where ``older`` ones of the same id are version 1."""
    old_ids = {doc["id"] for doc in older}
    old = [read_journey(exact(doc), 1) for doc in older]
    current = [
        read_journey(exact(doc), 2 if doc["id"] in old_ids else 1, **life) for doc in journeys
    ]
    return compile_plan(
        1,
        read_settings(exact(settings or {})),
        {
            name: read_condition(exact({"where": doc})["where"], name)
            for name, doc in (segments or {}).items()
        },
        {},
        [*old, *current],
        current,
    )


def without(plan: Plan, journey_id: str) -> Plan:
    """The plan after the journey's file was deleted: who is inside finishes on her version."""
    current = [item for item in plan.current.values() if item.id != journey_id]
    return compile_plan(
        plan.revision, plan.settings, plan.segments, {}, plan.versions.values(), current
    )


def with_status(plan: Plan, journey_id: str, status: str, **changes: Loose) -> Plan:
    """The plan after the status of a journey was changed, in a new version."""
    current: list[Journey] = []
    for item in plan.current.values():
        newer = replace(item, status=status, version=item.version + 1, **changes)
        current.append(newer if item.id == journey_id else item)
    return compile_plan(
        plan.revision, plan.settings, plan.segments, {}, plan.versions.values(), current
    )


def event(name: str, when: str, own: str | None = None, **properties: Loose) -> Event:
    """An event with an id of its own; ``own`` is its own time when it comes late."""
    id_ = properties.pop("id_", f"{name} {own or when} {json.dumps(properties)}")
    return Event(id_, name, at(own or when), at(when), exact(properties))


def identify(when: str, own: str | None = None, **traits: Loose) -> Event:
    id_ = f"identify {own or when} {json.dumps(traits)}"
    return Event(id_, "identify", at(own or when), at(when), traits=exact(traits))


class Story:
    """A customer who is carried on, with everything decided so far.

    Her state is stored and read back after every stimulus, as it is in production.
    """

    def __init__(self, plan: Plan, history: History = NO_HISTORY, **traits: Loose) -> None:
        self.course = Course(plan, Customer("ana", at("00:00")), history)
        self.take(identify("00:00", email=ADDRESS, **traits))

    @property
    def customer(self) -> Customer:
        return self.course.customer

    @property
    def records(self) -> list[Record]:
        return self.course.records

    @property
    def message(self) -> Message:
        """The one message that is not settled."""
        (message,) = self.customer.messages.values()
        return message

    @property
    def live(self) -> Enrolment:
        """The one enrolment she is in."""
        (enrolment,) = self.customer.live()
        return enrolment

    def under(self, plan: Plan) -> "Story":
        self.course.plan = plan
        return self

    def take(self, *events: Event) -> "Story":
        for item in events:
            self.course.take(item, max(item.received_at, self.customer.decided_at))
            self._store()
        return self

    def wake(self, when: str) -> "Story":
        self.course.take(Wake(at(when)), at(when))
        self._store()
        return self

    def due(self, when: str) -> "Story":
        """Take what falls due up to then."""
        self.course.take_due(at(when))
        self._store()
        return self

    def claim(self, when: str) -> Message:
        """Claim the message that wants to go, as dispatch does before it calls the provider."""
        message = next_message(self.customer, self.course.plan, at(when))
        assert message is not None
        addresses = self.customer.addresses(message.channel)
        self.course.customer = with_claim(
            self.customer, message, addresses, self.course.plan, at(when)
        )
        self._store()
        return self.customer.messages[message.id]

    def conclude(self, outcome: str, when: str, reason: str | None = None) -> "Story":
        """Settle the message in flight or wanted."""
        message = self.message
        self.course.conclude(message, outcome, reason, at(when))
        self._store()
        return self

    def send(self, when: str) -> "Story":
        """Send the message that wants to go."""
        self.claim(when)
        return self.conclude("sent", when)

    def follow(self, decision: Decision) -> None:
        self.course.follow(decision)
        self._store()

    def _store(self) -> None:
        stored = encode_customer(self.customer)
        assert decode_customer("ana", stored) == self.customer
        self.course.customer = decode_customer("ana", stored)

    def outcomes(self) -> list[str | None]:
        """Outcomes of all enrolments, in order of entry; None for one she is in."""
        return [item.outcome for item in sorted(self.course.enrolments.values(), key=_number)]

    def exits(self) -> list[tuple[str, str | None]]:
        """Journey and outcome of each enrolment that ended, in order of the exits."""
        return [
            (str(record.journey), str(record.details["outcome"]))
            for record in self.records
            if record.what == "exited"
        ]

    def reasons(self, what: str) -> list[str | None]:
        return [record.reason for record in self.records if record.what == what]

    def settled(self) -> list[tuple[str, str, str | None]]:
        return [(item.message.step, item.status, item.reason) for item in self.course.settled]


def _number(enrolment: Enrolment) -> int:
    return enrolment.number
