"""A deployed stack: where its parts are, and clients that talk to them."""

import os
from typing import Any

import boto3
import click
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from sojourn.core.nouns import noun
from sojourn_cli.output import fail


@noun
class Deployment:
    """A stack's outputs, its own id, whom its e-mails are from, and how long it keeps events."""

    name: str
    bus: str
    bucket: str
    table: str
    dead_letters_url: str
    id: str
    sender: str
    retention_days: int


def stack_option[F](command: F) -> F:
    """Add the required option `--stack NAME`."""
    option = click.option(
        "--stack", "stack", metavar="NAME", required=True, help="The name of the deployed stack."
    )
    return option(command)  # type: ignore[type-var]  # click decorates any command


def find_deployment(name: str) -> Deployment:
    """Look a stack up by name, in the account and region the environment points to."""
    _heed_region()
    try:
        found = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except (ClientError, BotoCoreError) as error:
        raise fail(f"stack {name}: {_why_not_found(error)}") from error
    outputs: dict[str, Any] = {
        output["OutputKey"]: output["OutputValue"] for output in found[0].get("Outputs", [])
    }
    wanted = ("EventBusName", "WorkspaceBucketName", "TableName", "DeadLetterQueueUrl")
    missing = [key for key in wanted if key not in outputs]
    if missing:
        raise fail(f"stack {name} has no output {missing[0]}: it is not a stack of Sojourn")
    parameters: dict[str, Any] = {
        parameter["ParameterKey"]: parameter["ParameterValue"]
        for parameter in found[0].get("Parameters", [])
    }
    days = parameters.get("EventRetentionDays")
    if days is None:
        raise fail(
            f"stack {name} has no parameter EventRetentionDays: it is not a stack of Sojourn"
        )
    bus, bucket, table, dead_letters = (str(outputs[key]) for key in wanted)
    stack_id = found[0]["StackId"]
    sender = str(parameters.get("SenderEmail", ""))
    return Deployment(name, bus, bucket, table, dead_letters, stack_id, sender, int(days))


def _heed_region() -> None:
    """Let `AWS_REGION` do, which the AWS CLI reads; boto3 reads `AWS_DEFAULT_REGION` alone."""
    if "AWS_REGION" in os.environ:
        os.environ.setdefault("AWS_DEFAULT_REGION", os.environ["AWS_REGION"])


def _why_not_found(error: ClientError | BotoCoreError) -> str:
    """What is wrong, and what to do about it."""
    said = str(error).rstrip(".")
    if isinstance(error, NoRegionError):
        return "no AWS region is set; set AWS_REGION, or a profile that has a region"
    if isinstance(error, NoCredentialsError):
        return "no AWS credentials were found; set AWS_PROFILE, or run `aws configure`"
    if "does not exist" in said:
        return (
            "there is none of that name in this account and region; check the name, and what"
            " AWS_PROFILE and the region point to"
        )
    return f"it could not be looked up: {said}"
