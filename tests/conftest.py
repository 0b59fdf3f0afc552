"""What holds for every test."""

import os
from collections.abc import Generator

import pytest
from hypothesis import settings

# No test may meet an account: whoever runs them has neither credentials nor settings of AWS.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ |= {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}

# How long an example takes says nothing on a shared machine. In CI the examples are always the
# same: a change fails there for what it did. At a desk each run looks for new ones.
settings.register_profile("sojourn", deadline=None, print_blob=True, derandomize="CI" in os.environ)
settings.load_profile("sojourn")


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None]:
    """Give the tests of the deployed stack to one worker, so that it is deployed once.

    A wrapper, because xdist reads the groups in its own hook of this name.
    """
    for item in items:
        if item.get_closest_marker("stack") and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group("stack"))
    yield
