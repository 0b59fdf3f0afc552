"""Who holds which identity, in memory."""

from collections.abc import Collection

from sojourn.core.incoming.identity import Standing
from sojourn.core.state.customer import Identity
from sojourn.core.values.instants import Instant
from sojourn.fakes.mailboxes import FakeMailboxes


class FakeDirectory:
    """The port Directory."""

    def __init__(self, mailboxes: FakeMailboxes) -> None:
        """Begin with identities that nobody holds."""
        self._mailboxes = mailboxes
        self._holders: dict[Identity, str] = {}

    def claim(self, identity: Identity, customer: str) -> str:
        """See Directory."""
        return self._holders.setdefault(identity, customer)

    def let_go(self, identity: Identity, holder: str, now: Instant) -> None:
        """See Directory; what is left goes at once, whenever that is."""
        del now
        self.release(identity, [holder])

    def holder(self, identity: Identity) -> str | None:
        """Who holds an identity; None when nobody does."""
        return self._holders.get(identity)

    def release(self, identity: Identity, ids: Collection[str]) -> None:
        """Let an identity go that one of these ids holds."""
        if self._holders.get(identity) in ids:
            del self._holders[identity]

    def standing(self, customer: str) -> Standing:
        """See Directory."""
        asked = present = self._mailboxes.box_of(customer)
        while present.joined_into is not None:
            present = self._mailboxes.box_of(present.joined_into)
        return Standing(present.customer_id, present.is_user, asked.is_user)
