"""What becomes of the enrolments of two who turn out to be one, and of what was drawn."""

from sojourn.core.sending.release import Send, Skip, release
from sojourn.core.state.customer import (
    Trait,
)
from sojourn.core.workspace.plan import Plan
from tests.core.engine.given import (
    Story,
    at,
    end,
    event,
    identify,
    journey,
    mail,
    plan_of,
)
from tests.core.engine.joined import ALWAYS, course_of, join, person

# ---- Enrolments ------------------------------------------------------------------------------

PAUSE = {"pause": {"type": "wait", "for": "PT2H", "next": "write"}, "write": mail()}
KEYED = journey("j", {"event": "begin", "key": "event.n"}, PAUSE)


def test_enrolments_go_on_where_they_were_in_the_order_of_entry() -> None:
    plan = plan_of(KEYED)
    story = Story(plan).take(event("begin", "10:30", n=2))
    join(story, "11:00", course_of(plan, event("begin", "10:00", n=1)))
    first, second = story.customer.live()
    assert (first.key, first.due_at, second.key) == (1, at("12:00"), 2)
    assert first.number < second.number <= story.customer.number
    story.take(event("begin", "11:10", n=3))
    assert len({item.id for item in story.customer.live()}) == 3
    story.due("12:00")
    assert story.message.enrolment == first.id
    assert story.message.number == first.number


def test_of_one_key_the_one_that_is_further_stays() -> None:
    plan = plan_of(journey("j", "begin", {"first": mail(next="pause"), **PAUSE}))
    other = course_of(plan, identify("09:00", email="v@x.example"), event("begin", "10:00"))
    story = Story(plan).take(event("begin", "10:10")).send("10:10")
    further = story.live
    join(story, "10:30", other)
    assert story.live.id == further.id
    assert story.exits() == [("j", "merged")]
    assert story.settled()[-1] == ("first", "cancelled", "exit merged")


def test_an_enrolment_of_its_own_for_each_event_stays() -> None:
    plan = plan_of(journey("j", ALWAYS, PAUSE))
    story = Story(plan).take(event("begin", "10:10"))
    join(story, "10:30", course_of(plan, event("begin", "10:00")))
    assert len(story.customer.live()) == 2


def test_a_message_of_the_other_is_hers_now() -> None:
    plan = plan_of(journey("j", "begin", {"write": mail()}))
    story = join(Story(plan), "10:30", course_of(plan, event("begin", "10:00")))
    story.send("10:31")
    assert story.exits() == [("j", "finished")]
    assert story.settled() == [("write", "sent", None)]


def test_what_the_other_did_ends_hers_and_what_she_did_the_others() -> None:
    rules = {"exit": [{"event": "bought", "outcome": "converted"}]}
    plan = plan_of(
        journey("j", {"event": "begin", "key": "event.n"}, PAUSE, **rules),
        journey("k", {"event": "start", "key": "event.n"}, PAUSE, goal={"event": "bought"}),
    )
    mine = [event("begin", "10:00", n=1), event("bought", "10:20"), event("begin", "10:50", n=2)]
    other = [event("start", "10:00", n=1), event("begin", "10:10", n=3), event("bought", "10:05")]
    story = Story(plan).take(*mine)
    assert story.exits() == [("j", "converted")]
    join(story, "11:00", course_of(plan, *sorted(other, key=lambda item: item.received_at)))
    assert story.exits() == [("j", "converted"), ("j", "converted")]
    assert sorted(str(item.key) for item in story.customer.live()) == ["1", "2"]
    assert [record.journey for record in story.records if record.what == "converted"] == ["k"]


def test_what_a_machine_did_to_the_other_ends_nothing() -> None:
    plan = plan_of(journey("j", "begin", PAUSE, exit=[{"event": "message.clicked"}]))
    clicks = [event("message.clicked", "10:30", bot=bot) for bot in (True, False)]
    story = Story(plan).take(event("begin", "10:00"))
    assert join(story, "11:00", course_of(plan, clicks[0])).exits() == []
    other = course_of(plan, clicks[1], id_="v2")
    assert join(story, "11:10", other).exits() == [("j", "exited")]


def test_an_exit_that_was_caught_up_with_may_lead_elsewhere() -> None:
    plan = plan_of(
        journey("j", "begin", PAUSE, exit=[{"event": "bought", "enter": "k"}]),
        journey("k", "never", {"end": end("thanked")}),
    )
    story = Story(plan).take(event("begin", "10:00"))
    join(story, "11:00", course_of(plan, event("bought", "10:30")))
    assert story.exits() == [("j", "exited"), ("k", "thanked")]


def test_a_wait_for_what_the_other_did_since_is_over() -> None:
    wait = {
        "type": "wait_for",
        "any": [{"event": "bought", "where": {"event.n": 1}, "next": "yes"}],
        "timeout": "P1D",
    }
    plan = plan_of(
        journey("j", "begin", {"wait": wait, "yes": end("yes")}),
        journey("k", "start", {"wait": wait, "yes": end("yes")}),
    )
    bought = [event("bought", "09:00", n=1), event("bought", "10:30", n=2)]
    story = Story(plan).take(event("begin", "10:00"))
    join(story, "11:00", course_of(plan, *bought))
    assert story.exits() == []
    early = event("bought", "09:30", "10:30", n=1)  # its clock was wrong: it was here before
    late = course_of(plan, early, event("bought", "11:30", n=1), id_="v2")
    join(story, "12:00", late)
    assert story.exits() == [("j", "yes")]
    story.take(event("start", "13:00"))
    join(story, "14:00", course_of(plan, event("other", "12:30"), id_="v3"))
    assert story.live.journey == "k"


def test_did_sees_what_both_had_done() -> None:
    twice = {"where": {"did": {"event": "bought", "count": {"gte": 2}}}}
    plan = plan_of(journey("j", {"event": "begin", **twice}, {"end": end()}))
    story = Story(plan).take(event("bought", "10:00"), event("begin", "10:01"))
    assert story.exits() == []
    join(story, "11:00", course_of(plan, event("bought", "10:30")))
    story.take(event("begin", "11:01"))
    assert story.exits() == [("j", "finished")]


def test_a_profile_that_becomes_true_by_a_join_enters_unless_it_was_true_of_either() -> None:
    both = {"profile": {"a": 1, "b": 1}}
    plan = plan_of(journey("j", both, {"end": end()}))
    story = join(Story(plan, a=1), "11:00", course_of(plan, identify("10:00", b=1)))
    assert story.exits() == [("j", "finished")]
    story = Story(plan, c=1)
    join(story, "11:00", course_of(plan, identify("10:00", a=1, b=1)))
    assert story.exits() == [("j", "finished")]  # the other's own, from before


def test_what_was_taken_in_the_very_instant_counts_for_both() -> None:
    wait = {"type": "wait_for", "any": [{"event": "bought", "next": "yes"}], "timeout": "P1D"}
    plan = plan_of(journey("j", "begin", {"wait": wait, "yes": end("yes")}))
    story = join(Story(plan), "10:00", course_of(plan, event("bought", "10:00")))
    story.take(event("begin", "10:00"))
    assert story.exits() == [("j", "yes")]


# ---- What was drawn --------------------------------------------------------------------------

ARMS = {
    "toss": {
        "type": "split",
        "arms": [
            {"name": "heads", "weight": 50, "next": "heads"},
            {"name": "tails", "weight": 50, "next": "tails"},
        ],
    },
    "heads": end("heads"),
    "tails": end("tails"),
}


def arm(plan: Plan, id_: str) -> str:
    course = course_of(plan, event("begin", "10:00", n=0), id_=id_)
    (enrolment,) = course.enrolments.values()
    return str(enrolment.outcome)


def test_who_was_drawn_for_a_journey_stays_as_drawn() -> None:
    plan = plan_of(journey("j", {"event": "begin", "key": "event.n"}, ARMS, goal={"event": "x"}))
    ids = [f"v{number}" for number in range(30)]
    for id_ in ids:
        story = Story(plan)
        join(story, "11:00", course_of(plan, event("begin", "10:00", n=1), id_=id_))
        story.take(event("begin", "11:01", n=2))
        assert story.exits()[-1] == ("j", arm(plan, id_))
    assert {arm(plan, id_) for id_ in ids} == {"heads", "tails"}


def test_where_both_were_drawn_each_enrolment_stays_as_it_was() -> None:
    steps = {"pause": {"type": "wait", "for": "PT2H", "next": "toss"}, **ARMS}
    plan = plan_of(journey("j", {"event": "begin", "key": "event.n"}, steps))
    plain = plan_of(journey("j", {"event": "begin", "key": "event.n"}, ARMS))
    for number in range(12):
        story = Story(plan).take(event("begin", "10:00", n=1))
        id_ = f"v{number}"
        join(story, "11:00", course_of(plan, event("begin", "10:01", n=2), id_=id_))
        join(story, "11:10", course_of(plan, event("begin", "10:02", n=3), id_=f"w{number}"))
        story.take(event("begin", "11:30", n=4)).due("14:00")
        expected = [arm(plain, name) for name in ("ana", id_, f"w{number}", "ana")]
        assert [outcome for _, outcome in story.exits()] == expected


def test_who_had_drawn_nothing_is_held_out_as_herself_from_journeys_new_to_both() -> None:
    steps = {"pause": {"type": "wait", "for": "P1D"}}
    new = journey("new", {"event": "look", "holdout": 50}, steps)
    plan = plan_of(journey("j", "begin", steps), new)
    looked = event("look", "11:01")
    alone = [record.what for record in Story(plan).take(looked).records]
    for number in range(12):
        other = course_of(plan, event("begin", "10:00"), id_=f"v{number}")
        story = join(Story(plan), "11:00", other).take(looked)
        found = [record.what for record in story.records]
        assert ("held_out" in found) == ("held_out" in alone)


def test_enrolments_are_counted_on_from_those_of_both_whether_kept_or_not() -> None:
    steps = {"pause": {"type": "wait", "for": "PT10M"}}
    plan = plan_of(journey("j", {"event": "begin", "key": "event.n"}, steps))
    other = course_of(plan, *(event("begin", "10:00", n=n) for n in range(3)), id_="v1")
    other.take_due(at("10:20"))
    assert not other.customer.enrolments
    story = Story(plan).take(event("begin", "10:00", n=3)).due("10:20")
    join(story.take(event("begin", "10:55", n=4)), "11:00", other)
    assert story.live.number == story.customer.number == 5


def test_the_control_group_stays_as_it_was_drawn_for_who_was_there_first() -> None:
    plan = plan_of(journey("j", "begin", {"write": mail()}), settings={"control_group": 50})
    outcomes = set()
    for number in range(20):
        id_ = f"v{number}"
        other = course_of(plan, event("begin", "10:00"), id_=id_)
        alone = person(id_, traits={"email": Trait("a@b.example", 1)})
        story = join(Story(plan), "11:00", other)
        found = release(story.message, story.customer, plan.settings, at("11:00"))
        expected = release(story.message, alone, plan.settings, at("11:00"))
        assert type(found) is type(expected)
        outcomes.add(type(found))
    assert outcomes == {Send, Skip}
    settled = Story(plan).take(event("begin", "09:00"))
    join(settled, "11:00", course_of(plan, event("begin", "10:00"), id_="v3"))
    assert "" not in settled.customer.draws
