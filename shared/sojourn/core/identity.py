"""Identity: whose event it is."""

from sojourn.core.errors import InvalidInput
from sojourn.core.events import Identities


def customer_of(identities: Identities) -> str:
    """The customer's id: the user's, else the anonymous visitor's.

    Joining customers, by `alias` or by other identities, is not built yet and is refused by name.
    """
    if identities.previous is not None:
        raise InvalidInput("previousId: joining two customers (alias) is not built yet")
    owner = identities.user or identities.anonymous
    if owner is None:
        raise InvalidInput("userId: missing; customers known by other identities are not built yet")
    return owner
