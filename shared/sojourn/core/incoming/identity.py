"""Identity: whose event it is, and who turns out to be the same person.

An event is its `userId`'s; without one its `anonymousId`'s; without both that of the first other
identity. What comes together in one event is one person: who has no `userId` is joined into who has
one, else into who held the identity first. Two users are joined by an `alias` alone; an identity
that another user holds stays hers, and the conflict is reported.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from sojourn.core.errors import InvalidInput
from sojourn.core.incoming.events import Identities
from sojourn.core.limits import CUSTOMER_ID_BYTES
from sojourn.core.matching.comparisons import glob_matches
from sojourn.core.nouns import noun
from sojourn.core.state.customer import Identity, Links

NOBODY = (
    *("null", "none", "nil", "undefined", "nan", "n/a", "unknown", "anonymous", "guest"),
    *("[object object]", "guest@*", "anonymous@*", "unknown@*", "nobody@*", "none@*"),
    *("noreply@*", "no-reply@*", "donotreply@*", "do-not-reply@*"),
)
"""Values that are nobody's, as globs in lower case; those without a letter or a digit other than
zero are nobody's too."""

USER = "user"
ANONYMOUS = "anonymous"


@noun
class Standing:
    """Who a customer's id stands for by now.

    ``id`` is the customer whom the one asked for was joined into, else the same. ``is_user`` says
    whether that one came with a `userId`, ``was_user`` whether the one asked for did, or an alias
    joined her.
    """

    id: str
    is_user: bool
    was_user: bool


class Directory(Protocol):
    """Who holds which identity."""

    def claim(self, identity: Identity, customer: str) -> str:
        """The customer who holds an identity; when nobody does, from now on this one."""

    def standing(self, customer: str) -> Standing:
        """Who an id stands for by now."""


@noun
class Whose:
    """Whose an event is, whether that is known by a `userId`, and what the event says besides."""

    customer: str
    is_user: bool
    links: Links | None = None


def whose(identities: Identities, directory: Directory, nobody: Sequence[str] = ()) -> Whose:
    """Whose an event is; raises InvalidInput when all its identities are nobody's.

    An event with just a `userId` or just an `anonymousId` asks the directory nothing.
    """
    found = somebodys(identities, nobody)
    user, anonymous, external = found.user, found.anonymous, found.external
    owner = user if user is not None else anonymous
    rest = external
    if owner is None:
        owner, rest = directory.claim(external[0], named(external[0])), external[1:]
    seems = (anonymous,) if user is not None and anonymous not in {None, user} else ()
    if not external and not seems and found.previous is None:
        return Whose(owner, user is not None)
    links = Links(tuple(item for item in seems if item), found.previous, external)
    return _settled(Whose(owner, user is not None, links), rest, directory)


def owner_of(identities: Identities, nobody: Sequence[str] = ()) -> str:
    """The id whose an event is before anybody is asked; raises InvalidInput as `whose` does."""
    found = somebodys(identities, nobody)
    if found.user is not None:
        return found.user
    return named(found.external[0]) if found.anonymous is None else found.anonymous


def _settled(asked: Whose, external: Sequence[Identity], directory: Directory) -> Whose:
    """Ask who holds each identity, and settle who is joined into whom."""
    owner, is_user = asked.customer, asked.is_user
    links = asked.links or Links()
    joins, claims, conflicts = list(links.joins), list(links.claims), []
    for identity in external:
        holder = directory.claim(identity, owner)
        if holder == owner:
            continue
        here, there = directory.standing(owner), directory.standing(holder)
        is_user = is_user or here.is_user
        if here.id == there.id:
            continue
        if not is_user:
            joins.append(here.id)
            owner, is_user = there.id, there.is_user
        elif there.is_user:
            claims.remove(identity)
            conflicts.append(identity)
        else:
            joins.append(there.id)
    found = Links(tuple(dict.fromkeys(joins)), links.alias, tuple(claims), tuple(conflicts))
    return Whose(owner, is_user, found)


def named(identity: Identity) -> str:
    """The id of a customer who is known by another identity alone."""
    kind, value = identity
    return f"{kind}:{value}"


def somebodys(identities: Identities, nobody: Sequence[str]) -> Identities:
    """The identities in their plain form, without those that are nobody's.

    A `userId` or `anonymousId` that stands alone is a customer whatever it is, who joins nobody.
    Raises InvalidInput when none is left, and for one that is too long.
    """
    user, anonymous, previous = (
        None if value is None or is_nobodys(value, nobody) else value
        for value in (identities.user, identities.anonymous, identities.previous)
    )
    external = tuple(dict.fromkeys(_external(identities, nobody)))
    if user is None and anonymous is None and not external:
        alone = identities.user if identities.user is not None else identities.anonymous
        if alone is None:
            kind, value = identities.external[0]
            raise InvalidInput(f"{kind} {value}: is nobody's, and there is no other identity")
        if identities.user is None:
            return Identities(None, alone, None, ())
        return Identities(alone, None, None, ())
    if previous == user or user is None:
        previous = None
    return Identities(user, anonymous, previous, external)


def _external(identities: Identities, nobody: Sequence[str]) -> Iterator[Identity]:
    for kind, value in identities.external:
        identity = plain(kind, value)
        if not is_nobodys(identity[1], nobody):
            if len(named(identity).encode("utf-8", "surrogatepass")) > CUSTOMER_ID_BYTES:
                raise InvalidInput(f"{kind}: longer than {CUSTOMER_ID_BYTES} bytes with its type")
            yield identity


def plain(kind: str, value: str) -> Identity:
    """An identity in the form in which equal ones are equal.

    An e-mail address in lower case, a phone number without what is written for the eye.
    """
    value = value.strip()
    if kind == "email":
        value = value.lower()
    elif kind == "phone":
        value = "".join(char for char in value if char not in " \t-./()\u00a0")
        value = f"+{value[2:]}" if value.startswith("00") else value
    return kind, value


def is_nobodys(value: str, nobody: Sequence[str] = ()) -> bool:
    """Whether a value tells nothing of who it is; ``nobody`` are globs besides NOBODY."""
    value = value.strip().lower()
    if not any(char.isalnum() and char != "0" for char in value):
        return True
    return any(glob_matches(glob, value) for glob in (*NOBODY, *nobody))
