"""Functions that a rule or a schedule starts: who may, how often, and where what failed goes.

Takes the place of MiniStack's `_dispatch_to_lambda`, which lets every rule start every function,
once, as many at a time as there are events. MiniStack comes in as its modules.
"""

# ruff: noqa: SLF001 - MiniStack has no other door

import fnmatch
import json
import logging
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sojourn_cli.local.mappings import MAX_CONCURRENCY, Untyped, instant_text

logger = logging.getLogger("sojourn.local")

RETRIES = 2
MOST_AGE_SECONDS = 21_600.0
"""What Lambda does where nothing else is configured."""

PAUSE_SECONDS = 0.2
"""Before another try; AWS waits a minute after a failure, and a second at least when throttled."""

SERVICE = {"Service": "events.amazonaws.com"}


@dataclass(slots=True)
class Invocation:
    """An event on its way to a function, as it was when the rule handed it over."""

    record: Untyped
    event: Any
    settings: Mapping[str, Any]
    began_at: float
    tries: int = 0

    @property
    def name(self) -> str:
        """The function's."""
        return str(self.record["config"]["FunctionName"])

    def is_over(self, now: float) -> bool:
        """Whether it waited for too long; ``now`` is of the clock of ``began_at``."""
        most = float(self.settings.get("MaximumEventAgeInSeconds") or MOST_AGE_SECONDS)
        return now - self.began_at > most

    @property
    def retries(self) -> int:
        """How often a failure is tried again."""
        configured = self.settings.get("MaximumRetryAttempts")
        return RETRIES if configured is None else int(configured)


class Asynchronous:
    """Each function's events that wait, and the threads that bring them."""

    def __init__(
        self,
        lambda_svc: Untyped,
        send: Callable[[str, str], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing waits; ``send`` brings a record of what failed to a queue, named by its ARN."""
        self._lambda = lambda_svc
        self._send = send
        self._now = now
        self._lock = threading.Lock()
        self._waiting: defaultdict[str, deque[Invocation]] = defaultdict(deque)
        self._threads: defaultdict[str, int] = defaultdict(int)

    @property
    def under_way(self) -> int:
        """How many events wait, or are between two looks at them."""
        with self._lock:
            return sum(map(len, self._waiting.values())) + sum(self._threads.values())

    def forget(self) -> None:
        """Drop every event that waits."""
        with self._lock:
            self._waiting.clear()

    def dispatch(self, arn: str, payload: str) -> None:
        """Start a function, named by its ARN, with an event; the name is MiniStack's."""
        function, config, name = self._lambda._get_func_record_for_ref(arn)
        if not function or not config:
            logger.error("there is no function %s", arn)
            return
        whole, _, _ = self._lambda._get_base_func_record_for_ref(arn)
        settings = self._lambda._event_invoke_config(whole, qualifier_of(arn)) or {}
        record = self._lambda._execution_record_for_config(function, config)
        found = Invocation(record, json.loads(payload), settings, self._now())
        with self._lock:
            self._waiting[name].append(found)
            starts = self._threads[name] < MAX_CONCURRENCY
            self._threads[name] += starts
        if starts:
            thread = f"sojourn-asynchronous-{name}"
            threading.Thread(target=self._work, args=(name,), name=thread, daemon=True).start()

    def _work(self, name: str) -> None:
        """Bring a function its events until none waits."""
        pause = threading.Event()
        while True:
            with self._lock:
                if not self._waiting[name]:
                    self._threads[name] -= 1
                    return
                invocation = self._waiting[name].popleft()
            if self._again(invocation):
                with self._lock:
                    self._waiting[name].append(invocation)
                pause.wait(PAUSE_SECONDS)

    def _again(self, invocation: Invocation) -> bool:
        """Try once; whether it is to be tried another time."""
        if invocation.is_over(self._now()):
            self._failed(invocation, "EventAgeExceeded", None)
            return False
        result = self._lambda._execute_function_with_config_scope(
            invocation.record, invocation.event
        )
        if result.get("throttle"):
            return True
        invocation.tries += 1
        if not result.get("error"):
            return False
        logger.warning("%s failed: %s", invocation.name, result.get("log") or result.get("body"))
        if invocation.tries <= invocation.retries:
            return True
        self._failed(invocation, "RetriesExhausted", result.get("body"))
        return False

    def _failed(self, invocation: Invocation, condition: str, answer: object) -> None:
        """Tell the on-failure destination, with the event."""
        wanted = (invocation.settings.get("DestinationConfig") or {}).get("OnFailure") or {}
        destination = str(wanted.get("Destination") or "")
        if ":sqs:" not in destination:
            logger.error("%s: an event is gone: %s", invocation.name, condition)
            return
        self._send(destination, json.dumps(failure_record(invocation, condition, answer)))


def qualifier_of(arn: str) -> str:
    """The alias or version that a function's ARN names; else its latest."""
    parts = arn.split(":")
    return parts[7] if len(parts) > 7 else "$LATEST"  # noqa: PLR2004 - arn:…:function:name:qualifier


def failure_record(invocation: Invocation, condition: str, answer: object) -> dict[str, Any]:
    """What Lambda tells an on-failure destination of an asynchronous invocation (developer guide,
    "Retain records of asynchronous invocations").
    """
    config = invocation.record["config"]
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": instant_text(time.time(), "milliseconds"),
        "requestContext": {
            "requestId": str(uuid4()),
            "functionArn": config["FunctionArn"],
            "condition": condition,
            "approximateInvokeCount": invocation.tries,
        },
        "requestPayload": invocation.event,
    }
    if invocation.tries:
        record["responseContext"] = {
            "statusCode": 200,
            "executedVersion": config.get("Version", "$LATEST"),
            "functionError": "Unhandled",
        }
        record["responsePayload"] = answer
    return record


def may_start(lambda_svc: Untyped, arn: str, rule: Mapping[str, Any]) -> bool | None:
    """Whether a function's own policy lets a rule start it; None where there is no function."""
    function, _, _ = lambda_svc._get_base_func_record_for_ref(arn)
    if not function:
        return None
    return any(_lets(statement, arn, rule) for statement in function["policy"]["Statement"])


def _lets(statement: Mapping[str, Any], arn: str, rule: Mapping[str, Any]) -> bool:
    """Whether a statement, as `AddPermission` makes it, allows that."""
    sources = [
        source
        for kind in ("ArnLike", "ArnEquals")
        for key, source in (statement.get("Condition") or {}).get(kind, {}).items()
        if key.lower() == "aws:sourcearn"
    ]
    return (
        statement["Effect"] == "Allow"
        and statement["Principal"] == SERVICE
        and statement["Action"] in {"lambda:InvokeFunction", "lambda:*"}
        and statement["Resource"] == arn
        and all(fnmatch.fnmatchcase(rule.get("Arn", ""), source) for source in sources)
    )
