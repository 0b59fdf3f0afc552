"""Delivery: a rendered message becomes one call to its channel's provider."""

from dataclasses import dataclass

from sojourn.core.customer import Message
from sojourn.core.errors import CorruptState
from sojourn.core.plan import Settings
from sojourn.rendering.content import Rendered
from sojourn.runtime.feedback import tags_for
from sojourn.runtime.links import Links
from sojourn.runtime.ports import Email, Mailer, Refused, Text, Texter


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What goes out, to which addresses, and the link that stops its kind."""

    content: Rendered
    addresses: tuple[str, ...]
    unsubscribe_url: str


class Delivery:
    """Hands messages to the providers."""

    def __init__(
        self, mailer: Mailer, texter: Texter, sender: str, links: Links, preferences_url: str
    ) -> None:
        """Work over these ports.

        ``sender`` is used when the settings name none; links begin with ``preferences_url``.
        """
        self._mailer = mailer
        self._texter = texter
        self._sender = sender
        self._links = links
        self._preferences_url = preferences_url.rstrip("/")

    def unsubscribe_url(self, customer_id: str, message: Message) -> str:
        """Where the customer of a message says what she wants to get. Raises Unavailable."""
        return f"{self._preferences_url}/{self._links.token_for(customer_id, message)}"

    def send(
        self, customer_id: str, message: Message, outgoing: Outgoing, settings: Settings
    ) -> str:
        """Send once; the provider's id. Raises Refused, Throttled or Unknown."""
        match message.channel:
            case "email":
                return self._mailer.send(self._email(customer_id, message, outgoing, settings))
            case "sms":
                return self._texter.send(
                    Text(
                        sender=settings.senders.get("sms"),
                        to=outgoing.addresses[0],
                        text=outgoing.content.text or "",
                        promotional=settings.category(message.category).consent != "none",
                    )
                )
            case "push":
                raise Refused("channel push is not built yet")
            case _:
                raise CorruptState(f"message {message.id}: there is no channel {message.channel}")

    def _email(
        self, customer_id: str, message: Message, outgoing: Outgoing, settings: Settings
    ) -> Email:
        """The e-mail; one that needs consent says in its head how to take it back (RFC 8058)."""
        unsubscribing = {
            "List-Unsubscribe": f"<{outgoing.unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        needs_consent = settings.category(message.category).consent != "none"
        return Email(
            sender=settings.senders.get("email", self._sender),
            to=outgoing.addresses[0],
            subject=outgoing.content.subject or "",
            text=outgoing.content.text or "",
            html=outgoing.content.html,
            reply_to=settings.senders.get("reply_to"),
            headers=unsubscribing if needs_consent else {},
            tags=tags_for(customer_id, message.id),
        )
