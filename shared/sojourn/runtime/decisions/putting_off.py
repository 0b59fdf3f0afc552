"""Putting off: whoever cannot be decided about is not brought up again at every look.

What fails for good becomes a dead letter, and her timer stays in the index, overdue: wake would
bring her up every two minutes, and each time would be a dead letter more. She is brought up again
an hour later instead. So is whoever a later version wrote, for whom a version before has to wait:
her wake-up comes again, and is a dead letter when its tries are used up. Whatever is decided about
her meanwhile sets her timer as ever: a dead letter that is sent again when its cause is gone, or an
event of hers.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sojourn.core.errors import MISTAKES, NewerForm, Permanent, SojournError
from sojourn.core.values.instants import HOUR, Duration
from sojourn.runtime.ports import Clock, Mailboxes

_log = logging.getLogger("sojourn")

PUT_OFF: Duration = HOUR
"""Until somebody who cannot be decided about is brought up again: often enough that nobody is
forgotten whose dead letter was discarded, and seldom enough that the letters can be counted."""


@contextmanager
def putting_off(
    mailboxes: Mailboxes, clock: Clock, customer_id: str, rested: int | None = None
) -> Iterator[None]:
    """Put a customer off when this version cannot do what is to be done about her.

    ``rested`` is the revision under which she rested until now: that is struck, as her wake-up
    lies among the dead letters with it, or will.
    """
    try:
        yield
    except (Permanent, NewerForm, *MISTAKES):
        now = clock.now()
        try:
            mailboxes.put_off(customer_id, now, now + PUT_OFF)
            if rested is not None:
                mailboxes.end_rest(customer_id, rested, now)
        except SojournError as error:
            _log.warning("a customer was not put off: %s", type(error).__name__)
        raise
