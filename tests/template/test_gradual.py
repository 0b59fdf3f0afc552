"""A new version gets a tenth of the work first, where that was asked for; none is passed over."""

from functools import cache
from typing import Any

import pytest

from tests.template.given import ALIAS, ROOT, named, properties, statements, target, translated

SHIFTED = ["Dispatch", "Evaluate", "Ingest"]
VERSION = "AWS::Lambda::Version"


@cache
def gradual() -> dict[str, Any]:
    found: dict[str, Any] = translated(ROOT / "template.yaml", GradualDeployment="true")
    return found


def of_kind(kind: str, template: dict[str, Any]) -> dict[str, Any]:
    return {name: r for name, r in template["Resources"].items() if r["Type"] == kind}


def test_by_default_nothing_of_it_is_deployed() -> None:
    assert not named("AWS::CodeDeploy::DeploymentGroup")
    aliases = of_kind("AWS::Lambda::Alias", translated(ROOT / "template.yaml"))
    assert [alias for alias in aliases.values() if "UpdatePolicy" in alias] == []


@pytest.mark.parametrize("name", SHIFTED)
def test_a_new_version_gets_a_tenth_first_and_goes_back_when_an_alarm_rings(name: str) -> None:
    resources = gradual()["Resources"]
    policy = resources[f"{name}Function{ALIAS}"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
    group = resources[policy["DeploymentGroupName"]["Ref"]]["Properties"]
    assert "Canary10Percent10Minutes" in str(group["DeploymentConfigName"])
    assert group["AlarmConfiguration"] == {
        "Enabled": True,
        "Alarms": [{"Name": {"Ref": f"{name}ErrorsAlarm"}}, {"Name": {"Ref": "DeadLettersAlarm"}}],
    }
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    assert target(group["ServiceRoleArn"]) == "DeploymentRole"


def test_everything_that_feeds_those_functions_feeds_the_version_that_is_live() -> None:
    fed = [
        item["Properties"]
        for item in of_kind("AWS::Lambda::EventSourceMapping", gradual()).values()
    ]
    ours = [
        item for item in fed if target(item["FunctionName"]).removesuffix("Function") in SHIFTED
    ]
    assert len(ours) == 4
    assert [item for item in ours if not item["FunctionName"]["Ref"].endswith(ALIAS)] == []


@pytest.mark.parametrize("wanted", ["true", "false"])
def test_a_new_library_makes_a_new_version_of_each(wanted: str) -> None:
    """Otherwise the alias would go on with the old one, and nobody would see why."""
    one, other = (
        translated(ROOT / "template.yaml", library, GradualDeployment=wanted)
        for library in ("one", "other")
    )
    assert len(of_kind(VERSION, one)) == len(SHIFTED)
    assert set(of_kind(VERSION, one)) & set(of_kind(VERSION, other)) == set()
    again = translated(ROOT / "template.yaml", "one", GradualDeployment=wanted)
    assert set(of_kind(VERSION, one)) == set(of_kind(VERSION, again))


def test_who_shifts_may_do_nothing_else() -> None:
    [policy] = properties("DeploymentRole")["Policies"]
    shifting, watching = statements(policy)
    assert shifting["Action"] == [
        *("lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"),
    ]
    functions = {target(each) for each in shifting["Resource"]}
    assert functions == {f"{name}Function" for name in SHIFTED} | {
        f"${{{name}Function.Arn}}:live" for name in SHIFTED
    }
    assert watching["Action"] == "cloudwatch:DescribeAlarms"
    assert target(watching["Resource"]).endswith(":alarm:${AWS::StackName}-*")
