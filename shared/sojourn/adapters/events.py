"""The event bus, outwards."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sojourn.adapters.batches import Entry, Failed, put_most
from sojourn.adapters.translation import translating
from sojourn.core.state.decisions import Announcement
from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import format_instant, to_datetime
from sojourn.runtime.ports import PartlyTaken

if TYPE_CHECKING:
    from types_boto3_events.client import EventBridgeClient

type _Entry = tuple[Announcement, dict[str, Any]]

SOURCE = "sojourn"
_TIME_BYTES = 14
"""What EventBridge counts for an entry's time."""


class EventBridgeBus:
    """The port Bus on EventBridge."""

    def __init__(self, client: "EventBridgeClient", bus: str) -> None:
        """Put on the bus of that name."""
        self._client = client
        self._bus = bus

    def announce(self, announcements: Sequence[Announcement]) -> None:
        """See Bus. The detail is a Segment message, whose `messageId` is the derived id."""

        def put(batch: list[Entry[_Entry]]) -> list[Failed[_Entry]]:
            with translating(f"putting on the bus {self._bus}"):
                entries: Any = [entry.value[1] for entry in batch]
                answer = self._client.put_events(Entries=entries)
            return [
                Failed(entry, result["ErrorCode"], result.get("ErrorMessage", ""))
                for entry, result in zip(batch, answer["Entries"], strict=True)
                if "ErrorCode" in result
            ]

        entries = [self._entry(item) for item in announcements]
        left, error = put_most(entries, put, f"putting on the bus {self._bus}")
        if error is not None and len(left) < len(entries):
            raise PartlyTaken([entry.value[0] for entry in left]) from error
        if error is not None:
            raise error

    def _entry(self, item: Announcement) -> Entry[_Entry]:
        detail = dumps(
            {
                "type": "track",
                "messageId": item.id,
                **({"userId": item.customer} if item.customer else {}),
                "event": item.name,
                "timestamp": format_instant(item.at),
                "properties": item.properties,
            }
        )
        entry = {
            "EventBusName": self._bus,
            "Source": SOURCE,
            "DetailType": item.name,
            "Time": to_datetime(item.at),
            "Detail": detail,
        }
        return Entry((item, entry), size_of(entry))


def size_of(entry: Mapping[str, Any]) -> int:
    """How many bytes an entry has as EventBridge counts them."""
    counted = entry["Source"] + entry["DetailType"] + entry["Detail"]
    return len(counted.encode()) + _TIME_BYTES
