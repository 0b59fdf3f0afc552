"""The workspace bucket in memory."""

from collections.abc import Mapping
from hashlib import sha256

from sojourn.core.values.exact import JsonObject

_REPORTS = "reports/"
_KEY_BYTES = 1_024


class FakeWorkspace:
    """The port Workspace; ``files`` is what lies in the bucket, ``reports`` what was reported."""

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        """Begin with files, or with none."""
        self.files: dict[str, bytes] = dict(files or {})
        self.reports: dict[str, JsonObject] = {}

    def listing(self) -> Mapping[str, str]:
        """See Workspace."""
        return {
            path: sha256(body).hexdigest()[:32]
            for path, body in sorted(self.files.items())
            if not path.startswith(_REPORTS) and not path.endswith("/")
        }

    def read(self, path: str, most_bytes: int) -> bytes | None:
        """See Workspace."""
        body = self.files.get(path)
        return None if body is None else body[: most_bytes + 1]

    def report(self, path: str, report: JsonObject) -> None:
        """See Workspace."""
        if len(f"{_REPORTS}{path}.json".encode()) <= _KEY_BYTES:
            self.reports[path] = report
