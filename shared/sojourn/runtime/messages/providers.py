"""Providers: what those who take messages are given, and what they answer.

Every other port is in `runtime/ports.py`.
"""

from collections.abc import Mapping
from typing import Protocol

from sojourn.core.nouns import noun
from sojourn.core.values.exact import Json


@noun
class Email:
    """An e-mail as the provider takes it; ``tags`` come back with the provider's events."""

    sender: str
    to: str
    subject: str
    text: str
    html: str | None
    reply_to: str | None
    headers: Mapping[str, str]
    tags: Mapping[str, str]


@noun
class Text:
    """A text message; ``promotional`` picks the provider's class."""

    sender: str | None
    to: str
    text: str
    promotional: bool


@noun
class Push:
    """A push message to one device; ``endpoint`` is its ARN, ``data`` what the app is given."""

    endpoint: str
    title: str | None
    body: str | None
    data: Mapping[str, Json]


@noun
class Note:
    """What a refusal says of an address: the name of the fact, and the provider's words."""

    address: str
    fact: str
    reason: str


class Refused(Exception):  # noqa: N818 - an answer, not a failure of ours
    """The provider definitely refused this message: it was not sent and will not be.

    ``notes`` are what it said of addresses, so that nothing is sent there again.
    """

    def __init__(self, reason: str, *notes: Note) -> None:
        """Carry the reason, in the provider's own words, and the notes."""
        super().__init__(reason)
        self.notes = notes


class Throttled(Exception):  # noqa: N818 - an answer, not a failure of ours
    """The provider definitely did not take the message now: it may be tried again later.

    ``notes`` as in Refused, of those of several addresses that were refused.
    """

    def __init__(self, reason: str, *notes: Note) -> None:
        """Carry the reason, in the provider's own words, and the notes."""
        super().__init__(reason)
        self.notes = notes


class Late(Exception):  # noqa: N818 - an answer, not a failure of ours
    """What was decided held no more between two calls: the message was not sent.

    ``notes`` as in Throttled.
    """

    def __init__(self, *notes: Note) -> None:
        """Carry the notes."""
        super().__init__()
        self.notes = notes


class Unknown(Exception):  # noqa: N818 - an answer, not a failure of ours
    """No answer came: the message may or may not have been sent."""


class Mailer(Protocol):
    """Sends e-mail."""

    def send(self, email: Email) -> str:
        """Hand over once, never twice; the provider's id. Raises Refused, Throttled or Unknown."""


class Texter(Protocol):
    """Sends text messages."""

    def ask(self, number: str) -> None:
        """Ask whether a number takes messages, before each one.

        Raises Refused when it has opted out, Throttled when there is no answer at all.
        """

    def send(self, text: Text) -> str:
        """Hand over once, never twice; the provider's id. Raises Refused, Throttled or Unknown."""


class Pusher(Protocol):
    """Sends push messages."""

    def send(self, push: Push) -> str:
        """Hand over once, never twice; the provider's id. Raises Refused, Throttled or Unknown."""


@noun
class Providers:
    """Who takes messages, a port a channel."""

    mailer: Mailer
    texter: Texter
    pusher: Pusher
