"""Rights: what somebody may ask for about one customer, as requests on the bus.

Each is an entry with one of these detail-types, from any source, and `{"customer": ID}` as detail.
What comes of it is announced on the bus.
"""

from sojourn.core.errors import InvalidInput
from sojourn.core.limits import CUSTOMER_ID_BYTES
from sojourn.core.state.decisions import Announcement
from sojourn.core.values.exact import Json, JsonObject, dumps, loads_object
from sojourn.core.values.ids import derived_id
from sojourn.core.values.instants import Instant, parse_instant
from sojourn.runtime.customer.forgotten import mark_of_id
from sojourn.runtime.customer.timeline import Timeline, read_timeline
from sojourn.runtime.customer.whom import holder_of
from sojourn.runtime.ports import Bus, Clock, Directory, Exports, History, Mailboxes, Tombstones
from sojourn.runtime.rights.exporting import export
from sojourn.runtime.rights.forgetting import Forgetting

FORGET = "sojourn.forget"
LIFT = "sojourn.lift"
EXPORT = "sojourn.export"

UNKNOWN = "customer: nobody is known by this id"
"""Why somebody cannot be exported."""

FORGOTTEN = "customer.forgotten"
LIFTED = "customer.lifted"
EXPORTED = "customer.exported"


class Rights:
    """Takes requests one at a time; each may come more than once."""

    def __init__(  # noqa: PLR0913 - one port for each thing it touches
        self,
        mailboxes: Mailboxes,
        directory: Directory,
        history: History,
        forgetting: Forgetting,
        tombstones: Tombstones,
        exports: Exports,
        bus: Bus,
        clock: Clock,
    ) -> None:
        """Work over these ports."""
        self._mailboxes = mailboxes
        self._directory = directory
        self._history = history
        self._forgetting = forgetting
        self._tombstones = tombstones
        self._exports = exports
        self._bus = bus
        self._clock = clock

    def take(self, body: str) -> None:
        """Do what an envelope asks for; raises InvalidInput, or Settling for a second look."""
        entry = loads_object(body)
        asked, customer_id = asked_in(entry)
        request, now = str(entry.get("id", "")), self._clock.now()
        if asked == FORGET:
            self._forgetting.forget(customer_id, now, _asked_at(entry))
            self._announce(FORGOTTEN, customer_id, request, now)
        elif asked == LIFT:
            self._forgetting.lift(customer_id, now)
            self._announce(LIFTED, customer_id, request, now)
        else:
            key = self._export(customer_id, request, now)
            self._announce(EXPORTED, customer_id, request, now, key=key)

    def _export(self, customer_id: str, request: str, now: Instant) -> str:
        """Write everything about a customer into the bucket; the key it lies under."""
        timeline = self._timeline(customer_id)
        folder = mark_of_id(self._tombstones.secret(), timeline.box.customer_id).hex()
        name = derived_id("export", request, customer_id)
        return self._exports.put(folder, name, export(timeline, now))

    def _timeline(self, customer_id: str) -> Timeline:
        for id_ in (customer_id, holder_of(customer_id, self._directory)):
            if id_ is not None:
                timeline = read_timeline(self._mailboxes, self._history, id_)
                if timeline.box.forgotten_at is None and (timeline.box.revision or timeline.events):
                    return timeline
        raise InvalidInput(UNKNOWN)

    def _announce(
        self, name: str, customer_id: str, request: str, now: Instant, **properties: Json
    ) -> None:
        id_ = derived_id(name, customer_id, request)
        self._bus.announce([Announcement(id_, name, now, customer_id, properties)])


def asked_in(entry: JsonObject) -> tuple[str, str]:
    """What an entry asks for, and about whom; raises InvalidInput when it is no request."""
    asked, customer_id = entry.get("detail-type"), _customer_in(entry)
    if asked not in (FORGET, LIFT, EXPORT):
        known = f"{FORGET}, {LIFT} and {EXPORT}"
        raise InvalidInput(f"detail-type: {dumps(asked)} is none of {known}")
    return str(asked), customer_id


def _asked_at(entry: JsonObject) -> Instant | None:
    """When a request came to the bus; None when its envelope does not say."""
    time = entry.get("time")
    return parse_instant(time) if isinstance(time, str) else None


def _customer_in(entry: JsonObject) -> str:
    """Whom a request is about."""
    detail = entry.get("detail")
    found = detail.get("customer") if isinstance(detail, dict) else None
    if not isinstance(found, str) or not found:
        raise InvalidInput('detail: {"customer": ID} is wanted')
    if len(found.encode("utf-8", "surrogatepass")) > CUSTOMER_ID_BYTES:
        raise InvalidInput(f"customer: longer than {CUSTOMER_ID_BYTES} bytes; nobody has such id")
    return found
