"""Relations: which ids of an events file come together, so that they must be lived together.

Whoever shares no event with another id lives alone, which is nearly everybody.
"""

from collections.abc import Iterator, Sequence

from sojourn.core.errors import InvalidInput
from sojourn.core.incoming.events import Identities
from sojourn.core.incoming.identity import named, somebodys
from sojourn.core.nouns import noun
from sojourn.core.state.customer import Event
from sojourn.runtime.customer.whom import meant
from sojourn.runtime.rights.requests import FORGET
from sojourn_cli.simulation.forgetting import address_key, addresses_of
from sojourn_cli.simulation.lines import EventsFile, RefusedLine
from sojourn_cli.simulation.requests import Request


@noun
class Line:
    """A line of the file with the identities it came with."""

    number: int
    event: Event
    identities: Identities

    @property
    def order(self) -> tuple[int, int]:
        """When it is taken among others."""
        return self.event.received_at, self.number


@noun
class Relations:
    """Groups of ids that come together, as their lines in order, and every id in any group."""

    groups: list[list[Line | Request]]
    ids: set[str]
    refused: list[RefusedLine]


def relations(file: EventsFile, nobody: Sequence[str]) -> Relations:
    """Group what belongs together; lines whose identities are all nobody's are refused."""
    heads: dict[str, str] = {}
    linking: list[tuple[str, Line]] = []
    refused: list[RefusedLine] = []
    for item in file.linking:
        try:
            found = somebodys(item.incoming.identities, nobody)
        except InvalidInput as error:
            refused.append(RefusedLine(item.number, str(error)))
            continue
        first, *others = ids_in(found)
        head = _head(heads, first)
        for other in others:
            heads[_head(heads, other)] = head
        linking.append((first, Line(item.number, item.incoming.event, found)))
    taken: list[tuple[str, Line | Request]] = [*linking]
    for request in file.requests:
        first, *others = meant_by(request.customer)
        for other in others:
            heads[_head(heads, other)] = _head(heads, first)
        taken.append((first, request))
    _share_addresses(file, linking, heads)
    by_head: dict[str, list[Line | Request]] = {}
    for id_, each in taken:
        by_head.setdefault(_head(heads, id_), []).append(each)
    for id_ in list(heads):
        if id_ in file.by_customer:
            by_head[_head(heads, id_)] += _lines(file, id_)
    groups = [sorted(lines, key=lambda line: line.order) for lines in by_head.values()]
    return Relations(groups, set(heads), refused)


def _share_addresses(
    file: EventsFile, linking: Sequence[tuple[str, Line]], heads: dict[str, str]
) -> None:
    """Who comes with an address of somebody who is forgotten is lived together with her.

    At that address she may have wanted nothing more.
    """
    asked = [item.customer for item in file.requests if item.asked == FORGET]
    if not asked:
        return
    came = [(id_, line.event) for id_, line in linking]
    came += [(id_, event) for id_, events in file.by_customer.items() for event in events]
    gone = {_head(heads, id_) for id_ in asked}
    hers: dict[bytes, str] = {}
    for id_, event in came:
        if id_ in heads and _head(heads, id_) in gone:
            hers |= {address_key(*where): id_ for where in addresses_of(event)}
    for id_, event in came:
        for where in addresses_of(event):
            other = hers.get(address_key(*where))
            if other is not None:
                heads[_head(heads, id_)] = _head(heads, other)


def meant_by(asked: str) -> list[str]:
    """Every id that might be meant by an id or identity somebody is asked for by."""
    return [asked, *map(named, meant(asked))]


def ids_in(found: Identities) -> Iterator[str]:
    """Every id that identities stand for."""
    for id_ in (found.user, found.anonymous, found.previous):
        if id_ is not None:
            yield id_
    yield from map(named, found.external)


def _head(heads: dict[str, str], id_: str) -> str:
    """Who stands for the group of an id; the way there is made shorter."""
    head = heads.setdefault(id_, id_)
    while heads[head] != head:
        heads[head] = head = heads[heads[head]]
    heads[id_] = head
    return head


def _lines(file: EventsFile, id_: str) -> Iterator[Line]:
    """The lines that came with an id alone."""
    is_visitor = id_ in file.visitors
    identities = Identities(None if is_visitor else id_, id_ if is_visitor else None, None, ())
    for number, event in zip(file.lines[id_], file.by_customer[id_], strict=True):
        yield Line(number, event, identities)


def only(file: EventsFile, id_: str, nobody: Sequence[str]) -> EventsFile | None:
    """What a file has of one id and of whoever came together with it; None when it has nothing."""
    related = relations(file, nobody)
    if id_ not in related.ids:
        own = file.by_customer.get(id_)
        return None if own is None else EventsFile({id_: own}, last_at=file.last_at, count=len(own))
    group = next(lines for lines in related.groups if any(id_ in _ids(line) for line in lines))
    numbers = {line.number for line in group}
    ids = {each for line in group for each in _ids(line)}
    return EventsFile(
        {each: file.by_customer[each] for each in sorted(ids & file.by_customer.keys())},
        {each: file.lines[each] for each in sorted(ids & file.lines.keys())},
        file.visitors & ids,
        [item for item in file.linking if item.number in numbers],
        [item for item in file.requests if item.number in numbers],
        last_at=file.last_at,
        count=len(group),
    )


def _ids(line: Line | Request) -> Iterator[str]:
    """Every id that a line names."""
    if isinstance(line, Request):
        yield line.customer
    else:
        yield from ids_in(line.identities)
