"""The order in which a stimulus, and what it causes, is taken."""

from typing import Any

from sojourn.core.course.settle import passes_chain_limit
from tests.core.engine.given import Story, at, end, event, identify, journey, mail, plan_of

ALWAYS = {"mode": "always"}
BRANCHING_BOUND = 1_000


def sets(path: str, value: object, next_: str | None = None) -> dict[str, Any]:
    return {"type": "update", "set": {path: value}, **({"next": next_} if next_ else {})}


def branch(path: str, value: object) -> dict[str, Any]:
    return {
        "type": "branch",
        "branches": [{"where": {path: value}, "next": "yes"}],
        "else": "no",
    }


ENDS = {"yes": end("yes"), "no": end("no")}


def test_an_enter_step_enters_there_and_then_goes_on() -> None:
    plan = plan_of(
        journey(
            "outer",
            "begun",
            {
                "in": {"type": "enter", "journey": "inner", "next": "mark"},
                "mark": sets("profile.marked", "yes"),
            },
        ),
        journey("inner", "never", {"look": branch("profile.marked", "yes"), **ENDS}),
    )

    story = Story(plan).take(event("begun", "10:00"))

    assert story.exits() == [("inner", "no"), ("outer", "finished")]


def test_an_event_that_ends_a_journey_moves_nobody_in_it_first() -> None:
    wait = {"type": "wait_for", "any": [{"event": "order", "next": "mark"}], "timeout": "P1D"}
    steps = {"wait": wait, "mark": sets("profile.moved", "yes")}
    exits = [{"event": "order", "outcome": "bought"}]
    story = Story(plan_of(journey("a", "begun", steps, exit=exits)))

    story.take(event("begun", "10:00"), event("order", "11:00"))

    assert story.exits() == [("a", "bought")]
    assert story.customer.trait("moved") is None


def test_each_message_sent_from_steps_of_one_name_is_an_event_of_its_own() -> None:
    letters = [journey(name, "begun", {"letter": mail()}) for name in ("a", "b")]
    story = Story(plan_of(*letters)).take(event("begun", "10:00"))
    for _ in letters:
        story.course.conclude(story.claim("10:00"), "sent", None, at("10:00"))

    sent = [item.id for item in story.course.taken if item.name == "message.sent"]
    assert len(set(sent)) == 2


def test_an_update_is_evaluated_when_the_walk_rests() -> None:
    plan = plan_of(
        journey(
            "a",
            "begun",
            {"mark": sets("profile.x", 1, "tell"), "tell": {"type": "emit", "event": "told"}},
        ),
        journey("b", {"profile": {"x": 1}}, {"stop": end()}),
        journey("c", "told", {"stop": end()}),
    )

    story = Story(plan).take(event("begun", "10:00"))

    assert story.exits() == [("a", "finished"), ("b", "finished"), ("c", "finished")]


def test_each_change_is_asked_about_just_before_and_just_after_it() -> None:
    steps = {
        "one": sets("profile.x", 1, "two"),
        "two": sets("profile.x", 2, "three"),
        "three": sets("profile.y", 1),
    }
    plan = plan_of(
        journey("a", "begun", steps),
        journey("at-one", {"profile": {"x": 1}, "reentry": ALWAYS}, {"stop": end()}),
        journey("at-two", {"profile": {"x": 2}, "reentry": ALWAYS}, {"stop": end()}),
    )

    story = Story(plan).take(event("begun", "10:00"))

    assert [name for name, _ in story.exits()] == ["a", "at-one", "at-two"]


def test_an_events_own_traits_are_one_change_and_a_wait_it_moves_another() -> None:
    plan = plan_of(
        journey(
            "a",
            "begun",
            {
                "hear": {"type": "wait_for", "any": [{"event": "identify", "next": "mark"}]},
                "mark": sets("profile.x", 1),
            },
        ),
        journey("at-one", {"profile": {"x": 1}, "reentry": ALWAYS}, {"stop": end()}),
    )

    story = Story(plan).take(event("begun", "10:00"), identify("11:00", city="Rome"))

    assert [name for name, _ in story.exits()] == ["a", "at-one"]


def test_entries_go_by_priority_then_by_id() -> None:
    plan = plan_of(
        journey("a", "begun", {"stop": end()}, priority=1),
        journey("c", "begun", {"stop": end()}, priority=70.5),
        journey("b", "begun", {"stop": end()}, priority=70.5),
        journey("d", "begun", {"stop": end()}),
    )

    story = Story(plan).take(event("begun", "10:00"))

    assert [name for name, _ in story.exits()] == ["b", "c", "d", "a"]


def test_the_101st_link_of_emitted_events_exits_its_enrolment() -> None:
    plan = plan_of(
        journey(
            "echo",
            {"event": "ping", "reentry": ALWAYS},
            {"ring": {"type": "emit", "event": "ping"}},
        )
    )

    story = Story(plan).take(event("ping", "10:00"))

    assert story.outcomes() == ["finished"] * 100 + ["loop_limit"]


def test_events_emitted_in_one_decision_are_bounded_in_what_they_say() -> None:
    said = {"type": "emit", "event": "told", "properties": {"note": {"from": "event.note"}}}
    plan = plan_of(
        journey(
            "echo",
            "begun",
            {"one": {**said, "next": "two"}, "two": {**said, "next": "three"}, "three": said},
        )
    )

    story = Story(plan).take(event("begun", "10:00", note="x" * 30_000))

    assert story.outcomes() == ["finished"]
    assert [item.name for item in story.course.announcements].count("told") == 2
    assert story.reasons("refused") == ["told: emitted events of 90033 bytes"]


def test_the_101st_link_of_updates_exits_its_enrolment_before_it_changes_anything() -> None:
    plan = plan_of(
        journey(
            "up",
            {"profile": {"n": {"gte": 0}, "odd": False}, "reentry": ALWAYS},
            {
                "add": {
                    "type": "update",
                    "increment": {"profile.n": 1},
                    "set": {"profile.odd": True},
                }
            },
        ),
        journey(
            "down",
            {"profile": {"n": {"gte": 0}, "odd": True}, "reentry": ALWAYS},
            {
                "add": {
                    "type": "update",
                    "increment": {"profile.n": 1},
                    "set": {"profile.odd": False},
                }
            },
        ),
    )

    story = Story(plan).take(identify("10:00", n=0, odd=False))

    assert story.outcomes() == ["finished"] * 100 + ["loop_limit"]
    assert story.customer.trait("n") == 100


def test_the_101st_message_of_an_instant_is_cancelled_and_exits_its_enrolment() -> None:
    plan = plan_of(journey("echo", {"event": ["ping", "message.sent"]}, {"letter": mail()}))
    story = Story(plan).take(event("ping", "10:00"))

    for _ in range(100):
        story.send("10:00")

    assert passes_chain_limit(story.message, at("10:00"))
    assert not passes_chain_limit(story.message, at("10:01"))
    story.course.limit_chain(story.message, at("10:00"))
    assert story.outcomes() == ["finished"] * 100 + ["loop_limit"]
    assert story.settled()[-1] == ("letter", "cancelled", "exit loop_limit")
    assert story.customer.messages == {}


def test_the_101st_link_of_enter_steps_exits_its_enrolment() -> None:
    ring = {"type": "enter", "journey": "ring", "with": {"n": 1}}
    entry = {"event": "ping", "key": "customer.id", "reentry": ALWAYS}
    plan = plan_of(journey("ring", entry, {"again": ring}))

    story = Story(plan).take(event("ping", "10:00"))

    assert story.outcomes() == ["finished"] * 100 + ["loop_limit"]


def test_an_exit_that_enters_its_own_journey_ends_with_the_chain() -> None:
    plan = plan_of(
        journey(
            "ring",
            {"event": "ping"},
            {"stop": end()},
            exit=[{"where": {"customer.id": "ana"}, "outcome": "round", "enter": "ring"}],
        )
    )

    story = Story(plan).take(event("ping", "10:00"))

    assert set(story.outcomes()) == {"round"}
    assert story.reasons("not_entered")[-1] == "loop_limit"


def test_chains_that_branch_are_bounded_all_together() -> None:
    twice = {
        "one": {"type": "emit", "event": "ping", "next": "two"},
        "two": {"type": "emit", "event": "ping"},
    }
    plan = plan_of(journey("fork", {"event": "ping", "reentry": ALWAYS}, twice))

    story = Story(plan).take(event("ping", "10:00"))

    assert story.outcomes().count("loop_limit") > 0
    assert len(story.outcomes()) == BRANCHING_BOUND + 1


def test_a_journey_is_entered_once_by_one_stimulus_however_many_ask() -> None:
    plan = plan_of(
        journey(
            "cart",
            {"event": "cart", "key": "event.id"},
            {"wait": {"type": "wait", "for": "P1D"}},
            exit=[{"event": "sorry", "enter": "rescue"}],
        ),
        journey("rescue", {"event": "sorry", "reentry": ALWAYS}, {"stop": end()}),
    )

    story = Story(plan).take(event("cart", "10:00", id="a"), event("cart", "10:00", id="b"))
    story.take(event("sorry", "11:00"))

    assert story.exits() == [("cart", "exited"), ("cart", "exited"), ("rescue", "finished")]


def test_what_asks_for_a_journey_that_is_not_there_is_told_so() -> None:
    plan = plan_of(
        journey(
            "a",
            "begun",
            {"in": {"type": "enter", "journey": "gone"}},
        ),
        journey(
            "b",
            "begun",
            {"wait": {"type": "wait", "for": "P1D"}},
            exit=[{"event": "over", "enter": "gone"}],
        ),
    )

    story = Story(plan).take(event("begun", "10:00"), event("over", "11:00"))

    assert story.exits() == [("a", "finished"), ("b", "exited")]
    assert story.reasons("not_entered").count("there is no such journey") == 2


def test_a_wake_up_exits_before_it_moves_anybody() -> None:
    wait = {"type": "wait", "for": "PT1H", "next": "go"}
    plan = plan_of(
        journey("first", "begun", {"wait": wait, "go": {"type": "enter", "journey": "last"}}),
        journey("last", "begun", {"wait": {"type": "wait", "for": "P9D"}}, max_stay="PT1H"),
    )

    story = Story(plan).take(event("begun", "10:00")).due("11:00")

    assert story.exits() == [("last", "expired"), ("first", "finished")]
    assert story.live.journey == "last"


def test_steps_visited_too_often_end_a_loop_without_waits() -> None:
    plan = plan_of(
        journey(
            "spin",
            "begun",
            {
                "a": {"type": "branch", "branches": [], "else": "b", "max_visits": 5},
                "b": {"type": "branch", "branches": [], "else": "a"},
            },
        )
    )

    story = Story(plan).take(event("begun", "10:00"))

    assert story.exits() == [("spin", "loop_limit")]
    assert story.reasons("exited") == ["step a was visited 5 times"]
    assert next(iter(story.course.enrolments.values())).visits == {"a": 5, "b": 5}
