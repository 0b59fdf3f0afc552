"""What another version published, and this one finds wrong, runs on and holds nobody up."""

import json
from dataclasses import replace
from typing import Any

import pytest

from sojourn.core.errors import NewerForm
from sojourn.core.values.instants import HOUR, MINUTE
from sojourn.core.workspace.documents import FORM, PRESENT_FORM
from tests.runtime.given import ANA, Doc, Works, email, envelope, journey

PATH, OTHER = "journeys/thanks.json", "journeys/other.json"
WAITS: Doc = {"pause": {"type": "wait", "for": "PT1H", "next": "thank"}, "thank": email()}
THANKS = journey(start="pause", steps=WAITS)


def updated() -> Works:
    """Two journeys, of one of which the other version took what this one does not know."""
    works = Works(THANKS, journey("other", "cart.left"))
    stored = works.plans.stored()
    newer = json.dumps(THANKS | {"newer": True}).encode()
    works.workspace.files[PATH] = newer
    etags = works.workspace.listing()
    there = replace(stored, files={**stored.files, PATH: newer}, etags=etags)
    works.plans.publish(replace(there, revision=stored.revision + 1), stored.revision)
    works.bus.announced.clear()
    return works


def order(works: Works, number: int) -> None:
    works.clock.advance(MINUTE)
    works.identify()
    works.event("order.placed", order_id=str(number))
    works.run()


def life(works: Works) -> Any:  # noqa: ANN401 - JSON
    documents: Any = works.plans.stored().documents
    return documents["journeys"]["thanks"]


def test_another_journey_is_paused_and_nothing_becomes_of_the_wrong_one() -> None:
    works = updated()
    order(works, 1)
    before = life(works)
    works.upload({OTHER: journey("other", "cart.left") | {"status": "paused"}})
    assert works.workspace.reports[OTHER] == {"ok": True, "version": 1, "findings": []}
    told: Any = works.workspace.reports[PATH]
    assert (told["ok"], [item["path"] for item in told["findings"]]) == (False, ["newer"])
    assert [item.name for item in works.bus.announced if item.name.startswith("journey.p")] == [
        "journey.published"
    ]
    assert life(works) == before
    order(works, 2)
    works.event("cart.left", order_id="3")
    works.wait(HOUR)
    assert works.subjects() == ["Thank you", "Thank you"]


def test_it_is_mended_as_a_new_version_or_taken_away() -> None:
    works = updated()
    works.upload({PATH: THANKS | {"name": "Mended"}})
    assert works.workspace.reports[PATH]["version"] == 2
    works = updated()
    works.upload({PATH: None})
    assert life(works)["versions"]["1"]["status"] == "archived"


def test_a_change_of_it_that_mends_nothing_is_refused_and_said_to_be() -> None:
    works = updated()
    before = life(works)
    works.upload({PATH: THANKS | {"newer": True, "status": "paused"}})
    assert works.workspace.reports[PATH]["ok"] is False
    assert [item.name for item in works.bus.announced] == ["journey.rejected"]
    assert life(works) == before


def test_settings_that_are_wrong_by_now_hold_on_to_what_they_said() -> None:
    works = Works(journey("other", "cart.left"))
    stored = works.plans.stored()
    settings = json.loads(stored.files["settings.json"])
    newer = json.dumps({**settings, "newer": 1}).encode()
    works.workspace.files["settings.json"] = newer
    etags = works.workspace.listing()
    there = replace(stored, files={**stored.files, "settings.json": newer}, etags=etags)
    works.plans.publish(replace(there, revision=stored.revision + 1), stored.revision)
    works.upload({PATH: THANKS})
    assert works.workspace.reports[PATH]["ok"] is True
    assert works.plans.stored().documents["settings"] == stored.documents["settings"]


def test_a_plan_of_a_form_that_is_not_known_yet_is_left_to_who_reads_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    works = updated()
    works.upload({PATH: THANKS})
    stored = works.plans.stored()
    assert stored.documents[FORM] == PRESENT_FORM
    works.clock.advance(MINUTE)
    with monkeypatch.context() as before:
        before.setattr("sojourn.core.workspace.documents.PRESENT_FORM", PRESENT_FORM - 1)
        with pytest.raises(NewerForm, match="a later version published"):
            works.another_ingest().take(
                envelope("order.placed", ANA, works.clock.now(), order_id="1")
            )
        with pytest.raises(NewerForm):
            works.upload({OTHER: journey("other", "cart.left") | {"status": "paused"}})
    assert works.plans.stored() == stored
    works.upload({OTHER: journey("other", "cart.left") | {"status": "paused"}})
    assert works.workspace.reports[OTHER]["ok"] is True
