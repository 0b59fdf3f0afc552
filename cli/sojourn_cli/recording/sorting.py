"""Sorting more lines than fit into memory: sorted runs in a temporary folder, merged at the end."""

import heapq
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from sojourn.core.exact import dumps
from sojourn.core.instants import EARLIEST, Instant

RUN_LINES = 50_000
"""Lines held at once: some 25 MB of usual events."""

_DIGITS = 20
_TAB = "\t"


class SortedLines:
    """Lines that come in any order and leave by instant, then customer, then as they came."""

    def __init__(self, run_lines: int = RUN_LINES) -> None:
        """Hold at most that many lines at once."""
        self._run_lines = run_lines
        self._folder = TemporaryDirectory(prefix="sojourn-record-")
        self._held: list[str] = []
        self._runs: list[Path] = []
        self.count = 0

    def __enter__(self) -> Self:
        """Begin with no line."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the temporary folder away."""
        self._folder.cleanup()

    def add(self, at: Instant, customer: str, line: str) -> None:
        """Take one line, which has no line break in it."""
        place = f"{at - EARLIEST:0{_DIGITS}d}{_TAB}{dumps(customer)}{_TAB}{self.count:012d}"
        self._held.append(f"{place}{_TAB}{line}\n")
        self.count += 1
        if len(self._held) >= self._run_lines:
            self._write_run()

    def _write_run(self) -> None:
        path = Path(self._folder.name) / f"run-{len(self._runs)}"
        self._held.sort()
        path.write_text("".join(self._held), encoding="utf-8", newline="\n")
        self._runs.append(path)
        self._held = []

    def lines(self) -> Iterator[str]:
        """Every line in order, each with its line break."""
        self._held.sort()
        with ExitStack() as stack:
            runs = [
                stack.enter_context(path.open(encoding="utf-8", newline="\n"))
                for path in self._runs
            ]
            for placed in heapq.merge(*runs, self._held):
                yield placed.split(_TAB, 3)[3]
