"""What the page on deploying tells people to type is right."""

import json
import re

from sojourn.core.incoming.events import parse_entry
from sojourn.core.values.exact import loads_object
from sojourn.language.workspace import load
from tests.template.given import ROOT, named, template

PAGE = (ROOT / "docs/deploying.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


def test_its_first_journey_is_one() -> None:
    [journey] = [text for kind, text in BLOCKS if kind == "json" and '"steps"' in text]
    checked = load({"journeys/welcome.json": journey.encode()})
    assert checked.findings == ()


def test_its_first_event_enters_its_first_journey() -> None:
    [journey] = [json.loads(text) for kind, text in BLOCKS if kind == "json" and '"steps"' in text]
    [command] = [text for kind, text in BLOCKS if kind == "sh" and "put-events" in text]
    [entry] = json.loads(command.partition("--entries '")[2].rpartition("'")[0])
    assert entry["DetailType"] == journey["entry"]["event"]
    assert json.loads(entry["Detail"])["userId"]


def test_its_batch_is_taken_in_as_it_is() -> None:
    [command] = [text for kind, text in BLOCKS if kind == "sh" and "send-message-batch" in text]
    [entry] = json.loads(command.partition("--entries '")[2].rpartition("'")[0])
    event = parse_entry(loads_object(entry["MessageBody"]), 0).event
    assert (event.id, event.name) == ("m-1", "page.viewed")


def test_it_explains_every_parameter_and_counts_the_alarms() -> None:
    assert set(re.findall(r"^\| Parameter (\w+) ", PAGE, re.MULTILINE)) == set(
        template()["Parameters"]
    )
    assert f" {len(named('AWS::CloudWatch::Alarm'))} alarms " in PAGE


def test_it_answers_what_sam_asks_of_who_may_be_called_without_signing_in() -> None:
    # SAM's own answer is no, and then it does not deploy.
    asked = [
        f"| {name.removesuffix('Url')} Function Url has no authentication. Is this okay? | `y`"
        for name, url in named("AWS::Lambda::Url").items()
        if url["AuthType"] == "NONE"
    ]
    assert asked
    assert [line for line in asked if line not in PAGE] == []
