"""Random steps and conditions, as they stand in the files of a marketer."""

from functools import cache
from typing import Any

from hypothesis import strategies as st

type Doc = dict[str, Any]

IDS = ("ann", "bob", "cid")
STEPS = ("s0", "s1", "s2", "s3", "s4")
EVENTS = ("a", "b", "c")
ALL: Doc = {"name": "all", "weight": 1}
SPANS = ("PT15M", "PT1H", "PT5H", "P1D", "P2D", "PT0S")


def some(doc: Doc) -> Doc:
    """What of a document is there."""
    return {key: value for key, value in doc.items() if value is not None}


def doc(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Doc]:
    """A document of fields, without those that are none."""
    return st.fixed_dictionaries(fields).map(some)


def maybe(*values: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401 - anything JSON has
    """One of these, or none."""
    return st.sampled_from([None, *values])


LEAVES: st.SearchStrategy[Doc] = st.sampled_from(
    [
        {"event.n": 1},
        {"event.n": {"gte": 2}},
        {"event.n": [1, "1", True]},
        {"entry.n": {"ne": 1}},
        {"entry.n": {"exists": True}},
        {"profile.x": 1},
        {"profile.x": {"exists": False}},
        {"profile.x": {"between": [1, 2]}},
        {"profile.tags": {"contains": "vip"}},
        {"profile.day": {"older_than": "PT6H"}},
        {"profile.day": {"in_next": "P1D"}},
        {"profile.timezone": {"not_in": ["Asia/Tokyo"]}},
        {"vars.v": {"gte": 2}},
        {"segment": "ones"},
        {"segment": "buyers"},
        {"did": {"event": "b", "within": "PT2H"}},
        {"did": {"event": ["a", "c"], "since": "entry", "count": {"gte": 2}}},
        {"did": {"event": "a", "sum": {"of": "event.n", "gte": 3}}},
        {"did": {"event": "message.sent", "within": "P1D", "count": 0}},
        {"did": {"event": "c", "where": {"event.n": {"lt": 2}}, "count": {"lt": 2}}},
        {"messages.s0.status": "sent"},
        {"messages.s0.clicked_at": {"exists": True}},
        {"messages.s1.sent_at": {"within": "PT5H"}},
        {"channels.email.status": "ok"},
        {"consent.marketing": True},
    ]
)
_outside = LEAVES.filter(
    lambda leaf: (
        not any(
            word in str(leaf)
            for word in ("entry", "vars.", "messages.", "event.n", "'since'", "did")
        )
    )
)


@cache
def conditions(leaves: st.SearchStrategy[Doc] = LEAVES) -> st.SearchStrategy[Doc]:
    """One test, or some put together."""
    return st.one_of(
        leaves,
        leaves,
        st.lists(leaves, min_size=2, max_size=2).map(lambda each: {"any": each}),
        leaves.map(lambda each: {"not": each}),
        st.tuples(leaves, leaves).map(lambda each: each[0] | each[1]),
    )


matches = maybe({"event.n": "entry.n"}).flatmap(lambda one: st.sampled_from([None, None, one]))


def _sends(on: st.SearchStrategy[Any]) -> st.SearchStrategy[Doc]:
    return doc(
        type=st.just("send"),
        max_visits=maybe(1, 2, 3),
        channel=st.sampled_from(["email", "email", "sms"]),
        content=st.sampled_from([{"text": "t"}] * 5 + [{"text": "{{ profile.nobody_sets_this }}"}]),
        category=maybe("marketing", "news", "transactional"),
        priority=maybe(40, 60),
        on_limit=maybe("skip", "hold", "hold"),
        hold=maybe("PT0S", "PT5H", "P2D"),
        next=on,
        on=on.flatmap(
            lambda to: (
                st.none()
                if to is None
                else st.sampled_from([{"capped": to}, {"sent": to, "quiet": to}, None])
            )
        ),
    ).map(
        lambda one: (
            one | {"content": {"subject": "s", **one["content"]}}
            if one["channel"] == "email"
            else one
        )
    )


@st.composite
def _waits_for(draw: st.DrawFn, to: st.SearchStrategy[Any]) -> Doc:
    awaited = doc(
        event=st.sampled_from([*EVENTS, "y", ["a", "z"]]), where=st.none() | conditions(),
        match=matches, next=to,
    )  # fmt: skip
    facts = doc(
        event=st.sampled_from(["message.clicked", "message.sent", "message.skipped"]),
        step=maybe("s0", "s1"),
        next=to,
    )
    any_ = draw(st.lists(st.one_of(awaited, awaited, facts), min_size=1, max_size=2))
    timeout = draw(maybe(*SPANS))
    visits = draw(maybe(2, 3))
    common = {"type": "wait_for", "max_visits": visits}
    return some(common | {"any": any_, "timeout": timeout, "next": draw(to)}) | (
        {} if timeout is None else some({"on_timeout": draw(to)})
    )


_updates: st.SearchStrategy[Doc] = st.sampled_from(
    [
        {"type": "update", "set": {"profile.x": 1}},
        {"type": "update", "set": {"profile.x": 2, "vars.v": 2}},
        {"type": "update", "set": {"profile.x": {"from": "entry.n"}}},
        {"type": "update", "unset": ["profile.x"]},
        {"type": "update", "increment": {"vars.v": 1}},
        {"type": "update", "increment": {"profile.visits": 1}},
        {"type": "update", "set": {"profile.timezone": "Asia/Tokyo"}},
        {"type": "update", "set": {"profile.day": "2026-03-30"}},
        {"type": "update", "set": {"profile.consent.marketing": False}},
    ]
)


@cache
def steps(
    number: int, count: int, others: tuple[str, ...], *, leads_back: bool
) -> st.SearchStrategy[Doc]:
    """A step that leads on; back only from where time passes or something comes.

    It may enter ``others``.
    """
    ahead = [*(STEPS[number + 1 : count] * 2), None]
    on = st.sampled_from(ahead)
    back = st.sampled_from([*ahead, *STEPS[:count]])
    visits = {"max_visits": maybe(1, 2, 3)}
    kinds = [
        *[_sends(on)] * 3,
        _waits_for(back if leads_back else on),
        doc(type=st.just("wait"), next=back, **visits, **{"for": st.sampled_from(SPANS)}),
        doc(type=st.just("wait"), next=on, **visits, until=_times),
        doc(type=st.just("wait"), next=back, **visits, until=_times, **{"for": _real_spans}),
        doc(type=st.just("wait"), next=on, **visits, until=_dates, **{"for": maybe("PT1H", "P1D")}),
        _branches(on),
        _updates.flatmap(lambda one: doc(**{key: st.just(one[key]) for key in one}, next=on)),
        doc(
            type=st.just("emit"),
            event=st.sampled_from(["y", "z"]),
            properties=maybe({"n": {"from": "entry.n"}}, {"n": 2}),
            next=on,
        ),
        doc(type=st.just("split"), arms=on.map(lambda to: [some({**ALL, "next": to})])),
        doc(type=st.just("exit"), outcome=st.sampled_from(["well", "badly"])),
    ]
    if others:
        given = maybe({"n": {"from": "event.n"}}, {"n": 1})
        into = st.sampled_from(others)
        kinds.append(doc(type=st.just("enter"), journey=into, next=on, **{"with": given}))
    return st.sampled_from(kinds).flatmap(lambda kind: kind)


_real_spans = st.sampled_from(["PT1H", "P1D"])
_times = doc(
    time=st.sampled_from(["09:00", "02:30", "00:00"]), weekdays=maybe(["mon"], ["sat", "sun"])
)
_dates = doc(
    date=st.sampled_from(["profile.day", "profile.day", "entry.day"]),
    offset=maybe("P1D", "-P2D", "PT3H"),
    time=maybe("10:00", "02:15"),
    if_past=maybe("exit", "continue"),
)


def _branches(on: st.SearchStrategy[Any]) -> st.SearchStrategy[Doc]:
    way = doc(where=conditions(), next=on)
    return doc(
        type=st.just("branch"),
        branches=st.lists(way, min_size=1, max_size=2),
        **{"else": on},
    )
