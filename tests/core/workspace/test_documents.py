from typing import Any

import pytest

from sojourn.core.errors import CorruptState, NewerForm
from sojourn.core.values.exact import JsonObject
from sojourn.core.workspace.documents import FORM, PRESENT_FORM, asks_since, plan_from
from tests.core.plans import JOURNEY


def test_documents_that_publishing_never_stored_are_our_mistake() -> None:
    with pytest.raises(CorruptState, match="plan 3: its documents cannot be read"):
        plan_from({"journeys": {"welcome": {"current": 1, "versions": {"1": {}}}}}, 3)


def test_before_anything_was_published_there_is_a_plan_without_journeys() -> None:
    assert plan_from({}, 0).current == {}


def test_a_form_that_is_not_known_yet_is_neither_read_past_nor_given_up() -> None:
    later: JsonObject = {FORM: PRESENT_FORM + 1, "journeys": {"j": {"new": True}}}
    with pytest.raises(NewerForm, match=r"plan 3: form 2 .* a later version published"):
        plan_from(later, 3)
    assert plan_from({}, 3).current == plan_from({FORM: PRESENT_FORM}, 3).current == {}


def test_every_version_is_kept_and_the_current_one_lets_in() -> None:
    lives: Any = {"j": {"current": 2, "versions": {"1": JOURNEY, "2": JOURNEY}}}
    plan = plan_from({"journeys": lives}, 3)
    assert plan.current["j"].version == 2
    assert sorted(plan.versions) == [("j", 1), ("j", 2)]


@pytest.mark.parametrize(
    ("document", "asks"),
    [
        ({"segments": {"new": {"where": {"customer.created_at": {"within": "P7D"}}}}}, True),
        ({"journeys": [1, None, {"with": {"since": {"from": "customer.created_at"}}}]}, True),
        ({"templates": {"hello": {"sms": {"text": "{{ customer['created_at'] }}"}}}}, True),
        ({"segments": {"new": {"where": {"profile.created_at": {"within": "P7D"}}}}}, False),
        ({"templates": {"hello": {"sms": {"text": "Dear customer"}}}}, False),
        ({}, False),
    ],
)
def test_a_plan_tells_since_when_it_asks_when_a_customer_came(
    document: JsonObject, *, asks: bool
) -> None:
    assert asks_since(document, 7) == (7 if asks else 0)
    for known in (0, 3):
        assert asks_since({**document, "asks_since": known}, 7) == known
    assert plan_from({"asks_since": 3}, 7).asks_since == 3
