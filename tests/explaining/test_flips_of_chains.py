"""What went too far in one instant goes on, or goes but once, after the change that is told."""

import copy
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from sojourn_cli.explaining.story import Entry
from tests.explaining.given import SEND, Doc, as_json, journey, known, only
from tests.explaining.scenes import Scene, change_in, go

ALWAYS = {"reentry": {"mode": "always"}}
TOO_LONG = "a chain of causes in one instant grew too long"


def one_after_another(number: int, **last: Any) -> dict[str, Doc]:  # noqa: ANN401 - steps
    """So many journeys that each enter the next, and `j` at their end."""
    into = [*(f"n{place}" for place in range(1, number)), "j"]
    first = {"n0": journey(steps={"on": {"type": "enter", "journey": into[0]}}, start="on")}
    others = {
        name: journey(
            entry={"event": "never"},
            steps={"on": {"type": "enter", "journey": after}},
            start="on",
        )
        for name, after in pairwise(into)
    }
    end = journey(entry={"event": "never"}, **last)
    return first | others | {"j": end}


def emitting(**fields: Any) -> Mapping[str, Doc]:  # noqa: ANN401 - any part of an entry
    ring = {"ring": {"type": "emit", "event": "go"}}
    return {"j": journey(entry={"event": "go", **ALWAYS, **fields}, steps=ring, start="ring")}


SOUND = {"sound": {"type": "emit", "event": "heard", "next": "out"}, "out": {"type": "exit"}}
LEARN = {"learn": {"type": "update", "set": {"profile.seen": True}}}

ONWARD = {
    "sound": one_after_another(100, steps=SOUND, start="sound"),
    "learn": one_after_another(100, steps=LEARN, start="learn"),
    "mail": one_after_another(100, steps={"mail": SEND}, start="mail"),
    "on": one_after_another(
        100,
        steps={"on": {"type": "enter", "journey": "k"}},
        start="on",
    )
    | {"k": journey(entry={"event": "never"})},
}
"""Journeys at the end of whose chain that step of `j` is one link too many."""


def paused_before(scene: Scene, change: Mapping[str, Any]) -> Scene:
    """The scene with a step before another one, as a change says it."""
    assert change["file"] == "journeys/j.json"
    name = change["path"].removeprefix("steps.")
    files = copy.deepcopy(dict(scene.journeys))
    doc = files["j"]
    assert (doc["start"], name in doc["steps"]) == (name, True), "nothing else leads there"
    doc["steps"]["pause"] = {**change["before"], "next": name}
    doc["start"] = "pause"
    return replace(scene, journeys=files)


def ended(scene: Scene) -> Entry:
    return only(scene.told(), "exited", journey="j", reason=TOO_LONG)


@pytest.mark.parametrize("step", ONWARD)
def test_what_is_one_link_too_many_happens_after_a_wait(step: str) -> None:
    scene = Scene(ONWARD[step], [known(), go()])
    entry_ = ended(scene)
    assert entry_.explanation == (
        f"Ended as loop_limit: {TOO_LONG}; a wait before {step} would begin a new chain, and it"
        " would have gone on."
    )
    after = paused_before(scene, change_in(entry_)).told()
    left = only(after, "exited", journey="j")
    assert (left.details["outcome"], left.at - entry_.at) == ("finished", 60_000_000)


def test_a_message_that_is_one_too_many_is_sent_after_a_wait() -> None:
    scene = Scene(ONWARD["mail"], [known(), go()])
    cancelled = scene.blocked("message", "exit loop_limit")
    assert cancelled.explanation == (
        "Cancelled: the journey ended as loop_limit; a wait before mail would begin a new chain,"
        " and it would have gone on."
    )
    sent = only(paused_before(scene, change_in(cancelled)).told(), "message", journey="j")
    assert sent.details["outcome"] == "sent"


ROUND = {
    "emitted": emitting(),
    "emitted, by a key": emitting(key="customer.id"),
    "sent": {"j": journey(entry={"event": ["go", "message.sent"], **ALWAYS})},
}


@pytest.mark.parametrize("by", ROUND)
def test_what_went_round_goes_but_once_with_the_reentry_that_is_told(by: str) -> None:
    scene = Scene(ROUND[by], [known(), go()])
    entry_ = ended(scene)
    assert entry_.explanation == (
        f"Ended as loop_limit: {TOO_LONG}; it was entered 101 times in that instant, and reentry"
        " every 1 day would have let her in once."
    )
    after = scene.changed(change_in(entry_)).told()
    assert only(after, "exited", journey="j").details["outcome"] == "finished"
    only(after, "entered", journey="j")


def test_exit_rules_that_go_round_do_so_once_with_the_reentry_that_is_told() -> None:
    rule = {"where": {"customer.id": "ana"}, "outcome": "round", "enter": "j"}
    scene = Scene({"j": journey(exit=[rule])}, [known(), go()])
    refused = scene.blocked("not_entered", "loop_limit")
    assert refused.explanation == (
        "Did not enter: journeys that enter one another went too far in one instant; it was"
        " entered 101 times in that instant, and reentry every 1 day would have let her in once."
    )
    after = scene.changed(change_in(refused)).told()
    only(after, "entered", journey="j")
    assert [item.reason for item in after if item.what == "not_entered"] == [
        "reentry every: open again at 2026-01-06T10:00:00Z"
    ]


def test_of_exit_rules_that_lead_from_one_journey_into_the_next_no_one_change_is_told() -> None:
    names = [*(f"n{place}" for place in range(100)), "j"]
    files = {
        name: journey(
            entry={"event": "go" if name == "n0" else "never"},
            exit=[{"where": {"customer.id": "ana"}, "enter": after}],
        )
        for name, after in zip(names, [*names[1:], "k"], strict=True)
    }
    files["k"] = journey(entry={"event": "never"})
    scene = Scene(files, [known(), go()])
    refused = as_json(only(scene.told(), "not_entered", reason="loop_limit"))
    why = "fewer journeys would have to lead into one another in one instant"
    assert refused["details"]["nearest"] == {"change": None, "why": why}
