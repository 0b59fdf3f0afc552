"""What each cell of a table becomes."""

from typing import Any

import pytest

from sojourn.core.errors import InvalidInput
from tests.importing.given import said, table


def messages(*lines: str, **maps: str) -> tuple[dict[str, Any], ...]:
    (row,) = table(*lines, maps=maps)
    assert row.problem is None, row.problem
    return row.messages


def test_each_root_has_its_place() -> None:
    found = messages(
        "userId,messageId,timestamp,city,traits.address.zip,consent.marketing,consent_source"
        ',externalIds.loyalty,externalIds.crm,"traits.""first name"""',
        "c1,m1,2026-01-01T00:00:00Z,Durban,0002,Yes,shop form,L1,77,Ana",
    )
    assert found == (
        {
            "userId": "c1",
            "messageId": "m1",
            "timestamp": "2026-01-01T00:00:00Z",
            "traits": {
                "city": "Durban",
                "address": {"zip": "0002"},
                "consent": {"marketing": True},
                "first name": "Ana",
            },
            "properties": {"consent_source": "shop form"},
            "context": {
                "externalIds": [{"type": "loyalty", "id": "L1"}, {"type": "crm", "id": "77"}]
            },
        },
    )


def test_an_id_in_hexadecimal_is_no_shortened_number() -> None:
    assert messages("userId,externalIds.card", "3e10,9E12")[0]["userId"] == "3e10"


def test_an_empty_cell_says_nothing() -> None:
    assert messages("userId,city,traits.age:number", "c1, ,") == ({"userId": "c1"},)


def test_a_row_with_an_event_is_one() -> None:
    header = "userId,event,timestamp,properties.total:number,traits.tier"
    found = messages(header, "c1,order.placed,2026-01-01T00:00:00Z,12.50,gold")
    assert found[0]["event"] == "order.placed"
    assert str(found[0]["properties"]["total"]) == "12.50"
    assert found[0]["traits"] == {"tier": "gold"}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("number", "0", 0),
        ("number", "-12", -12),
        ("boolean", "NO", False),
        ("boolean", "1", True),
        ("json", '["a"]', ["a"]),
        ("json", "null", None),
        ("text", "12", "12"),
    ],
)
def test_a_column_says_its_type(kind: str, text: str, value: object) -> None:
    quoted = text.replace('"', '""')
    found = messages(f"userId,traits.x:{kind}", f'c1,"{quoted}"')
    assert found[0]["traits"] == {"x": value}


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("traits.x:number", "12,5", "traits.x:number: 12,5 is no number"),
        ("traits.x:number", "007", "is no number"),
        ("traits.x:boolean", "perhaps", "perhaps is neither yes nor no"),
        ("consent.marketing", "perhaps", "perhaps is neither yes nor no"),
        ("traits.x:json", "{", "not JSON"),
        ("channels.email", "dead", "dead is no status"),
        ("phone", "2.782E+10", "2.782E+10 was shortened by a spreadsheet"),
        ("externalIds.card", "1,2E+15", "was shortened by a spreadsheet"),
    ],
)
def test_a_cell_that_is_not_what_its_column_says_costs_its_row(
    column: str, text: str, reason: str
) -> None:
    (row,) = table(f"userId;{column}", f"c1;{text}")
    assert row.problem is not None
    assert reason in row.problem.reason
    assert row.problem.remedy


def test_a_row_without_any_value_of_its_own_is_refused() -> None:
    rows = list(table("userId,import.text", ",lost row"))
    assert said(rows) == [(2, "says nothing in columns of its own")]


def test_columns_can_be_named_otherwise_or_left_out() -> None:
    found = messages("id,Email,note", "c1,a@x.example,x", id="userId", Email="email", note="")
    assert found == ({"userId": "c1", "traits": {"email": "a@x.example"}},)


def test_a_column_that_looks_like_a_field_can_be_a_trait() -> None:
    found = messages("userId,user_id", "c1,7", user_id="traits.user_id:number")
    assert found == ({"userId": "c1", "traits": {"user_id": 7}},)


def test_a_map_for_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidInput, match="has no column mail; there is userId, email"):
        table("userId,email", maps={"mail": "email"})


def test_a_closed_channel_becomes_a_fact_of_its_own_about_the_address() -> None:
    found = messages(
        "userId,email,phone,channels.email,channels.sms,timestamp",
        "c1,a@x.example,+27820000001,Bounced,unsubscribed,2026-01-01T00:00:00Z",
    )
    assert found[1:] == (
        {
            "userId": "c1",
            "timestamp": "2026-01-01T00:00:00Z",
            "event": "message.bounced",
            "properties": {
                "bounce_type": "permanent",
                "channel": "email",
                "address": "a@x.example",
            },
        },
        {
            "userId": "c1",
            "timestamp": "2026-01-01T00:00:00Z",
            "event": "message.unsubscribed",
            "properties": {"channel": "sms", "address": "+27820000001"},
        },
    )


def test_without_an_address_it_is_the_present_one_and_ok_closes_nothing() -> None:
    header = "userId,channels.email,channels.sms"
    closed, *more = messages(header, "c1,complained,ok")[1:]
    assert closed["properties"] == {"channel": "email"}
    assert more == []


def test_who_is_known_by_her_address_alone_keeps_it_in_the_fact() -> None:
    _, fact = messages("email,channels.email", "a@x.example,bounced")
    assert fact["traits"] == {"email": "a@x.example"}


def test_columns_of_nothing_but_numbers_are_pointed_out() -> None:
    rows = table("userId,age,zip,traits.n:text,phone", "1,30,8001,1,27820000001", "2,31,A1,2,")
    assert list(rows)
    (hint,) = rows.hints()
    assert "column age holds numbers" in hint
    assert "--map 'age=traits.age:number'" in hint
