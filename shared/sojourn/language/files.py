"""Files: a workspace as a table of paths and contents, and what kind of file stands where."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from sojourn.core.errors import InvalidInput
from sojourn.language.decoding import FILE_BYTES, NoFile

type Files = Mapping[str, bytes]
"""Paths from the workspace's root, with `/`, and what the files hold."""

MOST_FILES: Final = 20_000
"""The most files of a workspace; with a larger one nothing is checked."""

SETTINGS: Final = "settings.json"
INVARIANTS: Final = "invariants.json"
AT_ROOT: Final = {SETTINGS: "settings", INVARIANTS: "invariants"}
"""Documents at the workspace's root, and the kind of each."""

FOLDERS: Final = ("journeys", "segments", "templates", "sources")
"""Folders whose JSON files are documents; `templates` and `sources` hold other files besides."""

_PASSED_OVER = ("reports/", "exports/")
"""Where publishing writes what it found."""

_TALK = (".md", ".jsonl")
"""Endings of files that are for people or for trying out: read by nobody here."""


def read_folder(root: Path) -> dict[str, bytes]:
    """Everything in a folder but dotfiles and what is no file; of a huge file only its beginning.

    Where a document ought to be, or a folder of them, what is no file stands as one that cannot be
    read: who left it out would archive a journey. Raises InvalidInput when it is no folder or
    cannot be read.
    """
    if not root.is_dir():
        raise InvalidInput(f"{root}: there is no such folder")
    files: dict[str, bytes] = {}
    try:
        for path in _walk(root):
            name = _name(path.relative_to(root))
            content = _read(path) if path.is_file() else _stand_in(path, name)
            if content is not None:
                files[name] = content
            if len(files) > MOST_FILES:
                break
    except OSError as error:
        raise InvalidInput(f"{error.filename}: cannot be read: {error.strerror}") from error
    return files


def _walk(root: Path) -> Iterator[Path]:
    """Files under a folder in order, and links to folders, which are not followed."""
    for folder, folders, names in os.walk(root, onerror=_raise):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted([*names, *folders]):
            if not name.startswith("."):
                yield Path(folder) / name


def _stand_in(path: Path, name: str) -> NoFile | None:
    """What stands for what is no file; None when it is in nobody's way."""
    if name in FOLDERS and path.is_symlink():
        return NoFile(b"a link to a folder is not followed; put the folder itself here")
    if place_of(name) is None:
        return None
    if path.is_dir():
        return NoFile(b"a folder, where a file ought to be; rename it, or take it away")
    if path.is_symlink():
        return NoFile(b"a link to a file that is not there; put the file itself here")
    return NoFile(b"no file that could be read; put one here")


def _raise(error: OSError) -> None:
    raise error


def _read(path: Path) -> bytes:
    """A file, up to one byte more than may be: enough to tell that it is too large."""
    with path.open("rb") as stream:
        return stream.read(FILE_BYTES + 1)


def _name(path: Path) -> str:
    """The path with `/`; bytes of a name that are not UTF-8 are replaced."""
    return os.fsencode(path.as_posix()).decode("utf-8", "replace")


def place_of(name: str) -> tuple[str, str] | None:
    """The kind of a document (its name at the root, or its folder) and its id, or None."""
    if name in AT_ROOT:
        return AT_ROOT[name], ""
    folder, slash, rest = name.partition("/")
    if slash and folder in FOLDERS and "/" not in rest and rest.endswith(".json"):
        return folder, rest.removesuffix(".json")
    return None


def is_of_no_concern(name: str) -> bool:
    """Whether a file may lie in a workspace without being a part of it."""
    hidden = any(part.startswith(".") for part in name.split("/"))
    return hidden or name.startswith(_PASSED_OVER) or name.endswith(_TALK)


def beside(name: str, sibling: str) -> str:
    """The path of a file that another one names: in the same folder, or below."""
    return f"{name.rpartition('/')[0]}/{sibling}"
