"""The functions decide what the description says while workspaces are published one after another.

Journeys are paused, resumed, archived, taken away and rewritten while customers are inside.
"""

from typing import Any

from hypothesis import assume, event, given
from hypothesis import strategies as st

from sojourn.core.state.decisions import Record
from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import Instant, format_instant
from sojourn.runtime.decisions.deciding import body_of
from tests.naive.clock import instant, told
from tests.naive.examples import examples
from tests.naive.life import Life
from tests.naive.shops import FEEDBACK, workspaces
from tests.naive.steps import EVENTS, IDS, Doc
from tests.naive.test_agrees import happening, lines_of
from tests.naive.test_functions_agree import (
    LASTS,
    QUARTER,
    lived,
    on_the_second,
    plan_of,
    received,
    stories,
)
from tests.runtime.given import Works


def _quarter(change: Doc) -> int:
    return int(change["quarter"])


KINDS = ("as it is", "another", "live", "paused", "paused", "archived", "gone")

EAR = {
    "id": "ear",
    "status": "live",
    "entry": {"event": "never.comes"},
    "exit": [
        {"event": name} for name in (*EVENTS, "message.clicked", "message.unsubscribed", *FEEDBACK)
    ],
    "start": "over",
    "steps": {"over": {"type": "exit"}},
}
"""By it every event concerns whatever is live: one that concerned nobody looks at no segment
(docs/language/README.md)."""

changes = st.lists(
    st.fixed_dictionaries(
        {
            "quarter": st.sampled_from([1, 2, 5, 8]) | st.integers(0, 300),
            "settings": st.sampled_from(["as they are", "as they are", "others", "first"]),
            **{id_: st.sampled_from(KINDS) for id_ in IDS},
        }
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda change: change["quarter"],
).map(lambda each: sorted(each, key=_quarter))
"""What becomes of each journey, and when; in order."""


def history_of(
    one: Doc, other: Doc, changes: list[Doc], begin: Instant
) -> list[tuple[Instant, Doc]]:
    """Every state of the workspace, and since when.

    What sent its people away stays archived: who slept through an archive that was taken back
    would stay (docs/language/README.md).
    """
    states = [(begin, one | {"journeys": one["journeys"] | {"ear": EAR}})]
    left: set[str] = set()
    for change in changes:
        journeys = dict(states[-1][1]["journeys"])
        for id_ in set(IDS) - left:
            kind = change[id_]
            if kind == "another" and id_ in other["journeys"]:
                journeys[id_] = other["journeys"][id_]
            elif kind == "gone":
                journeys.pop(id_, None)
            elif id_ in journeys and kind in {"live", "paused", "archived"}:
                journeys[id_] = journeys[id_] | {"status": kind}
            if kind in {"gone", "archived"} and _sends_away(states[-1][1]["journeys"].get(id_)):
                left.add(id_)
        settings = states[-1][1]["settings"]
        if change["settings"] != "as they are":
            settings = (one if change["settings"] == "first" else other)["settings"]
            # Whose zone becomes another by settings learns of it when she is looked at.
            settings = settings | {"timezone": one["settings"]["timezone"]}
        state = one | {"journeys": journeys, "settings": settings}
        states.append((begin + change["quarter"] * QUARTER, state))
    return states


def _sends_away(journey: Doc | None) -> bool:
    return journey is not None and journey.get("on_archive") == "exit"


def recorded(works: Works, who: str) -> dict[str, list[Any]]:
    """What the records say of her enrolments, steps and messages."""
    enrolments: dict[str | None, Doc] = {}
    messages: dict[object, list[Any]] = {}
    visits: dict[str, int] = {}
    for record in works.records(who):
        _note(record, enrolments, visits)
        if record.what == "message":
            messages[record.details["message"]] = _message(record, record.details["outcome"])
        elif record.what == "held":
            messages[record.details["message"]] = _message(record, "held")
    return {
        "messages": sorted(messages.values(), key=repr),
        "enrolments": sorted([list(one.values()) for one in enrolments.values()], key=repr),
        "visits": [visits],
    }


def _message(record: Record, status: object) -> list[Any]:
    at = None if status == "held" else format_instant(record.at)
    asked_at, channel = record.details["requested_at"], record.details["channel"]
    return [asked_at, record.journey, record.step, channel, status, at]


def _note(record: Record, enrolments: dict[str | None, Doc], visits: dict[str, int]) -> None:
    """Take a record into the rows of enrolments, and of visits."""
    at, id_ = format_instant(record.at), record.enrolment
    match record.what:
        case "entered" | "held_out":
            is_out = record.what == "held_out"
            enrolments[id_] = {
                "at": at, "journey": record.journey, "key": dumps(record.details["key"]),
                "left_at": at if is_out else None, "outcome": "held_out" if is_out else None,
                "converted_at": None, "credited_to": None,
            }  # fmt: skip
        case "exited":
            enrolments[id_] |= {"left_at": at, "outcome": record.details["outcome"]}
        case "converted":
            enrolments[id_] |= {"converted_at": at, "credited_to": record.step}
        case "step":
            name = f"{record.journey} {record.step}"
            visits[name] = visits.get(name, 0) + 1
        case _:
            pass


def expected(life: Life) -> dict[str, list[Any]]:
    """The same of a plain reading."""
    visits: dict[str, int] = {}
    for one in life.enrolments:
        for step, count in one.visits.items():
            name = f"{one.journey['id']} {step}"
            visits[name] = visits.get(name, 0) + count
    messages = [
        [
            told(one.asked_at), one.enrolment.journey["id"], one.step, one.channel, one.status,
            told(one.decided_at),
        ]
        for one in life.messages
    ]  # fmt: skip
    enrolments = [
        [
            told(one.at), one.journey["id"], dumps(one.key), told(one.left_at), one.outcome,
            told(one.converted_at), one.credited_to,
        ]
        for one in life.enrolments
    ]  # fmt: skip
    return {
        "messages": sorted(messages, key=repr),
        "enrolments": sorted(enrolments, key=repr),
        "visits": [visits],
    }


@examples(30)
@given(workspaces(), workspaces(), changes, stories)
def test_what_is_published_meanwhile_does_what_the_description_says(
    one: Doc, other: Doc, changes: list[Doc], story: list[Doc]
) -> None:
    # What nobody asked about when it came first is not known again (docs/language/README.md).
    each_once = [item | {"again": False} for item in on_the_second(story)]
    lines = lines_of(one, each_once)
    begin = received(lines[0])
    states = history_of(one, other, changes, begin)
    assume(all(plan_of(state) is not None for _, state in states))
    until = max(map(received, lines)) + LASTS
    works = lived(lines, until, *states)
    # An archive wakes nobody: who sleeps on leaves when she is looked at (docs/language/README.md).
    works.evaluate.wake(body_of(one["who"]))
    works.wait(0)
    life = Life(one, [happening(line) for line in lines], instant(format_instant(until)))
    life.by_the_second = True
    life.published = [(instant(format_instant(at)), state) for at, state in states]
    life.run()
    assume(not life.branches())
    for each in life.enrolments:
        event(f"outcome {each.outcome}")
    assert recorded(works, one["who"]) == expected(life)
