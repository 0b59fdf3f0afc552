"""An event that is put on the bus here has the time that its entry says."""

import json
from typing import Any

from sojourn_cli.local.event_times import MOST_ENTRIES, keep_event_times

NOW = 1_700_000_000.0
THEN = 1_600_000_000.5


class Bus:
    """As much of MiniStack's EventBridge as the change touches."""

    def __init__(self) -> None:
        self.calls = 0
        self.seen: list[tuple[str, int]] = []
        keep_event_times(self)

    def _now_ts(self) -> float:
        return NOW

    def _put_events(
        self, data: dict[str, Any], allow_aws_source: object = None
    ) -> tuple[int, dict[str, str], bytes]:
        self.calls += 1
        results = []
        for entry in data["Entries"]:
            if entry["Source"].startswith("aws.") and not allow_aws_source:
                results.append({"ErrorCode": "NotAuthorized"})
                continue
            self.seen.append((entry["Source"], int(self._now_ts())))
            results.append({"EventId": entry["Source"]})
        failed = sum("ErrorCode" in result for result in results)
        body = {"FailedEntryCount": failed, "Entries": results}
        return 200, {"Content-Type": "json"}, json.dumps(body).encode()


def entry(source: str, **fields: object) -> dict[str, Any]:
    return {"Source": source, **fields}


def test_each_keeps_its_own_and_who_says_none_has_the_present_one() -> None:
    bus = Bus()
    entries = [entry("a", Time=THEN), entry("b"), entry("aws.ses", Time=THEN), entry("c", Time=1)]
    status, headers, body = bus._put_events({"Entries": entries})
    assert bus.seen == [("a", int(THEN)), ("b", int(NOW)), ("c", 1)]
    assert (status, headers) == (200, {"Content-Type": "json"})
    answer = json.loads(body)
    assert answer["FailedEntryCount"] == 1
    assert [item.get("EventId") for item in answer["Entries"]] == ["a", "b", None, "c"]


def test_entries_without_times_go_together_as_before() -> None:
    bus = Bus()
    bus._put_events({"Entries": [entry("a"), entry("b")]})
    assert (bus.calls, bus.seen) == (1, [("a", int(NOW)), ("b", int(NOW))])


def test_more_than_one_call_may_hold_is_left_to_refuse_it() -> None:
    bus = Bus()
    bus._put_events({"Entries": [entry("a", Time=THEN)] * (MOST_ENTRIES + 1)})
    assert bus.calls == 1


def test_what_emulates_a_service_of_aws_may_say_so_still() -> None:
    bus = Bus()
    bus._put_events({"Entries": [entry("aws.scheduler", Time=THEN)]}, allow_aws_source=True)
    assert bus.seen == [("aws.scheduler", int(THEN))]
    assert bus._now_ts() == NOW
