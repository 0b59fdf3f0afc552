"""What steps and exit rules ask for: entering this customer in another journey."""

from collections.abc import Mapping

from sojourn.core.nouns import noun
from sojourn.core.state.customer import Event
from sojourn.core.values.exact import Json


@noun
class Asked:
    """A journey to enter without asking its `where`.

    ``properties`` become `entry.*`; ``event`` is the one being worked, which then is the entering
    event, if there is one.
    """

    journey: str
    properties: Mapping[str, Json]
    event: Event | None
