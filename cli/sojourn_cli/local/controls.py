"""What a test or a demonstration asks of the emulator beside AWS's own operations."""

# ruff: noqa: SLF001 - MiniStack has no other door

import asyncio
import contextlib
import importlib
import json
import os
import signal
import time
from collections.abc import Iterator, Mapping
from typing import Any

from sojourn_cli.local.asynchronous import Asynchronous
from sojourn_cli.local.emulator import MiniStack
from sojourn_cli.local.endpoints import OPTED_OUT
from sojourn_cli.local.environments import owner_of
from sojourn_cli.local.faults import Faults
from sojourn_cli.local.gateway import Control
from sojourn_cli.local.mappings import Mappings
from sojourn_cli.local.recorder import Account, Recorder

QUIET_SECONDS = 10.0  # how long a reset waits for functions to finish what they are at
LOOK_SECONDS = 0.02


class Controls:
    """The operations below `/_sojourn/`, on the emulator's event loop."""

    def __init__(
        self,
        ministack: MiniStack,
        mappings: Mappings,
        started: Asynchronous,
        account: str,
        region: str,
    ) -> None:
        """Control a MiniStack that `install` has changed."""
        self.faults = Faults()
        self.recorder = Recorder(Account(region, account, self.has_configuration_set, self.publish))
        self._ministack = ministack
        self._mappings = mappings
        self._started = started
        self._account = account
        self._region = region

    def table(self) -> dict[str, Control]:
        """Each operation under its method and name."""
        return {
            "GET status": self.status,
            "POST reset": self.reset,
            "POST event": self.event,
            "POST opt-out": self.opt_out,
            "POST faults": self.add_fault,
            "DELETE faults": self.clear_faults,
            **self.recorder.controls(),
        }

    async def status(self, _asked: object) -> dict[str, Any]:
        """How many lanes read streams, and which invocations run, or wait to."""
        running, by_function = self._ministack.lambda_svc.executions_in_flight()
        return {
            "stream_lanes": self._mappings.lanes,
            "streams_unread": self._mappings.unread,
            "invocations": running + self._started.under_way,
            "by_function": by_function,
        }

    async def add_fault(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Add a fault rule for any service."""
        self.faults.add(asked)
        return {}

    async def clear_faults(self, _asked: object) -> dict[str, Any]:
        """Remove every fault rule."""
        return {"struck": self.faults.clear()}

    async def event(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Put an event on the default bus, from any source, as a service of AWS does."""
        self.dispatch(asked)
        return {}

    async def opt_out(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Let a number opt out of text messages, as by `STOP` to the carrier."""
        OPTED_OUT.add(str(asked["number"]))
        return {}

    async def reset(self, _asked: object) -> dict[str, Any]:
        """Empty tables, queues, buckets, mails and text messages; keep everything deployed.

        Functions begin cold again, so that nothing they remember outlives what it was read from.
        TimeoutError when functions do not come to rest.
        """
        self._scope()
        self.faults.clear()
        until = time.monotonic() + QUIET_SECONDS
        while True:
            self._empty()
            if not self._ministack.lambda_svc.executions_in_flight()[0]:
                break
            if time.monotonic() > until:
                raise TimeoutError(f"functions still run after {QUIET_SECONDS:.0f} s")
            await asyncio.sleep(LOOK_SECONDS)
        await asyncio.to_thread(self._ministack.runtime.reset)
        self.recorder.forget()
        return {}

    def _empty(self) -> None:
        ministack = self._ministack
        for queue in ministack.sqs._queues.all_values():
            queue["messages"].clear()
        for table in ministack.dynamodb._tables.all_values():
            table["items"].clear()
            ministack.dynamodb._items_replaced(table)
        self._mappings.jump_to_end()
        self._started.forget()
        for bucket in ministack.s3._buckets._data.values():
            bucket["objects"].clear()
        for name in ("_object_versions", "_object_tags", "_object_acl", "_multipart_uploads"):
            getattr(ministack.s3, name).clear()
        ministack.ses._sent_emails.clear()
        ministack.sns._sms_messages.clear()
        OPTED_OUT.clear()

    def dispatch(self, event: Mapping[str, Any]) -> None:
        """Hand an EventBridge event (its delivered form) to the rules of the default bus."""
        self._scope()
        eventbridge = self._ministack.eventbridge
        record = {
            "EventId": event["id"],
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"]),
            "EventBusName": "default",
            "Time": int(time.time()),
            "Resources": event.get("resources", []),
            "Account": self._account,
            "Region": self._region,
        }
        eventbridge._dispatch_event(record)

    def publish(
        self, configuration_set: str | None, matching: str, event: Mapping[str, Any]
    ) -> bool:
        """Dispatch a report of SES if an event destination of the set asks for its kind."""
        self._scope()
        known = self._ministack.ses_v2._config_sets.get(configuration_set or "") or {}
        for destination in (known.get("EventDestinations") or {}).values():
            wanted = destination["Enabled"] and matching in destination["MatchingEventTypes"]
            if wanted and destination.get("EventBridgeDestination"):
                self.dispatch(event)
                return True
        return False

    def has_configuration_set(self, name: str) -> bool:
        """Whether SES knows it."""
        self._scope()
        return name in self._ministack.ses_v2._config_sets

    def crash(self, ports: tuple[int, int]) -> None:
        """Kill the function's process that made the call over this connection, if one did."""
        pid = owner_of(ports, self._pids())
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _pids(self) -> Iterator[int]:
        for workers in list(self._ministack.runtime._workers.values()):
            for worker in list(workers):
                if (pid := getattr(worker, "pid", None)) is not None:
                    yield pid

    def _scope(self) -> None:
        self._ministack.responses._request_account_id.set(self._account)
        self._ministack.responses._request_region.set(self._region)
        # A service delivers over TLS, whoever asked it to: the queues' policies look at it.
        evaluator = importlib.import_module("ministack.core.iam_evaluator")
        evaluator.pin_request_origin("127.0.0.1", True)  # noqa: FBT003 - MiniStack's own order
