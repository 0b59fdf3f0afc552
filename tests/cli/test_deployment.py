"""A stack that cannot be looked up: what is wrong, and what to do."""

from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from sojourn_cli.deployment import _why_not_found
from sojourn_cli.main import WITH_A_STACK, main

SHOP = Path(__file__).parents[2] / "examples" / "shop"
NOWHERE = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "nowhere",
    "AWS_SHARED_CREDENTIALS_FILE": "nowhere",
}
NOTHING: dict[str, str | None] = dict.fromkeys(
    (
        *("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"),
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    )
)
REGIONS = ({"AWS_DEFAULT_REGION": "eu-west-1"}, {"AWS_REGION": "eu-west-1"})


def said(env: dict[str, str]) -> str:
    result = CliRunner().invoke(main, ["audit", "--stack", "shop"], env=NOTHING | NOWHERE | env)
    assert (result.exit_code, result.stdout) == (1, "")
    return result.stderr


def test_without_a_region_it_says_where_to_name_one() -> None:
    assert said({}).startswith("Error: stack shop: no AWS region is set; set AWS_REGION, or")


CALLS = {
    "publish": (str(SHOP),),
    "send-events": (str(SHOP / "events.jsonl"),),
    "import": (str(SHOP / "events.jsonl"),),
    "customer": ("ada",),
    "record": ("--since", "2026-01-01T00:00:00Z"),
    "audit": (),
    "dead-letters": ("list",),
    "export": ("ada",),
    "forget": ("ada", "--yes"),
}


@pytest.mark.parametrize("command", WITH_A_STACK)
def test_every_command_with_a_stack_looks_it_up_before_anything_else(command: str) -> None:
    words = [command, *CALLS[command], "--stack", "shop"]
    result = CliRunner().invoke(main, words, env=NOTHING | NOWHERE)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: stack shop: no AWS region is set")


@pytest.mark.parametrize("region", REGIONS)
def test_without_credentials_it_says_how_to_give_them(region: dict[str, str]) -> None:
    assert "no AWS credentials were found; set AWS_PROFILE" in said(region)


@pytest.mark.parametrize(
    ("code", "message", "told"),
    [
        (
            "ValidationError",
            "Stack with id shop does not exist",
            "there is none of that name in this account and region; check the name",
        ),
        (
            "AccessDenied",
            "You may not",
            "it could not be looked up: An error occurred (AccessDenied)",
        ),
    ],
)
def test_what_aws_answers_is_told(code: str, message: str, told: str) -> None:
    error = ClientError({"Error": {"Code": code, "Message": message}}, "DescribeStacks")
    assert _why_not_found(error).startswith(told)


@pytest.mark.parametrize("lines", [1, 21, 400])
def test_refused_lines_are_named_and_bounded(tmp_path: Path, lines: int) -> None:
    file = tmp_path / "settings.json"
    file.write_text("{\n" * lines, encoding="utf-8")
    words = ["simulate", str(SHOP), "--events", str(file), "--format", "table"]
    told = CliRunner().invoke(main, words).stderr.splitlines()
    assert told[0] == "0 events of 0 customers"
    assert sum(" refused: " in line for line in told) == min(lines, 20)
    assert (f"and {lines - 20} more refused; --format json names every line" in told) is (
        lines > 20
    )
    assert told[-1] == "no line is an event; an events file has one JSON object on each line"
