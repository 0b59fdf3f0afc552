"""Sorting more lines than fit into memory: sorted runs in a temporary folder, merged at the end."""

import heapq
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

RUN_CHARS = 1 << 24
"""Characters held at once: some 20 MB; the 1,000 files a process may open hold 16 GB."""

_TAB = "\t"


class SortedLines:
    """Lines that come in any order and leave by place, those of one place as they came."""

    def __init__(self, run_chars: int = RUN_CHARS) -> None:
        """Hold at most that many characters at once, and a line."""
        self._run_chars = run_chars
        self._held_chars = 0
        self._folder = TemporaryDirectory(prefix="sojourn-record-")
        self._held: list[str] = []
        self._runs: list[Path] = []
        self.count = 0

    def close(self) -> None:
        """Take the temporary folder away."""
        self._folder.cleanup()

    def add(self, place: str, line: str) -> None:
        """Take one line; neither has a line break in it, nor ``place`` a tab."""
        placed = f"{place}{_TAB}{self.count:012d}{_TAB}{line}\n"
        self._held.append(placed)
        self._held_chars += len(placed)
        self.count += 1
        if self._held_chars >= self._run_chars:
            self._write_run()

    def _write_run(self) -> None:
        path = Path(self._folder.name) / f"run-{len(self._runs)}"
        self._held.sort()
        with path.open("w", encoding="utf-8", newline="\n") as run:
            run.writelines(self._held)
        self._runs.append(path)
        self._held, self._held_chars = [], 0

    def lines(self) -> Iterator[tuple[str, str]]:
        """Every line in order, with its place and with its line break."""
        self._held.sort()
        with ExitStack() as stack:
            runs = [
                stack.enter_context(path.open(encoding="utf-8", newline="\n"))
                for path in self._runs
            ]
            for placed in heapq.merge(*runs, self._held):
                place, _, line = placed.split(_TAB, 2)
                yield place, line
