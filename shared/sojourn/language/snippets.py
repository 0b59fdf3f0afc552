"""Snippets: texts that several messages share, each in a file below `templates/`.

Where a text says `{% include "footer.html" %}`, the snippet's text stands once the workspace is
read: what is published names no files. So a snippet sees what stands around it. A place in a text
made whole is still known by the file and the line that it is written at.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from sojourn.core.nouns import noun
from sojourn.language.decoding import decode_text
from sojourn.language.files import Files
from sojourn.language.findings import Code, Located, Place, Problem, Unknown
from sojourn.language.models.content import file_problems
from sojourn.language.wording import quoted
from sojourn.rendering.budget import SOURCE_CHARS
from sojourn.rendering.flaws import Flaw
from sojourn.rendering.scan import INCLUDE, each_tag

FOLDER: Final = "templates/"
"""Where snippets lie, wherever they are named."""

DEPTH: Final = 10
"""So many snippets may stand one within another."""

_MJML: Final = ".mjml"

_WRITTEN: Final = re.compile(
    r"""\{%-?\s*include\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')(?P<more>.*?)-?%\}""",
    re.DOTALL,
)


@noun
class Origin:
    """Where a text is written: a place in a document, or a file of its own."""

    file: str
    place: Place = ()


@noun
class Stretch:
    """A run of a text as it is written in one place, from a line of it on, counted from 1."""

    text: str
    origin: Origin
    line: int


@noun
class Whole:
    """A text with its snippets in their places: stretches, and where in it each begins."""

    text: str
    stretches: tuple[Stretch, ...]
    starts: tuple[int, ...]

    def written_at(self, at: int) -> tuple[Origin, int]:
        """Where a place in the text, counted from 0, is written, and in which line, from 1."""
        number = bisect_right(self.starts, at) - 1
        found = self.stretches[number]
        return found.origin, found.line + found.text.count("\n", 0, at - self.starts[number])

    def origins_of(self, words: str) -> tuple[Origin, ...]:
        """The places where some words are written; the first one's if none has all of them."""
        found = dict.fromkeys(each.origin for each in self.stretches if words in each.text)
        return tuple(found) or (self.stretches[0].origin,)


class Snippets:
    """The snippets of one document: all that were ``named``, and what is wrong with them."""

    def __init__(self, files: Files) -> None:
        """Take them from among a workspace's files."""
        self._files = files
        self._known: dict[tuple[str, bool], list[Stretch]] = {}
        self._within: list[str] = []
        self.named: dict[str, None] = {}
        self.problems: list[Located] = []

    def whole(self, text: str, origin: Origin, *, mjml: bool = False) -> Whole:
        """A text with the snippets in their places; what cannot be taken in is left out."""
        found = [each for each in self._stretches(text, origin, mjml=mjml) if each.text]
        stretches = tuple(found) or (Stretch("", origin, 1),)
        ends = accumulate(len(each.text) for each in stretches)
        text = "".join(each.text for each in stretches)
        return Whole(text, stretches, (0, *ends)[:-1])

    def _stretches(self, text: str, origin: Origin, *, mjml: bool) -> Iterator[Stretch]:
        """The text's own stretches and, between them, those of what it includes."""
        begin, line, room = 0, 1, SOURCE_CHARS
        for start, end in _includes(text):
            tag, own = text[start:end], text[begin:start]
            line_of_tag = line + own.count("\n")
            yield Stretch(own.rstrip() if tag.startswith("{%-") else own, origin, line)
            taken = self._included(tag, origin, line_of_tag, mjml=mjml)
            room -= sum(len(each.text) for each in taken)
            if room < 0:
                message = f"with its snippets it is longer than {SOURCE_CHARS} characters"
                self._say(origin, line_of_tag, message)
                return
            yield from taken
            begin = end
            while tag.endswith("-%}") and text[begin : begin + 1].isspace():
                begin += 1
            line = line_of_tag + text.count("\n", start, begin)
        yield Stretch(text[begin:], origin, line)

    def _included(self, tag: str, origin: Origin, line: int, *, mjml: bool) -> Sequence[Stretch]:
        """What stands in the place of a tag; nothing where it is wrong."""
        written = _WRITTEN.fullmatch(tag)
        if written is None:
            self._say(origin, line, f"`include` takes the name of a file in quotes: {INCLUDE}")
            return ()
        if written["more"].strip():
            message = (
                "`include` hands nothing over, as a snippet sees what stands around it: say it"
                " before, with `assign`"
            )
            self._say(origin, line, message)
            return ()
        name = written["double"] if written["double"] is not None else written["single"]
        wrong = self._wrong(name, mjml=mjml)
        if wrong is not None:
            self._say(origin, line, wrong)
            return ()
        return self._snippet(name, origin, line, mjml=mjml)

    def _wrong(self, name: str, *, mjml: bool) -> str | None:
        """What is wrong with the name of a snippet, there or not."""
        if any(file_problems(name)):
            return f"{quoted(name)} is no name of a file below `{FOLDER}`"
        if name.endswith(".json"):
            return f"{quoted(name)} is a template; a snippet is a file of plain text, HTML or MJML"
        if name.endswith(_MJML) and not mjml:
            return f"{quoted(name)} is MJML, which can stand in an `mjml_file` alone"
        if name in self._within:
            round_ = [*self._within[self._within.index(name) :], name]
            return f"this snippet is within itself: {' → '.join(map(quoted, round_))}"
        if len(self._within) >= DEPTH:
            return f"more than {DEPTH} snippets stand one within another"
        return None

    def _snippet(self, name: str, origin: Origin, line: int, *, mjml: bool) -> Sequence[Stretch]:
        """The stretches of a snippet, none of them empty; each is read once."""
        path = FOLDER + name
        self.named[path] = None
        if path not in self._files:
            self._say_missing(name, origin, line)
            return ()
        if (path, mjml) not in self._known:
            text, problems = decode_text(self._files[path])
            if text is not None and not text.strip():
                problems = (*problems, Problem((), Code.EMPTY, "the file is empty"))
            self.problems += [(path, problem) for problem in problems]
            self._within.append(name)
            own = text.removesuffix("\n").removesuffix("\r") if text is not None else ""
            found = self._stretches(own, Origin(path), mjml=mjml)
            self._known[path, mjml] = [each for each in found if each.text]
            self._within.pop()
        return self._known[path, mjml]

    def _say(self, origin: Origin, line: int, message: str) -> None:
        problem = Problem(origin.place, Code.TEMPLATE_SYNTAX, f"line {line}: {message}")
        self.problems.append((origin.file, problem))

    def _say_missing(self, name: str, origin: Origin, line: int) -> None:
        there = {
            path.removeprefix(FOLDER)
            for path in self._files
            if path.startswith(FOLDER) and not path.endswith(".json") and path != origin.file
        }
        by_stem = {path.rpartition(".")[0]: path for path in there}
        short = name.removeprefix(FOLDER)
        meant = by_stem.get(short, short)
        message = f"line {line}: there is no file {quoted(FOLDER + name)}"
        problem = Problem(
            origin.place,
            Code.UNKNOWN_FILE,
            message,
            because=(FOLDER + name,),
            unknown=Unknown(meant, there),
        )
        self.problems.append((origin.file, problem))


def _includes(text: str) -> Iterator[tuple[int, int]]:
    """Where each tag `include` begins and ends, up to what is no Liquid."""
    if "include" not in text:
        return
    for found in each_tag(text):
        if isinstance(found, Flaw):
            return
        name, start = found
        if name == "include":
            yield start, text.index("%}", start) + 2
