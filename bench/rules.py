"""Rules of the language, checked on a result of `simulate` without the product's code.

Written from the language's description alone: the workspace's files and the log's lines are read
as plain JSON, instants are Python's own. It knows what `workspaces/records` uses: caps, quiet
hours, closed days, the control group, holds, re-entry, exit rules on events, waits.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

type Row = Mapping[str, Any]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
USUAL_HOLD = timedelta(days=1)
USUAL_STAY = timedelta(days=365)
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace's files as they are written."""

    settings: Row
    journeys: Mapping[str, Row]

    @property
    def zone(self) -> ZoneInfo:
        """Whose clock holds; no customer of the log has a zone of her own."""
        return ZoneInfo(self.settings["timezone"])

    def category(self, message: Row) -> Row:
        """The category of a message."""
        found: Row = self.settings["categories"][message["category"]]
        return found


def read_workspace(folder: Path) -> Workspace:
    """Read settings and journeys."""
    journeys = [json.loads(path.read_bytes()) for path in sorted(folder.glob("journeys/*.json"))]
    settings = json.loads((folder / "settings.json").read_bytes())
    return Workspace(settings, {journey["id"]: journey for journey in journeys})


def breaches(workspace: Workspace, document: Row, lines: Iterable[bytes]) -> Iterator[str]:
    """Every rule that a result breaks, in words; nothing when it breaks none."""
    events: dict[str, list[Row]] = defaultdict(list)
    for line in lines:
        event = json.loads(line)
        events[event["userId"]].append(event)
    messages, enrolments = _by_customer(document["messages"]), _by_customer(document["enrolments"])
    for customer in sorted(events.keys() | messages.keys() | enrolments.keys()):
        mine, entered = messages.get(customer, []), enrolments.get(customer, [])
        found = [
            *_caps(workspace, mine),
            *_quiet(workspace, mine),
            *_control_group(workspace, mine),
            *_holds(workspace, mine),
            *_reentry(workspace, entered),
            *_exits(workspace, entered, events[customer]),
            *_stays(workspace, entered),
            *_belonging(workspace, mine, entered),
        ]
        yield from (f"{customer}: {breach}" for breach in found)


def _by_customer(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["customer"]].append(row)
    return found


def instant(text: str) -> datetime:
    """An instant as it stands in files and results."""
    return datetime.fromisoformat(text).astimezone(UTC)


def duration(text: str) -> timedelta:
    """A duration of days, hours and minutes in ISO 8601."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no duration this checker knows")
    days, hours, minutes = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def _sent(messages: Iterable[Row]) -> list[Row]:
    sent = [message for message in messages if message["status"] == "sent"]
    return sorted(sent, key=lambda message: instant(message["decided_at"]))


def _caps(workspace: Workspace, messages: Sequence[Row]) -> Iterator[str]:
    for cap in workspace.settings["caps"]:
        times = [
            instant(message["decided_at"])
            for message in _sent(messages)
            if message["channel"] in cap.get("channels", [message["channel"]])
            and message["category"] in cap.get("categories", [message["category"]])
            and workspace.category(message)["obeys_caps"]
            and workspace.category(message)["counts_toward_caps"]
        ]
        if "min_gap" in cap:
            gap = duration(cap["min_gap"])
            yield from (
                f"cap {cap['name']}: sent at {first} and at {second}"
                for first, second in pairwise(times)
                if second - first < gap
            )
        if "max" in cap:
            yield from _too_many(workspace, cap, times)


def _too_many(workspace: Workspace, cap: Row, times: Sequence[datetime]) -> Iterator[str]:
    for at in times:
        if cap["per"] == "calendar_month":
            month = at.astimezone(workspace.zone).strftime("%Y-%m")
            counted = [
                each
                for each in times
                if each <= at and each.astimezone(workspace.zone).strftime("%Y-%m") == month
            ]
        else:
            counted = [each for each in times if at - duration(cap["per"]) < each <= at]
        if len(counted) > cap["max"]:
            yield f"cap {cap['name']}: {len(counted)} sent in its window up to {at}"


def _quiet(workspace: Workspace, messages: Sequence[Row]) -> Iterator[str]:
    for message in _sent(messages):
        local = instant(message["decided_at"]).astimezone(workspace.zone)
        if workspace.category(message)["quiet_hours"] and _is_quiet(workspace, message, local):
            yield f"{message['journey']} was sent in quiet hours, at {local}"


def _is_quiet(workspace: Workspace, message: Row, local: datetime) -> bool:
    channel = message["channel"]
    for closed in workspace.settings.get("closed", []):
        first, last = (date.fromisoformat(closed[end]) for end in ("from", "to"))
        if first <= local.date() <= last and channel in closed.get("channels", [channel]):
            return True
    return any(
        _is_inside(window, local)
        for window in workspace.settings.get("quiet_hours", [])
        if channel in window.get("channels", [channel])
    )


def _is_inside(window: Row, local: datetime) -> bool:
    """Whether a clock is inside a window; one that crosses midnight belongs to its first day."""
    begin, end = (time.fromisoformat(window[name]) for name in ("from", "to"))
    days = window.get("weekdays") or WEEKDAYS
    today = WEEKDAYS[local.weekday()] in days
    yesterday = WEEKDAYS[local.weekday() - 1] in days
    clock = local.time()
    if begin < end:
        return today and begin <= clock < end
    return (today and clock >= begin) or (yesterday and clock < end)


def _control_group(workspace: Workspace, messages: Sequence[Row]) -> Iterator[str]:
    bound = [message for message in messages if workspace.category(message)["obeys_caps"]]
    if any(message["reason"] == "control_group" for message in bound):
        yield from (
            f"{message['journey']} was sent to one of the control group" for message in _sent(bound)
        )


def _holds(workspace: Workspace, messages: Sequence[Row]) -> Iterator[str]:
    for message in _sent(messages):
        step = workspace.journeys[message["journey"]]["steps"][message["step"]]
        longest = duration(step["hold"]) if "hold" in step else USUAL_HOLD
        if instant(message["decided_at"]) - instant(message["requested_at"]) > longest:
            yield f"{message['journey']} was held longer than {longest}"


def _of_journey(rows: Iterable[Row], journey: str) -> list[Row]:
    return [row for row in rows if row["journey"] == journey]


def _reentry(workspace: Workspace, enrolments: Sequence[Row]) -> Iterator[str]:
    for id_, journey in workspace.journeys.items():
        rule = journey["entry"].get("reentry", {})
        mode = rule.get("mode", "after_exit")
        entered = sorted(_of_journey(enrolments, id_), key=lambda row: instant(row["entered_at"]))
        most = 1 if mode == "never" else rule.get("max", len(entered))
        if len(entered) > most:
            yield f"{id_} was entered {len(entered)} times"
        every = duration(rule["every"]) if "every" in rule else timedelta(0)
        for before, after in pairwise(entered):
            left, at = before["exited_at"], instant(after["entered_at"])
            if mode == "after_exit" and (left is None or instant(left) > at):
                yield f"{id_} was entered at {at}, inside of it"
            if at - instant(before["entered_at"]) < every:
                yield f"{id_} was entered again at {at}, too early"


def _exits(workspace: Workspace, enrolments: Sequence[Row], events: Sequence[Row]) -> Iterator[str]:
    for id_, journey in workspace.journeys.items():
        for rule in journey.get("exit", []):
            times = [
                instant(event["timestamp"])
                for event in events
                if event.get("event") == rule["event"] and _fits(rule.get("where", {}), event)
            ]
            for enrolment in _of_journey(enrolments, id_):
                yield from _exit(rule, enrolment, times)


def _exit(rule: Row, enrolment: Row, times: Sequence[datetime]) -> Iterator[str]:
    """An exit must come with the first event after entry, and not without any."""
    at, journey = instant(enrolment["entered_at"]), enrolment["journey"]
    left = None if enrolment["exited_at"] is None else instant(enrolment["exited_at"])
    due = min((each for each in times if each > at), default=None)
    if due is not None and (left is None or left > due):
        yield f"{journey} was not left at {due}, when {rule['event']} came"
    if enrolment["outcome"] == rule["outcome"] and left not in times:
        yield f"{journey} was left as {rule['outcome']} at {left}, when nothing came"


def _fits(where: Row, event: Row) -> bool:
    """A condition on properties of the event: equal, or at least."""
    for path, test in where.items():
        found = event.get("properties", {}).get(path.removeprefix("event."))
        if not isinstance(test, dict):
            fits = found == test
        elif test.keys() == {"gte"}:
            fits = found is not None and found >= test["gte"]
        else:
            raise ValueError(f"{test} is no test this checker knows")
        if not fits:
            return False
    return True


def _stays(workspace: Workspace, enrolments: Sequence[Row]) -> Iterator[str]:
    for enrolment in enrolments:
        journey = workspace.journeys[enrolment["journey"]]
        longest = duration(journey["max_stay"]) if "max_stay" in journey else USUAL_STAY
        at, left = instant(enrolment["entered_at"]), enrolment["exited_at"]
        if left is not None and instant(left) - at > longest:
            yield f"{enrolment['journey']} held her longer than {longest}"
        if enrolment["outcome"] == "expired" and instant(left) - at != longest:
            yield f"{enrolment['journey']} expired early"


def _belonging(
    workspace: Workspace, messages: Sequence[Row], enrolments: Sequence[Row]
) -> Iterator[str]:
    """A message belongs to somebody inside, when the wait before it is over."""
    for message in messages:
        asked = instant(message["requested_at"])
        decided = None if message["decided_at"] is None else instant(message["decided_at"])
        inside = [
            enrolment
            for enrolment in _of_journey(enrolments, message["journey"])
            if instant(enrolment["entered_at"]) <= asked
            and (enrolment["exited_at"] is None or asked <= instant(enrolment["exited_at"]))
        ]
        if not any(
            decided is None
            or enrolment["exited_at"] is None
            or decided <= instant(enrolment["exited_at"])
            for enrolment in inside
        ):
            yield f"{message['journey']} was decided at {decided}, when nobody was inside"
        journey = workspace.journeys[message["journey"]]
        wait = journey["steps"][journey["start"]]
        if wait["type"] == "wait" and wait.get("next") == message["step"]:
            zone = workspace.zone
            if not any(_is_over(wait, row, asked, zone) for row in inside):
                yield f"{message['journey']} was asked for at {asked}, before its wait was over"


def _is_over(wait: Row, enrolment: Row, asked: datetime, zone: ZoneInfo) -> bool:
    until, local = wait.get("until", {}), asked.astimezone(zone)
    slept = asked - instant(enrolment["entered_at"]) >= duration(wait.get("for", "P0D"))
    return (
        slept
        and ("time" not in until or local.strftime("%H:%M") == until["time"])
        and ("weekdays" not in until or WEEKDAYS[local.weekday()] in until["weekdays"])
    )
