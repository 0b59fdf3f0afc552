"""A workspace as files: what is read, what is passed over, what is warned about."""

import os
from pathlib import Path

import pytest

from sojourn.core.errors import InvalidInput
from sojourn.language import files as module
from sojourn.language.decoding import FILE_BYTES
from sojourn.language.files import MOST_FILES, beside, place_of, read_folder
from sojourn.language.findings import Code, Finding, dotted, in_order
from sojourn.language.wording import LONGEST_QUOTE, hint, listed, near, printable, quoted, shown
from sojourn.language.workspace import load
from tests.language.given import base, findings, told


def test_a_folder_is_read_as_it_lies(tmp_path: Path) -> None:
    for name in ("settings.json", "journeys/a.json", "templates/mail/b.html", ".git/config"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "journeys" / ".DS_Store").write_text("x")
    (tmp_path / "link.json").symlink_to(tmp_path / "settings.json")
    (tmp_path / "round").symlink_to(tmp_path)
    (tmp_path / "nothing.json").symlink_to(tmp_path / "not there")
    os.mkfifo(tmp_path / "pipe.json")
    assert read_folder(tmp_path) == {
        "journeys/a.json": b"journeys/a.json",
        "link.json": b"settings.json",
        "settings.json": b"settings.json",
        "templates/mail/b.html": b"templates/mail/b.html",
    }


def test_where_a_document_ought_to_be_what_is_no_file_is_found(tmp_path: Path) -> None:
    for name, content in base().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    journeys = tmp_path / "journeys"
    (journeys / "gone.json").symlink_to(tmp_path / "not there")
    (journeys / "round.json").symlink_to("round.json")
    (journeys / "folder.json").mkdir()
    os.mkfifo(journeys / "pipe.json")
    (journeys / "picture.png").symlink_to(tmp_path / "not there")
    (tmp_path / "sources").symlink_to(journeys)
    found = {item.file: item.message for item in findings(read_folder(tmp_path))}
    gone = "a link to a file that is not there; put the file itself here"
    assert found == {
        "journeys/gone.json": gone,
        "journeys/round.json": gone,
        "journeys/folder.json": "a folder, where a file ought to be; rename it, or take it away",
        "journeys/pipe.json": "no file that could be read; put one here",
        "sources": "a link to a folder is not followed; put the folder itself here",
    }
    assert {item.code for item in findings(read_folder(tmp_path))} == {Code.NO_FILE}


def test_a_link_to_a_folder_hides_no_journeys(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "journeys").symlink_to(tmp_path / "elsewhere")
    assert "journeys: no-file" in told(read_folder(tmp_path / "shop"))


def test_of_a_huge_file_only_its_beginning_is_read(tmp_path: Path) -> None:
    (tmp_path / "journeys").mkdir()
    with (tmp_path / "journeys" / "huge.json").open("wb") as stream:
        stream.truncate(10_000_000)
    files = read_folder(tmp_path)
    assert len(files["journeys/huge.json"]) == FILE_BYTES + 1
    assert told(files) == ["journeys/huge.json: too-large"]


def test_a_file_name_that_is_no_text_is_read_all_the_same(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("x")
    assert list(read_folder(tmp_path)) == ["caf\ufffd.txt"]


def test_what_is_no_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="there is no such folder"):
        read_folder(tmp_path / "none")


def test_what_cannot_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "settings.json").write_text("{}")
    monkeypatch.setattr(module, "_read", locked)
    with pytest.raises(InvalidInput, match=r"settings\.json: cannot be read: Permission denied"):
        read_folder(tmp_path)
    with pytest.raises(PermissionError):
        module._raise(PermissionError(13, "Permission denied", "x"))


def test_very_many_files_are_one_finding() -> None:
    files = dict.fromkeys((f"notes/{number}.md" for number in range(MOST_FILES + 1)), b"")
    workspace = load(files)
    assert [(item.file, item.code) for item in workspace.findings] == [("", "too-many-files")]
    assert not workspace.ok


def test_reading_stops_at_very_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FILES", 3)
    for number in range(9):
        (tmp_path / f"{number}.json").write_text("{}")
    assert len(read_folder(tmp_path)) == 4


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("settings.json", ("settings", "")),
        ("invariants.json", ("invariants", "")),
        ("journeys/a.json", ("journeys", "a")),
        ("journeys/.json", ("journeys", "")),
        ("journeys/eu/a.json", None),
        ("journeys/a.txt", None),
        ("journey/a.json", None),
        ("a.json", None),
    ],
)
def test_a_files_place_says_what_it_is(name: str, expected: tuple[str, str] | None) -> None:
    assert place_of(name) == expected


def test_a_file_names_another_in_its_own_folder() -> None:
    assert beside("templates/a.json", "mail/a.html") == "templates/mail/a.html"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("README.md", []),
        ("journeys/notes.md", []),
        ("events.jsonl", []),
        (".gitignore", []),
        ("journeys/.keep", []),
        ("reports/journeys/hello.json.json", []),
        ("settngs.json", ["settngs.json: unknown-place"]),
        ("journey/hello.json", ["journey/hello.json: unknown-place"]),
        ("journeys/eu/hello.json", ["journeys/eu/hello.json: unknown-place"]),
        ("journeys/hello.jsn", ["journeys/hello.jsn: unknown-place"]),
        ("templates/old.html", ["templates/old.html: unused-file"]),
        ("templates/old/a.json", ["templates/old/a.json: unknown-place"]),
        ("journeys/.json", ["journeys/.json: bad-id"]),
        ("invariants.json", ["invariants.json: missing-key invariants"]),
        ("invariant.json", ["invariant.json: unknown-place"]),
    ],
)
def test_files_that_nothing_reads(name: str, expected: list[str]) -> None:
    assert told({**base(), name: b"{}"})[: len(expected)] == expected
    if not expected:
        assert told({**base(), name: b"\xff"}) == []


def test_a_misspelt_place_is_guessed() -> None:
    (finding,) = findings({**base(), "Journey/hello.json": b"{}"})
    assert finding.message.endswith("did you mean `journeys/hello.json`?")
    (finding,) = findings({**base(), "setings.json": b"{}"})
    assert finding.message.endswith("did you mean `settings.json`?")


@pytest.mark.parametrize("name", ["qqq", "expected.json", "package.json", "demo/1.json"])
def test_a_stranger_is_passed_over(name: str) -> None:
    for content in (b"{}", b"[", b"[]", b'{"steps": {}}', b" " * (FILE_BYTES + 1)):
        assert findings({**base(), name: content}) == ()


@pytest.mark.parametrize(
    "content",
    [
        b'{"entry": {}, "steps": {}}',
        b'{"id": "vip", "where": {}}',
        b'{"match": {}, "map": {}}',
        b'{"caps": []}',
        b'{"quiet_hours": []}',
    ],
)
def test_a_stranger_that_looks_like_a_document_is_not(content: bytes) -> None:
    (finding,) = findings({**base(), "qqq.json": content})
    assert finding.message.endswith("it is ignored")


def test_a_foreign_folder_is_one_warning() -> None:
    files = {f"demo/{number}.json": b'{"entry": 1, "steps": {}}' for number in range(9)}
    assert told({**base(), **files}) == ["demo/0.json: unknown-place"]


def test_a_workspace_without_journeys_is_warned_about() -> None:
    (finding,) = findings({})
    assert (finding.file, finding.code, finding.severity) == ("", "no-journeys", "warning")
    assert load({}).ok


def test_paths_are_dotted() -> None:
    assert dotted(()) == ""
    assert dotted(("steps", "remind", "next")) == "steps.remind.next"
    assert dotted(("caps", 1, "per")) == "caps[1].per"
    assert (
        dotted((0, "a\n\ud800" + "x" * 100)) == "[0].a\\n\\ud800" + "x" * (LONGEST_QUOTE - 4) + "…"
    )


def test_findings_are_in_order_of_file_path_and_code() -> None:
    made = [
        Finding("error", code, file, path, "")
        for file in ("b", "a")
        for path in ("y", "x")
        for code in (Code.WRONG_TYPE, Code.EMPTY)
    ]
    keys = [(item.file, item.path, item.code) for item in in_order(made)]
    assert keys == sorted(keys)
    assert made[0].to_json() == {
        "severity": "error",
        "code": "wrong-type",
        "file": "b",
        "path": "y",
        "message": "",
    }


def test_names_are_quoted_on_one_short_line() -> None:
    assert quoted("a`b") == "`a`b`"
    assert printable("a\tb\x07") == "a\\tb\\x07"
    assert len(quoted("x" * 1000)) == LONGEST_QUOTE + 2
    assert listed(["a"]) == "`a`"
    assert listed(["a", "b", "c"]) == "`a`, `b` or `c`"
    assert shown(["a", "b", "a"]) == "`a` → `b` → `a`"


def test_near_names_are_found_and_far_ones_are_not() -> None:
    assert near("wait_an_hour", ["wait-an-hour", "wait-a-day"]) == "wait-an-hour"
    assert near("Remind", ["remind"]) == "remind"
    assert near("x", ["remind"]) is None
    assert near("x" * 81, ["x" * 80]) is None
    assert near("s1", [f"s{number}" for number in range(201)]) is None
    assert hint("zzz", ["b", "a"]) == "; there are `a` and `b`"
    assert hint("zzz", [str(number) for number in range(11)]) == ""
    assert hint("zzz", []) == ""
