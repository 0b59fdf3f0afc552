"""Random steps and conditions, as they stand in the files of a marketer."""

from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.naive.words import TREES

type Doc = dict[str, Any]

IDS = ("ann", "bob", "cid")
STEPS = ("s0", "s1", "s2", "s3", "s4")
EVENTS = ("a", "b", "c")
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
        {"consent.news": {"ne": True}},
        {"event.n": {"gt": 1, "lte": 2}},
        {"event.tag": {"contains": "deal", "ignore_case": True}},
        {"event.tag": {"contains": "Deal"}},
        {"entry.tag": {"starts_with": "big", "ignore_case": True}},
        {"profile.name": {"ends_with": "na"}},
        {"profile.name": {"like": "A*a*"}},
        {"profile.name": {"not_in": ["ana", "ANA"], "ignore_case": True}},
        {"profile.name": {"between": ["A", "Anb"]}},
        {"profile.tags": {"contains": "VIP", "ignore_case": True}},
        {"profile.born": {"before": "2026-03-28T21:30:01Z"}},
        {"profile.born": {"after": "2026-03-28"}},
        {"profile.born": {"within": "P30D"}},
        {"profile.day": {"before": "2026-03-30"}},
        {"profile.o.k": 1},
        {"profile.o.k": {"exists": False}, "profile.o.j": {"lt": 3}},
        {"profile.o.in.deep": {"eq": 2, "exists": True}},
        {"profile.o.in.list": {"contains": 2}},
        {"profile.o.in": {"ne": {"deep": 2}}},
        {"event.o.list": {"contains": "A", "ignore_case": True}},
        {"event.o.k": [1, "1"]},
        {"entry.o.in.deep": {"lt": 3}},
        {"did": {"event": ["a", "b"], "where": {"event.o.in.deep": {"gte": 1}}}},
        {"did": {"event": "a", "sum": {"of": "event.o.k", "gt": 1}, "since": "entry"}},
        {'profile."order.total"': {"gte": 5}},
        {"profile.x": []},
        {"profile.x": {"not_in": []}},
        {"profile.x": 1.5},
        {"customer.id": "c1"},
        {"customer.timezone": {"like": "Europe/*"}},
        {"customer.locale": "en"},
        {"customer.created_at": {"older_than": "PT6H"}},
        {"channels.sms.status": "ok"},
        {"channels.push.status": "missing"},
        {"channels.email.status": {"ne": "bounced"}},
        {"messages.s0.status": ["capped", "quiet", "failed"]},
        {"messages.s0.channel": {"exists": False}},
        {"messages.s0.delivered_at": {"older_than": "PT1H"}},
        {"messages.s1.opened_at": {"within": "P1D"}},
        {"messages.s0.bounced_at": {"exists": True}},
        {"segment": "named"},
        {"did": {"event": ["a", "c"], "sum": {"of": "event.n", "between": [1, 2.5]}}},
        {"did": {"event": "b", "count": {"between": [1, 2]}, "within": "P2D"}},
        {"did": {"event": "a", "since": "entry", "within": "PT5H", "count": 0}},
        {"did": {"event": "a", "where": {"event.n": {"exists": True}, "profile.x": 1}}},
        {"did": {"event": "message.clicked", "where": {"event.step": "s0"}, "since": "entry"}},
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


_texts: st.SearchStrategy[str] = st.sampled_from(
    [
        *["t"] * 5,
        "{{ profile.nobody_sets_this }}",
        "Hi {{ profile.name | default: 'there' }}, {{ entry.n | default: 'none' }}",
        "{{ profile.x }} of {{ customer.id }}",
        "since {{ customer.created_at }}",
        "{{ v }} {{ journey.id }}",
        "{{ vars.v }} {{ step.id }}",
        *TREES,
    ]
)


def _sends(on: st.SearchStrategy[Any]) -> st.SearchStrategy[Doc]:
    return doc(
        type=st.just("send"),
        max_visits=maybe(1, 2, 3),
        channel=st.sampled_from(["email", "email", "sms", "push"]),
        content=_texts.map(lambda text: {"text": text}),
        category=maybe("marketing", "news", "transactional"),
        priority=maybe(40, 60),
        **{
            "with": maybe(
                {"v": {"from": "profile.x"}},
                {"v": {"from": "event.n"}},
                {"v": "word", "w": 1},
                {"v": {"from": "entry.o.list"}, "w": {"from": "profile.o"}},
                {"v": ["a", 1.5], "w": {"k": True, "in": {"list": []}}},
                {"v": {"from": "profile.o.in.list"}, "w": {"from": "event.o"}},
            )
        },
        on_limit=maybe("skip", "hold", "hold"),
        hold=maybe("PT0S", "PT5H", "P2D"),
        next=on,
        on=on.flatmap(
            lambda to: (
                st.none()
                if to is None
                else st.sampled_from(
                    [
                        {"capped": to},
                        {"sent": to, "quiet": to},
                        {"failed": to, "suppressed": to, "no_consent": to, "no_address": to},
                        None,
                    ]
                )
            )
        ),
    ).map(_for_its_channel)


def _for_its_channel(send: Doc) -> Doc:
    text = send["content"]["text"]
    content = {
        "email": {"subject": "s", "text": text},
        "sms": {"text": text},
        "push": {"title": "p", "body": text},
    }
    return send | {"content": content[send["channel"]]}


@st.composite
def _waits_for(draw: st.DrawFn, to: st.SearchStrategy[Any]) -> Doc:
    awaited = doc(
        event=st.sampled_from([*EVENTS, "y", ["a", "z"]]), where=st.none() | conditions(),
        match=matches, next=to,
    )  # fmt: skip
    facts = doc(
        event=st.sampled_from(
            [
                "message.clicked",
                "message.sent",
                "message.skipped",
                "message.opened",
                "message.failed",
            ]
        ),
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
        {"type": "update", "set": {"profile.consent.news": True}, "unset": ["vars.v"]},
        {"type": "update", "set": {"profile.consent.marketing": {"from": "event.n"}}},
        {"type": "update", "unset": ["profile.consent.marketing", "profile.consent.news"]},
        {"type": "update", "set": {"profile.name": {"from": "event.tag"}}},
        {"type": "update", "set": {"vars.d": {"from": "entry.day"}, "vars.v": 1}},
        {"type": "update", "set": {"profile.born": {"from": "entry.day"}}},
        {"type": "update", "set": {"profile.o": {"from": "entry.o"}}},
        {"type": "update", "set": {"vars.v": {"from": "entry.o.k"}, "vars.d": [1, "vip"]}},
        {"type": "update", "set": {"profile.x": {"from": "profile.o.in.deep"}}},
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
            properties=maybe(
                {"n": {"from": "entry.n"}}, {"n": 2}, {"n": {"from": "profile.x"}, "tag": "y"}
            ),
            next=on,
        ),
        doc(type=st.just("split"), arms=_arms(on), salt=maybe("again", "")),
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
    date=st.sampled_from(
        [
            *["profile.day", "entry.day"] * 3,
            "profile.born",
            "vars.d",
            "2026-03-29",
            "2026-03-28T23:30:00-01:00",
        ]
    ),
    offset=maybe("P1D", "-P2D", "PT3H", "-PT45M"),
    time=maybe("10:00", "02:15"),
    if_past=maybe("exit", "continue"),
)


def _arms(on: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Doc]]:
    """Two or three ways, of which chance takes one; now and then only one, or one is shut."""
    arm = doc(weight=st.sampled_from([1, 50, 0.5, 33.3, 0]), next=on)
    arms = st.lists(arm, min_size=1, max_size=3).filter(lambda each: any(a["weight"] for a in each))
    return arms.map(lambda each: [{"name": f"arm{at}", **arm} for at, arm in enumerate(each)])


def _branches(on: st.SearchStrategy[Any]) -> st.SearchStrategy[Doc]:
    way = doc(where=conditions(), next=on)
    return doc(
        type=st.just("branch"),
        branches=st.lists(way, min_size=1, max_size=2),
        **{"else": on},
    )
