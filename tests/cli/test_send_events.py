"""`sojourn send-events --workspace`: what would become a dead letter is not sent."""

from pathlib import Path
from typing import Any

import pytest

from sojourn.core.errors import InvalidInput
from sojourn.core.exact import JsonObject, loads_object
from sojourn.core.instants import parse_instant
from sojourn.core.plan import Plan
from sojourn.language.files import read_folder
from sojourn.language.workspace import load
from sojourn_cli.commands.send_events import entry_of, taken_in_by

SOURCES = Path(__file__).parents[2] / "examples" / "sources"
NOW = parse_instant("2026-05-25T09:00:00Z")


def plan() -> Plan:
    found = load(read_folder(SOURCES)).plan
    assert found is not None
    return found


def checked(doc: JsonObject) -> None:
    taken_in_by(plan(), NOW)(entry_of(doc, "bus"))


@pytest.mark.parametrize("sample", sorted((SOURCES / "sources" / "samples").iterdir()), ids=str)
def test_what_a_source_is_for_may_go(sample: Path) -> None:
    checked(loads_object(sample.read_bytes()))


@pytest.mark.parametrize(
    "doc",
    [
        {"userId": "ana", "event": "cart.abandoned"},
        {"source": "shop", "detail-type": "cart.abandoned", "detail": {"userId": "ana"}},
    ],
)
def test_what_is_canonical_may_go_without_a_time(doc: dict[str, Any]) -> None:
    checked(doc)


@pytest.mark.parametrize(
    ("doc", "words"),
    [
        ({"event": "cart.abandoned"}, "userId: missing"),
        ({"source": "till", "detail-type": "sale", "detail": {"card": "ana"}}, "card: there is no"),
        (
            {"source": "aws.partner/zendesk.com/1/x", "detail-type": "Support Ticket: X",
             "detail": {"ticket_event": {"meta": {"occurred_at": "never"}}}},
            "sources/zendesk: timestamp",
        ),
    ],
)  # fmt: skip
def test_what_would_become_a_dead_letter_is_refused(doc: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        checked(doc)
