"""How long functions may run, and what counts on it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest

from sojourn.adapters import clients
from sojourn.core.engine.timers import LEASE
from sojourn.core.values.instants import SECOND
from sojourn.runtime.messages.dispatch import CLAIMING, PROMPT
from tests.chaos.functions import LIMITS, SKEW, WAKE_LIMIT
from tests.template.given import properties

if TYPE_CHECKING:
    from botocore.session import Session


@pytest.mark.parametrize(("which", "limit"), sorted({**LIMITS, "wake": WAKE_LIMIT}.items()))
def test_the_chaos_kills_a_function_when_lambda_does(which: str, limit: int) -> None:
    assert limit == properties(f"{which.capitalize()}Function")["Timeout"] * SECOND


def test_nobody_still_sends_a_message_when_its_lease_ends() -> None:
    assert LIMITS["dispatch"] < LEASE - 2 * SKEW


@pytest.mark.parametrize("client", [clients.ses, clients.sns])
def test_dispatch_has_time_for_a_call_of_what_it_claims(client: Callable[["Session"], Any]) -> None:
    session = botocore.session.Session()
    session.set_config_variable("region", "us-east-1")
    config = client(session).meta.config
    longest = (config.connect_timeout + config.read_timeout) * SECOND
    assert CLAIMING + PROMPT + longest < LIMITS["dispatch"]
