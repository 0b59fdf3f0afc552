"""Publishing: good files go live whole, bad ones change nothing, versions are never edited."""

import json
from collections.abc import Callable, Mapping

import pytest

from sojourn.core.errors import Conflict
from sojourn.core.values.exact import JsonObject
from sojourn.core.values.instants import HOUR, MINUTE
from sojourn.fakes.plans import FakePlans
from sojourn.fakes.workspace import FakeWorkspace
from sojourn.runtime.ports import StoredPlan
from sojourn.runtime.workspace.publishing import MOST_BYTES, Publish
from tests.runtime.given import ANA, NOON, Died, Doc, Works, email, journey, text

PATH = "journeys/thanks.json"


def waiting(subject: str = "Thank you", **fields: object) -> Doc:
    steps = {"pause": {"type": "wait", "for": "PT1H", "next": "thank"}, "thank": email(subject)}
    return journey(start="pause", steps=steps) | fields


def order(works: Works, number: int) -> None:
    works.identify()
    works.event("order.placed", order_id=str(number))
    works.run()


def report(works: Works, path: str = PATH) -> JsonObject:
    return works.workspace.reports[path]


def announced(works: Works) -> list[tuple[str, JsonObject]]:
    return [(item.name, dict(item.properties)) for item in works.bus.announced]


def fresh(works: Works) -> None:
    """Nobody goes on with the plan of some seconds ago."""
    works.clock.advance(MINUTE)


# ---- What is right goes live -----------------------------------------------------------------


def test_a_new_journey_is_version_one_and_says_so() -> None:
    works = Works()
    works.upload({PATH: journey()})
    assert report(works) == {"ok": True, "version": 1, "findings": []}
    assert announced(works) == [("journey.published", {"journey": "thanks", "version": 1})]
    order(works, 1)
    assert works.subjects() == ["Thank you"]


def test_a_changed_journey_is_a_new_version_and_who_is_inside_finishes_on_the_old_one() -> None:
    works = Works(waiting("first"))
    order(works, 1)
    works.upload({PATH: waiting("second")})
    assert report(works)["version"] == 2
    fresh(works)
    order(works, 2)
    assert [(item.key, item.version) for item in works.customer().live()] == [("1", 1), ("2", 2)]
    works.wait(HOUR)
    assert works.subjects() == ["first", "second"]


def test_who_is_inside_walks_the_steps_of_her_own_version() -> None:
    works = Works(waiting("first"))
    order(works, 1)
    shorter = waiting("second")
    shorter["steps"] = {"pause": {"type": "wait", "for": "PT1H"}}
    works.upload({PATH: shorter})
    assert report(works)["version"] == 2
    fresh(works)
    order(works, 2)
    works.wait(HOUR)
    assert works.subjects() == ["first"]
    assert works.customer().live() == ()


def test_the_same_file_again_changes_nothing_and_is_reported_again() -> None:
    works = Works(journey())
    revision = works.plans.revision()
    works.workspace.reports.clear()
    works.upload({PATH: journey()})
    assert works.plans.revision() == revision
    assert report(works) == {"ok": True, "version": 1, "findings": []}


def test_other_white_space_is_no_new_version() -> None:
    works = Works(journey())
    works.upload({PATH: json.dumps(journey(), indent=4).encode()})
    assert report(works)["version"] == 1


def test_a_warning_is_reported_and_holds_nothing_up() -> None:
    works = Works()
    works.upload({PATH: journey(), "templates/lonely.json": {"sms": {"text": "Hi"}}})
    assert report(works)["ok"] is True
    assert report(works, "templates/lonely.json")["ok"] is True


def test_what_is_no_journey_is_announced_to_nobody() -> None:
    works = Works()
    works.upload({"templates/hello.json": {"email": {"subject": "Hi", "text": "Hi"}}})
    assert report(works, "templates/hello.json") == {"ok": True, "version": None, "findings": []}
    assert announced(works) == []


def test_invariants_are_checked_and_bind_nothing_that_runs() -> None:
    works = Works(journey())
    revision = works.plans.stored().documents
    works.upload({"invariants.json": {"invariants": [{"name": "none", "max": 0, "per": "P1D"}]}})
    assert report(works, "invariants.json") == {"ok": True, "version": None, "findings": []}
    assert works.plans.stored().documents == revision
    order(works, 1)
    assert works.subjects() == ["Thank you"]
    works.upload({"invariants.json": {"invariants": [{"name": "none", "max": 0}]}})
    assert report(works, "invariants.json")["ok"] is False
    assert not {"journey.published", "journey.rejected"} & {name for name, _ in announced(works)}


def test_a_lost_notification_is_made_up_for_by_the_next() -> None:
    works = Works()
    works.workspace.files["journeys/first.json"] = json.dumps(journey("first")).encode()
    works.upload({"journeys/second.json": journey("second")})
    assert report(works, "journeys/first.json")["ok"] is True
    assert sorted(str(properties["journey"]) for _, properties in announced(works)) == [
        "first",
        "second",
    ]


# ---- Pausing, archiving ----------------------------------------------------------------------


def test_a_status_alone_makes_no_new_version() -> None:
    works = Works(waiting())
    for status in ("paused", "live", "archived", "live"):
        works.upload({PATH: waiting(status=status)})
        assert report(works)["version"] == 1


def test_nobody_enters_a_paused_journey_and_those_inside_keep_their_place() -> None:
    works = Works(waiting(resume_over="PT10M"))
    order(works, 1)
    works.upload({PATH: waiting(resume_over="PT10M", status="paused")})
    fresh(works)
    order(works, 2)
    works.wait(2 * HOUR)
    assert works.subjects() == []
    assert [item.key for item in works.customer().live()] == ["1"]
    works.upload({PATH: waiting(resume_over="PT10M")})
    works.wait(11 * MINUTE)
    assert works.subjects() == ["Thank you"]
    assert works.customer().live() == ()


def test_a_journey_resumed_before_its_timer_is_due_was_never_late() -> None:
    works = Works(waiting())
    order(works, 1)
    works.upload({PATH: waiting(status="paused")})
    works.wait(MINUTE)
    works.upload({PATH: waiting()})
    works.wait(59 * MINUTE)
    assert works.subjects() == ["Thank you"]


@pytest.mark.parametrize(("on_archive", "subjects"), [("finish", ["Thank you"]), ("exit", [])])
def test_deleting_the_file_archives_and_those_inside_do_as_it_said(
    on_archive: str, subjects: list[str]
) -> None:
    works = Works(waiting(on_archive=on_archive))
    order(works, 1)
    works.upload({PATH: None})
    fresh(works)
    order(works, 2)
    works.wait(2 * HOUR)
    assert works.subjects() == subjects
    assert works.customer().live() == ()


def test_a_file_that_is_gone_is_reported_on_once_nobody_goes_by_it_any_more() -> None:
    works = Works(journey())
    works.workspace.reports.clear()
    works.publish.take([PATH, "notes.txt"])
    works.workspace.reports.clear()
    works.upload({PATH: None})
    assert works.workspace.reports == {PATH: {"ok": True, "version": 1, "findings": []}}
    works.workspace.reports.clear()
    works.publish.take([PATH, "notes.txt"])
    assert set(works.workspace.reports) == {PATH}, "told again, reported again; notes are nothing"


def test_a_journey_that_comes_back_lets_people_in_again() -> None:
    works = Works(journey())
    works.upload({PATH: None})
    works.upload({"settings.json": {"timezone": "UTC"}})
    works.upload({PATH: journey()})
    assert report(works)["version"] == 1
    order(works, 1)
    assert works.subjects() == ["Thank you"]


def test_a_journey_that_comes_back_changed_is_a_new_version() -> None:
    works = Works(journey())
    works.upload({PATH: None})
    works.upload({PATH: journey(steps={"thank": text()})})
    assert report(works)["version"] == 2


# ---- What is wrong changes nothing -----------------------------------------------------------


def cycle() -> Doc:
    steps = {"thank": email(next="again"), "again": email(next="thank")}
    return journey(steps=steps)


@pytest.mark.parametrize(
    ("content", "place", "code"),
    [
        (b"{", "", "not-json"),
        (b"\xff{}", "", "not-utf8"),
        (b"[]", "", "wrong-type"),
        (b" " * (MOST_BYTES + 1), "", "too-large"),
        (journey(steps={"thank": {"type": "fly"}}), "steps.thank.type", "unknown-step-type"),
        (journey(steps={"thank": email(next="nowhere")}), "steps.thank.next", "missing-target"),
        (journey(start="nowhere"), "start", "missing-target"),
        (cycle(), "steps.thank", "loop-without-wait"),
        (journey("other"), "id", "id-mismatch"),
        (journey(colour="red"), "colour", "unknown-key"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_file_is_refused_with_place_and_reason_and_what_was_live_stays(
    content: Doc | bytes, place: str, code: str
) -> None:
    works = Works(journey())
    revision = works.plans.revision()
    works.upload({PATH: content, "journeys/good.json": journey("good", "cart.abandoned")})
    found: Doc = report(works)
    assert (found["ok"], found["version"]) == (False, None)
    errors = [item for item in found["findings"] if item["severity"] == "error"]
    assert (place, code) in [(item["path"], item["code"]) for item in errors]
    assert all(item["file"] == PATH and item["message"] for item in errors)
    assert report(works, "journeys/good.json") == {"ok": True, "version": 1, "findings": []}
    assert works.plans.revision() == revision + 1
    names = [name for name, _ in announced(works)]
    assert sorted(names) == ["journey.published", "journey.rejected"]
    order(works, 1)
    assert works.subjects() == ["Thank you"]


def test_a_second_file_with_the_id_of_another_journey_is_refused_and_the_first_stays() -> None:
    works = Works(journey())
    works.upload({"journeys/copy.json": journey("thanks")})
    assert report(works, "journeys/copy.json")["ok"] is False
    order(works, 1)
    assert works.subjects() == ["Thank you"]


def test_a_template_that_a_live_journey_needs_cannot_be_taken_away() -> None:
    works = Works()
    step = {"type": "send", "channel": "email", "template": "hello"}
    hello = {"email": {"subject": "Hello", "text": "Hello"}}
    works.upload({"templates/hello.json": hello, PATH: journey(steps={"thank": step})})
    works.upload({"templates/hello.json": None})
    assert report(works, "templates/hello.json")["ok"] is False
    order(works, 1)
    assert works.subjects() == ["Hello"]


def test_what_is_refused_is_announced_once_for_each_time_it_comes() -> None:
    works = Works()
    works.upload({PATH: b"{"})
    works.upload({"journeys/other.json": journey("other")})
    assert [name for name, _ in announced(works)] == ["journey.rejected", "journey.published"]
    works.upload({PATH: b"{"})
    assert [name for name, _ in announced(works)][2:] == ["journey.rejected"]
    assert announced(works)[2][1]["findings"] != []
    assert report(works)["ok"] is False


def test_what_is_mended_goes_live() -> None:
    works = Works()
    works.upload({PATH: b"{"})
    works.upload({PATH: journey()})
    assert report(works) == {"ok": True, "version": 1, "findings": []}


# ---- Others publish, or somebody dies --------------------------------------------------------


class Contested(FakePlans):
    """Plans that somebody else publishes just before."""

    def __init__(self) -> None:
        super().__init__()
        self.before_publish: list[Callable[[], None]] = []
        self.after_publish: list[Callable[[], None]] = []

    def publish(self, plan: StoredPlan, replaces: int) -> None:
        if self.before_publish:
            self.before_publish.pop(0)()
        super().publish(plan, replaces)
        if self.after_publish:
            self.after_publish.pop(0)()


def contested() -> tuple[Works, Contested]:
    works, plans = Works(), Contested()
    plans.publish(works.plans.stored(), 0)
    works.plans = plans
    works.publish = Publish(works.workspace, plans, works.bus, works.clock, works.waits.append)
    return works, plans


def test_who_is_overtaken_starts_again_and_both_files_are_live() -> None:
    works, plans = contested()
    other = journey("other")

    def publish_other() -> None:
        works.upload({"journeys/other.json": other})

    plans.before_publish = [publish_other]
    works.upload({PATH: journey()})
    assert {path for path in plans.stored().files if path.startswith("journeys/")} == {
        PATH,
        "journeys/other.json",
    }
    assert report(works)["version"] == report(works, "journeys/other.json")["version"] == 1


def test_who_is_always_overtaken_gives_the_batch_back() -> None:
    works, plans = contested()

    def refuse() -> None:
        raise Conflict("somebody else was first")

    plans.before_publish = [refuse] * 10
    with pytest.raises(Conflict, match="others published first 10 times"):
        works.upload({PATH: journey()})
    works.upload({PATH: journey()})
    assert report(works)["version"] == 1


def test_who_dies_after_publishing_reports_and_announces_when_the_batch_comes_again() -> None:
    works, plans = contested()

    def die() -> None:
        raise Died

    plans.after_publish = [die]
    with pytest.raises(Died):
        works.upload({PATH: journey()})
    assert (works.workspace.reports.get(PATH), announced(works)) == (None, [])
    works.publish.take([PATH])
    assert report(works) == {"ok": True, "version": 1, "findings": []}
    assert announced(works) == [("journey.published", {"journey": "thanks", "version": 1})]
    works.publish.take([PATH])
    assert len({item.id for item in works.bus.announced}) == 1


class Fickle(FakeWorkspace):
    """A bucket from which a file goes between its listing and its reading."""

    def listing(self) -> Mapping[str, str]:
        return {**super().listing(), "journeys/gone.json": "tag"}


def test_a_file_that_is_gone_when_it_is_read_changes_nothing() -> None:
    works = Works(journey())
    works.workspace = Fickle(works.workspace.files)
    works.publish = Publish(
        works.workspace, works.plans, works.bus, works.clock, works.waits.append
    )
    works.upload({"settings.json": {"timezone": "UTC"}, "journeys/gone.json": None})
    assert set(works.workspace.reports) == {"settings.json"}
    assert announced(works) == []


def test_a_pause_lasts_to_its_end_whatever_is_edited_meanwhile() -> None:
    works, seen = Works(journey()), []
    for status in ("paused A", "paused B", "live B", "live C", "paused C", "archived C"):
        works.upload({PATH: journey(status=status[:-2], name=status[-1])})
        documents: Doc = works.plans.stored().documents
        life = documents["journeys"]["thanks"]
        seen.append(life["resumed_at"])
        works.clock.advance(HOUR)
    assert seen == [None, None, NOON + 2 * HOUR, NOON + 2 * HOUR, None, NOON + 5 * HOUR]
    assert works.mailboxes.read(ANA).revision == 0
