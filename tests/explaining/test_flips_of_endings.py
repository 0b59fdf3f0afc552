"""Where a passage ended or a wait was in vain, what would have made it otherwise does."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from sojourn.core.course.forward import Course
from sojourn.core.state.customer import Customer
from sojourn.core.state.history import NO_HISTORY
from sojourn.core.values.exact import JsonObject
from sojourn.core.values.instants import LATEST, SECOND, Instant, format_instant, parse_instant
from sojourn.core.workspace.documents import plan_from
from sojourn.core.workspace.plan import Plan
from sojourn.language.workspace import load
from sojourn.runtime.workspace.publishing import next_documents
from sojourn_cli.explaining.story import Entry, Story, explain
from sojourn_cli.simulation.clock import Clock, Life
from tests.explaining.given import SEND, Doc, as_json, at, file_of, journey, known, line, only
from tests.explaining.scenes import NIGHT, Scene, change_in, go, put

REST = {"rest": {"type": "wait", "for": "P9D", "next": "mail"}, "mail": SEND}
BOUGHT = line("6", "bought", properties={"cart": 1})


def resting(**fields: Any) -> Mapping[str, Doc]:  # noqa: ANN401 - any part of a journey
    return {"j": journey(start="rest", steps=REST, **fields)}


def waiting(*found: Doc, **fields: Any) -> Mapping[str, Doc]:  # noqa: ANN401 - as above
    look = {"type": "wait_for", "any": list(found), "timeout": "P2D", "next": "out"}
    steps: Doc = {"mail": SEND | {"next": "look"}, "look": look, "out": {"type": "exit"}}
    return {"j": journey(steps=steps, **fields)}


ENDINGS = {
    "its exit rule on bought; without that bought it would have gone on": Scene(
        resting(exit=[{"event": "bought"}]), [known(), go(), BOUGHT]
    ),
    "its goal was reached by bought, which ends it; without that bought it would have gone on": (
        Scene(resting(goal={"event": "bought", "exit": True}), [known(), go(), BOUGHT])
    ),
    "its exit rule on bought; without that bought it would have gone on.": Scene(
        resting(exit=[{"event": "bought"}]),
        [
            known(),
            line("5 10:01", "bought", receivedAt=at("5 10:02")),
            go() | {"receivedAt": at("5 10:03")},
        ],
    ),
    "its exit rule without an event came true (profile.vip = true); without profile.vip it would"
    " have gone on": Scene(
        resting(exit=[{"where": {"profile.vip": True}}]), [known(), go(), known("6", vip=True)]
    ),
    "its exit rule without an event came true (profile.open ≠ true); true would be enough to go"
    " on": Scene(
        resting(exit=[{"where": {"profile.open": {"ne": True}}}]),
        [known(open=True), go(), known("6", open=False)],
    ),
    "its exit rule without an event came true (consent.marketing = true); false would be enough to"
    " go on": Scene(resting(exit=[{"where": {"consent.marketing": True}}]), [known(), go()]),
    "its exit rule without an event came true (profile.consent.marketing ≠ false); false would be"
    " enough to go on": Scene(
        resting(exit=[{"where": {"profile.consent.marketing": {"ne": False}}}]), [known(), go()]
    ),
    "the customer had stayed its longest (2 days); a max_stay of 10 days would have let it go on": (
        Scene(resting(max_stay="P2D"), [known(), go()])
    ),
    "the date of step rest is past; if_past continue would have gone on": Scene(
        {
            "j": journey(
                start="rest",
                steps={
                    "rest": {
                        "type": "wait",
                        "until": {"date": "event.day", "if_past": "exit"},
                        "next": "mail",
                    },
                    "mail": SEND,
                },
            )
        },
        [known(), go(day="2025-01-01")],
    ),
}


def otherwise(scene: Scene, entry: Entry) -> list[Entry]:
    """What is told after the change that an entry names."""
    change = change_in(entry)
    lines = [dict(item) for item in scene.lines]
    match change:
        case {"without": name, "at": instant}:
            came = [item for item in lines if item.get("receivedAt", item["timestamp"]) == instant]
            (gone,) = [item for item in came if item["event"] == name]
            return replace(scene, lines=[item for item in lines if item is not gone]).told()
        case {"event": name, "times": 1} if entry.what == "timeout":
            before = format_instant(entry.at - SECOND)
            values = change.get("with", {}).items()
            properties = {path.removeprefix("event."): value for path, value in values}
            more = {"userId": "ana", "event": name, "timestamp": before, "properties": properties}
            return replace(scene, lines=[*lines, more]).told()
        case _:
            return scene.changed(change).told()


@pytest.mark.parametrize("why", ENDINGS)
def test_a_passage_that_ended_goes_on_after_the_nearest_change(why: str) -> None:
    scene = ENDINGS[why]
    ended = only(scene.told(), "exited")
    assert why.rstrip(".") in ended.explanation
    after = [item for item in otherwise(scene, ended) if item.what == "exited"]
    assert (ended.at, ended.reason) not in [(item.at, item.reason) for item in after]
    assert [item for item in otherwise(scene, ended) if item.what == "entered"]


CLICKED = {"event": "message.clicked", "step": "mail", "next": "out"}

IN_VAIN = {
    "bought before that would have ended the wait": waiting({"event": "bought"}),
    "bought with event.total 50 before that would have ended the wait": waiting(
        {"event": "bought", "where": {"event.total": {"gte": 50}}}
    ),
    'bought with event.cart "c1" before that would have ended the wait': waiting(
        {"event": "bought", "match": {"event.cart": "entry.cart"}}
    ),
    'message.clicked with event.journey "j" and event.step "mail" before that would have ended'
    " the wait": waiting(CLICKED),
    "seen before that would have ended the wait": waiting(
        {"event": "bought", "where": {"profile.vip": True}}, {"event": "seen"}
    ),
    'bought with event.mail "ana@example.com" before that would have ended the wait': waiting(
        {"event": "bought", "match": {"event.mail": "profile.email"}}
    ),
}


@pytest.mark.parametrize("why", IN_VAIN)
def test_a_wait_in_vain_ends_by_the_event_that_is_told(why: str) -> None:
    scene = Scene(IN_VAIN[why], [known(), go(cart="c1")])
    timeout = only(scene.told(), "timeout")
    assert timeout.explanation == f"Nothing it waited for came within 2 days; {why}."
    after = otherwise(scene, timeout)
    assert "timeout" not in [item.what for item in after]
    moved = [item for item in after if item.what == "matched" and item.step == "look"]
    assert [item.at for item in moved] == [timeout.at - SECOND]


NO_SINGLE_CHANGE = {
    "no message.clicked could come: mail had sent nothing": Scene(
        waiting(CLICKED), [line("1", "x"), go()]
    ),
    "it waited for bought with profile.vip = true, which rests on more than the event": Scene(
        waiting({"event": "bought", "where": {"profile.vip": True}}), [known(), go()]
    ),
    "it waited for bought with event.cart as vars.cart, which rests on more than the event": Scene(
        waiting({"event": "bought", "match": {"event.cart": "vars.cart"}}), [known(), go()]
    ),
}


def test_a_wait_of_no_time_could_not_be_ended() -> None:
    steps: Doc = {"look": {"type": "wait_for", "any": [{"event": "bought"}], "timeout": "0s"}}
    scene = Scene({"j": journey(start="look", steps=steps)}, [known(), go()])
    assert only(scene.told(), "timeout").explanation == (
        "It waited no time; only what comes while it waits ends a wait."
    )


@pytest.mark.parametrize("why", NO_SINGLE_CHANGE)
def test_where_no_event_alone_would_end_a_wait_it_says_why(why: str) -> None:
    timeout = as_json(only(NO_SINGLE_CHANGE[why].told(), "timeout"))
    assert timeout["details"]["nearest"] == {"change": None, "why": why}


def test_who_was_ended_by_one_of_several_such_events_is_told_so() -> None:
    scene = Scene(
        resting(exit=[{"event": "bought"}]),
        [
            known(),
            *(line("5 10:01", "bought", receivedAt=at("5 10:02")) for _ in "ab"),
            go() | {"receivedAt": at("5 10:03")},
        ],
    )
    ended = as_json(only(scene.told(), "exited"))
    assert ended["details"]["nearest"]["why"] == "more than one bought had come"


def test_a_fact_of_our_own_that_ended_it_is_no_event_that_could_be_missing() -> None:
    steps = {"mail": SEND | {"next": "rest"}, "rest": {"type": "wait", "for": "P1D"}}
    scene = Scene({"j": journey(steps=steps, exit=[{"event": "message.sent"}])}, [known(), go()])
    ended = as_json(only(scene.told(), "exited"))
    assert ended["details"]["nearest"]["why"] == "no message.sent came in from outside"


def test_of_two_rules_without_an_event_nobody_says_which() -> None:
    rules = [{"where": {"profile.vip": True}}, {"where": {"profile.gone": True}}]
    scene = Scene(resting(exit=rules), [known(), go(), known("6", vip=True)])
    ended = as_json(only(scene.told(), "exited"))
    why = "one of its rules without an event ended it"
    assert ended["details"]["nearest"] == {"change": None, "why": why}


def test_a_message_that_was_cancelled_goes_without_what_ended_its_journey() -> None:
    scene = Scene(
        {"j": journey(exit=[{"event": "bought", "outcome": "bought"}])},
        [known(), go("5 22:00"), line("5 23:00", "bought")],
        NIGHT,
    )
    cancelled = scene.blocked("message", "exit bought")
    assert cancelled.explanation == (
        "Cancelled: the journey ended as bought while it was held by quiet hours until"
        " 2026-01-06T08:00:00Z; without that bought it would have gone on."
    )
    sent = only(otherwise(scene, cancelled), "message")
    assert (sent.details["outcome"], sent.at) == ("sent", parse_instant(at("6 08:00")))


COUNTED = {
    "ignored": Scene(
        {"j": journey(entry={"event": "message.opened"})},
        [known(), line("5 10:00", "message.opened", properties={"channel": "email", "bot": True})],
    ),
    "refused": Scene(
        {"j": journey()},
        [known(), line("5 10:00", "message.complained", properties={"channel": "fax"})],
    ),
}


@pytest.mark.parametrize("what", COUNTED)
def test_what_changed_nothing_does_after_the_nearest_change(what: str) -> None:
    scene = COUNTED[what]
    nothing = only(scene.told(), what)
    assert what not in [item.what for item in otherwise(scene, nothing)]


def test_a_consent_that_is_neither_is_kept_when_it_is_one() -> None:
    scene = Scene({"j": journey()}, [known(consent={"marketing": "yes"})])
    refused = only(scene.told(), "refused")
    assert "refused" not in [item.what for item in otherwise(scene, refused)]


def files_of(doc: Doc | None) -> dict[str, bytes]:
    docs: dict[str, Doc] = {"settings.json": {}}
    if doc is not None:
        docs["journeys/j.json"] = {"id": "j", **doc}
    return {path: json.dumps(each).encode() for path, each in docs.items()}


def archived_by(files: Sequence[dict[str, bytes]], then: Instant) -> list[Entry]:
    """What is told of Ana where files were published one after the other, the last at noon."""
    documents: JsonObject = {}
    plans: list[Plan] = []
    for revision, each in enumerate(files, start=1):
        own = load(each).documents
        assert own is not None
        documents = next_documents(documents, own, then)
        plans.append(plan_from(documents, revision))
    course = Course(plans[0], Customer("ana", 0), NO_HISTORY)
    life = Life(course.customer)
    clock = Clock(course, life, file_of([known(), go()]).by_customer["ana"], then)
    clock.run()
    course.plan, clock.until = plans[-1], LATEST
    clock.run()
    known_plans = [(0, plans[0]), (then, plans[-1])]
    return explain(Story("ana", life.events, life.records, known_plans), plans[-1])


@pytest.mark.parametrize("last", [{"status": "archived"}, None])
def test_who_is_taken_along_into_the_archive_goes_on_after_the_nearest_change(
    last: Doc | None,
) -> None:
    doc = dict(resting()["j"]) | {"on_archive": "exit"}
    noon = parse_instant(at("5 12:00"))
    gone = None if last is None else doc | last
    ended = only(archived_by([files_of(doc), files_of(gone)], noon), "exited")
    assert ended.explanation == (
        "Ended as archived: the journey was archived, and takes those inside along"
        " (on_archive exit); on_archive finish would let those inside go on."
    )
    change = change_in(ended)
    assert change["file"] == "journeys/j.json"
    put(doc, change["path"], change["to"])
    after = archived_by([files_of(doc), files_of(None if last is None else doc | last)], noon)
    assert only(after, "exited").details["outcome"] == "finished"


def test_of_two_passages_that_became_one_both_go_on_after_the_nearest_change() -> None:
    """Bo, who turns out to be Ana, is in the same journey."""
    joins = {"type": "alias", "userId": "ana", "previousId": "bo", "timestamp": at("6")}
    scene = Scene(resting(), [known(), go(), go("5 11:00") | {"userId": "bo"}, joins])
    ended = only(
        scene.told(), "exited", reason="another enrolment with this key is further, at rest"
    )
    assert ended.explanation == (
        "Ended as merged: two customers became one, and another enrolment with this key is further,"
        " at rest; reentry mode always would have kept both."
    )
    after = [item for item in scene.changed(change_in(ended)).told() if item.what == "exited"]
    assert [item.details["outcome"] for item in after] == ["finished", "finished"]
