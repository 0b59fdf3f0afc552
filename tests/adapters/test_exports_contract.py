"""Exports: written, and purged with every older version, on the fake and on the bucket."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from sojourn.adapters import clients
from sojourn.adapters.exports import S3Exports
from sojourn.core.values.exact import JsonObject
from sojourn.fakes.exports import FakeExports
from sojourn.runtime.ports import Exports

if TYPE_CHECKING:
    from botocore.session import Session


@dataclass(frozen=True, slots=True)
class Shelf:
    """Exports, and what lies there."""

    exports: Exports
    files: Callable[[], dict[str, JsonObject]]


@pytest.fixture(params=["fake", "moto"])
def shelf(request: pytest.FixtureRequest) -> Shelf:
    if request.param == "fake":
        fake = FakeExports()
        return Shelf(fake, lambda: fake.files)
    client: Any = bucket(request.getfixturevalue("session"))

    def files() -> dict[str, JsonObject]:
        found = client.list_objects_v2(Bucket="workspace").get("Contents", [])
        return {
            item["Key"]: json.load(client.get_object(Bucket="workspace", Key=item["Key"])["Body"])
            for item in found
        }

    return Shelf(S3Exports(client, "workspace"), files)


def bucket(session: "Session") -> Any:  # noqa: ANN401 - moto's
    client = clients.s3(session)
    client.create_bucket(Bucket="workspace")
    client.put_bucket_versioning(Bucket="workspace", VersioningConfiguration={"Status": "Enabled"})
    return client


def test_an_export_lies_below_its_folder(shelf: Shelf) -> None:
    assert shelf.exports.put("f1", "r1", {"customer": "ana"}) == "exports/f1/r1.json"
    shelf.exports.put("f1", "r1", {"customer": "ana", "again": True})
    shelf.exports.put("f1", "r2", {})
    assert shelf.files() == {
        "exports/f1/r1.json": {"customer": "ana", "again": True},
        "exports/f1/r2.json": {},
    }


def test_a_folder_is_purged_and_no_other(shelf: Shelf) -> None:
    for folder in ("f1", "f10"):
        shelf.exports.put(folder, "r1", {})
    for _ in range(2):
        shelf.exports.purge("f1")
        assert [*shelf.files()] == ["exports/f10/r1.json"]


def test_no_version_is_left_of_what_was_purged(session: "Session") -> None:
    client = bucket(session)
    exports = S3Exports(client, "workspace")
    for _ in range(3):
        exports.put("f1", "r1", {})
    client.delete_object(Bucket="workspace", Key="exports/f1/r1.json")
    client.meta.events.register(
        "provide-client-params.s3.ListObjectVersions",
        lambda params, **_: {**params, "MaxKeys": 2},
    )
    exports.purge("f1")
    left = client.list_object_versions(Bucket="workspace")
    assert (left.get("Versions", []), left.get("DeleteMarkers", [])) == ([], [])
