"""Exports in the workspace bucket, below `exports/`; its lifecycle deletes them after a week."""

from typing import TYPE_CHECKING

from sojourn.adapters.translation import translating
from sojourn.core.values.exact import JsonObject, dumps

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

EXPORTS = "exports/"


class S3Exports:
    """The port Exports on S3."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        """Use the bucket of that name."""
        self._client = client
        self._bucket = bucket

    def put(self, folder: str, name: str, document: JsonObject) -> str:
        """See Exports."""
        key = f"{EXPORTS}{folder}/{name}.json"
        with translating("writing an export"):
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=dumps(document).encode(),
                ContentType="application/json",
            )
        return key

    def purge(self, folder: str) -> None:
        """See Exports. Looked at from the beginning after each page, of which nothing is left."""
        while True:
            with translating("looking for exports"):
                page = self._client.list_object_versions(
                    Bucket=self._bucket, Prefix=f"{EXPORTS}{folder}/"
                )
            for item in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
                with translating("deleting an export"):
                    self._client.delete_object(
                        Bucket=self._bucket, Key=item["Key"], VersionId=item["VersionId"]
                    )
            if not page.get("IsTruncated"):
                return
