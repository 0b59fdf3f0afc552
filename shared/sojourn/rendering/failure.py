"""Why a message could not be rendered."""

from sojourn.core.errors import Permanent


class RenderFailed(Permanent):
    """A message that cannot be made from its template and this customer's values.

    ``reason`` is the dotted path of a missing variable and nothing else (`profile.first_name`), or
    begins with `limit ` for a bound that was passed, or says what was wrong and where. It never
    quotes a value of the customer.
    """

    def __init__(self, reason: str) -> None:
        """Keep the reason, which is also the error's text."""
        super().__init__(reason)
        self.reason = reason


class Unfit(Exception):  # noqa: N818 - a signal inside this package, never seen outside
    """A filter cannot take this value; the text says what it wants."""
