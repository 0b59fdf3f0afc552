"""The checkpoint: up to which row a file was imported, so that who was stopped goes on from there.

It is written when every row before it is in the table; what came after it is done again, which
changes nothing.
"""

import json
import os
from dataclasses import asdict
from hashlib import file_digest
from pathlib import Path
from typing import Any

from sojourn.core.errors import InvalidInput
from sojourn.core.nouns import noun
from sojourn.core.values.exact import JsonObject, loads_object

FORMAT = 1
ANEW = "--restart begins anew: what is there already does not change"


@noun
class Begun:
    """What an import is about: the file's digest, the stack's own id, and how rows are read."""

    file: str
    stack: str
    options: JsonObject


@noun
class Tally:
    """How far an import is: the last ``row`` done, and how many were taken, known and refused.

    ``known`` are those of the taken that were noticed to be there already. ``refused_bytes`` is how
    long the file of refused rows was.
    """

    row: int = 0
    rows: int = 0
    taken: int = 0
    known: int = 0
    refused: int = 0
    events: int = 0
    refused_bytes: int = 0


class Checkpoint:
    """A file beside the one that is imported, while that goes on."""

    def __init__(self, path: Path, begun: Begun) -> None:
        """Keep it at a path, for one import."""
        self._path = path
        self._beside = path.with_name(f"{path.name}.new")
        self._begun = asdict(begun)

    def read(self) -> Tally:
        """How far this import is; raises InvalidInput when what stands there is of another."""
        try:
            stored: Any = loads_object(self._path.read_bytes())
            about, tally = stored["about"], Tally(**stored["tally"])
        except FileNotFoundError:
            return Tally()
        except (InvalidInput, KeyError, TypeError) as error:
            raise InvalidInput(f"{self._path}: cannot be read: {error}; {ANEW}") from error
        if about.get("stack") != self._begun["stack"]:
            raise InvalidInput(
                f"{self._path}: is of an import into another stack, or into this one before it"
                f" was made anew; {ANEW}"
            )
        if about.get("file") != self._begun["file"]:
            raise InvalidInput(
                f"the file was changed since its import stopped at row {tally.row}; {ANEW}"
            )
        if stored.get("format") != FORMAT or about.get("options") != self._begun["options"]:
            raise InvalidInput(
                f"its import stopped at row {tally.row} with other options: go on with those"
                f" ({json.dumps(about.get('options'))}), or {ANEW}"
            )
        return tally

    def write(self, tally: Tally) -> None:
        """Keep how far it is, as a whole or not at all."""
        doc = {"format": FORMAT, "about": self._begun, "tally": asdict(tally)}
        with self._beside.open("w", encoding="utf-8") as stream:
            json.dump(doc, stream)
            stream.flush()
            os.fsync(stream.fileno())
        self._beside.replace(self._path)

    def remove(self) -> None:
        """Take it away: the import is done, or begins anew."""
        self._path.unlink(missing_ok=True)
        self._beside.unlink(missing_ok=True)


def digest_of(path: Path) -> str:
    """What marks a file's content."""
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()
