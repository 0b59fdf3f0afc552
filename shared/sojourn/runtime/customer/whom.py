"""Whom somebody means who asks for a customer by something else than her id."""

from typing import Protocol

from sojourn.core.incoming.identity import ANONYMOUS, plain
from sojourn.core.state.customer import Identity
from sojourn.runtime.ports import Directory


class Holders(Protocol):
    """Who holds which identity, to be asked alone."""

    def holder(self, identity: Identity) -> str | None:
        """Who holds an identity; None when nobody does."""


def holder_of(asked: str, directory: Holders) -> str | None:
    """Who holds an identity: `loyalty:L1`, or an e-mail address or phone number as it is."""
    found = (directory.holder(item) for item in meant(asked))
    return next((holder for holder in found if holder is not None), None)


def meant(asked: str) -> list[Identity]:
    """The identities that somebody may mean who asks by something else than an id."""
    kind, colon, value = asked.partition(":")
    return [plain(kind, value)] if colon else [plain("email", asked), plain("phone", asked)]


def user_of(identity: Identity, directory: Directory) -> str | None:
    """Which user somebody belongs to by now who is known by an identity; None when to none."""
    kind, value = identity
    known = value if kind == ANONYMOUS else directory.holder(identity)
    standing = None if known is None else directory.standing(known)
    return standing.id if standing is not None and standing.is_user else None
