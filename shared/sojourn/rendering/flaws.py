"""What can be wrong with a template's source, and where."""

from sojourn.core.nouns import noun


@noun
class Flaw:
    """Something wrong at a place in the source, counted in characters from 0.

    ``name`` is a word that is not known, and ``known`` what it may have been meant for.
    """

    at: int
    message: str
    name: str = ""
    known: frozenset[str] = frozenset()
