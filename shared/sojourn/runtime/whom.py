"""Whom somebody means who asks for a customer by something else than her id."""

from typing import Protocol

from sojourn.core.customer import Identity
from sojourn.core.identity import ANONYMOUS, plain
from sojourn.runtime.ports import Directory


class Holders(Protocol):
    """Who holds which identity, to be asked alone."""

    def holder(self, identity: Identity) -> str | None:
        """Who holds an identity; None when nobody does."""


def holder_of(asked: str, directory: Holders) -> str | None:
    """Who holds an identity: `loyalty:L1`, or an e-mail address or phone number as it is."""
    kind, colon, value = asked.partition(":")
    meant = [plain(kind, value)] if colon else [plain("email", asked), plain("phone", asked)]
    return next((found for item in meant if (found := directory.holder(item)) is not None), None)


def user_of(identity: Identity, directory: Directory) -> str | None:
    """Which user somebody belongs to by now who is known by an identity; None when to none."""
    kind, value = identity
    known = value if kind == ANONYMOUS else directory.holder(identity)
    standing = None if known is None else directory.standing(known)
    return standing.id if standing is not None and standing.is_user else None
