"""Plans: what holds for revisions of the plan, on the fake and on the table."""

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from sojourn.adapters import keys
from sojourn.adapters.plans import LOOKED_AT, PIECE_BYTES, DynamoDbPlans
from sojourn.core.errors import Conflict, CorruptState, InvalidInput, Permanent, Unavailable
from sojourn.core.values.instants import DAY, SECOND
from sojourn.fakes.clock import FakeClock
from sojourn.fakes.plans import FakePlans
from sojourn.runtime.ports import Plans, StoredPlan
from tests.adapters.answers import answering, losing_the_answer, refused, said
from tests.adapters.conftest import Table
from tests.adapters.examples import NOON

FIRST = StoredPlan(
    1,
    {"journeys": [{"id": "welcome", "share": Decimal("12.50")}], "name": "Größe"},
    {"journeys/welcome.json": b'{"id":"welcome"}\n\x00', "empty.html": b""},
    {"journeys/welcome.json": "5d41", "empty.html": "d41d", "refused.json": "9a03"},
)
SECOND_PLAN = replace(FIRST, revision=2, documents={"journeys": []}, files={})


@pytest.fixture(params=["fake", "moto"])
def plans(request: pytest.FixtureRequest) -> Plans:
    if request.param == "fake":
        return FakePlans()
    table: Table = request.getfixturevalue("table")
    return DynamoDbPlans(table.client, table.name, FakeClock(NOON))


def test_before_anything_is_published_the_plan_is_empty(plans: Plans) -> None:
    assert plans.live().revision == 0
    assert plans.documents(0) == {}
    assert plans.stored() == StoredPlan(0, {}, {}, {})


def test_what_is_published_is_live(plans: Plans) -> None:
    plans.publish(FIRST, replaces=0)
    assert plans.live().revision == 1
    assert plans.documents(1) == FIRST.documents
    assert plans.stored() == FIRST
    assert list(plans.stored().files) == list(FIRST.files)


def test_a_revision_replaces_the_one_before(plans: Plans) -> None:
    plans.publish(FIRST, replaces=0)
    plans.publish(SECOND_PLAN, replaces=1)
    assert (plans.live().revision, plans.stored()) == (2, SECOND_PLAN)
    assert plans.documents(1) == FIRST.documents  # for functions that have not looked again


@pytest.mark.parametrize("replaces", [0, 2, 3])
def test_whoever_compiled_against_another_revision_publishes_nothing(
    plans: Plans, replaces: int
) -> None:
    plans.publish(FIRST, replaces=0)
    with pytest.raises(Conflict, match="revision 1 of the plan is live"):
        plans.publish(replace(SECOND_PLAN, revision=5), replaces)
    assert plans.stored() == FIRST


def test_the_first_revision_replaces_nothing_else(plans: Plans) -> None:
    with pytest.raises(Conflict, match="revision 0"):
        plans.publish(SECOND_PLAN, replaces=1)
    assert plans.live().revision == 0


def test_of_two_who_publish_the_same_revision_the_first_wins_whole(plans: Plans) -> None:
    plans.publish(FIRST, replaces=0)
    with pytest.raises(Conflict):
        plans.publish(replace(FIRST, documents={"journeys": [1]}, files={"a": b"a"}), replaces=0)
    assert plans.stored() == FIRST
    assert plans.documents(1) == FIRST.documents


def test_the_same_revision_published_again_is_live_already(plans: Plans) -> None:
    plans.publish(FIRST, replaces=0)
    plans.publish(FIRST, replaces=0)
    assert plans.stored() == FIRST


def test_revisions_only_grow(plans: Plans) -> None:
    plans.publish(SECOND_PLAN, replaces=0)
    with pytest.raises(InvalidInput, match="revision 1 cannot replace 2"):
        plans.publish(FIRST, replaces=2)
    assert plans.live().revision == 2


def test_a_revision_that_is_not_stored_may_have_been_replaced(plans: Plans) -> None:
    with pytest.raises(Unavailable, match="revision 7"):
        plans.documents(7)


def test_a_workspace_of_a_megabyte_is_stored_whole(plans: Plans) -> None:
    noise = Random(1).randbytes(1_000_000)  # what no compression makes smaller
    large = replace(FIRST, files={"a.png": noise, "b.png": noise[::-1][:100], "c": b""})
    plans.publish(large, replaces=0)
    assert plans.stored() == large
    plans.publish(SECOND_PLAN, replaces=1)
    assert plans.stored() == SECOND_PLAN


# What follows is the table's alone.


def pieces(table: Table) -> dict[str, int | None]:
    """Sort keys of all pieces, with when each may go."""
    return {
        item[keys.SK]["S"]: int(item[keys.EXPIRES_AT]["N"]) if keys.EXPIRES_AT in item else None
        for item in table.items()
        if item[keys.SK]["S"] != keys.LIVE
    }


def test_a_replaced_revision_goes_a_day_after_the_next_one(table: Table) -> None:
    clock = FakeClock(NOON)
    plans = DynamoDbPlans(table.client, table.name, clock)
    plans.publish(replace(FIRST, files={"a": Random(1).randbytes(PIECE_BYTES + 1)}), replaces=0)
    plans.publish(SECOND_PLAN, replaces=1)
    assert set(pieces(table).values()) == {None}
    assert sum(name.startswith("F#000000001#") for name in pieces(table)) == 2
    plans.publish(replace(FIRST, revision=3), replaces=2)
    clock.advance(DAY)
    plans.publish(replace(FIRST, revision=4), replaces=3)
    a_day_later = (NOON + DAY) // SECOND
    goes = {name[2:11]: expiry for name, expiry in pieces(table).items()}
    assert goes == {
        "000000001": a_day_later,
        "000000002": a_day_later + DAY // SECOND,
        "000000003": None,
        "000000004": None,
    }
    assert plans.documents(1) == FIRST.documents


def test_documents_are_kept_as_long_as_history_tells_of_them(table: Table) -> None:
    plans = DynamoDbPlans(table.client, table.name, FakeClock(NOON), kept_days=400)
    for revision in range(1, 4):
        plans.publish(replace(FIRST, revision=revision), replaces=revision - 1)
    goes = {name[:11]: expiry for name, expiry in pieces(table).items() if expiry is not None}
    assert goes == {
        "F#000000001": (NOON + DAY) // SECOND,
        "R#000000001": (NOON + 400 * DAY) // SECOND,
    }


def test_publishing_looks_at_the_latest_revisions_alone(table: Table) -> None:
    plans = DynamoDbPlans(table.client, table.name, FakeClock(NOON))
    plans.publish(FIRST, replaces=0)
    for revision in range(2, LOOKED_AT + 4):
        plans.publish(replace(FIRST, revision=revision), replaces=revision - 1)
    goes = {name[2:11] for name, expiry in pieces(table).items() if expiry is not None}
    assert len(goes) == LOOKED_AT + 1, "all but the live one and the one it replaced"


def test_what_a_loser_wrote_is_never_read(table: Table) -> None:
    plans = DynamoDbPlans(table.client, table.name, FakeClock(NOON))
    plans.publish(FIRST, replaces=0)
    others = [replace(FIRST, documents={"loser": number}) for number in range(4)]
    for other in others:
        with pytest.raises(Conflict):
            plans.publish(other, replaces=0)
    assert len(pieces(table)) == 10
    assert plans.documents(1) == FIRST.documents
    plans.publish(SECOND_PLAN, replaces=1)
    with pytest.raises(Unavailable, match="revision 1"):
        plans.documents(1)  # which of five was live is not known any more


def test_a_revision_with_a_piece_missing_is_not_half_read(table: Table) -> None:
    plans = DynamoDbPlans(table.client, table.name, FakeClock(NOON))
    plans.publish(replace(FIRST, files={"a": Random(1).randbytes(PIECE_BYTES + 1)}), replaces=0)
    gone = next(name for name in pieces(table) if name.startswith("F#") and name.endswith("000"))
    key = {keys.PK: {"S": keys.PLAN}, keys.SK: {"S": gone}}
    table.client.delete_item(TableName=table.name, Key=key)
    with pytest.raises(Unavailable, match="revision 1"):
        plans.stored()
    assert plans.documents(1) == FIRST.documents


@pytest.mark.parametrize("bad", [b"not compressed", b"x\x9c\xab\x06\x00\x00|\x00|"])
def test_pieces_that_cannot_be_read_are_our_mistake(table: Table, bad: bytes) -> None:
    plans = DynamoDbPlans(table.client, table.name, FakeClock(NOON))
    plans.publish(FIRST, replaces=0)
    for name in pieces(table):
        item = {keys.PK: {"S": keys.PLAN}, keys.SK: {"S": name}}
        table.client.put_item(
            TableName=table.name, Item={**item, keys.PIECE: {"B": bad}, keys.PIECES: {"N": "1"}}
        )
    with pytest.raises(CorruptState):
        plans.documents(1)
    with pytest.raises(CorruptState):
        plans.stored()


def test_a_pointer_whose_answer_was_lost_is_set(table: Table) -> None:
    plans = DynamoDbPlans(table.client, table.name, FakeClock(NOON))
    plans.publish(FIRST, replaces=0)
    with losing_the_answer(table.client, b"SET rev = :revision"):
        plans.publish(SECOND_PLAN, replaces=1)
    assert plans.stored() == SECOND_PLAN


def test_errors_while_publishing_are_sorted(plain_table: Table) -> None:
    plans = DynamoDbPlans(plain_table.client, "table", FakeClock(NOON))
    with (
        answering(plain_table.client, refused(400, "ValidationException")),
        pytest.raises(Permanent, match="while reading which revision"),
    ):
        plans.live()


def test_a_pointer_that_cannot_be_written_leaves_what_is_live(plain_table: Table) -> None:
    plans = DynamoDbPlans(plain_table.client, "table", FakeClock(NOON))
    nothing_old, put = [said(200, {"Items": []})] * 2, [said(200, {})] * 2
    with (
        answering(plain_table.client, *nothing_old, *put, refused(400, "ThrottlingException")),
        pytest.raises(Unavailable, match="while publishing revision 1"),
    ):
        plans.publish(FIRST, replaces=0)


def test_the_last_revision_by_which_a_pause_ended_is_told_beside_the_live_one(plans: Plans) -> None:
    assert plans.live().thawed == 0
    plans.publish(FIRST, replaces=0)
    assert plans.live().thawed == 0
    thawed = replace(FIRST, revision=2, documents={**FIRST.documents, "thawed": 2})
    plans.publish(thawed, replaces=1)
    assert (plans.live().revision, plans.live().thawed) == (2, 2)
