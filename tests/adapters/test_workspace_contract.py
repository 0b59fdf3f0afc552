"""Workspace: what holds for the marketers' files, on the fake and on the bucket."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from sojourn.adapters import clients
from sojourn.adapters.s3 import S3Workspace
from sojourn.core.errors import Unavailable
from sojourn.core.values.exact import JsonObject
from sojourn.fakes.workspace import FakeWorkspace
from sojourn.runtime.ports import Workspace
from tests.adapters.answers import answering, lost, said

if TYPE_CHECKING:
    from botocore.session import Session


@dataclass(frozen=True, slots=True)
class Bucket:
    """A workspace, the marketer's hand in it, and the reports she finds."""

    workspace: Workspace
    upload: Callable[[str, bytes], object]
    report: Callable[[str], JsonObject]


@pytest.fixture(params=["fake", "moto"])
def bucket(request: pytest.FixtureRequest) -> Bucket:
    if request.param == "fake":
        fake = FakeWorkspace()
        return Bucket(fake, fake.files.__setitem__, fake.reports.__getitem__)
    client = clients.s3(request.getfixturevalue("session"))
    client.create_bucket(Bucket="workspace")

    def upload(path: str, body: bytes) -> None:
        client.put_object(Bucket="workspace", Key=path, Body=body)

    def report(path: str) -> JsonObject:
        found = client.get_object(Bucket="workspace", Key=f"reports/{path}.json")
        assert found["ContentType"] == "application/json"
        body: JsonObject = json.loads(found["Body"].read(), parse_float=Decimal)
        return body

    return Bucket(S3Workspace(client, "workspace"), upload, report)


def test_an_empty_bucket_lists_nothing(bucket: Bucket) -> None:
    assert bucket.workspace.listing() == {}


def test_every_file_is_listed_with_a_tag_that_changes_with_its_content(bucket: Bucket) -> None:
    bucket.upload("journeys/größe 1.json", b"{}")
    bucket.upload("settings.json", b"{}")
    before = bucket.workspace.listing()
    assert set(before) == {"journeys/größe 1.json", "settings.json"}
    bucket.upload("settings.json", b"{ }")
    after = bucket.workspace.listing()
    assert after["settings.json"] != before["settings.json"]
    assert after["journeys/größe 1.json"] == before["journeys/größe 1.json"]
    bucket.upload("settings.json", b"{}")
    assert bucket.workspace.listing() == before
    assert '"' not in "".join(before.values())


def test_reports_are_written_beside_and_not_listed(bucket: Bucket) -> None:
    report: JsonObject = {"ok": False, "version": Decimal("1.50"), "findings": [None, "„nein“"]}
    bucket.workspace.report("journeys/a.json", report)
    assert bucket.report("journeys/a.json") == report
    bucket.upload("reports.json", b"")
    assert set(bucket.workspace.listing()) == {"reports.json"}


@pytest.mark.parametrize(("letter", "count"), [("x", 1_011), ("ß", 506)])
def test_a_name_that_leaves_no_room_for_a_report_has_none(
    bucket: Bucket, letter: str, count: int
) -> None:
    # A key of S3 has 1,024 bytes at most (Amazon S3 User Guide, "Naming Amazon S3 objects").
    longest = "x" + letter * (count - 1)  # in either case 1,011 bytes
    bucket.workspace.report(longest, {"ok": True})
    assert bucket.report(longest) == {"ok": True}
    bucket.workspace.report(longest + letter, {"ok": True})
    with pytest.raises((KeyError, ClientError)):
        bucket.report(longest + letter)


def test_a_folder_made_in_the_console_is_no_file(bucket: Bucket) -> None:
    bucket.upload("journeys/", b"")
    assert bucket.workspace.listing() == {}


@pytest.mark.parametrize("body", [b"", b"\x00\xff not text", b"x" * 100])
def test_a_file_is_read_whole(bucket: Bucket, body: bytes) -> None:
    bucket.upload("a", body)
    assert bucket.workspace.read("a", 100) == body


def test_of_a_file_too_large_one_byte_more_is_read_than_may_be(bucket: Bucket) -> None:
    bucket.upload("a", b"x" * 1_000)
    assert bucket.workspace.read("a", 100) == b"x" * 101


def test_a_file_that_is_gone_is_none(bucket: Bucket) -> None:
    assert bucket.workspace.read("a", 100) is None


def test_a_listing_of_many_pages_is_whole(plain_session: "Session") -> None:
    client = clients.s3(plain_session)

    def page(key: str, rest: str) -> str:
        entry = f"<Contents><Key>{key}</Key><ETag>&quot;t{key}&quot;</ETag></Contents>"
        return f"<ListBucketResult>{entry}{rest}</ListBucketResult>"

    more = "<IsTruncated>true</IsTruncated><NextContinuationToken>n</NextContinuationToken>"
    with answering(client, said(200, page("a", more)), said(200, page("b", ""))) as requests:
        assert S3Workspace(client, "workspace").listing() == {"a": "ta", "b": "tb"}
    assert "continuation-token=n" in requests[1].url


def test_a_bucket_out_of_reach_is_unavailable(plain_session: "Session") -> None:
    client = clients.s3(plain_session)
    workspace = S3Workspace(client, "workspace")
    gone = lost(EndpointConnectionError(endpoint_url="https://s3"))
    for call in (
        workspace.listing,
        lambda: workspace.read("a", 1),
        lambda: workspace.report("a", {}),
    ):
        with answering(client, gone, gone, gone), pytest.raises(Unavailable, match="no answer"):
            call()


def test_a_bucket_that_refuses_is_unavailable(plain_session: "Session") -> None:
    client = clients.s3(plain_session)
    denied = said(403, "<Error><Code>AccessDenied</Code><Message>why</Message></Error>")
    with answering(client, denied), pytest.raises(Unavailable, match="AccessDenied while reading"):
        S3Workspace(client, "workspace").read("a", 1)
