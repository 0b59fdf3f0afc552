"""What the functions log names nobody: no address, no number, no name, no text of a message."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sojourn_cli.demo.account import Account
from sojourn_cli.local.stack import LocalStack
from tests.stack.given import Shop

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stories")]

STORIES = Path(__file__).parents[2] / "examples" / "shop" / "demo" / "stories.jsonl"


def logged(stack: LocalStack) -> list[str]:
    """Every line of every log group."""
    logs: Any = stack.client("logs")
    lines = []
    for group in logs.describe_log_groups()["logGroups"]:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
        lines += [event["message"] for page in pages for event in page["events"]]
    return lines


def names() -> set[str]:
    """First names of the stories' customers."""
    return set(re.findall(r'"first_name": "(\w+)"', STORIES.read_text(encoding="utf-8")))


def test_a_played_shop_has_logged_nothing_about_anybody(
    played: tuple[LocalStack, Account],
) -> None:
    stack, account = played
    lines = logged(stack)
    assert len(lines) > len(account.messages)
    said = "\n".join(lines)
    assert re.findall(r"[\w.+-]+@[\w-]+\.\w+", said) == []
    assert re.findall(r"\+\d{6,}", said) == []
    assert names()
    assert [name for name in names() if re.search(rf"\b{name}\b", said)] == []


def test_what_goes_wrong_is_logged_without_what_it_was_about(
    played: tuple[LocalStack, Account],
) -> None:
    stack, _ = played
    shop = Shop(stack)
    secret = "zoe.secret@shop.example"
    shop.put({"userId": secret, "timestamp": secret, "traits": {"email": secret}})
    shop.send("WakeQueue", json.dumps({"customer": 5, "of": secret}), secret)
    shop.send("DispatchQueue", secret)
    shop.send("IngestQueue", secret)
    shop.letters(5)
    said = "\n".join(logged(stack))
    assert "to the dead letters" in said
    assert secret not in said
    assert "zoe" not in said
    shop.forget_letters()
