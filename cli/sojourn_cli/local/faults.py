"""Faults on demand: which calls to AWS fail, how, and how often, from a seed.

Kinds: `error` (the service fails and has done nothing), `throttle` (refused, nothing done), `delay`
(answered late), `drop_answer` (done, and the connection closes before the answer), `crash` (done,
and the process that called is killed before it reads the answer).
"""

import fnmatch
import json
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

KINDS = ("error", "throttle", "delay", "drop_answer", "crash")
QUERY_SERVICES = ("sns", "s3")  # their errors are XML; the others' JSON
# How each service says "slow down"; its own documentation of common and specific errors.
THROTTLES = {
    "dynamodb": (400, "ProvisionedThroughputExceededException"),
    "events": (400, "ThrottlingException"),
    "s3": (503, "SlowDown"),
    "ses": (429, "TooManyRequestsException"),
    "sns": (400, "Throttling"),
    "sqs": (403, "RequestThrottled"),
}
FIELDS = frozenset(
    {"match", "kind", "times", "skip", "probability", "seed", "seconds", "status", "code"}
)
MATCH_FIELDS = frozenset({"service", "operation", "text"})


@dataclass(frozen=True, slots=True)
class Call:
    """One request to AWS: service as it is signed (`ses`, `sns`, `dynamodb`), operation, body."""

    service: str
    operation: str
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a failing service sends back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one call."""

    kind: str
    seconds: float = 0.0
    status: int | None = None
    code: str | None = None

    def answer(self, call: Call, message: str = "on demand") -> Answer:
        """The answer of a service that fails (`error`) or refuses (`throttle`)."""
        status, code = 500, "InternalFailure"
        if self.kind == "throttle":
            status, code = THROTTLES.get(call.service, (400, "ThrottlingException"))
        status, code = self.status or status, self.code or code
        if call.service in QUERY_SERVICES:
            error = (
                f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
            )
            xml = error if call.service == "s3" else f"<ErrorResponse>{error}</ErrorResponse>"
            return Answer(status, {"Content-Type": "text/xml"}, xml.encode())
        body = json.dumps({"__type": code, "message": message}).encode()
        headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
        return Answer(status, headers, body)


class _Rule:
    """One rule and how often it may still strike."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        match: Mapping[str, str] = spec.get("match", {})
        if unknown := sorted((set(spec) - FIELDS) | (set(match) - MATCH_FIELDS)):
            raise ValueError(
                f"a fault has no {', '.join(unknown)}; it has {', '.join(sorted(FIELDS))}"
            )
        if spec.get("kind") not in KINDS:
            raise ValueError(f"kind is {spec.get('kind')!r}, not one of {', '.join(KINDS)}")
        self.fault = Fault(
            spec["kind"], float(spec.get("seconds", 1.0)), spec.get("status"), spec.get("code")
        )
        self.left: int | None = spec.get("times")
        self.struck = 0
        self._skip = int(spec.get("skip", 0))
        self._match = match
        self._probability = float(spec.get("probability", 1.0))
        self._chance = random.Random(spec.get("seed", 0))  # noqa: S311 - repeatable, not secret

    def strikes(self, call: Call) -> bool:
        match = self._match
        if not (
            fnmatch.fnmatchcase(call.service, match.get("service", "*"))
            and fnmatch.fnmatchcase(call.operation, match.get("operation", "*"))
            and match.get("text", "") in call.text
        ):
            return False
        if self._skip:
            self._skip -= 1
            return False
        if self.left == 0 or self._chance.random() >= self._probability:
            return False
        if self.left is not None:
            self.left -= 1
        self.struck += 1
        return True


class Faults:
    """The rules in force; safe to use from several threads."""

    def __init__(self) -> None:
        """Begin without rules."""
        self._lock = threading.Lock()
        self._rules: list[_Rule] = []

    @property
    def armed(self) -> bool:
        """Whether there is any rule."""
        return bool(self._rules)

    def add(self, spec: Mapping[str, Any]) -> None:
        """Add a rule: `match` (`service`, `operation` as globs, `text` in the body), `kind`,
        `times`
        (without: always), `skip` (calls let through first), `probability` with `seed`, and
        `seconds`, `status` or `code` of what happens. Raises ValueError when it makes no sense.
        """
        rule = _Rule(spec)
        with self._lock:
            self._rules.append(rule)

    def clear(self) -> list[int]:
        """Remove every rule; how often each has struck, in the order they were added."""
        with self._lock:
            struck = [rule.struck for rule in self._rules]
            self._rules = []
        return struck

    def draw(self, call: Call) -> Fault | None:
        """What happens to this call by the first rule that strikes."""
        with self._lock:
            return next((rule.fault for rule in self._rules if rule.strikes(call)), None)
