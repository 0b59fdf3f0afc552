"""One file at a time: a file's bytes become a document and all findings it has by itself."""

from collections.abc import Iterator, Mapping

from sojourn.core.nouns import noun
from sojourn.core.values.exact import JsonObject
from sojourn.language import liquid, words
from sojourn.language.decoding import decode
from sojourn.language.files import AT_ROOT, Files
from sojourn.language.findings import Code, Located, Problem
from sojourn.language.forms import Form, problems_of
from sojourn.language.inlining import Source, inline
from sojourn.language.models.content import Template
from sojourn.language.models.invariants import Invariants
from sojourn.language.models.journey import Journey
from sojourn.language.models.segment import Segment
from sojourn.language.models.settings import Settings
from sojourn.language.models.source import Source as SourceForm
from sojourn.language.samples import sample_files, sample_problems
from sojourn.language.ways import way_problems

FORMS: Mapping[str, type[Form]] = {
    "settings": Settings,
    "journeys": Journey,
    "segments": Segment,
    "templates": Template,
    "sources": SourceForm,
    "invariants": Invariants,
}
"""The form of each kind of document."""


@noun
class Document:
    """A file read by itself; ``doc`` is None when its text could not be read.

    ``inputs`` is all it was read from: the file and those it names, None where there is none.
    """

    file: str
    kind: str
    id: str
    doc: JsonObject | None
    problems: tuple[Located, ...]
    inputs: Mapping[str, bytes | None]
    sources: tuple[Source, ...] = ()

    @property
    def plain(self) -> JsonObject:
        """The document; empty when it could not be read."""
        return self.doc if self.doc is not None else {}

    def is_current(self, files: Files) -> bool:
        """Whether reading it again from these files would give the same."""
        return all(files.get(name) == content for name, content in self.inputs.items())


def read_document(file: str, kind: str, id_: str, files: Files) -> Document:
    """Read one file and what it names, and check what needs no other document."""
    doc, unreadable = decode(files[file])
    problems: list[Located] = [(file, problem) for problem in (*_stem(kind, id_), *unreadable)]
    if doc is None:
        return Document(file, kind, id_, None, tuple(problems), {file: files[file]})
    inlined = inline(file, kind, doc, files)
    samples = [name for _, name in sample_files(file, doc)] if kind == "sources" else []
    inputs = {name: files.get(name) for name in (file, *inlined.named, *samples)}
    problems += inlined.problems
    shape = [(file, problem) for problem in _problems(kind, doc)]
    problems += shape
    if kind == "sources" and not shape:
        problems += [(file, problem) for problem in sample_problems(file, doc, files)]
    problems += liquid.source_problems(inlined.sources)
    return Document(file, kind, id_, inlined.doc, tuple(problems), inputs, inlined.sources)


def _stem(kind: str, id_: str) -> Iterator[Problem]:
    if kind not in AT_ROOT.values():
        for problem in words.id_problems(id_):
            message = f"the file's name gives the id: {problem.message}"
            yield Problem((), Code.BAD_ID, message)


def _problems(kind: str, doc: JsonObject) -> Iterator[Problem]:
    shape = problems_of(FORMS[kind], doc)
    yield from shape
    if kind == "journeys":
        places = (problem.place for problem in shape)
        broken = {str(place[1]) for place in places if place[:1] == ("steps",) and place[1:]}
        yield from way_problems(doc, broken)
