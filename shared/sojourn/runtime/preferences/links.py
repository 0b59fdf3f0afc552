"""Links: the signed address in a message with which its customer says what she wants to get.

A token names the customer, the category, the message, its channel and when it expires, and carries
an HMAC-SHA256 over them. Keys are made by whoever signs first and renewed once a year; the one
before stays accepted, so that every link works until it expires.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256

from sojourn.core.errors import Unavailable
from sojourn.core.nouns import noun
from sojourn.core.state.customer import Message
from sojourn.core.values.instants import DAY, SECOND, Duration, Instant
from sojourn.core.workspace.plan import CHANNELS
from sojourn.runtime.ports import Clock, LinkKey, LinkKeys

LIFETIME: Duration = 365 * DAY
"""How long a link works. Laws ask for 30 days (CAN-SPAM) or 60 (CASL) after the message."""

KEY_AGE: Duration = 366 * DAY
"""When a key is renewed: the one before it has no link left that works, so two are enough."""

KEPT: Duration = DAY
"""How long keys are used before they are read again: by how much a key outlives its last link."""

DOUBTED: Duration = 10 * SECOND
"""A token that no key fits has the keys read again when they are older: they may be new."""

TOKEN_CHARS = 512
"""The longest token; ids are bounded, so none of ours comes near."""

MAC_BYTES = 16
"""128 bits of the HMAC, half of it (RFC 2104, section 5): links stand in text messages too."""

_PURPOSE = b"sojourn preferences 1\n"


@noun
class Link:
    """What a token says."""

    customer: str
    category: str
    message: str
    channel: str
    expires_at: Instant


class Forged(Exception):  # noqa: N818 - an answer, not a failure of ours
    """Nobody here has signed this token."""


class Expired(Exception):  # noqa: N818 - an answer, not a failure of ours
    """The token was ours, and its time is over."""


def sign(link: Link, key: LinkKey) -> str:
    """The token of a link: what it says and its signature, both in URL-safe base64."""
    seconds = str(link.expires_at // SECOND)
    said = (link.channel, link.category, link.message, seconds, link.customer)
    body = _encoded("\n".join(said).encode())
    return f"{body}.{_encoded(_mac(body, key))}"


def read(token: str, keys: Sequence[LinkKey], now: Instant) -> Link:
    """What a token says; raises Forged or Expired. Comparing takes the same time for any token."""
    body, dot, mac = token.partition(".")
    if len(token) > TOKEN_CHARS or not dot:
        raise Forged
    given = mac.encode("utf-8", "surrogatepass")
    fits = [hmac.compare_digest(_encoded(_mac(body, key)).encode(), given) for key in keys]
    if not any(fits):
        raise Forged
    link = _link(body)
    if now >= link.expires_at:
        raise Expired
    return link


def _mac(body: str, key: LinkKey) -> bytes:
    said = _PURPOSE + body.encode("utf-8", "surrogatepass")
    return hmac.digest(key.secret, said, sha256().name)[:MAC_BYTES]


def _link(body: str) -> Link:
    """A body that was signed here; one in another form was signed for something else."""
    try:
        said = urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode("utf-8")
        channel, category, message, seconds, customer = said.split("\n", 4)
        expires_at = int(seconds) * SECOND
    except ValueError as error:
        raise Forged from error
    if channel not in CHANNELS:
        raise Forged
    return Link(customer, category, message, channel, expires_at)


def _encoded(value: bytes) -> str:
    return urlsafe_b64encode(value).decode("ascii").rstrip("=")


class Links:
    """Signs links and reads tokens, with keys that are read when they are needed."""

    def __init__(self, keys: LinkKeys, clock: Clock) -> None:
        """Begin with no key known."""
        self._store = keys
        self._clock = clock
        self._keys: Sequence[LinkKey] = ()
        self._read_at: Instant = 0

    def token_for(self, customer_id: str, message: Message) -> str:
        """A token for one message, signed with the newest key, which is made when there is none.

        Raises Unavailable when neither this one nor anybody else has made one yet.
        """
        now = self._clock.now()
        self._know(now, KEPT)
        if not self._keys or now - self._keys[0].made_at >= KEY_AGE:
            self._keys = self._store.renew(self._keys, now)
        if not self._keys:
            raise Unavailable("there is no key to sign links with yet")
        expires_at = now + LIFETIME
        link = Link(customer_id, message.category, message.id, message.channel, expires_at)
        return sign(link, self._keys[0])

    def read(self, token: str) -> Link:
        """What a token says; raises Forged or Expired."""
        now = self._clock.now()
        self._know(now, KEPT)
        try:
            return read(token, self._keys, now)
        except Forged:
            if not self._know(now, DOUBTED):
                raise
        return read(token, self._keys, now)

    def _know(self, now: Instant, most: Duration) -> bool:
        """Read the keys when there are none or they are older; whether they were read."""
        if self._keys and now - self._read_at < most:
            return False
        self._keys, self._read_at = self._store.keys(), now
        return True
