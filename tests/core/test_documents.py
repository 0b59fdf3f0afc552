from typing import Any

import pytest

from sojourn.core.documents import plan_from
from sojourn.core.errors import CorruptState
from tests.core.plans import JOURNEY


def test_documents_that_publishing_never_stored_are_our_mistake() -> None:
    with pytest.raises(CorruptState, match="plan 3: its documents cannot be read"):
        plan_from({"journeys": {"welcome": {"current": 1, "versions": {"1": {}}}}}, 3)


def test_before_anything_was_published_there_is_a_plan_without_journeys() -> None:
    assert plan_from({}, 0).current == {}


def test_every_version_is_kept_and_the_current_one_lets_in() -> None:
    lives: Any = {"j": {"current": 2, "versions": {"1": JOURNEY, "2": JOURNEY}}}
    plan = plan_from({"journeys": lives}, 3)
    assert plan.current["j"].version == 2
    assert sorted(plan.versions) == [("j", 1), ("j", 2)]
