"""Whatever a test of this folder lets happen, a replay decides it again."""

from collections.abc import Iterator
from typing import Any

import pytest

from sojourn.core.workspace.documents import plan_from
from tests.recording.agreeing import check_replay
from tests.runtime.given import Works


@pytest.fixture(autouse=True)
def replayed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Replay every customer of every test, once it is over."""
    made: list[Works] = []
    begin = Works.__init__

    def remember(works: Works, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - as they are
        begin(works, *arguments, **named)
        made.append(works)

    monkeypatch.setattr(Works, "__init__", remember)
    yield
    for works in made:
        last = works.plans.revision()
        plans = {
            revision: plan_from(works.plans.documents(revision), revision)
            for revision in range(last + 1)
        }
        for customer in sorted({item.after.customer_id for item in works.mailboxes.changes}):
            check_replay(works.mailboxes, works.history, customer, plans)
