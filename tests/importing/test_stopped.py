"""Whoever is stopped anywhere, however often, loses and doubles nothing."""

from pathlib import Path

import pytest

from sojourn.core.errors import Unavailable
from tests.importing.given import Doc, Importer, everything, replays, write
from tests.runtime.given import Died, Works, journey

WHO = ("ana", "bob", "cyd")
JOURNEYS = (journey("thanks", "order.placed"), journey("gold", entry={"profile": {"vip": True}}))


def person(id_: str, **traits: object) -> Doc:
    return {"userId": id_, "traits": {"email": f"{id_}@example.com", **traits}}


def happened(id_: str, event: str, day: int) -> Doc:
    return {"userId": id_, "event": event, "timestamp": f"2026-01-{day:02d}T10:00:00Z"}


CARD = {"context": {"externalIds": [{"type": "card", "id": "1"}]}}
ROWS: tuple[Doc | str, ...] = (
    person("ana", vip=True),
    happened("ana", "order.placed", 3),
    "{broken",
    {**person("bob", consent={"marketing": False}), **CARD},
    happened("bob", "page.viewed", 4),
    happened("ana", "page.viewed", 4),
    person("guest", consent="perhaps"),
    {**CARD, "event": "order.placed", "timestamp": "2026-01-05T10:00:00Z"},
    happened("ana", "order.placed", 3),
    happened("v1", "order.placed", 2),
    {"type": "alias", "userId": "ana", "previousId": "v1", "timestamp": "2026-01-06T10:00:00Z"},
    person("cyd"),
)


class Stop:
    """Steps in at the n-th step and at every so many after it."""

    def __init__(self, first: int, error: type[Exception] | None, every: int = 1 << 30) -> None:
        self.left = first
        self.every = every
        self.error = error
        self.steps = 0

    def __call__(self) -> None:
        self.steps += 1
        self.left -= 1
        if self.left == 0 and self.error is not None:
            self.left = self.every
            raise self.error("here")


def importer_in(folder: Path) -> Importer:
    folder.mkdir(exist_ok=True)
    return Importer(Works(*JOURNEYS), write(folder / "c.jsonl", *ROWS), rate=6)


def result(importer: Importer) -> tuple[Doc, str]:
    importer.works.run()
    replays(importer.works, WHO)
    assert not importer.path.with_suffix(".importing").exists()
    assert importer.works.mailer.sent == {}
    return everything(importer.works, WHO), importer.refused.read_text()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Doc, str, int]:
    """What an import that nothing stops leaves, and how many steps it takes."""
    importer = importer_in(tmp_path_factory.mktemp("whole"))
    steps = Stop(-1, None)
    tally = importer.run(step=steps)
    assert (tally.rows, tally.taken, tally.refused) == (12, 10, 2)
    kept, refused = result(importer)
    assert len(kept["ana"]["events"]) == 5
    return kept, refused, steps.steps


def test_a_kill_between_any_two_calls_loses_and_doubles_nothing(
    tmp_path: Path, whole: tuple[Doc, str, int]
) -> None:
    kept, refused, steps = whole
    for number in range(1, steps + 1):
        importer = importer_in(tmp_path / str(number))
        with pytest.raises(Died):
            importer.run(step=Stop(number, Died))
        if number % 2:
            importer.works.run()  # the stack goes on meanwhile, or only afterwards
        importer.run()
        assert result(importer) == (kept, refused), f"killed at step {number}"


def test_nor_do_kills_one_after_another(tmp_path: Path, whole: tuple[Doc, str, int]) -> None:
    kept, refused, steps = whole
    for lifetime in range(24, steps, 5):
        importer = importer_in(tmp_path / str(lifetime))
        deaths = 0
        while True:
            try:
                importer.run(step=Stop(lifetime, Died))
            except Died:
                deaths += 1
                assert deaths < 100, "it never comes to an end"
            else:
                break
        assert deaths
        assert result(importer) == (kept, refused), f"killed after each {lifetime} steps"


@pytest.mark.parametrize("every", [7, 8, 11])
def test_a_table_that_fails_now_and_then_is_asked_again(
    tmp_path: Path, whole: tuple[Doc, str, int], every: int
) -> None:
    """Before the write, or after it: then only its answer was lost."""
    kept, refused, _ = whole
    for first in range(1, every + 1):
        importer = importer_in(tmp_path / str(first))
        importer.run(importer.intake(Stop(first, Unavailable, every)))
        assert importer.time.waits
        assert result(importer) == (kept, refused)
