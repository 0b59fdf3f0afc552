"""`sojourn publish`: validates a workspace, then uploads what changed and waits for the reports."""

import time
from collections.abc import Mapping
from hashlib import md5
from pathlib import Path
from threading import Event
from typing import Any

import boto3
import click
from botocore.exceptions import BotoCoreError, ClientError

from sojourn.adapters.s3 import NOT_UPLOADED
from sojourn.adapters.translation import translating
from sojourn.core.errors import InvalidInput
from sojourn.core.values.exact import JsonObject, loads_object
from sojourn.language.files import AT_ROOT, FOLDERS, is_of_no_concern, read_folder
from sojourn.language.workspace import load
from sojourn_cli.deployment import find_deployment, stack_option
from sojourn_cli.findings import print_findings
from sojourn_cli.options import examples, workspace_argument
from sojourn_cli.output import fail, format_option, print_json, say, some_of, wants_table

WAIT_SECONDS = 120.0
"""How long reports are waited for; publishing itself takes a few seconds."""

_POLL_SECONDS = 0.25
_ORDER = ("settings.json", "segments/", "templates/", "sources/", "journeys/", "invariants.json")


@click.command(epilog=examples("publish my-workspace --stack prod"))
@workspace_argument
@stack_option
@click.option(
    "--delete",
    is_flag=True,
    help="Also remove files that WORKSPACE does not have. Removed journeys are archived.",
)
@format_option
def publish(workspace: Path, stack: str, *, delete: bool, output_format: str | None) -> None:
    """Check a workspace, upload what changed, and say what became live.

    Exits 1 when a file has an error. Such a file changes nothing that is live.
    """
    try:
        read = read_folder(workspace)
    except InvalidInput as error:
        raise click.UsageError(str(error)) from error
    checked = load(read)
    files = {path: content for path, content in read.items() if _belongs(path)}
    if not checked.ok:
        print_findings(checked, output_format)
        raise SystemExit(1)
    bucket = _Bucket(find_deployment(stack).bucket)
    paths = sorted(files, key=_rank)
    with translating(f"publishing to stack {stack}"):
        present = bucket.tags()
        changed = [path for path in paths if present.get(path) != _tag(files[path])]
        others = sorted(set(present) - set(files))
        gone = others if delete else []
        for path in changed:
            bucket.upload(path, files[path])
        for path in gone:
            bucket.remove(path)
        reports = bucket.reports([*changed, *filter(_belongs, gone)])
    _print(reports, gone, output_format, [item.to_json() for item in checked.findings])
    left = [path for path in others if path not in gone and _belongs(path)]
    if left:
        say(f"in the bucket, but not in {workspace}: {some_of(left)}; --delete removes such files")
    if not all(report["ok"] for report in reports.values()):
        raise SystemExit(1)


def _belongs(path: str) -> bool:
    """Whether a file is the workspace's own; notes and events files stay at home."""
    return path in AT_ROOT or (
        path.split("/", maxsplit=1)[0] in FOLDERS and not is_of_no_concern(path)
    )


def _rank(path: str) -> tuple[int, str]:
    """Upload what others refer to first."""
    places = [index for index, start in enumerate(_ORDER) if path.startswith(start)]
    return (places[0] if places else len(_ORDER), path)


def _tag(content: bytes) -> str:
    """The tag S3 gives an object that was uploaded in one piece."""
    return md5(content, usedforsecurity=False).hexdigest()


class _Bucket:
    """The workspace bucket of a stack."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._client = boto3.client("s3")

    def tags(self) -> dict[str, str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name)
        return {
            item["Key"]: item["ETag"].strip('"')
            for page in pages
            for item in page.get("Contents", [])
            if not item["Key"].startswith(NOT_UPLOADED)
        }

    def upload(self, path: str, content: bytes) -> None:
        """Put a file, its old report away first, so that the new one can be told apart."""
        try:
            self._client.delete_object(Bucket=self._name, Key=_report_key(path))
            self._client.put_object(Bucket=self._name, Key=path, Body=content)
        except (ClientError, BotoCoreError) as error:
            raise fail(f"{path} could not be uploaded to {self._name}: {error}") from error

    def remove(self, path: str) -> None:
        """Take a file away, its old report first, likewise."""
        try:
            self._client.delete_object(Bucket=self._name, Key=_report_key(path))
            self._client.delete_object(Bucket=self._name, Key=path)
        except (ClientError, BotoCoreError) as error:
            raise fail(f"{path} could not be removed from {self._name}: {error}") from error

    def reports(self, paths: list[str]) -> dict[str, JsonObject]:
        """The report on each path, once they are all there."""
        found: dict[str, JsonObject] = {}
        until = time.monotonic() + WAIT_SECONDS
        pause = Event()
        while missing := [path for path in paths if path not in found]:
            for path in missing:
                report = self._report(path)
                if report is not None:
                    found[path] = report
            if time.monotonic() > until:
                raise fail(
                    f"no report on {missing[0]} after {WAIT_SECONDS:.0f} s:"
                    " look at the stack's PublishFunction and its dead letters"
                )
            if missing := [path for path in paths if path not in found]:
                pause.wait(_POLL_SECONDS)
        return found

    def _report(self, path: str) -> JsonObject | None:
        try:
            answer: Any = self._client.get_object(Bucket=self._name, Key=_report_key(path))
        except self._client.exceptions.NoSuchKey:
            return None
        return loads_object(answer["Body"].read())


def _report_key(path: str) -> str:
    return f"reports/{path}.json"


def _print(
    reports: Mapping[str, JsonObject],
    gone: list[str],
    output_format: str | None,
    warnings: list[Any],
) -> None:
    if not wants_table(output_format):
        published = {path: report for path, report in reports.items() if path not in gone}
        removed = [path for path in gone if path not in reports or reports[path]["ok"]]
        kept = {path: reports[path] for path in gone if path not in removed}
        print_json({"published": published | kept, "removed": removed, "warnings": warnings})
        return
    for path, report in reports.items():
        version = report.get("version")
        state = f"live, version {version}" if version else "live"
        if path in gone:
            state = "removed"
        say(f"{path}: {state if report['ok'] else 'refused'}")
        for finding in report.get("findings") or []:  # type: ignore[union-attr]
            say(f"  {finding['path']}: {finding['message']}")  # type: ignore[index, call-overload]
    for path in gone:
        if path not in reports:
            say(f"{path}: removed")
    if not reports and not gone:
        say("nothing changed")
