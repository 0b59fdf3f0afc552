"""The promises hold in random workspaces too, whatever is killed, doubled, delayed or lost."""

import logging
from collections.abc import Iterator

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from sojourn.core.values.exact import dumps
from sojourn.language.workspace import load
from tests.chaos.any_shop import ANYWHERE, AnyShop
from tests.chaos.promises import broken_promises
from tests.chaos.story import Sent
from tests.naive.examples import examples
from tests.naive.shops import happenings, workspaces
from tests.naive.steps import Doc
from tests.naive.test_agrees import lines_of
from tests.naive.test_functions_agree import envelope, files_of, received
from tests.naive.test_publishing_agrees import changes, history_of

SEEDS = 3
"""Storms over each shop."""


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> Iterator[None]:
    """What fails for a passing reason is logged, thousands of times here."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@examples(15)
@given(workspaces(), workspaces(), changes, happenings, st.integers(0, 1 << 32))
def test_the_promises_hold_in_any_shop(
    one: Doc, other: Doc, changes: list[Doc], story: list[Doc], seed: int
) -> None:
    lines = lines_of(one, [item | {"again": False} for item in story])
    states = []
    for at, state in history_of(one, other, changes, received(lines[0])):
        files = {path: dumps(doc).encode() for path, doc in files_of(state).items()}
        documents = load(files).documents
        assume(documents is not None)
        assert documents is not None
        states.append((at, documents))
    sent = [Sent(received(line), line["messageId"], one["who"], envelope(line)) for line in lines]
    for each in range(seed, seed + SEEDS):
        world = AnyShop(each, states, sent)
        world.live()
        event(f"struck {min(len(world.faults.struck), 10)}")
        event(f"taken {min(len(world.taken), 5)}")
        broken = broken_promises(world, ANYWHERE)
        if broken:
            pytest.fail("\n".join([str(broken), *world.story()]), pytrace=False)
