"""What holds for every test."""

import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

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


HERE = Path(__file__).parent
MEASURED = {HERE / "core", HERE / "language"}


class Measuring:
    """Measures what core's and language's own tests reach, and rests during all others.

    They would take twice the time. pytest-cov's own mark for that stops one of two measurings when
    several workers share the tests.
    """

    def __init__(self) -> None:
        self._resting: tuple[Any, Any] | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        if MEASURED.isdisjoint(item.path.parents):
            self._rest()
        else:
            self._go_on()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self._go_on()

    def _rest(self) -> None:
        if self._resting is None:
            self._resting = sys.gettrace(), threading.gettrace()
            sys.settrace(None)
            threading.settrace(None)

    def _go_on(self) -> None:
        if self._resting is not None:
            trace, in_threads = self._resting
            self._resting = None
            sys.settrace(trace)
            threading.settrace(in_threads)


class NothingLeft:
    """Gives a run a folder for what is temporary, and fails it when something stays there.

    What pytest itself keeps of the last runs, for whoever looks into a failure, stays where it was.
    """

    def __init__(self) -> None:
        os.environ["PYTEST_DEBUG_TEMPROOT"] = tempfile.gettempdir()
        self._folder = Path(tempfile.mkdtemp(prefix="sojourn-tests-"))
        os.environ["TMPDIR"] = tempfile.tempdir = str(self._folder)
        self._left: list[str] = []

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._left = sorted(path.name for path in self._folder.iterdir())
        shutil.rmtree(self._folder)
        if self._left and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._left:
            terminalreporter.line(f"the tests left {self._left} behind in TMPDIR", red=True)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Measuring())
    if not hasattr(config, "workerinput"):  # in the one process that starts all others
        config.pluginmanager.register(NothingLeft())


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None]:
    """Give the tests of the deployed stack to one worker, so that it is deployed once.

    A wrapper, because xdist reads the groups in its own hook of this name.
    """
    for item in items:
        if item.get_closest_marker("stack") and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group("stack"))
    yield
