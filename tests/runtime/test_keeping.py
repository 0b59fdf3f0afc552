"""What an old version names stays; what is reported as live is what everybody goes by."""

from collections.abc import Mapping

import pytest

from sojourn.core.values.instants import HOUR, Duration
from sojourn.runtime.live_plan import PLAN_AGE
from sojourn.runtime.workspace.publishing import Publish
from tests.runtime.given import Doc, Works, journey
from tests.runtime.test_publishing import PATH, order, waiting


def templated(**fields: object) -> Doc:
    """An hour's wait, then a text by template to who is a friend, the letter to others."""
    friends = {"where": {"segment": "friends"}, "next": "text"}
    steps = {
        "pause": {"type": "wait", "for": "PT1H", "next": "who"},
        "who": {"type": "branch", "branches": [friends], "else": "letter"},
        "text": {"type": "send", "channel": "sms", "template": "thanks"},
        "letter": {"type": "send", "channel": "email", "template": "thanks"},
    }
    return journey(start="pause", steps=steps) | fields


LETTER: Doc = {"subject": "s", "text": "Dear you"}
REACHABLE: Doc = {"channels.sms.status": "ok"}
FRIENDS: Mapping[str, Doc] = {
    "segments/friends.json": {"id": "friends", "name": "F", "where": {"segment": "reachable"}},
    "segments/reachable.json": {"id": "reachable", "name": "R", "where": REACHABLE},
    "templates/thanks.json": {"email": LETTER, "sms": {"text": "Hi you"}},
    PATH: templated(),
}
GONE: Mapping[str, Doc | None] = dict.fromkeys(FRIENDS)


@pytest.mark.parametrize(
    "later",
    [
        GONE,
        {**GONE, PATH: waiting("another")},
        {**FRIENDS, PATH: waiting("another"), "templates/thanks.json": {"email": LETTER}},
    ],
    ids=["everything is deleted", "all but the journey is", "a part of the template is"],
)
def test_what_an_old_version_names_stays_for_who_is_inside(later: Mapping[str, Doc | None]) -> None:
    works = Works()
    works.upload(FRIENDS)
    order(works, 1)
    works.upload(later)
    works.upload({"settings.json": {"timezone": "UTC"}})
    assert all(item["ok"] for item in works.workspace.reports.values())
    works.wait(HOUR)
    assert [item.text for item in works.texter.sent.values()] == ["Hi you"]


@pytest.mark.parametrize(
    ("changed", "texts", "letters"),
    [
        ({"templates/thanks.json": {"email": LETTER, "sms": {"text": "Hello"}}}, ["Hello"], []),
        (
            {
                "segments/reachable.json": {
                    "id": "reachable",
                    "name": "R",
                    "where": {"not": REACHABLE},
                }
            },
            [],
            ["Dear you"],
        ),
    ],
    ids=["a template", "a segment that a segment names"],
)
def test_what_is_there_is_what_it_says_now(
    changed: Mapping[str, Doc], texts: list[str], letters: list[str]
) -> None:
    works = Works()
    works.upload(FRIENDS)
    order(works, 1)
    works.upload(changed)
    works.wait(HOUR)
    assert [item.text for item in works.texter.sent.values()] == texts
    assert [item.text for item in works.mailer.sent.values()] == letters


def test_what_comes_back_is_what_it_says_now() -> None:
    works = Works()
    works.upload(FRIENDS)
    order(works, 1)
    works.upload(GONE)
    works.upload({"templates/thanks.json": {"sms": {"text": "Hello again"}}})
    works.wait(HOUR)
    assert [item.text for item in works.texter.sent.values()] == ["Hello again"]


def test_what_is_reported_as_live_is_what_everybody_goes_by() -> None:
    works = Works(journey("other"))
    works.workspace.reports.clear()
    seen: list[tuple[set[str], list[str]]] = []

    def wait(duration: Duration) -> None:
        assert duration > PLAN_AGE
        seen.append((set(works.workspace.reports), [item.name for item in works.bus.announced]))

    works.publish = Publish(works.workspace, works.plans, works.bus, works.clock, wait)
    bad = "journeys/bad.json"
    works.upload({PATH: journey(), bad: b"{"})
    assert seen == [({bad}, ["journey.rejected"])]
    assert set(works.workspace.reports) == {PATH, bad}
    assert [item.name for item in works.bus.announced] == ["journey.rejected", "journey.published"]

    works.upload({bad: b"["})
    assert len(seen) == 1
