"""A proof from a deployed stack: it reaches whoever asked, and the stack knows nothing of it."""

from pathlib import Path

import pytest

from sojourn_cli.local.stack import LocalStack
from tests.stack.given import Shop

pytestmark = pytest.mark.stack

EXAMPLE = Path(__file__).parents[2] / "examples" / "shop"


def test_a_proof_reaches_whoever_asked_and_is_no_message_of_any_customers(
    stack: LocalStack, tmp_path: Path
) -> None:
    shop = Shop(stack)
    ana = tmp_path / "ana.json"
    ana.write_text('{"userId": "proof-ana", "traits": {"email": "proof-ana@example.com"}}')
    told = shop.command(
        *("preview", str(EXAMPLE), "welcome", "--customer-file", str(ana)),
        *("--send-to", "proof@example.com"),
    )
    assert told["sent"]["to"] == "proof@example.com"
    assert shop.mailed("proof") == ["[Preview] Welcome to Karoo Home"]
    assert shop.mailed("proof-ana") == []
