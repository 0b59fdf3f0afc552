"""Errors are sorted by one question: can a retry help?"""


class SojournError(Exception):
    """Any error of this system; its text says what was wrong, where and what to do."""


class Permanent(SojournError):  # noqa: N818 - read as "a permanent error": the glossary's word
    """No retry can help."""


class InvalidInput(Permanent):
    """What came in is wrong; whoever sent it has to change it."""


class CorruptState(Permanent):
    """What we stored cannot be right: our mistake, and an alarm."""


class Transient(SojournError):  # noqa: N818 - as above
    """A retry can help."""


class Conflict(Transient):
    """Somebody else wrote first: read again and decide again."""


class Unavailable(Transient):
    """A part we need did not answer, or is full for now."""


class NewerForm(Transient):
    """What is stored is in a form that a later version writes: one that reads it takes it.

    Whoever does not know the form leaves the record as it is, and neither drops what is new in it
    nor gives it up.
    """


MISTAKES = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError),
    *(RuntimeError, TypeError, ValueError),
)
"""What a programming mistake raises: it must not take what is done beside it with it."""


class HistoryNeeded(Transient):
    """A condition that was reached asks for events older than those at hand.

    ``since`` is the own time (microseconds since 1970) from which events are wanted.
    """

    def __init__(self, since: int) -> None:
        """Say from which instant on history is wanted."""
        super().__init__(f"history since {since} is needed")
        self.since = since
