"""The story: everything recorded of one customer, told in order with reasons.

From a simulation or from a deployed table: the records are the same, so are the words.
"""

from collections.abc import Iterable, Iterator, Sequence

from sojourn.core.nouns import noun
from sojourn.core.state.customer import OUTCOME_FACTS, Event
from sojourn.core.state.decisions import Record
from sojourn.core.values.exact import Json, JsonObject, dumps
from sojourn.core.values.instants import Instant, format_instant
from sojourn.core.workspace.plan import Journey, Plan, Send
from sojourn_cli.explaining.entering import explain_never_asked, explain_not_entered
from sojourn_cli.explaining.passing import explain_passing
from sojourn_cli.explaining.saying import Said, said
from sojourn_cli.explaining.sending import explain_hold, explain_message
from sojourn_cli.explaining.standing import Standing


@noun
class Story:
    """One customer: the events that came in and the records of decisions, each in order.

    ``plans`` are those decided under, each with the instant after which; without any it is the one
    that rules are quoted from.
    """

    customer: str
    events: Sequence[Event]
    records: Sequence[Record]
    plans: Sequence[tuple[Instant, Plan]] = ()

    def plan_at(self, at: Instant) -> Plan | None:
        """The plan that was decided under at an instant, where that is known."""
        known = [plan for after, plan in self.plans if after < at]
        return known[-1] if known else next((plan for _, plan in self.plans), None)


@noun
class Entry:
    """One line of an explanation; ``details`` hold what it rests upon."""

    at: Instant
    what: str
    journey: str | None
    step: str | None
    reason: str | None
    explanation: str
    details: JsonObject

    def as_document(self) -> JsonObject:
        """The line as JSON."""
        return {
            "at": format_instant(self.at),
            "what": self.what,
            "journey": self.journey,
            "step": self.step,
            "reason": self.reason,
            "explanation": self.explanation,
            "details": self.details,
        }


@noun
class Wanted:
    """What is asked about: everything, or one journey, or the steps of one name."""

    journey: str | None = None
    step: str | None = None

    def covers(self, entry: Entry) -> bool:
        """Whether a line is asked for."""
        return self.journey in {None, entry.journey} and self.step in {None, entry.step}


def explain(story: Story, plan: Plan, wanted: Wanted | None = None) -> list[Entry]:
    """Tell a story; of a journey that is asked about and left no trace, say why."""
    wanted = wanted or Wanted()
    rests = {
        (item.enrolment, item.step, item.at) for item in story.records if item.what == "waiting"
    }
    standing = Standing(story.customer, plan, rests=rests)
    found = [entry for entry in _entries(story, standing) if wanted.covers(entry)]
    journey = plan.current.get(wanted.journey or "")
    if not found and journey is not None and wanted.step is None:
        last = max((event.received_at for event in story.events), default=0)
        crowded = any(map(_is_overflow, story.records))
        silent = any(_might_enter(event, journey) for event in story.events if event.silent)
        never = explain_never_asked(journey, standing, last, crowded=crowded, silent=silent)
        found.append(
            Entry(last, "not_entered", journey.id, None, None, never.text, dict(never.details))
        )
    return found


def _might_enter(event: Event, journey: Journey) -> bool:
    """Whether an event is one on which a journey is entered, or could have changed what lets in."""
    return not journey.entry.events or event.name in journey.entry.events


def _entries(story: Story, standing: Standing) -> Iterator[Entry]:
    """Every line in order of time; at one instant events before what they led to."""
    for item in _in_order(story.events, story.records):
        if isinstance(item, Event):
            standing.take_event(item)
            yield _of_event(item)
            continue
        standing.plan = story.plan_at(item.at) or standing.plan
        if not _is_echo(item, standing):
            yield _of_record(item, explain_record(item, standing))
        standing.take_record(item)


def _is_overflow(record: Record) -> bool:
    """Whether a record stands for journeys whose reasons were not kept."""
    return record.what == "not_entered" and record.journey is None


def _in_order(events: Iterable[Event], records: Iterable[Record]) -> list[Event | Record]:
    items: list[tuple[Instant, int, Event | Record]] = [
        *((event.received_at, 0, event) for event in events),
        *((record.at, 1, record) for record in records),
    ]
    items.sort(key=lambda item: item[:2])
    return [item for _, _, item in items]


def _is_echo(record: Record, standing: Standing) -> bool:
    """Whether a record repeats what the message just before it told: its step goes on by that."""
    fact = record.what == "matched" and record.details.get("event") in OUTCOME_FACTS
    return fact and isinstance(standing.step_of(record), Send)


def explain_record(record: Record, standing: Standing) -> Said | None:
    """The explanation of one record; None when its reason is not known to any."""
    match record.what:
        case "not_entered":
            return explain_not_entered(record, standing)
        case "message":
            return explain_message(record, standing)
        case "held":
            return explain_hold(record, standing)
        case _:
            return explain_passing(record, standing)


def _of_record(record: Record, explained: Said | None) -> Entry:
    """A line for a record; a reason nobody knows, of a later version, stands for itself."""
    told = explained or said(f"{record.what}: {record.reason}")
    details: JsonObject = {**record.details, **told.details}
    return Entry(
        record.at, record.what, record.journey, record.step, record.reason, told.text, details
    )


def _of_event(event: Event) -> Entry:
    at = format_instant(event.at)
    if event.silent:
        came = f"of {at} was told as history, which lets nobody into a journey"
    else:
        late = event.at != event.received_at
        came = f"came in, which happened at {at}" if late else "came in"
    values = ", ".join(f"{name} {_short(value)}" for name, value in event.properties.items())
    text = f"{event.name} {came}" + (f": {values}" if values else "")
    details: JsonObject = {
        "event": event.name,
        "happened_at": at,
        "properties": dict(event.properties),
        "traits": dict(event.traits),
    }
    return Entry(event.received_at, "event", None, None, None, f"{text}.", details)


_MOST_CHARS = 60


def _short(value: Json) -> str:
    text = dumps(value)
    return text if len(text) <= _MOST_CHARS else text[: _MOST_CHARS - 1] + "…"


def as_document(customer: str, entries: Iterable[Entry]) -> JsonObject:
    """The explanation as one JSON object."""
    return {"customer": customer, "entries": [entry.as_document() for entry in entries]}
