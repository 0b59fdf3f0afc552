"""Refused files: what is announced of one is no more than the bus takes."""

import json
from typing import Any

from sojourn.runtime.workspace.publishing import TOLD_BYTES
from tests.runtime.given import Works, journey

PATH = "journeys/thanks.json"


def announced(works: Works) -> dict[str, Any]:
    return {item.name: item.properties for item in works.bus.announced}


def test_what_is_wrong_in_too_many_words_is_announced_in_part_and_holds_nobody_up() -> None:
    # EventBridge takes an event of 256 KB; MiniStack any.
    works = Works()
    late = {"type": "wait", "for": "x" * 1_800, "next": "exit"}
    bad = json.dumps(journey(steps={f"s{number}": late for number in range(400)})).encode()
    works.upload({PATH: bad, "journeys/good.json": journey("good")})
    told: Any = announced(works)["journey.rejected"]["findings"]
    assert len(json.dumps(told)) < TOLD_BYTES + 1_000
    found: Any = works.workspace.reports[PATH]["findings"]
    assert told[:-1] == [item["message"] for item in found[: len(told) - 1]]
    assert told[-1] == f"{len(found) - len(told) + 1} more; they are in the report"
    assert works.workspace.reports["journeys/good.json"]["ok"] is True
    assert "journey.published" in announced(works)


def test_a_snippet_that_changed_is_in_the_next_message_and_a_wrong_one_is_not() -> None:
    works = Works()
    hello = {"email": {"subject": 'Hello{% include "end.txt" %}', "text": "Hello"}}
    step = {"type": "send", "channel": "email", "template": "hello"}
    works.upload({"templates/hello.json": hello, PATH: journey(steps={"thank": step})})
    assert works.workspace.reports[PATH]["ok"] is False
    for number, end in enumerate([b" one\n", b" two\n", b" {{ three\n"]):
        works.upload({"templates/end.txt": end})
        works.identify()
        works.event("order.placed", order_id=str(number))
        works.run()
    assert works.subjects() == ["Hello one", "Hello two", "Hello two"]
    wrong: Any = works.workspace.reports["templates/end.txt"]
    assert [item["message"] for item in wrong["findings"]] == ["line 1: `{{` is never closed"]
    assert wrong["ok"] is False
    assert works.workspace.reports["templates/hello.json"]["ok"] is True
