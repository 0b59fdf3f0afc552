"""Threads that drive the lanes of a table stream: a slow consumer holds up nobody but itself."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextvars import copy_context

from sojourn_cli.local.splitting import Part
from sojourn_cli.local.streams import Discard, Invoke, Lane, LaneSettings, Outcome, Record, Wait

logger = logging.getLogger("sojourn.local")

LONGEST_WAIT_SECONDS = 1.0  # how late a changed mapping is noticed when nothing arrives


class LaneThread:
    """One lane on a thread of its own, from `start` to `stop`.

    `settings` is asked before every step and answers `None` while the mapping is disabled.
    """

    def __init__(  # noqa: PLR0913 - the pieces of one lane, each replaced in tests
        self,
        name: str,
        lane: Lane,
        part: Part,
        *,
        settings: Callable[[], LaneSettings | None],
        invoke: Callable[[Sequence[Record]], Outcome],
        discard: Callable[[Discard], None],
    ) -> None:
        """Prepare a thread."""
        self.name = name
        self._lane = lane
        self._part = part
        self._settings = settings
        self._invoke = invoke
        self._discard = discard
        self._stopped = False
        self._jump: int | None = None
        context = copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._run,), name=name, daemon=True
        )

    @property
    def checkpoint(self) -> int | None:
        """The position of the oldest record that is not done; `None` when all are."""
        return self._lane.checkpoint

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Take no further batch; the one being run is finished."""
        self._stopped = True
        self._part.wake()

    def join(self, seconds: float) -> None:
        """Wait for the end of the running batch, at most `seconds`."""
        self._thread.join(seconds)

    def jump(self, position: int) -> None:
        """Forget what is pending and go on from `position`, once the running batch is done."""
        self._jump = position
        self._part.wake()

    def _run(self) -> None:
        while not self._stopped:
            if self._jump is not None:
                self._lane.jump(self._jump)
                self._jump = None
            count = self._part.count
            wait = self._step()
            if wait is not None:
                self._part.wait_past(count, min(wait, LONGEST_WAIT_SECONDS))

    def _step(self) -> float | None:
        """Do the next thing; seconds to wait when there is none."""
        settings = self._settings()
        if settings is None:
            return LONGEST_WAIT_SECONDS
        self._lane.settings = settings
        match self._lane.decide(time.time()):
            case Wait(seconds):
                return LONGEST_WAIT_SECONDS if seconds is None else seconds
            case Invoke(records):
                self._lane.settle(self._invoke(records), time.time())
            case Discard() as discard:
                logger.warning(
                    "%s: %d records given up: %s",
                    self.name,
                    len(discard.records),
                    discard.condition,
                )
                self._discard(discard)
        return None
