"""The example's stories, played through EventBridge on the deployed stack, end as they promise."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sojourn_cli.demo.account import Account
from sojourn_cli.local.stack import LocalStack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stories")]

EXPECTED: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "examples/shop/demo/expected.json").read_text(encoding="utf-8")
)["customers"]


@pytest.mark.parametrize("customer", EXPECTED, ids=[EXPECTED[name]["story"] for name in EXPECTED])
def test_each_customer_gets_what_her_story_promises(
    played: tuple[LocalStack, Account], customer: str
) -> None:
    _, account = played
    got = Counter(
        (row.journey, row.step, row.channel, row.status)
        for row in account.messages
        if row.customer == customer
    )
    promised = Counter(
        (item["journey"], item["step"], item["channel"], item["status"])
        for item in EXPECTED[customer]["messages"]
    )
    assert got == promised


@pytest.mark.parametrize("customer", EXPECTED, ids=[EXPECTED[name]["story"] for name in EXPECTED])
def test_every_message_that_did_not_come_has_its_reason(
    played: tuple[LocalStack, Account], customer: str
) -> None:
    _, account = played
    missed = {
        (row.journey, row.step): row.why
        for row in account.messages
        if row.customer == customer and row.status != "sent"
    }
    for item in EXPECTED[customer]["messages"]:
        if item["status"] != "sent":
            assert item["reason"] in missed[item["journey"], item["step"]]


@pytest.mark.parametrize("customer", EXPECTED, ids=[EXPECTED[name]["story"] for name in EXPECTED])
def test_every_journey_ends_as_promised(played: tuple[LocalStack, Account], customer: str) -> None:
    _, account = played
    ended = Counter(
        (journey, outcome) for name, journey, outcome in account.enrolments if name == customer
    )
    promised = Counter(
        (item["journey"], item["outcome"])
        for item in EXPECTED[customer]["journeys"]
        if item["outcome"] is not None
    )
    assert ended == promised


def test_nothing_was_sent_twice(played: tuple[LocalStack, Account]) -> None:
    deployed, account = played
    accepted = [message for message in deployed.recorded() if message["accepted"]]
    assert len(accepted) == sum(row.status == "sent" for row in account.messages)


def test_no_story_left_a_dead_letter(played: tuple[LocalStack, Account]) -> None:
    assert played[1].dead_letters == 0
