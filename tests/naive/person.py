"""Who she is: traits, consents, addresses, messages, and what conditions see of it all."""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import available_timezones

from tests.naive.asking import Doc, Happening, Json, View
from tests.naive.clock import duration, written
from tests.naive.drawing import after_resume
from tests.naive.nouns import NEVER, Enrolment, Message, Stimulus
from tests.naive.releasing import Limits, Slot

RANKS = ("ok", "unsubscribed", "bounced", "complained")
ADDRESSES = {"email": "email", "sms": "phone", "push": "push_endpoints"}

IN_A_ROW = 5
"""So many transient bounces count as a permanent one."""


class Person:
    """A customer of some workspace."""

    def __init__(self, workspace: Doc, events: Sequence[Happening], until: datetime) -> None:
        self.id: str = workspace["who"]
        self.files: dict[str, Doc] = {}
        self.resumed: dict[str, datetime] = {}
        self.publish(workspace)
        self.events = deque(sorted(events, key=lambda one: one.taken))
        self.until = until
        self.now = self.began = self.events[0].taken
        self.traits: dict[str, tuple[Json, datetime]] = {}
        self.consent: dict[str, tuple[bool | None, datetime]] = {}
        self.statuses: dict[tuple[str, str], tuple[str, datetime]] = {}
        self.history: list[Happening] = []
        self.seen: set[str] = set()
        self.soft: dict[tuple[str, str], list[tuple[datetime, str]]] = {}
        self.enrolments: list[Enrolment] = []
        self.messages: list[Message] = []
        self.ledger: list[Slot] = []
        self.members: set[str] = set()
        self.drawn: dict[str, str] = {}
        self.in_group_as = self.id
        self.todo: deque[Stimulus] = deque()
        self.current = Stimulus()

    def publish(self, workspace: Doc) -> None:
        """Take up another state of the workspace; a journey that is no longer there is archived."""
        self.settings: Doc = workspace["settings"]
        self.segments: Mapping[str, Doc] = workspace["segments"]
        archived = {id_: {**one, "status": "archived"} for id_, one in self.files.items()}
        before, self.files = self.files, archived | workspace["journeys"]
        for id_, one in before.items():
            if one.get("status") == "paused" != self.files[id_].get("status"):
                self.resumed[id_] = self.now
        self.journeys = sorted(
            self.files.values(), key=lambda one: (-one.get("priority", 50), one["id"])
        )

    def drawn_as(self, journey: str) -> str:
        """As whom she draws lots in a journey: as herself, or as she was when it was drawn."""
        return self.drawn.get(journey, self.id)

    def _is_paused(self, one: Enrolment) -> bool:
        return self.files[one.journey["id"]].get("status") == "paused"

    def _fires(self, one: Enrolment, at: datetime, message: Message | None = None) -> datetime:
        """When what falls due then does so: in a pause never, after it what was overdue."""
        if self._is_paused(one):
            return NEVER
        journey = self.files[one.journey["id"]]
        resumed = self.resumed.get(journey["id"], at)
        if at >= resumed:
            return at
        id_ = one.id if message is None else message.id
        return resumed + after_resume(duration(journey.get("resume_over", "PT1H")), id_)

    def profile(self) -> dict[str, Json]:
        """Her traits."""
        return {name: value for name, (value, _) in self.traits.items() if value is not None}

    @property
    def zone(self) -> str:
        """The zone of her clock."""
        zone = self.traits.get("timezone", (None, None))[0]
        known = isinstance(zone, str) and zone in available_timezones()
        return str(zone if known else self.settings.get("timezone", "UTC"))

    def _fold(self, event: Happening) -> None:
        for name, value in event.traits.items():
            if name == "consent":
                for category, word in value.items():
                    self._consent(category, word, event.own)
            elif name not in self.traits or self.traits[name][1] <= event.own:
                self.traits[name] = (value, event.own)

    def _consent(self, category: str, word: Json, at: datetime) -> None:
        known = self.consent.get(category)
        at = self.now if word is True and at - self.now > timedelta(days=1) else at
        if isinstance(word, bool) and (known is None or known[1] <= at):
            self.consent[category] = (word, at)

    def _take_back(self, category: str) -> None:
        """Know no word of hers, nor any that was said before and comes later."""
        _, before = self.consent.get(category, (None, self.now))
        self.consent[category] = (None, max(self.now, before))

    def _words(self) -> Doc:
        """What she said that stands."""
        return {name: word for name, (word, _) in self.consent.items() if word is not None}

    def _bind(self, event: Happening) -> None:
        kind = event.name.removeprefix("message.")
        if kind == event.name or kind in {"sent", "skipped", "failed"}:
            return
        of = self._message_of(event)
        if of is not None:
            of.facts.setdefault(f"{kind}_at", written(event.own))
        status = {"complained": "complained", "unsubscribed": "unsubscribed"}.get(kind)
        if kind == "bounced" and event.properties.get("bounce_type") == "permanent":
            status = "bounced"
        channel = of.channel if of is not None else event.properties.get("channel")
        if channel is None:
            return
        for address in of.addresses if of is not None else self._addresses(channel):
            if kind == "delivered" or (kind == "bounced" and status is None):
                self.soft.setdefault((channel, address), []).append((event.own, kind))
            if kind == "bounced" and self._bounces(channel, address) >= IN_A_ROW:
                status = "bounced"
            if status is None:
                continue
            old, at = self.statuses.get((channel, address), ("ok", event.own))
            if RANKS.index(status) >= RANKS.index(old):
                at = max(at, event.own)
                self.statuses[channel, address] = (status, at)

    def _bounces(self, channel: str, address: str) -> int:
        """How many transient bounces in a row an address has had after its last delivery."""
        told = self.soft.get((channel, address), [])
        last = max((own for own, kind in told if kind == "delivered"), default=None)
        return sum(kind == "bounced" and (last is None or own > last) for own, kind in told)

    def _message_of(self, event: Happening) -> Message | None:
        """The one that an event is about: what we tell names it, else it is the newest sent."""
        own = next((one for one in self.messages if one.id == event.id), None)
        if own is not None:
            return own
        journey, step = (event.properties.get(name) for name in ("journey", "step"))
        sent = [
            one
            for one in self.messages
            if one.status == "sent" and (one.enrolment.journey["id"], one.step) == (journey, step)
        ]
        return max(sent, key=lambda one: one.turn, default=None)

    def _addresses(self, channel: str) -> list[str]:
        """Where she can be written to: of her devices the last ten."""
        value = self.traits.get(ADDRESSES[channel], (None, None))[0]
        if isinstance(value, list):
            return value[-10:]
        return [value] if isinstance(value, str) else []

    def _status(self, channel: str) -> str:
        """The best that any of her addresses has."""
        standings = [
            self.statuses.get((channel, each), ("ok",)) for each in self._addresses(channel)
        ]
        return min((status for status, *_ in standings), key=RANKS.index, default="missing")

    def view(
        self, one: Enrolment | None, event: Happening | None, entry: Doc | None = None
    ) -> View:
        """What a condition sees now."""
        of_steps: dict[str, Json] = {}
        for message in self.messages:
            if message.enrolment is one:
                fields: dict[str, Json] = {"channel": message.channel, **message.facts}
                if message.status != "held":
                    fields["status"] = message.status
                if message.status == "sent":
                    assert message.decided_at is not None
                    fields["sent_at"] = written(message.decided_at)
                of_steps[message.step] = fields
        categories = {"marketing", "transactional", *self.settings.get("categories", {})}
        places = {
            "profile": self.profile(),
            "customer": {
                "id": self.id,
                "created_at": written(self.began),
                "timezone": self.zone,
                "locale": self.profile().get("locale"),
            },
            "event": {} if event is None else event.properties,
            "entry": entry if one is None else one.entry,
            "vars": {} if one is None else one.vars,
            "messages": of_steps,
            "consent": {name: self._says(name) for name in categories},
            "channels": {name: {"status": self._status(name)} for name in ADDRESSES},
        }
        by = None if one is None else one.by
        return View(self.now, self.zone, self.segments, self.history, places, by)

    def _allows(self, category: str) -> bool:
        kind = Limits(self.settings, self.zone, ()).category(category)["consent"]
        word = self.consent.get(category, (None,))[0]
        return kind == "none" or (kind == "opt_out" and word is not False) or word is True

    def _says(self, category: str) -> bool:
        """Her word, or what her silence is taken for."""
        kind = Limits(self.settings, self.zone, ()).category(category)["consent"]
        word = self.consent.get(category, (None,))[0]
        return kind != "opt_in" if word is None else word

    def _nothing(self) -> Happening:
        """What entered when no event did."""
        return Happening(f"at {self.now}", "", self.now, self.now, {}, {})
