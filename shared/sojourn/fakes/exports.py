"""Exports in memory."""

from sojourn.core.values.exact import JsonObject, dumps, loads_object


class FakeExports:
    """The port Exports; ``files`` holds what was written, by key."""

    def __init__(self) -> None:
        """Begin empty."""
        self.files: dict[str, JsonObject] = {}

    def put(self, folder: str, name: str, document: JsonObject) -> str:
        """See Exports."""
        key = f"exports/{folder}/{name}.json"
        self.files[key] = loads_object(dumps(document))
        return key

    def purge(self, folder: str) -> None:
        """See Exports."""
        for key in [key for key in self.files if key.startswith(f"exports/{folder}/")]:
            del self.files[key]
