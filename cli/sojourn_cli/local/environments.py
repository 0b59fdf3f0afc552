"""Execution environments of Python functions, in place of MiniStack's own workers.

What differs from those, each time towards Lambda: packages are unpacked once and shared, as the
read-only `/var/task` and `/opt` are; an exception leaves the environment alive, only a timeout or a
death ends it; the log of an invocation is complete when its result is, without waiting for silence;
the function's folder comes before the layers; nothing of the emulator's own environment leaks in.
"""

import contextlib
import hashlib
import io
import json
import logging
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sojourn_cli.local.bootstrap import END_OF_LOG

logger = logging.getLogger("sojourn.local")

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
INIT_SECONDS = 10.0  # "The Init phase is limited to 10 seconds", Lambda developer guide
EXIT_SECONDS = 2.0
LOG_SECONDS = 0.25  # a child that still holds stderr must not hold up the result
PASSED_ON = ("PATH", "TMPDIR", "AWS_CA_BUNDLE")  # besides every AWS_ENDPOINT_URL


class Packages:
    """Unpacked function and layer archives, each once, by content."""

    def __init__(self, folder: Path) -> None:
        """Unpack below `folder`."""
        self._folder = folder
        self._lock = threading.Lock()

    def unpacked(self, archive: bytes) -> Path:
        """The folder that holds what `archive` (a zip) holds."""
        folder = self._folder / hashlib.sha256(archive).hexdigest()[:24]
        with self._lock:
            if not folder.is_dir():
                building = folder.with_suffix(".building")
                shutil.rmtree(building, ignore_errors=True)
                with zipfile.ZipFile(io.BytesIO(archive)) as packed:
                    packed.extractall(building)
                building.rename(folder)
        return folder


@dataclass(frozen=True, slots=True)
class Host:
    """What an environment needs of MiniStack."""

    packages: Packages
    credentials: Callable[[Mapping[str, Any]], Mapping[str, str]]
    layer: Callable[[Any], bytes | None]
    region: Callable[[Mapping[str, Any]], str]


@dataclass(slots=True)
class _Process:
    popen: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def read_log(self) -> None:
        """Collect stderr; runs on a thread of its own until the process is gone."""
        stderr = self.popen.stderr
        if stderr is None:
            return
        with stderr:
            for line in stderr:
                text = line.rstrip("\n")
                if text == END_OF_LOG:
                    self.ended.set()
                else:
                    self.lines.append(text)
        self.ended.set()

    def log(self) -> str:
        """What was written since the last call, complete after an invocation."""
        self.ended.wait(LOG_SECONDS)
        self.ended.clear()
        lines, self.lines = self.lines, []
        return "\n".join(lines).rstrip("\n")


class Environment:
    """One warm environment of one function; has what MiniStack's pool expects of a worker."""

    def __init__(
        self, func_name: str, config: Mapping[str, Any], code_zip: bytes, host: Host
    ) -> None:
        """Prepare an environment; its process starts with the first invocation."""
        self.func_name = func_name
        self.config = config
        self.code_zip = code_zip
        self.in_use = False
        self.last_used = time.time()
        self._host = host
        self._lock = threading.Lock()
        self._cold = True
        self._process: _Process | None = None

    @property
    def pid(self) -> int | None:
        """The process that runs the function, while there is one."""
        return None if self._process is None else self._process.popen.pid

    @property
    def _proc(self) -> subprocess.Popen[str] | None:
        """MiniStack's pool ends a batch of workers through this attribute."""
        return None if self._process is None else self._process.popen

    @_proc.setter
    def _proc(self, value: None) -> None:
        self._process = value

    def _discard_tmpdir(self) -> None:
        """Nothing to remove: packages are shared."""

    def kill(self) -> None:
        """End the process; the next invocation starts another."""
        process, self._process = self._process, None
        if process is not None:
            end(process.popen)

    def invoke(
        self,
        event: object,
        request_id: str,
        *,
        trace_id: str | None = None,
        invoked_function_arn: str | None = None,
        **_unused: object,
    ) -> dict[str, Any]:
        """Run the handler once: `status` (`ok`, `error`), `result` or `error`, and `log`."""
        with self._lock:
            cold = self._process is None or self._process.popen.poll() is not None
            if cold:
                self._spawn()
                self._cold = False
            timeout_seconds = float(self.config.get("Timeout", 3))
            invocation = {
                "event": event,
                "request_id": request_id,
                "trace_id": trace_id,
                "arn": invoked_function_arn or self.config.get("FunctionArn", ""),
                "timeout_seconds": timeout_seconds,
            }
            answer = self._exchange(invocation, timeout_seconds)
            if answer is None:
                log = self._process.log() if self._process else ""
                self.kill()
                answer = {
                    "status": "error",
                    "error": f"Task timed out after {timeout_seconds:.2f} seconds",
                }
                return {**answer, "cold_start": cold, "log": log}
            log = self._process.log() if self._process else ""
            if answer.get("dead"):
                self.kill()
            return {**answer, "cold_start": cold, "log": log}

    def _exchange(self, message: object, seconds: float) -> dict[str, Any] | None:
        """Send one line, take one line; `None` when it does not come in time."""
        process = self._process
        stdin, answers = (process.popen.stdin, process.popen.stdout) if process else (None, None)
        if process is None or stdin is None or answers is None:
            return {"status": "error", "error": "Runtime exited before it began", "dead": True}
        poller = select.poll()
        poller.register(answers, select.POLLIN)
        try:
            stdin.write(json.dumps(message) + "\n")
            stdin.flush()
            if not poller.poll(seconds * 1000):
                return None
            line = answers.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            code = process.popen.wait()
            reason = f"signal: {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
            return {
                "status": "error",
                "error": f"Runtime exited with error: {reason}",
                "dead": True,
            }
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _spawn(self) -> None:
        started = time.monotonic()
        task_root = self._host.packages.unpacked(self.code_zip)
        layers = [
            str(self._host.packages.unpacked(archive))
            for reference in self.config.get("Layers", [])
            if (archive := self._host.layer(reference)) is not None
        ]
        popen = subprocess.Popen(
            [sys.executable, "-P", "-u", str(BOOTSTRAP)],
            cwd=task_root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            env=self._variables(task_root),
        )
        self._process = _Process(popen)
        reader = threading.Thread(
            target=self._process.read_log, name=f"log-{self.func_name}", daemon=True
        )
        reader.start()
        first = {"task_root": str(task_root), "layers": layers, "handler": self.config["Handler"]}
        answer = self._exchange(first, max(INIT_SECONDS, float(self.config.get("Timeout", 3))))
        if answer is None or answer["status"] != "ready":
            process = self._process
            self.kill()
            reason = (
                "it took too long" if answer is None else answer.get("trace") or answer["error"]
            )
            message = (
                f"{self.func_name}: the handler could not be loaded: {reason}\n{process.log()}"
            )
            raise RuntimeError(message)
        logger.info("%s: cold start, %d ms", self.func_name, 1000 * (time.monotonic() - started))

    def _variables(self, task_root: Path) -> dict[str, str]:
        """The environment variables Lambda sets, the function's own, and where its calls go."""
        config = self.config
        name = config["FunctionName"]
        region = self._host.region(config)
        function_version = config.get("Version", "$LATEST")
        logging_config = config.get("LoggingConfig") or {}
        today = time.strftime("%Y/%m/%d", time.gmtime())
        passed_on = {
            key: value
            for key, value in os.environ.items()
            if key in PASSED_ON or key.startswith("AWS_ENDPOINT_URL")
        }
        return {
            **passed_on,
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "PYTHONDONTWRITEBYTECODE": "1",
            **config.get("Environment", {}).get("Variables", {}),
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.get('Runtime', '')}",
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
            "AWS_LAMBDA_FUNCTION_VERSION": function_version,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_FORMAT": logging_config.get("LogFormat", "Text"),
            "AWS_LAMBDA_LOG_LEVEL": logging_config.get("ApplicationLogLevel", ""),
            "AWS_LAMBDA_LOG_GROUP_NAME": logging_config.get("LogGroup", f"/aws/lambda/{name}"),
            "AWS_LAMBDA_LOG_STREAM_NAME": f"{today}/[{function_version}]{os.urandom(16).hex()}",
            "LAMBDA_TASK_ROOT": str(task_root),
            "_HANDLER": config["Handler"],
            **self._host.credentials(config),
        }


def end(popen: subprocess.Popen[str]) -> None:
    """Ask a process to go, insist after a while, and collect it."""
    popen.terminate()
    try:
        popen.wait(EXIT_SECONDS)
    except subprocess.TimeoutExpired:
        popen.kill()
        popen.wait()
    for pipe in (popen.stdin, popen.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


def owner_of(ports: tuple[int, int], pids: Iterator[int]) -> int | None:
    """Which of `pids` holds the TCP connection between two ports (its own, the other end's).

    `None` when none does, or on a system without /proc.
    """
    inode = _inode_of(*ports)
    if inode is None:
        return None
    wanted = f"socket:[{inode}]"
    for pid in pids:
        with contextlib.suppress(OSError):  # it may end while it is looked at
            for descriptor in Path(f"/proc/{pid}/fd").iterdir():
                if str(descriptor.readlink()) == wanted:
                    return pid
    return None


def _inode_of(own: int, other: int) -> str | None:
    table = Path("/proc/net/tcp")
    if not table.exists():
        return None
    for line in table.read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        ports = [int(address.rpartition(":")[2], 16) for address in fields[1:3]]
        # One that is closed leaves its ports behind for a while, without an inode.
        if ports == [own, other] and fields[9] != "0":
            return fields[9]
    return None
