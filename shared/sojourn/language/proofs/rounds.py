"""Rounds: the most visits to some steps of a loop, taken as a flow through it.

A walk that stays in a loop enters every step as often as it leaves it, but for where it begins and
ends, and visits none more often than it may. The most that any such flow brings is found by
turning what still brings more round, until nothing does; no walk brings more than the best flow.
"""

from collections.abc import Collection, Hashable, Mapping

from sojourn.core.nouns import noun

_MOST_TURNS = 50
"""How often a flow is made better; of one that is not the best by then each step counts alone."""


@noun
class _Pipe:
    """A way from one place to another, and what each passing is worth."""

    begin: int
    end: int
    worth: int


def most_visits[Node: Hashable](
    edges: Mapping[Node, Collection[Node]],
    most: Mapping[Node, int],
    begins: Collection[Node],
    counted: Collection[Node],
) -> int:
    """The most visits to the ``counted`` nodes together on one walk that begins in ``begins``.

    Walks stay among the nodes of ``most``, which says how often each may be visited.
    """
    pipes = _Pipes(len(most))
    places = {node: place for place, node in enumerate(most)}
    for node, place in places.items():
        pipes.through(place, most[node], int(node in counted))
        if node in begins:
            pipes.lay(pipes.source, 2 * place, 1)
        pipes.lay(2 * place + 1, pipes.sink, 1)
        for target in edges[node]:
            if target in places:
                pipes.lay(2 * place + 1, 2 * places[target], most[node])
    total = 0
    for _ in range(_MOST_TURNS):
        gained = pipes.turn()
        if not gained:
            return total
        total += gained
    return sum(most[node] for node in counted)


class _Pipes:
    """Nodes of two ends each, and a source and a sink that are joined: what flows goes round.

    A pipe and its way back lie beside each other, so that what flows can be turned back.
    """

    def __init__(self, nodes: int) -> None:
        self.source, self.sink = 2 * nodes, 2 * nodes + 1
        self._pipes: list[_Pipe] = []
        self._room: list[int] = []
        """How much more may pass through each."""

        self.lay(self.sink, self.source, 1)

    def lay(self, begin: int, end: int, room: int, worth: int = 0) -> None:
        self._pipes += [_Pipe(begin, end, worth), _Pipe(end, begin, -worth)]
        self._room += [room, 0]

    def through(self, node: int, room: int, worth: int) -> None:
        """From the one end of a node to its other."""
        self.lay(2 * node, 2 * node + 1, room, worth)

    def turn(self) -> int:
        """Let flow what can along a round that is worth something; 0 when there is none."""
        round_ = self._round()
        room = min((self._room[number] for number in round_), default=0)
        for number in round_:
            self._room[number] -= room
            self._room[number ^ 1] += room
        return room * sum(self._pipes[number].worth for number in round_)

    def _round(self) -> list[int]:
        """A round with room that is worth more than nothing (Bellman and Ford's algorithm)."""
        worth = [0] * (self.sink + 1)
        by = [-1] * (self.sink + 1)
        last = -1
        for _ in worth:
            last = -1
            for number, pipe in enumerate(self._pipes):
                if self._room[number] and worth[pipe.begin] + pipe.worth > worth[pipe.end]:
                    worth[pipe.end] = worth[pipe.begin] + pipe.worth
                    by[pipe.end] = number
                    last = pipe.end
            if last < 0:
                return []
        for _ in worth:  # back into the round itself
            last = self._pipes[by[last]].begin
        found = [by[last]]
        while self._pipes[found[-1]].begin != last:
            found.append(by[self._pipes[found[-1]].begin])
        return found
