"""Where MiniStack differs from AWS and it matters here, changed in the running program.

Everything rests on the internals of one version: it is asked for, and each name must exist.
`docs/local.md` lists what is changed and why; `iam.py` has the part about permissions.
"""

# ruff: noqa: SLF001 - MiniStack has no other door

import functools
import importlib
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

from sojourn_cli.local.asynchronous import Asynchronous, may_start
from sojourn_cli.local.endpoints import correct_endpoints
from sojourn_cli.local.environments import Environment, Host, Packages
from sojourn_cli.local.event_times import keep_event_times
from sojourn_cli.local.iam import correct_iam
from sojourn_cli.local.mappings import MAX_CONCURRENCY, Mappings, Untyped
from sojourn_cli.local.quicker import quicken
from sojourn_cli.local.scaling import know_scaling
from sojourn_cli.local.senders import accept_reserved

logger = logging.getLogger("sojourn.local")

SUPPORTED = "1.5.33"
SERVICES = ("lambda_svc", "dynamodb", "sqs", "sns", "s3", "ses", "ses_v2", "eventbridge")
MAX_POLICIES = 1_000
LONGEST_POLL_SECONDS = 1.0
SHORTEST_POLL_SECONDS = 0.002
# A message is visible and yet not taken: its mapping is at its limit, or pauses after a failure.
BLOCKED_POLL_SECONDS = 0.05
# Lambda goes on polling a queue when a batch fails; MiniStack stops for a second.
QUEUE_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class MiniStack:
    """Its modules."""

    app: Untyped
    iam_evaluator: Untyped
    responses: Untyped
    runtime: Untyped
    lambda_svc: Untyped
    dynamodb: Untyped
    sqs: Untyped
    sns: Untyped
    s3: Untyped
    ses: Untyped
    ses_v2: Untyped
    eventbridge: Untyped


def load() -> MiniStack:
    """Import MiniStack, which takes its settings from the environment now.

    RuntimeError when it is another version.
    """
    if (found := version("ministack")) != SUPPORTED:
        raise RuntimeError(f"MiniStack {found} is not {SUPPORTED}, whose internals are known here")
    return MiniStack(
        app=importlib.import_module("ministack.app"),
        iam_evaluator=importlib.import_module("ministack.core.iam_evaluator"),
        responses=importlib.import_module("ministack.core.responses"),
        runtime=importlib.import_module("ministack.core.lambda_runtime"),
        **{name: importlib.import_module(f"ministack.services.{name}") for name in SERVICES},
    )


def install(ministack: MiniStack, packages: Path) -> tuple[Mappings, Asynchronous]:
    """Change what has to change; lanes start with the first event source mapping."""
    correct_iam()
    correct_endpoints()
    know_scaling()
    remember_policies(ministack)
    lock_queues(ministack)
    batch_messages(ministack)
    ask_policies(ministack)
    keep_event_times(ministack.eventbridge)
    accept_reserved(ministack.ses)
    run_functions(ministack, Packages(packages))
    quicken(ministack.dynamodb, ministack.ses_v2)
    return poll(ministack), start_by_rules(ministack)


def _replace(module: Untyped, name: str, make: Callable[[Untyped], object]) -> None:
    """Put `make(original)` in the place of `module.name`, which must exist."""
    setattr(module, name, make(getattr(module, name)))


def remember_policies(ministack: MiniStack) -> None:
    """Read a policy document once, not on every call of every function."""
    read: dict[int, tuple[object, object]] = {}

    def remembered(original: Callable[[object], object]) -> Callable[[object], object]:
        def parse(document: object) -> object:
            known = read.get(id(document))
            if known is None or known[0] is not document:
                if len(read) >= MAX_POLICIES:
                    read.clear()
                # The document is kept with what it says, so that no other takes its identity.
                known = read[id(document)] = (document, original(document))
            return known[1]

        return parse

    _replace(ministack.iam_evaluator, "parse_policy_document", remembered)


def lock_queues(ministack: MiniStack) -> None:
    """Let one thread at a time touch queues.

    MiniStack's poller rebuilds a queue's list of messages while its server appends to the same
    list: a message that is put in between is lost.
    """
    lock = threading.RLock()
    sqs = ministack.sqs

    def locked(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def run(*arguments: object, **named: object) -> object:
            with lock:
                return original(*arguments, **named)

        return run

    _replace(sqs, "_queues_lock", lambda _: lock)
    for name in ("_expire_retained", "_dlq_sweep", "_collect_msgs", "_refresh_counts"):
        _replace(sqs, name, locked)
    for action, handler in sqs._HANDLERS.items():
        if action != "ReceiveMessage":  # it waits, and touches queues through the functions above
            sqs._HANDLERS[action] = locked(handler)
    _replace(ministack.eventbridge, "_dispatch_to_sqs", locked)
    _replace(ministack.sns, "_deliver_to_sqs", locked)
    _replace(ministack.s3, "_deliver_event_to_sqs", locked)
    _replace(ministack.lambda_svc, "_route_async_failure", locked)


def batch_messages(ministack: MiniStack) -> None:
    """Fill a batch from a queue up to the mapping's batch size, and wait for its batching window.

    MiniStack gives ten at most, at once. Lambda's limit of 6 MB is not looked at.
    """
    sqs = ministack.sqs

    def receive(queue_url: str, batch_size: int) -> list[Untyped]:
        with sqs._queues_lock:
            queue = sqs._get_q(queue_url)
            sqs._expire_retained(queue)
            sqs._dlq_sweep(queue)
            window_seconds = windows_of(ministack.lambda_svc).get(arn_of(queue), 0.0)
            now = time.time()
            dues = (at for message in queue["messages"] if (at := visible_at(message)) <= now)
            visible = list(islice(dues, batch_size))
            if len(visible) < batch_size and now < min(visible, default=now) + window_seconds:
                return []
            hidden_seconds = int(queue["attributes"].get("VisibilityTimeout", "30"))
            messages: list[Untyped] = sqs._collect_msgs(queue, batch_size, hidden_seconds)
            return messages

    _replace(sqs, "_receive_messages_for_esm", lambda _: receive)


def windows_of(lambda_svc: Untyped) -> dict[str, float]:
    """The batching window of each source that feeds a function, in seconds."""
    return {
        mapping.get("EventSourceArn", ""): float(mapping.get("MaximumBatchingWindowInSeconds", 0))
        for _, _, mapping in lambda_svc._iter_all_esms()
    }


def arn_of(queue: Untyped) -> str:
    """The ARN of one of MiniStack's queues."""
    return str(queue["attributes"].get("QueueArn"))


def visible_at(message: Untyped) -> float:
    """When one of MiniStack's messages can be received, in seconds since the epoch."""
    return float(message.get("visible_at", 0))


def ask_policies(ministack: MiniStack) -> None:
    """Let a rule reach what its target's own policy lets it, else the target's dead letters."""
    sqs, eventbridge = ministack.sqs, ministack.eventbridge

    def refusal(arn: str, rule: Mapping[str, Any]) -> str | None:
        allowed = _lets(ministack, arn, rule)
        if allowed is None:
            return "RESOURCE_NOT_FOUND"
        return None if allowed else "NO_PERMISSIONS"

    def asked(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def invoke(
            target: Mapping[str, Any],
            event: Mapping[str, Any],
            rule: Mapping[str, Any],
            view: Untyped = None,
        ) -> None:
            arn = target.get("Arn", "")
            reason = refusal(arn, rule)
            if reason is None:
                original(target, event, rule, view)
                return
            logger.error("rule %s could not send to %s: %s", rule.get("Name"), arn, reason)
            dead_letters = (target.get("DeadLetterConfig") or {}).get("Arn", "")
            if dead_letters and refusal(dead_letters, rule) is None:
                told = {"RULE_ARN": rule.get("Arn", ""), "TARGET_ARN": arn, "ERROR_CODE": reason}
                body = json.dumps(
                    (view or eventbridge._pattern_event_view(event)).event_with_detail()
                )
                send(sqs, dead_letters, body, told)

        return invoke

    _replace(eventbridge, "_invoke_target", asked)


def _lets(ministack: MiniStack, arn: str, rule: Mapping[str, Any]) -> bool | None:
    """Whether a target's own policy lets a rule reach it; None where there is no such target.

    Of targets queues and functions have a policy here. What a schedule may do its role says, which
    MiniStack does not ask.
    """
    source = rule.get("Arn", "")
    if ":scheduler:" in source:
        return True
    if ":lambda:" in arn:
        return may_start(ministack.lambda_svc, arn, rule)
    if ":sqs:" not in arn:
        return True
    if ministack.sqs._queue_by_arn(arn) is None:
        return None
    account = ministack.responses.get_account_id()
    return bool(ministack.sqs.queue_policy_allows(arn, "events.amazonaws.com", source, account))


def start_by_rules(ministack: MiniStack) -> Asynchronous:
    """Start functions from rules as Lambda does: a few at once, tried again, with an end."""
    sqs = ministack.sqs
    found = Asynchronous(ministack.lambda_svc, lambda arn, body: send(sqs, arn, body, {}))
    _replace(ministack.eventbridge, "_dispatch_to_lambda", lambda _: found.dispatch)
    return found


def send(sqs: Untyped, arn: str, body: str, attributes: Mapping[str, str]) -> None:
    """Send a message to a queue as the account's root."""
    url = sqs._queue_url(arn.rpartition(":")[2])
    told = {
        name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
    }
    request = {"QueueUrl": url, "MessageBody": body, "MessageAttributes": told}
    sqs._HANDLERS["SendMessage"](request, url)


def run_functions(ministack: MiniStack, packages: Packages) -> None:
    """Run Python functions in our own execution environments."""
    runtime = ministack.runtime
    host = Host(
        packages=packages,
        credentials=runtime.execution_credentials,
        layer=ministack.lambda_svc._resolve_layer_zip,
        region=lambda config: runtime._account_region_from_function_config(config)[1],
    )

    def choose(original: Callable[..., Any]) -> Callable[..., Any]:
        def worker_class(config: Mapping[str, Any]) -> object:
            snapshot = (config.get("SnapStart") or {}).get("OptimizationStatus") == "On"
            if snapshot or not str(config.get("Runtime", "")).startswith("python"):
                return original(config)
            return functools.partial(Environment, host=host)

        return worker_class

    _replace(runtime, "_worker_class_for", choose)


def poll(ministack: MiniStack) -> Mappings:
    """Take table streams lane by lane, and a queue's message the moment it becomes visible."""
    lambda_svc, sqs = ministack.lambda_svc, ministack.sqs
    mappings = Mappings(lambda_svc, ministack.dynamodb, lambda arn, body: send(sqs, arn, body, {}))
    wake = lambda_svc._esm_wake

    def poll_for_ever() -> None:
        while True:
            wake.clear()
            mappings.refresh()
            busy = False
            try:
                busy = lambda_svc._poll_sqs() or busy
                busy = lambda_svc._poll_kinesis() or busy
            except (LookupError, sqs._Err):
                logger.exception("a source went away while it was polled")
            if not busy:
                wake.wait(seconds_to_next_message(lambda_svc, sqs, time.time()))

    def concurrency(original: Callable[..., int]) -> Callable[..., int]:
        return lambda *asked: min(original(*asked), MAX_CONCURRENCY)

    _replace(ministack.dynamodb, "esm_wake", lambda _: mappings)
    _replace(lambda_svc, "_sqs_esm_concurrency", concurrency)
    _replace(lambda_svc, "_ESM_BACKOFF_SECONDS", lambda _: QUEUE_PAUSE_SECONDS)
    _replace(lambda_svc, "_poll_loop", lambda _: poll_for_ever)
    # A new mapping is polled at once.
    _replace(lambda_svc, "_ensure_poller", lambda original: lambda: (original(), wake.set()))
    return mappings


def seconds_to_next_message(lambda_svc: Untyped, sqs: Untyped, now: float) -> float:
    """How long no message of a queue that feeds a function can become due."""
    windows = windows_of(lambda_svc)
    earliest = now + LONGEST_POLL_SECONDS
    for queue in sqs._queues.all_values():
        if (window_seconds := windows.get(arn_of(queue))) is not None:
            due = (visible_at(message) + window_seconds for message in list(queue["messages"]))
            earliest = min(earliest, min(due, default=earliest))
    if earliest <= now:
        return BLOCKED_POLL_SECONDS
    return max(SHORTEST_POLL_SECONDS, earliest - now)
