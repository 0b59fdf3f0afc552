"""What a life consists of, for the plain reading of the language's description."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.naive.asking import Doc, Happening, Json

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Enrolment:
    """One passage through a journey; it draws lots as ``drawn_as``."""

    id: str
    drawn_as: str
    number: int
    journey: Doc
    key: Json
    by: Happening
    at: datetime
    entry: Doc
    vars: dict[str, Json] = field(default_factory=dict)
    visits: Counter[str] = field(default_factory=Counter)
    step: str | None = None
    since: datetime | None = None
    due: datetime | None = None
    is_past: bool = False
    onward: list[str | None] = field(default_factory=list)
    moved_by: set[str] = field(default_factory=set)
    outcome: str | None = None
    left_at: datetime | None = None
    converted_at: datetime | None = None
    credited_to: str | None = None

    @property
    def is_live(self) -> bool:
        return self.left_at is None


@dataclass(slots=True)
class Message:
    """One message of an enrolment's step."""

    id: str
    enrolment: Enrolment
    step: str
    channel: str
    category: str
    priority: int
    asked_at: datetime
    deadline: datetime
    wakes_at: datetime
    link: int
    status: str = "held"
    reasons: set[str] = field(default_factory=set)
    decided_at: datetime | None = None
    addresses: list[str] = field(default_factory=list)
    turn: int = 0
    facts: dict[str, str] = field(default_factory=dict)
    given: Doc = field(default_factory=dict)
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Stimulus:
    """What is taken: an event, a change, or what falls due; and which link of its chain it is."""

    event: Happening | None = None
    is_due: bool = False
    link: int = 0
    outcome_of: Message | None = None
    change: tuple[Doc, ...] | None = None
    silent: bool = False
