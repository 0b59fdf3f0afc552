"""The most visits on a walk through a loop: never fewer than brute force finds, and rarely more."""

from collections import Counter

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from sojourn.language.proofs.rounds import most_visits

type Loop = tuple[dict[str, list[str]], dict[str, int], list[str], list[str]]


def longest(loop: Loop) -> int:
    """Every walk tried, with what each node's visits leave."""
    edges, most, begins, counted = loop
    names = list(most)
    best: dict[tuple[str, tuple[int, ...]], int] = {}

    def ahead(node: str, left: tuple[int, ...]) -> int:
        place = names.index(node)
        if not left[place]:
            return 0
        left = (*left[:place], left[place] - 1, *left[place + 1 :])
        if (node, left) not in best:
            further = (ahead(target, left) for target in edges[node] if target in most)
            best[node, left] = (node in counted) + max(further, default=0)
        return best[node, left]

    return max((ahead(node, tuple(most.values())) for node in begins), default=0)


@st.composite
def loops(draw: st.DrawFn) -> Loop:
    names = list("abcd"[: draw(st.integers(1, 4))])
    some = st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)
    edges = {name: draw(some) for name in names} | {"outside": names}
    for name in edges:
        edges[name] = [*edges[name], *draw(st.sampled_from([[], ["outside"]]))]
    most = {name: draw(st.integers(1, 4)) for name in names}
    return edges, most, draw(some), draw(some)


@given(loops())
def test_no_walk_visits_more(loop: Loop) -> None:
    found, right = most_visits(*loop), longest(loop)
    event("exact" if found == right else "more")
    assert right <= found <= sum(loop[1][name] for name in loop[3])


def test_it_is_nearly_always_exact() -> None:
    shapes = [
        ({"a": [x, "b"], "b": [y, "a"]}, {"a": m, "b": n}, begins, counted)
        for x in "ab"
        for y in "ab"
        for m in (1, 2, 3)
        for n in (1, 2, 3)
        for begins in (["a"], ["b"], ["a", "b"])
        for counted in (["a"], ["b"], ["a", "b"])
    ]
    told = Counter(most_visits(*shape) - longest(shape) for shape in shapes)
    assert set(told) == {0}


@pytest.mark.parametrize(
    ("counted", "expected"), [(["mail"], 4), (["mail", "text"], 4), (["text"], 4), (["wait"], 3)]
)
def test_what_a_wait_lets_through_bounds_what_comes_after_it(
    counted: list[str], expected: int
) -> None:
    edges = {"ask": ["mail", "text"], "mail": ["wait"], "text": ["wait"], "wait": ["ask"]}
    most = {"ask": 100, "mail": 100, "text": 100, "wait": 3}
    assert most_visits(edges, most, ["ask"], counted) == expected


def test_a_flow_that_is_not_the_best_by_then_is_none() -> None:
    names = [f"n{number}" for number in range(60)]
    edges = {name: [name] for name in names}
    most = dict.fromkeys(names, 2)
    assert most_visits(edges, most, names, names) == 2 * len(names)
