"""Delivery: a rendered message becomes one call to its channel's provider."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from sojourn.core.errors import CorruptState
from sojourn.core.nouns import noun
from sojourn.core.state.customer import Customer, Message
from sojourn.core.values.addresses import as_mailed
from sojourn.core.values.instants import DAY, Duration, Instant
from sojourn.core.workspace.settings import Settings
from sojourn.rendering.content import Rendered
from sojourn.runtime.incoming.feedback import tags_for
from sojourn.runtime.messages.providers import (
    Email,
    Late,
    Note,
    Providers,
    Push,
    Refused,
    Text,
    Throttled,
    Unknown,
)
from sojourn.runtime.messages.push_payload import flaw_of
from sojourn.runtime.ports import Numbers
from sojourn.runtime.preferences.links import Links

_FORMS = {
    "email": re.compile(
        r"(?=.{3,320}\Z)[!#-'*+\-./0-9=?A-Z^_`a-z{|}~]{1,64}@[\w-]{1,63}(\.[\w-]{1,63})*", re.ASCII
    ),
    "sms": re.compile(r"\+[1-9][0-9]{6,14}"),
}
_CALLED = {"email": "e-mail address", "sms": "telephone number (E.164: +27825550101)"}

NOTED: Duration = 30 * DAY
"""For how long a number that was written to counts as noted."""


@noun
class Outgoing:
    """What goes out, to which addresses, and the link that stops its kind.

    ``segments`` is into how many parts a text message is cut.
    """

    content: Rendered
    addresses: tuple[str, ...]
    unsubscribe_url: str
    segments: int | None = None


@lru_cache(maxsize=1024)
def unfit(channel: str, addresses: tuple[str, ...]) -> str | None:
    """Why nothing can be written to these addresses, or None when one has the form it needs.

    A comma or a line end in one would write to somebody else besides, and SES takes letters beyond
    ASCII in a domain alone (SES API reference, Destination). An e-mail or text message goes to the
    first address alone, a push message to all.
    """
    if channel == "push":
        flaws = [flaw_of(endpoint) for endpoint in addresses]
        return None if None in flaws else "; ".join(dict.fromkeys(filter(None, flaws)))
    form = _FORMS.get(channel)
    address = as_mailed(addresses[0]) if channel == "email" else addresses[0]
    if form is None or form.fullmatch(address):
        return None
    return f"what stands there is no {_CALLED[channel]}"


def untracked(html: str | None, url: str) -> str | None:
    """HTML in which links that begin with ``url`` are marked for SES to leave as they are.

    Else whoever unsubscribes has clicked, which a journey may take for interest; and the link would
    lead over a server of SES's. Amazon SES Developer Guide, "Email sending metrics FAQs".
    """
    if html is None or url not in html:
        return html
    link = rf"<a(?=\s[^<>]*?\bhref\s*=\s*[\"']?\s*{re.escape(url)})(?![^<>]*ses:no-track)"
    return re.sub(link, r"\g<0> ses:no-track", html, flags=re.IGNORECASE)


class Delivery:
    """Hands messages to the providers."""

    def __init__(
        self,
        providers: Providers,
        numbers: Numbers,
        sender: str,
        links: Links,
        preferences_url: str,
    ) -> None:
        """Work over these ports.

        ``sender`` is used when the settings name none; links begin with ``preferences_url``.
        """
        self._to = providers
        self._numbers = numbers
        self._sender = sender
        self._links = links
        self._preferences_url = preferences_url.rstrip("/")

    def prepare(
        self, customer: Customer, message: Message, addresses: Sequence[str], now: Instant
    ) -> None:
        """Note whose a number is, so that an answer from it finds her. Raises Unavailable.

        Once a month and number is enough: a note is kept for more than a year.
        """
        if message.channel != "sms":
            return
        lately = {sent.address for sent in customer.ledger if sent.at > now - NOTED}
        if addresses[0] not in lately:
            self._numbers.remember(addresses[0], customer.id, now)

    def unsubscribe_url(self, customer_id: str, message: Message) -> str:
        """Where the customer of a message says what she wants to get. Raises Unavailable."""
        return f"{self._preferences_url}/{self._links.token_for(customer_id, message)}"

    def send(
        self,
        customer_id: str,
        message: Message,
        outgoing: Outgoing,
        settings: Settings,
        still: Callable[[], bool],
    ) -> tuple[Note, ...]:
        """Send once; what was said of addresses. Raises Refused, Throttled, Late or Unknown.

        What cannot be an address is refused here. Where more than one call is made, ``still`` is
        asked before each further one, whether the message may go at that instant.
        """
        reason = unfit(message.channel, outgoing.addresses)
        if reason is not None:
            raise Refused(reason)
        match message.channel:
            case "email":
                self._to.mailer.send(self._email(customer_id, message, outgoing, settings))
            case "sms":
                self._to.texter.ask(outgoing.addresses[0])
                if not still():
                    raise Late
                self._to.texter.send(
                    Text(
                        sender=settings.senders.get("sms"),
                        to=outgoing.addresses[0],
                        text=outgoing.content.text or "",
                        promotional=settings.category(message.category).consent != "none",
                    )
                )
            case "push":
                return self._push(outgoing, still)
            case _:
                raise CorruptState(f"message {message.id}: there is no channel {message.channel}")
        return ()

    def _push(self, outgoing: Outgoing, still: Callable[[], bool]) -> tuple[Note, ...]:
        """Send once to each device: sent when one took it, else whatever gives the most hope.

        A device that did not take it in time, or whose turn did not come in time, gets nothing when
        another one took it.
        """
        content = outgoing.content
        notes: list[Note] = []
        answers: list[Refused | Throttled | Unknown] = []
        took = is_late = False
        for number, endpoint in enumerate(outgoing.addresses):
            is_late = number > 0 and not still()
            if is_late:
                break
            try:
                self._to.pusher.send(
                    Push(endpoint, content.title, content.body, content.data or {})
                )
                took = True
            except (Refused, Throttled) as refused:
                notes += refused.notes
                answers.append(refused)
            except Unknown as unknown:
                answers.append(unknown)
        if took:
            return tuple(notes)
        said = "; ".join(str(answer) for answer in answers)
        if any(isinstance(answer, Unknown) for answer in answers):
            raise Unknown(said)
        if is_late:
            raise Late(*notes)
        if any(isinstance(answer, Throttled) for answer in answers):
            raise Throttled(said, *notes)
        raise Refused(said, *notes)

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
            html=untracked(outgoing.content.html, outgoing.unsubscribe_url),
            reply_to=settings.senders.get("reply_to"),
            headers=unsubscribing if needs_consent else {},
            tags=tags_for(customer_id, message.id),
        )
