"""Who was forgotten, and which addresses of theirs stay suppressed: keyed hashes, no names.

A mark says nothing to whoever has not the stack's secret, and even then no more than that this very
id was forgotten, or that this very address asked for nothing more.
"""

import hmac
from collections.abc import Collection, Mapping
from dataclasses import field
from hashlib import sha256

from sojourn.core.incoming.identity import plain
from sojourn.core.nouns import noun
from sojourn.core.state.customer import ADDRESS_TRAITS, STRICTNESS, AddressStatus, Event
from sojourn.core.values.addresses import as_mailed
from sojourn.core.values.ids import derived_id
from sojourn.core.values.instants import MINUTE, Duration, Instant

MARK_BYTES = 12
"""96 bits of the HMAC: of a million marks, a stranger's id meets one once in 2**76 times."""

SETTLING: Duration = 2 * MINUTE
"""How long after somebody was forgotten no function can work any more that has not heard of it.

The plan and with it this list are looked up after two seconds, a minute by the preference page,
which writes nothing; a function runs for thirty seconds at most."""

_STATUSES = tuple(STRICTNESS)
_STATUS_AT = MARK_BYTES + 1


@noun
class Forgotten:
    """The marks of everybody who was forgotten and may not come back yet.

    ``ids`` are marks of customer ids, all that a person had; ``people`` counts persons.
    ``addresses`` are marks of addresses with how they stood. Without a ``secret`` there is nobody.
    ``back`` are marks of ids that were let come back, with since when.
    """

    secret: bytes = b""
    ids: Collection[bytes] = frozenset()
    addresses: Mapping[bytes, AddressStatus] = field(default_factory=dict)
    people: int = 0
    back: Mapping[bytes, Instant] = field(default_factory=dict)

    def knows(self, customer_id: str) -> bool:
        """Whether an id was forgotten."""
        return bool(self.ids) and mark_of_id(self.secret, customer_id) in self.ids

    def back_since(self, customer_id: str) -> Instant | None:
        """Since when an id may be somebody again: what is older is not hers; None for most."""
        if not self.back:
            return None
        return self.back.get(mark_of_id(self.secret, customer_id))

    def knows_of(self, customer_id: str, at: Instant) -> bool:
        """Whether what was said of an id at an instant is of somebody forgotten."""
        since = self.back_since(customer_id)
        return self.knows(customer_id) or (since is not None and at < since)

    def standing(self, channel: str, address: str) -> AddressStatus | None:
        """How an address of somebody forgotten stood, if she wanted or could get nothing there."""
        if not self.addresses:
            return None
        return self.addresses.get(mark_of_address(self.secret, channel, address))


NOBODY = Forgotten()


def mark_of_id(secret: bytes, customer_id: str) -> bytes:
    """What is kept of a customer's id."""
    return _mark(secret, b"customer", customer_id)


def mark_of_address(secret: bytes, channel: str, address: str) -> bytes:
    """What is kept of an address: the same for all ways to write it that mean the same."""
    _, written = plain(ADDRESS_TRAITS.get(channel, channel), address)
    return _mark(secret, channel.encode(), as_mailed(written) if channel == "email" else written)


def _mark(secret: bytes, purpose: bytes, text: str) -> bytes:
    said = b"sojourn forgotten 1\n" + purpose + b"\n" + text.encode("utf-8", "surrogatepass")
    return hmac.digest(secret, said, sha256().name)[:MARK_BYTES]


def packed(mark: bytes, standing: AddressStatus) -> bytes:
    """An address's mark and how it stands, in 21 bytes."""
    at = standing.at.to_bytes(8, signed=True)
    return mark + bytes([_STATUSES.index(standing.status)]) + at


def packed_back(mark: bytes, since: Instant) -> bytes:
    """An id's mark and since when she may come back, in 20 bytes."""
    return mark + since.to_bytes(8, signed=True)


def unpacked_back(entries: Collection[bytes]) -> dict[bytes, Instant]:
    """Marks and since when; of several for one mark the latest."""
    found: dict[bytes, Instant] = {}
    for entry in entries:
        mark, since = entry[:MARK_BYTES], int.from_bytes(entry[MARK_BYTES:], signed=True)
        found[mark] = max(since, found.get(mark, since))
    return found


def unpacked(entries: Collection[bytes]) -> dict[bytes, AddressStatus]:
    """Marks and standings; of several for one mark the strictest, then the latest."""
    found: dict[bytes, AddressStatus] = {}
    for entry in entries:
        at = int.from_bytes(entry[_STATUS_AT:], signed=True)
        standing = AddressStatus(_STATUSES[entry[MARK_BYTES]], at)
        before = found.get(entry[:MARK_BYTES])
        if before is None or _rank(before) < _rank(standing):
            found[entry[:MARK_BYTES]] = standing
    return found


def _rank(standing: AddressStatus) -> tuple[int, int]:
    return STRICTNESS[standing.status], standing.at


def suppressed(
    customer_id: str, channel: str, address: str, was: AddressStatus, now: Instant
) -> Event:
    """The fact that an address of this customer's asked for nothing more, or takes nothing.

    Its own time is that of whoever had the address before: a consent given since then counts.
    """
    about = {"channel": channel, "address": address, "reason": "known from before"}
    if was.status == "bounced":
        about["bounce_type"] = "permanent"
    id_ = derived_id("suppressed", customer_id, channel, address)
    return Event(id_, f"message.{was.status}", was.at, now, about)
