"""Checking: everything that is wrong with a workspace, at once, whatever its files hold."""

from collections.abc import Iterator, Mapping

from sojourn.core.errors import InvalidInput
from sojourn.core.nouns import noun
from sojourn.core.values.exact import loads
from sojourn.language.crossing import Library, crossing_problems, shelve
from sojourn.language.decoding import FILE_BYTES, NoFile, decode_text
from sojourn.language.documents import Document, read_document
from sojourn.language.files import (
    AT_ROOT,
    FOLDERS,
    MOST_FILES,
    Files,
    is_of_no_concern,
    place_of,
)
from sojourn.language.findings import Code, Finding, Located, Place, Problem, to_findings
from sojourn.language.proving import proofs
from sojourn.language.samples import sample_files
from sojourn.language.wording import near, quoted


@noun
class Checked:
    """What was found in a workspace, and its documents."""

    findings: tuple[Finding, ...]
    library: Library

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that keep it from going live."""
        return tuple(finding for finding in self.findings if finding.severity == "error")


def check(files: Files, before: Mapping[str, Document] | None = None) -> Checked:
    """Read and check a whole workspace; never raises.

    ``before`` are documents read earlier: one whose files did not change is not read again.
    """
    if len(files) > MOST_FILES:
        message = f"more than {MOST_FILES} files: nothing was checked; is this a workspace?"
        return Checked(to_findings([("", Problem((), Code.TOO_MANY_FILES, message))]), shelve({}))
    read = read_all(files, before or {})
    library = shelve(read)
    located = [found for document in read.values() for found in document.problems]
    located += crossing_problems(library)
    wrong: dict[str, list[Place]] = {}
    for file, problem in located:
        if problem.severity == "error":
            wrong.setdefault(file, []).append(problem.place)
    located += proofs(library, wrong)
    located += _stray_files(files, read)
    if not library.journeys:
        message = (
            "there is no journeys/<id>.json, so nothing would ever happen; is it the right folder?"
        )
        located.append(("", Problem((), Code.NO_JOURNEYS, message, "warning")))
    return Checked(to_findings(located), library)


def read_all(files: Files, before: Mapping[str, Document]) -> dict[str, Document]:
    """Each document of the files, read by itself, and not again when it did not change."""
    read: dict[str, Document] = {}
    for file in sorted(files):
        place = place_of(file)
        if place is None:
            continue
        known = before.get(file)
        if known is not None and known.is_current(files):
            read[file] = known
        else:
            read[file] = read_document(file, *place, files)
    sampled = {sample for document in read.values() for sample in _samples(document)}
    return {file: document for file, document in read.items() if file not in sampled}


def _stray_files(files: Files, read: Mapping[str, Document]) -> Iterator[Located]:
    """Files that nothing reads: a misspelt name would go unnoticed. One warning for a folder.

    Outside the workspace's own folders a file is a stranger, unless its name or what it holds tells
    that it was meant for one of them.
    """
    named = {name for document in read.values() for name in document.inputs}
    named |= {name for document in read.values() for name in _samples(document)}
    told: set[str] = set()
    for file in sorted(files.keys() - named):
        folder, slash, rest = file.partition("/")
        if isinstance(files[file], NoFile):
            yield from ((file, problem) for problem in decode_text(files[file])[1])
            continue
        if is_of_no_concern(file) or folder in told:
            continue
        if folder == "templates" and not rest.endswith(".json"):
            message = "no message uses this file; name it in a template, or delete it"
            yield file, Problem((), Code.UNUSED_FILE, message, "warning")
            continue
        meant = near(folder, FOLDERS if slash else tuple(AT_ROOT))
        if folder not in FOLDERS:
            if meant is None and not _looks_meant(files[file]):
                continue
            told.add(folder)
        message = "nothing reads a file in this place; it is ignored"
        if meant is not None and meant != folder:
            message += f"; did you mean {quoted(meant + slash + rest)}?"
        yield file, Problem((), Code.UNKNOWN_PLACE, message, "warning")


_SHAPES = ({"entry", "steps"}, {"id", "where"}, {"match", "map"}, {"caps"}, {"quiet_hours"})
"""Keys by which a journey, a segment, a source and settings are known wherever they lie."""


def _looks_meant(content: bytes) -> bool:
    """Whether a file holds what a workspace's documents hold."""
    if len(content) > FILE_BYTES:
        return False
    try:
        document = loads(content)
    except InvalidInput:
        return False
    return isinstance(document, dict) and any(shape <= document.keys() for shape in _SHAPES)


def _samples(document: Document) -> Iterator[str]:
    """The files a source names to be tried on."""
    if document.kind == "sources":
        yield from (name for _, name in sample_files(document.file, document.plain))
