"""The chaos is worth something: with a guard taken away, it finds a broken promise."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from sojourn.core.engine.draft import Draft
from sojourn.core.plan import Settings
from sojourn.fakes.mailboxes import FakeMailboxes
from sojourn.runtime import dispatch
from sojourn.runtime.mailbox import Mailbox, Save
from tests.chaos.test_chaos import check_caps, check_each_event_counts_once, check_once
from tests.chaos.world import World, a_day

SEEDS = range(1000, 1080)

type Mutate = Callable[[pytest.MonkeyPatch], None]


def no_revision(patch: pytest.MonkeyPatch) -> None:
    """A save no longer asks whether somebody else decided first."""
    save_in_turn = FakeMailboxes.save

    def save(self: FakeMailboxes, box: Mailbox, save: Save) -> Mailbox:
        now = self.read(box.customer_id)
        return save_in_turn(self, replace(box, revision=now.revision), save)

    patch.setattr(FakeMailboxes, "save", save)


def no_wait_for_another(patch: pytest.MonkeyPatch) -> None:
    """A claimed message is taken for lost at once."""
    patch.setattr(dispatch, "LEASE", -1)


def no_ids_seen(patch: pytest.MonkeyPatch) -> None:
    """An event that was taken before is taken again."""
    patch.setattr(Draft, "has_seen", lambda _draft, _event: False)
    patch.setattr(Draft, "_seen", lambda _draft: ((), None))


def no_caps(patch: pytest.MonkeyPatch) -> None:
    """Nothing counts towards a cap."""
    patch.setattr(Settings, "category", _uncounted(Settings.category))


def _uncounted(category: Callable[[Settings, str], object]) -> Callable[[Settings, str], object]:
    def found(self: Settings, name: str) -> object:
        noun = category(self, name)
        return type(noun)(name, noun.consent, noun.obeys_caps, False, noun.quiet_hours)  # type: ignore[call-arg, attr-defined]  # noqa: FBT003

    return found


MUTANTS: dict[str, tuple[Mutate, Callable[[World], None]]] = {
    "saves without the revision": (no_revision, check_once),
    "claims that nobody respects": (no_wait_for_another, check_once),
    "events taken twice": (no_ids_seen, check_each_event_counts_once),
    "sends that do not count": (no_caps, check_caps),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_missing_guard_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mutate, check = MUTANTS[name]
    mutate(monkeypatch)
    for seed in SEEDS:
        try:
            check(a_day(seed))
        except AssertionError:
            return
    pytest.fail(f"{name}: no promise was seen broken in {len(SEEDS)} seeds")
