"""Delivery: a rendered message becomes one call to its channel's provider."""

from collections.abc import Sequence

from sojourn.core.customer import Message
from sojourn.core.errors import CorruptState
from sojourn.core.plan import Settings
from sojourn.rendering.content import Rendered
from sojourn.runtime.feedback import tags_for
from sojourn.runtime.ports import Email, Mailer, Refused, Text, Texter


class Delivery:
    """Hands messages to the providers; ``sender`` is used when the settings name none."""

    def __init__(self, mailer: Mailer, texter: Texter, sender: str) -> None:
        """Work over these ports."""
        self._mailer = mailer
        self._texter = texter
        self._sender = sender

    def send(
        self,
        customer_id: str,
        message: Message,
        content: Rendered,
        addresses: Sequence[str],
        settings: Settings,
    ) -> str:
        """Send once; the provider's id. Raises Refused, Throttled or Unknown."""
        match message.channel:
            case "email":
                return self._mailer.send(
                    Email(
                        sender=settings.senders.get("email", self._sender),
                        to=addresses[0],
                        subject=content.subject or "",
                        text=content.text or "",
                        html=content.html,
                        headers={},
                        tags=tags_for(customer_id, message.id),
                    )
                )
            case "sms":
                return self._texter.send(
                    Text(
                        sender=settings.senders.get("sms"),
                        to=addresses[0],
                        text=content.text or "",
                        promotional=settings.category(message.category).consent != "none",
                    )
                )
            case "push":
                raise Refused("channel push is not built yet")
            case _:
                raise CorruptState(f"message {message.id}: there is no channel {message.channel}")
