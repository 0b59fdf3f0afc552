"""The workspace bucket."""

import logging
from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from sojourn.adapters.translation import code_of, translating
from sojourn.core.values.exact import JsonObject, dumps

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

REPORTS = "reports/"
NOT_UPLOADED = (REPORTS, "exports/")
"""What lies in the bucket beside the marketers' files."""

KEY_BYTES = 1_024
"""The longest key that S3 takes, in UTF-8."""

_log = logging.getLogger("sojourn")


class S3Workspace:
    """The port Workspace on S3."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        """Use the bucket of that name."""
        self._client = client
        self._bucket = bucket

    def listing(self) -> Mapping[str, str]:
        """See Workspace. The empty objects that stand for folders in the console are no files."""
        found: dict[str, str] = {}
        more: dict[str, Any] = {}
        while True:
            with translating(f"listing the bucket {self._bucket}"):
                page = self._client.list_objects_v2(Bucket=self._bucket, **more)
            for item in page.get("Contents", []):
                if not item["Key"].startswith(NOT_UPLOADED) and not item["Key"].endswith("/"):
                    found[item["Key"]] = item["ETag"].strip('"')
            if not page.get("IsTruncated"):
                return found
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def read(self, path: str, most_bytes: int) -> bytes | None:
        """See Workspace. Read from a stream: a range that an empty file lacks is an error."""
        with translating(f"reading {path} from the bucket {self._bucket}"):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=path)
            except ClientError as error:
                if code_of(error) == "NoSuchKey":
                    return None
                raise
            with closing(answer["Body"]) as stream:
                return stream.read(most_bytes + 1)

    def report(self, path: str, report: JsonObject) -> None:
        """See Workspace."""
        key = f"{REPORTS}{path}.json"
        if len(key.encode()) > KEY_BYTES:
            _log.warning("publish: a file's name is too long for a report on it: %s", path[:100])
            return
        with translating(f"reporting on {path}"):
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=dumps(report).encode(),
                ContentType="application/json",
            )
