"""The page of findings: every code is there, each example is wrong as it says, each mend mends."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sojourn.language.findings import Code
from sojourn.language.workspace import load

PAGE = (Path(__file__).parents[2] / "docs" / "findings.md").read_text(encoding="utf-8")
INTRODUCTION, *SECTIONS = re.split(r"^### ", PAGE, flags=re.MULTILINE)
BLOCK = r"\n\n```(?P<{0}lang>\w+)\n(?P<{0}>.*?)\n```\n"
EXAMPLE = re.compile(
    r"^Wrong, `(?P<file>[^`]+)`(?: at `(?P<path>[^`]+)`)?:" + BLOCK.format("wrong")
    + r"\nMended:(?: leave it out\.\n|" + BLOCK.format("mended") + ")",
    re.DOTALL | re.MULTILINE,
)  # fmt: skip
FILE = re.compile(r"^`([^`]+)`:\n\n```json\n(.*?)\n```\n", re.DOTALL | re.MULTILINE)

IN_PROSE = {
    *(Code.TOO_LARGE, Code.TOO_MANY_FILES, Code.TOO_MANY_STEPS, Code.MORE_FINDINGS),
    *(Code.NO_JOURNEYS, Code.BREAKS_OTHERS, Code.REFUSED_TOGETHER, Code.MJML, Code.NO_FILE),
}
"""Codes whose examples would be too large for a page, or no file, or come only when publishing."""


@dataclass(frozen=True, slots=True)
class Section:
    code: str
    severity: str
    text: str

    @property
    def example(self) -> re.Match[str] | None:
        return EXAMPLE.search(self.text)


def sections() -> Iterator[Section]:
    for section in SECTIONS:
        heading = re.match(r"`([a-z0-9-]+)` · (error|warning|error or warning)\n", section)
        assert heading is not None, section[:60]
        yield Section(heading[1], heading[2], section)


def base() -> dict[str, object]:
    return {name: json.loads(text) for name, text in FILE.findall(INTRODUCTION)}


def with_value(doc: Any, path: str, value: object) -> object:  # noqa: ANN401 - any JSON
    """The document with a value put at a dotted path."""
    *above, last = [
        int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", path)
    ]
    inner = doc
    for part in above:
        inner = inner[part]
    inner[last] = value
    return doc


def written(text: str, lang: str) -> object:
    """What a block of the page stands for: bytes, a text as it is, or a JSON value."""
    if lang == "bytes":
        return text.encode().decode("unicode_escape").encode("latin-1")
    return text.encode() if lang == "text" else json.loads(text)


def findings(example: re.Match[str], which: str) -> list[tuple[str, str, str]]:
    docs = base()
    if example[which] is not None:
        value = written(example[which], example[f"{which}lang"])
        file, path = example["file"], example["path"]
        docs[file] = with_value(docs[file], path, value) if path else value
    files = {
        name: doc if isinstance(doc, bytes) else json.dumps(doc).encode()
        for name, doc in docs.items()
    }
    return [(item.file, item.code.value, item.severity) for item in load(files).findings]


def test_the_workspace_of_the_page_is_right() -> None:
    docs = base()
    assert len(docs) == 8
    files = {name: json.dumps(doc).encode() for name, doc in docs.items()}
    assert load(files).findings == ()


def test_every_code_is_explained_once() -> None:
    assert [section.code for section in sections()] == [code.value for code in Code]


@pytest.mark.parametrize("section", list(sections()), ids=lambda section: section.code)
def test_an_example_is_wrong_and_its_mend_mends(section: Section) -> None:
    example = section.example
    if section.code in IN_PROSE:
        assert example is None
        return
    assert example is not None
    found = findings(example, "wrong")
    assert section.code in [code for _, code, _ in found]
    severities = {severity for _, code, severity in found if code == section.code}
    assert severities <= set(section.severity.split(" or "))
    mended = findings(example, "mended")
    assert section.code not in [code for _, code, _ in mended]
    assert mended == []


def test_every_code_comes_in_words_that_a_url_can_hold() -> None:
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code.value) for code in Code)
