"""What every test of the chaos works under."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave thousands of days out of the measured coverage, which would take twice the time."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("no_cover")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """What fails for a passing reason is logged, thousands of times here."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
