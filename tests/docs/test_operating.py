"""What the docs have an operator paste: AWS takes it, and what is to be looked at comes first."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from tests.listing import ROOT, listed

BLOCK = re.compile(r"^ *```(?:sh|bash|console)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
SUBSTITUTION = re.compile(r"\$\(((?:(?!\$\()[^()]|\([^()]*\))*)\)")
IN_PROSE = re.compile(r"`(aws [^`]+)`")

SERVICE_NAMES = {"deploy": "codedeploy", "s3api": "s3"}
"""Services that the AWS CLI calls otherwise than botocore."""

OF_THE_CLI = {"s3", "logs tail"}
"""Commands that the AWS CLI makes of several calls: no model describes them."""

EVERYWHERE = {"query", "output", "region", "profile", "no-cli-pager", "max-items"}
"""Options that every command has."""


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def words_of(text: str) -> list[str]:
    """The words of a command; each substitution and each name to be filled in is one."""
    plain = re.sub(r"<[^<>]*>|\$\{?\w+\}?|file://", "X", text)
    return shlex.split(plain, comments=True)


def taken_apart(text: str) -> Iterator[str]:
    """The commands of a text: those within substitutions first, by themselves."""
    joined = text.replace("\\\n", " ")
    while found := SUBSTITUTION.search(joined):
        yield found[1]
        joined = joined[: found.start()] + "X" + joined[found.end() :]
    yield from re.split(r"\n(?= *[A-Za-z#])| && ", joined)


def aws_commands(page: str) -> Iterator[str]:
    """Every command of the AWS CLI on a page."""
    text = text_of(page)
    for block in BLOCK.findall(text):
        for command in taken_apart(block):
            if command.strip().startswith("aws "):
                yield command.strip()
    yield from IN_PROSE.findall(BLOCK.sub("", text))


def wrong_with(command: str) -> str | None:
    """What AWS would say of a command: no such call, no such option, or one that is missing.

    A call that is only named, without any option, may be incomplete.
    """
    _, name, *rest = words_of(command)
    session: Any = botocore.session.get_session()
    if not rest or name in OF_THE_CLI or f"{name} {rest[0]}" in OF_THE_CLI:
        return None
    service = SERVICE_NAMES.get(name, name)
    model = session.get_service_model(service)
    called = rest.pop(0)
    if called == "wait":
        waiter = rest.pop(0)
        waiters = session.get_waiter_model(service)
        names = {xform_name(one, "-"): one for one in waiters.waiter_names}
        if waiter not in names:
            return f"{name} waits for no {waiter}"
        called = xform_name(waiters.get_waiter(names[waiter]).operation, "-")
    calls = {xform_name(one, "-"): one for one in model.operation_names}
    if called not in calls:
        return f"{name} has no {called}"
    shape = model.operation_model(calls[called]).input_shape
    known = {xform_name(one, "-"): one for one in shape.members} if shape else {}
    given = {word[2:].partition("=")[0] for word in rest if word.startswith("--")}
    given -= EVERYWHERE
    given = {one.removeprefix("no-") if one not in known else one for one in given}
    if given - known.keys():
        return f"{called} has no --{min(given - known.keys())}"
    required = set(shape.required_members) if shape else set()
    missing = required - {known[one] for one in given}

    return f"{called} needs {min(missing)}" if missing and rest else None


@pytest.mark.parametrize("page", [page for page in listed(".md") if any(aws_commands(page))])
def test_aws_takes_every_command_that_is_shown(page: str) -> None:
    wrong = {command: wrong_with(command) for command in aws_commands(page)}
    assert {command: why for command, why in wrong.items() if why is not None} == {}


def test_commands_of_every_form_are_found() -> None:
    found = list(aws_commands("docs/runbook.md"))
    for form in ("aws cloudformation wait", "aws iam get-role", "aws sesv2 get-account --query"):
        assert [command for command in found if command.startswith(form)]


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("aws dynamodb update-tabel --table-name x", "dynamodb has no update-tabel"),
        ("aws dynamodb update-table --deletion-protection-enabled", "update-table needs TableName"),
        ("aws lambda invoke --function x", "invoke has no --function"),
        ("aws dynamodb wait table-here --table-name x", "dynamodb waits for no table-here"),
        ("aws dynamodb update-table --table-name x --no-deletion-protection-enabled", None),
        ("aws dynamodb query", None),
        ("aws sqs", None),
        ('aws logs tail /aws/lambda/"$STACK"', None),
    ],
)
def test_a_command_that_aws_refuses_is_found(command: str, why: str | None) -> None:
    assert wrong_with(command) == why


@pytest.mark.parametrize("page", listed(".md"))
def test_what_is_to_be_read_first_is_not_pasted_with_what_does_it(page: str) -> None:
    for block in BLOCK.findall(text_of(page)):
        assert not ("create-change-set" in block and "execute-change-set" in block)


def test_putting_back_keeps_every_setting() -> None:
    # CloudFormation gives its default to a parameter that a change set does not name.
    [command] = [text for text in BLOCK.findall(text_of("docs/runbook.md")) if "REVERT_D" in text]
    given = command.partition("--parameters ")[2]
    assert given.startswith("$(aws cloudformation get-template-summary --stack-name $STACK ")
    assert "Parameters[].join('', ['ParameterKey=', ParameterKey, ',UsePreviousValue=true'])" in (
        given
    )


@pytest.mark.parametrize("page", listed(".md"))
def test_a_setting_is_changed_where_the_next_deployment_finds_it(page: str) -> None:
    # `sam deploy` takes every parameter from samconfig.toml, over what an earlier one was given.
    assert not re.search(r"sam deploy[^`\n]* --parameter-overrides", text_of(page))


def test_the_page_on_security_counts_what_is_in_the_layer() -> None:
    locked = text_of("requirements/layer.txt")
    count = len(re.findall(r"^[\w-]+==", locked, re.MULTILINE))
    words = ("six", "seven", "eight", "nine", "ten", "eleven", "twelve")
    assert f"the layer has {words[count - 6]} packages" in text_of("SECURITY.md")


def patterns() -> list[set[str]]:
    """The words of which the runbook has the logs show those lines that hold any."""
    found = re.findall(r"--filter-pattern '([^']*)'", text_of("docs/runbook.md"))
    return [set(re.findall(r'\?"?([^?"]+?)"?(?: |$)', pattern)) for pattern in found]


def test_the_logs_show_why_work_is_not_done() -> None:
    code = "".join(
        (ROOT / name).read_text(encoding="utf-8") for name in listed(".py") if "shared/" in name
    )
    own = {level.upper() for level in re.findall(r"\b_log\.(\w+)\(", code)} - {"INFO", "DEBUG"}
    assert own >= {"WARNING", "ERROR"}
    # Lambda's own lines in JSON, as its guide shows them (Telemetry API, platform.report).
    lambdas = {'"status":"timeout"', '"status":"error","errorType":"Runtime.OutOfMemory"'}
    raised = {'"log_level":"ERROR","errorType":"Runtime.ImportModuleError"'}
    assert patterns()
    for words in patterns():
        for line in own | lambdas | raised:
            assert any(re.search(rf"\b{word}\b", line) for word in words), line
