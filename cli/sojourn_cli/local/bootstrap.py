"""The runtime inside an execution environment: loads a handler, runs it once a line from stdin.

Runs as a program of its own under MiniStack's interpreter, so it imports the standard library
alone. In: one JSON object a line, first the handler, then invocations. Out, on the descriptor that
was stdout: one JSON object for each. Everything the function prints goes to stderr, and after each
invocation a line there closes its log.
"""

import importlib
import json
import logging
import os
import site
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

END_OF_LOG = "\x1eend of log\x1e"


class Context:
    """What Lambda hands a Python handler beside the event."""

    identity = None
    client_context = None

    def __init__(self, invocation: dict[str, Any]) -> None:
        """Begin the countdown of one invocation."""
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"])
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.invoked_function_arn = invocation["arn"]
        self.aws_request_id = invocation["request_id"]
        self._deadline = time.monotonic() + invocation["timeout_seconds"]

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is ended."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


class LogLines(logging.Formatter):
    """Log records as the runtime writes them: tab-separated text, or JSON objects."""

    request_id = ""

    def __init__(self, log_format: str) -> None:
        """Write `JSON` or `Text`, what `LogFormat` says."""
        super().__init__()
        self.converter = time.gmtime
        self._json = log_format == "JSON"

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        at = f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')}.{int(record.msecs):03d}Z"
        if not self._json:
            text = super().format(record)
            return f"[{record.levelname}]\t{at}\t{self.request_id}\t{text}"
        line = {"timestamp": at, "level": record.levelname, "message": record.getMessage()}
        line |= {"logger": record.name, "requestId": self.request_id}
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            line |= {"errorType": type(error).__name__, "errorMessage": str(error)}
            line |= {"stackTrace": self.formatException(record.exc_info)}
        return json.dumps(line)


def start_log() -> LogLines:
    """Give the root logger the handler that functions find on Lambda."""
    lines = LogLines(os.environ["AWS_LAMBDA_LOG_FORMAT"])
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(lines)
    logging.root.addHandler(handler)
    if level := os.environ.get("AWS_LAMBDA_LOG_LEVEL"):
        logging.root.setLevel({"TRACE": "DEBUG", "FATAL": "CRITICAL"}.get(level, level))
    return lines


def extend_path(task_root: str, layers: list[str]) -> None:
    """Function first, then the layers, then the runtime's own packages: the order of Lambda."""
    front = [task_root]
    for layer in layers:
        python = Path(layer, "python")
        packages = python / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
        front += [str(folder) for folder in (python, packages) if folder.is_dir()]
    sys.path[:0] = front
    for folder in front[1:]:
        site.addsitedir(folder)


def load(handler: str) -> Callable[[Any, Context], Any]:
    """The function that `module.name` or `folder/module.name` points to."""
    module, _, name = handler.rpartition(".")
    function: Callable[[Any, Context], Any] = getattr(
        importlib.import_module(module.replace("/", ".")), name
    )
    return function


def failure(error: BaseException) -> dict[str, Any]:
    """How an exception is reported."""
    return {
        "status": "error",
        "error": str(error),
        "type": type(error).__name__,
        "trace": "".join(traceback.format_exception(error)),
    }


def invoke(function: Callable[[Any, Context], Any], invocation: dict[str, Any]) -> str:
    """Run the handler once; the answer as JSON text."""
    if trace := invocation.get("trace_id"):
        os.environ["_X_AMZN_TRACE_ID"] = trace
    else:
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    try:
        result = function(invocation["event"], Context(invocation))
        return json.dumps({"status": "ok", "result": result})
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is its invocation's result
        return json.dumps(failure(error))


def main() -> None:
    """Serve until stdin ends, which it does when the emulator goes, however it goes."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    first = json.loads(sys.stdin.readline())
    extend_path(first["task_root"], first["layers"])
    lines = start_log()
    try:
        function = load(first["handler"])
        answer = json.dumps({"status": "ready"})
    except Exception as error:  # noqa: BLE001 - a module may raise anything while it is imported
        answer = json.dumps(failure(error))
        function = None
    print(answer, file=answers, flush=True)
    if function is None:
        return
    for line in sys.stdin:
        invocation = json.loads(line)
        lines.request_id = invocation["request_id"]
        answer = invoke(function, invocation)
        sys.stdout.flush()
        sys.stderr.write(f"\n{END_OF_LOG}\n")
        sys.stderr.flush()
        print(answer, file=answers, flush=True)


if __name__ == "__main__":
    main()
