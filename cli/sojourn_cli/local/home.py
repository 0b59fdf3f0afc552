"""The folder of one emulated AWS: what runs there, since when, and where it is reached.

`emulator.json` is written by the emulator, `stack.json` after a deployment; logs and temporary
files lie beside.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[3]
DEFAULT_HOME = PROJECT / ".sojourn" / "local"


class LocalError(Exception):
    """The emulated AWS cannot do what was asked; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Running:
    """An emulator: its process and its address; `ends_at` in seconds since the epoch."""

    pid: int
    endpoint: str
    region: str
    ends_at: float


@dataclass(frozen=True, slots=True)
class Deployed:
    """A stack in it: what it was made of (a digest) and what it put out."""

    stack: str
    made_of: str
    outputs: Mapping[str, str]


class Home:
    """One folder."""

    def __init__(self, folder: Path) -> None:
        """Speak of this folder; it need not exist."""
        self.folder = folder.resolve()
        self.log = self.folder / "emulator.log"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One starting, stopping or deploying at a time."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def running(self) -> Running | None:
        """The emulator, if its process is alive."""
        state = self._read("emulator.json")
        if state is None:
            return None
        running = Running(**state)
        return running if self.owns(running.pid) else None

    def deployed(self) -> Deployed | None:
        """The stack deployed last."""
        state = self._read("stack.json")
        return None if state is None else Deployed(**state)

    def remember(self, deployed: Deployed) -> None:
        """Keep what was deployed."""
        (self.folder / "stack.json").write_text(json.dumps(asdict(deployed)), encoding="utf-8")

    def forget(self) -> None:
        """Nothing runs here any more."""
        for name in ("emulator.json", "stack.json"):
            (self.folder / name).unlink(missing_ok=True)

    def owns(self, pid: int) -> bool:
        """Whether the process is alive and is the emulator of this folder, as far as the system
        tells.
        """
        try:
            os.kill(pid, 0)
            command = Path(f"/proc/{pid}/cmdline")
            return not command.parent.exists() or str(self.folder).encode() in command.read_bytes()
        except (ProcessLookupError, FileNotFoundError, PermissionError):
            return False

    def end_of_log(self, lines: int = 15) -> str:
        """The last lines the emulator wrote."""
        if not self.log.exists():
            return "(no log)"
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            state: dict[str, Any] = json.loads((self.folder / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return state
