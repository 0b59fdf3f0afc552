"""What the page on deploying tells people to type is right."""

import json
import re
from pathlib import Path

from sojourn.core.events import parse_entry
from sojourn.core.exact import loads_object
from sojourn.language.workspace import load
from tests.template.given import ROOT, named, template, translated

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


def test_the_lines_for_gradual_deployment_shift_what_feeds_the_functions(tmp_path: Path) -> None:
    [lines] = [text for kind, text in BLOCKS if kind == "yaml"]
    assert "DeploymentPreference" in lines
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    gradual = tmp_path / "template.yaml"
    head = "  Function:\n"
    gradual.write_text(text.replace(head, head + lines, 1), encoding="utf-8")
    resources = translated(gradual)["Resources"]
    fed = [r for r in resources.values() if r["Type"] == "AWS::Lambda::EventSourceMapping"]
    assert fed
    for mapping in fed:
        alias = resources[mapping["Properties"]["FunctionName"]["Ref"]]
        assert alias["Type"] == "AWS::Lambda::Alias"
        assert "CodeDeployLambdaAliasUpdate" in alias["UpdatePolicy"]
