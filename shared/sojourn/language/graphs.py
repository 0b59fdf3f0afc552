"""Graphs of names: what can be reached, and which names lead back to themselves.

Iterative and linear, so that ten thousand names in a row are no matter.
"""

from collections import deque
from collections.abc import Collection, Hashable, Mapping

type Edges[Node: Hashable] = Mapping[Node, Collection[Node]]
"""Where each node leads; every node that is led to is a key, too."""


def reachable[Node: Hashable](
    edges: Edges[Node], start: Node, among: Collection[Node] | None = None
) -> set[Node]:
    """A node and every other some way leads to, through nodes of ``among`` alone when given."""
    found = {start}
    ahead = [start]
    while ahead:
        for node in edges[ahead.pop()]:
            if node not in found and (among is None or node in among):
                found.add(node)
                ahead.append(node)
    return found


def cycles[Node: Hashable](edges: Edges[Node]) -> list[list[Node]]:
    """A shortest round through each group of nodes that lead back to themselves, first node twice.

    In the order in which ``edges`` gives the nodes the rounds begin with.
    """
    return [shortest(edges, group[0], group[0], {*group}) for group in knots(edges)]


def knots[Node: Hashable](edges: Edges[Node]) -> list[list[Node]]:
    """The groups in which each node leads to every other one, and itself (Kosaraju's algorithm)."""
    order = {node: place for place, node in enumerate(edges)}
    backward: dict[Node, list[Node]] = {node: [] for node in edges}
    for node, ahead in edges.items():
        for other in ahead:
            backward[other].append(node)
    found = []
    left = set(edges)
    for node in downhill(edges):
        if node in left:
            group = reachable(backward, node, left)
            left -= group
            if len(group) > 1 or node in edges[node]:
                found.append(sorted(group, key=order.__getitem__))
    return sorted(found, key=lambda group: order[group[0]])


def downhill[Node: Hashable](edges: Edges[Node]) -> list[Node]:
    """All nodes, each before those it leads to, as far as there is no way back."""
    done: list[Node] = []
    seen: set[Node] = set()
    for start in edges:
        if start in seen:
            continue
        seen.add(start)
        work = [(start, iter(edges[start]))]
        while work:
            node, ahead = work[-1]
            other = next((other for other in ahead if other not in seen), None)
            if other is None:
                done.append(node)
                work.pop()
            else:
                seen.add(other)
                work.append((other, iter(edges[other])))
    return done[::-1]


def shortest[Node: Hashable](
    edges: Edges[Node], begin: Node, end: Node, among: Collection[Node]
) -> list[Node]:
    """A shortest way of one step or more from a node to another, or back to itself.

    Through nodes of ``among`` alone, where there must be one.
    """
    came_from: dict[Node, Node] = {}
    ahead = deque([begin])
    while end not in came_from:
        node = ahead.popleft()
        for other in edges[node]:
            if other in among and other not in came_from:
                came_from[other] = node
                ahead.append(other)
    way = [end, came_from[end]]
    while way[-1] != begin:
        way.append(came_from[way[-1]])
    return way[::-1]
