"""Of a journey entered by a segment or by the profile it is told what kept a customer out."""

from typing import Any

import pytest

from sojourn_cli.explaining.story import Entry, Wanted
from tests.explaining.given import Doc, as_json, journey, known, line, plan_of, told
from tests.explaining.scenes import Scene, change_in, go

BOUGHT = {"did": {"event": "bought", "within": "P365D", "sum": {"of": "event.total", "gte": 500}}}
QUIET = {"did": {"event": "bought", "within": "P60D", "count": 0}}
BY_SEGMENT = {"segment": {"id": "these"}}
IN_THE_WAY = "; what stood in the way when her last event came: "


def bought(when: str, total: object) -> Doc:
    return line(when, "bought", properties={"total": total})


def last_told(entry: Doc, where: Doc, lines: list[Doc], **fields: Any) -> Entry:  # noqa: ANN401 - a journey
    others = fields.pop("others", {})
    plan = plan_of({"j": journey(entry=entry, **fields), **others}, {}, {"these": where})
    return told(plan, lines, Wanted("j"))[-1]


OUTSIDE: list[tuple[Doc, Doc, list[Doc], str]] = [
    (
        BY_SEGMENT,
        BOUGHT,
        [known(), bought("4", 300), bought("5", 100)],
        (
            "the customer never came into segment these; what stood in the way when her last event"
            " came: did bought in the last 365 days, times ≥ 1, sum of event.total ≥ 500: it was"
            " done 2 times, sum 400; 1 time more with event.total 100 would be enough."
        ),
    ),
    (
        BY_SEGMENT,
        {"all": [{"did": {"event": "bought"}}, QUIET]},
        [known(), bought("4", 1), go()],
        (
            "the customer never came into segment these; what stood in the way when her last event"
            " came: did bought in the last 60 days, times = 0: it was done 1 time; it counts until"
            " 2026-03-05T09:00:00Z."
        ),
    ),
    (
        BY_SEGMENT,
        {"profile.tier": "gold"},
        [known(tier="silver"), go()],
        (
            "the customer never came into segment these; what stood in the way when her last event"
            ' came: profile.tier = "gold": it was "silver"; "gold" would be enough.'
        ),
    ),
    (
        BY_SEGMENT,
        {"consent.marketing": False},
        [known(), go()],
        (
            "the customer never came into segment these; what stood in the way when her last event"
            " came: consent.marketing = false: it was true; false would be enough."
        ),
    ),
    (
        {"profile": {"tier": "gold", "orders": {"gte": 3}}},
        {},
        [known(tier="gold", orders=2), go()],
        (
            'no change of the profile made profile.tier = "gold" and profile.orders ≥ 3 true; what'
            " stood in the way when her last event came: profile.orders ≥ 3: it was 2; 3 would be"
            " enough."
        ),
    ),
]


@pytest.mark.parametrize(("entry", "where", "lines", "text"), OUTSIDE)
def test_what_kept_her_out_is_told_and_its_change_lets_her_in(
    entry: Doc, where: Doc, lines: list[Doc], text: str
) -> None:
    kept_out = last_told(entry, where, lines)
    assert (kept_out.what, kept_out.explanation) == ("not_entered", f"Did not enter: {text}")
    journeys = {"j": journey(entry=entry), "o": journey()}  # which is entered on `go`
    scene = Scene(journeys, lines).changed(change_in(kept_out))
    plan = plan_of(scene.journeys, {}, {"these": where})
    assert "entered" in [item.what for item in told(plan, scene.lines, Wanted("j"))]


@pytest.mark.parametrize(
    ("entry", "where", "more"),
    [
        ({"segment": {"id": "these", "on": "leave"}}, {"profile.tier": "gold"}, {}),
        (BY_SEGMENT, {"channels.email.status": "bounced"}, {}),
        (BY_SEGMENT, {"did": {"event": "message.clicked"}}, {}),
        (BY_SEGMENT, {"did": {"event": "bought", "where": {"customer.id": "ben"}}}, {}),
        (BY_SEGMENT, {"did": {"event": "bought", "since": "entry", "count": 3}}, {}),
        (
            BY_SEGMENT,
            {"did": {"event": "praised"}},
            {"others": {"o": journey(steps={"mail": {"type": "emit", "event": "praised"}})}},
        ),
    ],
)
def test_what_a_story_does_not_tell_is_not_guessed_at(entry: Doc, where: Doc, more: Doc) -> None:
    kept_out = last_told(entry, where, [known()], **more)
    assert kept_out.what == "not_entered"
    assert IN_THE_WAY not in kept_out.explanation
    assert "nearest" not in as_json(kept_out)["details"]


def test_who_would_be_let_in_now_is_told_of_no_obstacle() -> None:
    old: Doc = {"profile": {"seen_at": {"older_than": "P1D"}}}
    lines = [known(seen_at="2026-01-01T08:00:00Z"), go()]
    kept_out = last_told(old, {}, lines)
    assert kept_out.explanation == (
        "Did not enter: no change of the profile made profile.seen_at is older than 1 day true."
    )
