"""Random templates say what their trees say, without Liquid."""

from copy import deepcopy
from decimal import Decimal
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from sojourn.rendering.content import render
from sojourn.rendering.failure import RenderFailed
from tests.naive.examples import examples
from tests.naive.filling import Failed, filled
from tests.naive.wording import Asked, Body, Filtered, Node, Place, source

type Doc = dict[str, Any]

PLACES = (
    "profile.name",
    "profile.x",
    "profile.tags",
    "profile.o.k",
    "profile.o.deep.list",
    "profile.tags.first",
    "profile.tags.size",
    "entry.items",
    "entry.items.last.name",
    "entry.n",
    "vip",
    "profile.nobody.sets",
    "item",
    "item.name",
    "item.price",
    "forloop.index",
    "forloop.last",
    "kept",
)
LITERALS: tuple[Any, ...] = ("", "a", "Ana", "vip", 0, 1, 2, Decimal("1.50"))
FILTERS: tuple[tuple[str, Any], ...] = (
    *[("default", ("there",)), ("default", (0,)), ("default", ("",))] * 2,
    ("append", ("!",)),
    ("prepend", ("Hi ",)),
    ("upcase", None),
    ("downcase", None),
    ("capitalize", None),
    ("strip", None),
    ("replace", ("a", "o")),
    ("remove", ("n",)),
    ("truncate", (5,)),
    ("split", (",",)),
    ("size", None),
    ("plus", (1,)),
    ("plus", (Decimal("0.10"),)),
    ("minus", (2,)),
    ("times", (3,)),
    ("at_least", (2,)),
    ("at_most", (Decimal("1.5"),)),
    ("round", None),
    ("round", (1,)),
    ("first", None),
    ("last", None),
    ("join", None),
    ("join", (", ",)),
    ("reverse", None),
    ("map", ("name",)),
    ("map", ("price",)),
    ("compact", None),
    ("uniq", None),
    ("where", ("name", "Mug")),
    ("where", ("price",)),
    ("sort", None),
    ("sort", ("price",)),
    ("sum", None),
)

numbers = st.sampled_from([0, 1, -3, 42, Decimal("1.50"), Decimal("19.90"), Decimal("-0.25")])
words = st.sampled_from(["", "Ana", "ana maria", "  b ", "vip", "a,b", "2", "1.5", "É & <b>"])
rows = st.lists(
    st.fixed_dictionaries(
        {}, optional={"name": st.sampled_from(["Mug", "Tea", None]), "price": numbers}
    ),
    max_size=3,
)
lists = st.lists(words | numbers, max_size=3) | st.lists(words, max_size=4)


def perhaps(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A value or nothing."""
    return st.one_of(values, values, values, st.none())


names = st.fixed_dictionaries(
    {
        "profile": st.fixed_dictionaries(
            {
                "name": perhaps(words),
                "x": perhaps(numbers | words | st.booleans()),
                "tags": perhaps(lists),
                "o": perhaps(
                    st.fixed_dictionaries(
                        {
                            "k": perhaps(words | numbers),
                            "deep": st.fixed_dictionaries({"list": rows}),
                        }
                    )
                ),
            }
        ),
        "entry": st.fixed_dictionaries({"items": perhaps(rows), "n": perhaps(numbers)}),
    },
    optional={"vip": st.booleans()},
)
places = st.sampled_from(PLACES)
values = st.builds(
    Filtered,
    st.one_of(places.map(Place), places.map(Place), st.sampled_from(LITERALS)),
    st.lists(st.sampled_from(FILTERS), max_size=3).map(tuple),
)
tests = st.one_of(
    st.builds(Asked, places),
    st.builds(
        Asked,
        places,
        st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "contains"]),
        st.sampled_from(["a", "Ana", "vip", "2", 1, 2, Decimal("1.5")]),
    ),
    st.builds(
        Asked,
        places,
        st.sampled_from(["==", "!="]),
        st.sampled_from([None, True, False, Place("empty"), Place("blank")]),
    ),
)


def _bodies(inner: st.SearchStrategy[Body]) -> st.SearchStrategy[Node]:
    asked = st.lists(tests, min_size=3, max_size=3)
    between = st.lists(st.sampled_from(["and", "or"]), max_size=2).map(tuple)
    otherwise = st.none() | inner

    def choice(kind: str, words: tuple[str, ...], ways: list[Any], other: Body | None) -> Node:
        some = tuple((tuple(one[: len(words) + 1]), body) for one, body in ways)
        return Node(kind, ways=some, words=words, otherwise=other)

    cases = st.tuples(
        st.lists(st.sampled_from(LITERALS), min_size=1, max_size=2, unique=True).map(tuple), inner
    )
    loops = inner.map(lambda body: (((), body),))
    few = st.none() | st.integers(0, 2)
    return st.one_of(
        st.builds(
            choice,
            st.sampled_from(["if", "if", "unless"]),
            between,
            st.lists(st.tuples(asked, inner), min_size=1, max_size=2),
            otherwise,
        ),
        st.builds(
            lambda text, ways, other: Node("case", text, ways=tuple(ways), otherwise=other),
            places,
            st.lists(cases, min_size=1, max_size=2),
            otherwise,
        ),
        st.builds(
            lambda text, ways, other, limit, offset, *, backwards: Node(
                "for", text, ways=ways, otherwise=other, limit=limit, offset=offset,
                backwards=backwards,
            ),
            st.sampled_from(["profile.tags", "entry.items", "profile.o.deep.list"] * 3 + ["vip"]),
            loops,
            otherwise,
            few,
            few,
            backwards=st.booleans(),
        ),
    )  # fmt: skip


leaves = st.one_of(
    st.sampled_from(["Hi ", ",\n", " and "]).map(lambda text: Node("text", text)),
    values.map(lambda value: Node("print", value=value)),
    values.map(lambda value: Node("print", value=value)),
    values.map(lambda value: Node("assign", "kept", value)),
)
ends = st.sampled_from([Node("break"), Node("continue")])


def _body(nodes: st.SearchStrategy[Node]) -> st.SearchStrategy[Body]:
    return st.lists(nodes, min_size=1, max_size=3).map(tuple)


inmost = _body(leaves)
inner = _body(st.one_of(leaves, leaves, _bodies(inmost)))
bodies = _body(st.one_of(leaves, leaves, _bodies(inner), _bodies(inner)))


@examples(300)
@given(bodies, names)
def test_a_template_says_what_it_is_made_of(body: Body, known: Doc) -> None:
    try:
        expected, why = filled(body, deepcopy(known)), None
    except Failed as failed:
        expected, why = None, str(failed)
    event("written" if why is None else "missing" if why else "unfit")
    text, reason = rendered(source(body), known)
    assert (text, reason is None) == (expected, why is None), source(body)
    assert why in {reason, ""}, source(body)


def rendered(text: str, known: Doc) -> tuple[str | None, str | None]:
    """What is written, or why nothing is."""
    try:
        return render({"text": text}, known, zone="UTC", locale=None).text, None
    except RenderFailed as failed:
        return None, failed.reason
