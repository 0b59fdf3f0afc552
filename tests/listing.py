"""Which files make the project, for the rules that hold for all of them."""

import shutil
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent


@cache
def listed(suffix: str = "") -> tuple[str, ...]:
    """What is in the project or about to be: paths from its root, ignored files left out."""
    by_git = shutil.which("git") is not None and (ROOT / ".git").exists()
    names = told_by_git() if by_git else walked(ROOT)
    return tuple(sorted(name for name in names if name.endswith(suffix)))


def told_by_git() -> set[str]:
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return {name for name in listing.split("\0") if (ROOT / name).is_file()}


def walked(root: Path) -> set[str]:
    """The same where git or its records are not, as in an archive that was downloaded."""
    lines = (root / ".gitignore").read_text(encoding="utf-8").splitlines()
    ignored = ["/.git", *(line for line in lines if line and not line.startswith("#"))]
    return {path.relative_to(root).as_posix() for path in _files(root, root, ignored)}


def _files(folder: Path, root: Path, ignored: list[str]) -> Iterator[Path]:
    for path in folder.iterdir():
        if any(_is_ignored(path, root, pattern) for pattern in ignored):
            continue
        if path.is_file():
            yield path
        elif path.is_dir() and not path.is_symlink():
            yield from _files(path, root, ignored)


def _is_ignored(path: Path, root: Path, pattern: str) -> bool:
    """Whether a line of `.gitignore` means a path; of its forms, those that stand in ours."""
    if pattern.endswith("/") and not path.is_dir():
        return False
    name = f"/{path.relative_to(root).as_posix()}" if pattern.startswith("/") else path.name
    return fnmatch(name, pattern.rstrip("/"))
