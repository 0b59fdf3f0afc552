"""Whom somebody means who asks for a customer by something else than her id."""

from sojourn.core.identity import plain
from sojourn.runtime.ports import Directory


def holder_of(asked: str, directory: Directory) -> str | None:
    """Who holds an identity: `loyalty:L1`, or an e-mail address or phone number as it is."""
    kind, colon, value = asked.partition(":")
    meant = [plain(kind, value)] if colon else [plain("email", asked), plain("phone", asked)]
    return next((found for item in meant if (found := directory.holder(item)) is not None), None)
