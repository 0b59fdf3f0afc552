"""Queues and the bus in memory: what was put there, in order."""

from collections.abc import Sequence

from sojourn.core.errors import Permanent
from sojourn.core.nouns import noun
from sojourn.core.state.decisions import Announcement
from sojourn.core.values.exact import dumps

LONGEST_DELAY_SECONDS = 900
LARGEST_EVENT_BYTES = 255 * 1024
"""EventBridge takes 256 KB, with what stands around the properties."""


@noun
class Queued:
    """A text on a queue, to be delivered after a delay."""

    body: str
    delay_seconds: int


@noun
class DeadLetter:
    """What could not be processed."""

    source: str
    reason: str
    body: str


class FakeQueue:
    """The port Queue; whoever delivers takes from ``queued``."""

    def __init__(self) -> None:
        """Begin empty."""
        self.queued: list[Queued] = []

    def put(self, bodies: Sequence[str], delay_seconds: int = 0) -> None:
        """See Queue."""
        if not 0 <= delay_seconds <= LONGEST_DELAY_SECONDS:
            raise Permanent(f"a delay of {delay_seconds} seconds; a queue takes 0 to 900")
        self.queued += [Queued(body, delay_seconds) for body in bodies]


class FakeWorkers:
    """The port Workers; the shards to be looked at stay in ``shards``."""

    def __init__(self) -> None:
        """Begin without any."""
        self.shards: list[int] = []

    def look(self, shard: int) -> None:
        """See Workers."""
        self.shards.append(shard)


class FakeDeadLetters:
    """The port DeadLetters; they stay in ``letters``."""

    def __init__(self) -> None:
        """Begin empty."""
        self.letters: list[DeadLetter] = []

    def put(self, source: str, reason: str, body: str) -> None:
        """See DeadLetters."""
        self.letters.append(DeadLetter(source, reason, body))


class FakeBus:
    """The port Bus; what was announced stays in ``announced``.

    One that is too large is refused, as EventBridge refuses it: then what was put with it stays.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self.announced: list[Announcement] = []

    def announce(self, announcements: Sequence[Announcement]) -> None:
        """See Bus."""
        large = [item for item in announcements if _size_bytes(item) > LARGEST_EVENT_BYTES]
        self.announced += [item for item in announcements if item not in large]
        if large:
            raise Permanent(f"Validation: {large[0].name} is larger than the bus takes")


def _size_bytes(item: Announcement) -> int:
    return len(dumps([item.name, item.customer, dict(item.properties)]).encode())
