"""`sojourn publish` of whatever lies in a folder: it ends in words, and uploads what is right."""

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner
from hypothesis import event, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from sojourn.adapters.s3 import REPORTS, S3Workspace
from sojourn.fakes.clock import FakeClock
from sojourn.fakes.plans import FakePlans
from sojourn.fakes.queues import FakeBus
from sojourn.runtime.workspace.publishing import Publish
from sojourn_cli.deployment import Deployment
from sojourn_cli.main import main
from tests.language.given import base

STACK, BUCKET = "sojourn", "workspace"
DEPLOYED = Deployment(
    STACK, "bus", BUCKET, "table", "https://queue.example", "id", "hi@shop.example", 400
)


class Stack:
    """A bucket, and publishing that hears of each upload as the deployed one does."""

    def __init__(self) -> None:
        self._s3: Any = boto3.client("s3")
        self._s3.create_bucket(Bucket=BUCKET)
        self.reset()
        session: Any = boto3.DEFAULT_SESSION
        session.events.register("before-parameter-build.s3.PutObject", self._note)
        session.events.register("before-parameter-build.s3.DeleteObject", self._note)
        session.events.register("before-parameter-build.s3.GetObject", self._hear)

    def reset(self) -> None:
        """Begin with nothing published."""
        for key in self._keys():
            self._s3.delete_object(Bucket=BUCKET, Key=key)
        self._uploaded: list[str] = []
        self.changed: list[str] = []
        """What publishing heard of."""

        workspace = S3Workspace(self._s3, BUCKET)
        self._publish = Publish(workspace, FakePlans(), FakeBus(), FakeClock(0), lambda _: None)

    def _keys(self) -> list[str]:
        found = self._s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return [item["Key"] for item in found]

    def _note(self, params: dict[str, Any], **_: object) -> None:
        if not params["Key"].startswith(REPORTS):
            self._uploaded.append(params["Key"])

    def _hear(self, **_: object) -> None:
        heard, self._uploaded = self._uploaded, []
        if heard:
            self._publish.take(heard)
            self.changed += heard

    def held(self) -> set[str]:
        """What is in the bucket beside the reports."""
        return {key for key in self._keys() if not key.startswith(REPORTS)}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with pytest.MonkeyPatch.context() as patched, mock_aws():
        patched.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patched.setattr("sojourn_cli.commands.publish.find_deployment", lambda _: DEPLOYED)
        boto3.setup_default_session()
        yield Stack()
        boto3.DEFAULT_SESSION = None


def publish(folder: str, *options: str) -> tuple[int, Any]:
    run = ["publish", folder, "--stack", STACK, "--format", "json", *options]
    done = CliRunner().invoke(main, run)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert "Traceback" not in done.output
    return done.exit_code, json.loads(done.stdout) if done.stdout else done.stderr


BYTES = st.sampled_from(
    [
        *(b"", b"{}", b"[]", b"null", b"\xff", b"\xef\xbb\xbf{}", b'{"id": 1', b"{{ x }", b"<p>"),
        *(b'{"id": "a"}', b'{"a": 1e999}', b'{"a": "\\ud800"}', b"[" * 500, b"x" * 2_000),
    ]
) | st.binary(max_size=40)
LETTERS = st.sampled_from([*b"a. -\n\t'\"%+&<\\#?~", 0xE9, 0xC3, 0xA9, 0x01, 0x7F])
STEMS = st.lists(LETTERS, min_size=1, max_size=6).map(bytes)
FOLDERS = st.sampled_from(
    [b"", b"journeys/", b"templates/", b"templates/deep/", b"segments/", b"sources/", b"other/"]
)
NAMES = st.tuples(FOLDERS, STEMS, st.sampled_from([b".json", b".html", b""])).map(b"".join)
KINDS = st.sampled_from(["file", "file", "file", "link", "folder"])


def put(folder: bytes, name: bytes, kind: str, content: bytes) -> bool:
    """Put something under a name; False where the disk does not take it."""
    path = os.path.join(folder, name)  # noqa: PTH118 - names that are no text
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        if kind == "folder":
            os.mkdir(path)  # noqa: PTH102
        elif kind == "link":
            os.symlink(content or b"nowhere", path)  # noqa: PTH211
        else:
            Path(os.fsdecode(path)).write_bytes(content)
    except (OSError, ValueError):
        return False
    return True


@settings(max_examples=25)
@given(strange=st.lists(st.tuples(NAMES, KINDS, BYTES), max_size=4), whole=st.booleans())
def test_whatever_lies_in_a_folder_is_published_or_refused_in_words(
    stack: Stack, *, strange: list[tuple[bytes, str, bytes]], whole: bool
) -> None:
    stack.reset()
    with tempfile.TemporaryDirectory() as folder:
        for own, text in base().items() if whole else ():
            assert put(folder.encode(), own.encode(), "file", text)
        for name, kind, content in strange:
            put(folder.encode(), name, kind, content)
        code, told = publish(folder, "--delete")
        event(f"exit code {code}")
        held = stack.held()
        if code:
            assert held == set(), told
            return
        assert held == set(told["published"])
        assert all(report["ok"] for report in told["published"].values())
        again, same = publish(folder)
        assert (again, same["published"]) == (0, {})


def test_what_was_removed_is_live_no_more_when_the_command_ends(
    stack: Stack, tmp_path: Path
) -> None:
    stack.reset()
    for own, text in base().items():
        assert put(os.fsencode(tmp_path), own.encode(), "file", text)
    publish(str(tmp_path))
    journey = next(own for own in base() if own.startswith("journeys/"))
    (tmp_path / journey).unlink()
    stack.changed.clear()
    kept = CliRunner().invoke(main, ["publish", str(tmp_path), "--stack", STACK])
    assert (kept.exit_code, json.loads(kept.stdout)["removed"]) == (0, [])
    assert f"but not in {tmp_path}: {journey}; --delete removes such files" in kept.stderr
    code, told = publish(str(tmp_path), "--delete")
    assert (code, told["published"], told["removed"]) == (0, {}, [journey])
    assert stack.changed == [journey], "it waited until publishing had taken it in"
    assert stack.held() == set(base()) - {journey}


def test_what_cannot_be_read_is_bad_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "settings.json").write_text("{}")
    monkeypatch.setattr("sojourn.language.files._read", locked)
    code, said = publish(str(tmp_path))
    assert code == 2
    assert "settings.json: cannot be read: Permission denied" in said


def test_a_bucket_that_is_gone_is_an_error_in_words(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del stack
    for name, content in base().items():
        assert put(os.fsencode(tmp_path), name.encode(), "file", content)
    gone = replace(DEPLOYED, bucket="nowhere")
    monkeypatch.setattr("sojourn_cli.commands.publish.find_deployment", lambda _: gone)
    code, said = publish(str(tmp_path))
    assert code == 1
    assert said.startswith("Error: NoSuchBucket while publishing to stack sojourn: ")
