"""Checking: everything that is wrong with a workspace, at once, whatever its files hold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sojourn.language.crossing import Library, crossing_findings, shelve
from sojourn.language.documents import Document, read_document
from sojourn.language.files import (
    FOLDERS,
    MOST_FILES,
    SETTINGS,
    Files,
    beside,
    is_of_no_concern,
    place_of,
)
from sojourn.language.findings import Code, Finding, Problem, found_in, in_order
from sojourn.language.proving import proofs
from sojourn.language.tolerant import as_list
from sojourn.language.wording import near, quoted

MOST_FINDINGS = 500
"""The most findings of one file; the rest are counted in one more."""


@dataclass(frozen=True, slots=True)
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
        finding = found_in("", Problem((), Code.TOO_MANY_FILES, message))
        return Checked((finding,), shelve({}))
    read = read_all(files, before or {})
    library = shelve(read)
    findings = [finding for document in read.values() for finding in document.findings]
    findings += crossing_findings(library)
    wrong = {finding.file for finding in findings if finding.severity == "error"}
    findings += proofs(library, wrong)
    findings += _stray_files(files, read)
    if not library.journeys:
        message = "no journeys/<id>.json here: nothing would ever happen"
        findings.append(found_in("", Problem((), Code.NO_JOURNEYS, message, "warning")))
    return Checked(_bounded(findings), library)


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
    return read


def _stray_files(files: Files, read: Mapping[str, Document]) -> Iterator[Finding]:
    """Files that nothing reads: a misspelt name would go unnoticed. One warning for a folder."""
    named = {name for document in read.values() for name in document.inputs}
    named |= {name for document in read.values() for name in _samples(document)}
    told: set[str] = set()
    for file in sorted(files.keys() - named):
        folder, slash, rest = file.partition("/")
        if is_of_no_concern(file) or folder in told:
            continue
        if folder == "templates" and not rest.endswith(".json"):
            message = "no template names this file; name it, or take it away"
            yield found_in(file, Problem((), Code.UNUSED_FILE, message, "warning"))
            continue
        if folder not in FOLDERS:
            told.add(folder)
        meant = near(folder, FOLDERS if slash else (SETTINGS,))
        message = "this is no place for a file of a workspace; it is ignored"
        if meant is not None and meant != folder:
            message += f"; did you mean {quoted(meant + slash + rest)}?"
        yield found_in(file, Problem((), Code.UNKNOWN_PLACE, message, "warning"))


def _samples(document: Document) -> Iterator[str]:
    """The files a source names to be tried on."""
    if document.kind == "sources" and document.doc is not None:
        for name in as_list(document.doc.get("samples")):
            if isinstance(name, str):
                yield beside(document.file, name)


def _bounded(findings: list[Finding]) -> tuple[Finding, ...]:
    """The findings in order, of each file the errors first when there are too many."""
    by_file: dict[str, list[Finding]] = {}
    for finding in in_order(findings):
        by_file.setdefault(finding.file, []).append(finding)
    kept: list[Finding] = []
    for file, found in by_file.items():
        if len(found) > MOST_FINDINGS:
            found.sort(key=lambda item: item.severity)
            message = f"{len(found) - MOST_FINDINGS} more findings; mend these first"
            severity = found[MOST_FINDINGS].severity
            kept.append(found_in(file, Problem((), Code.MORE_FINDINGS, message, severity)))
        kept += found[:MOST_FINDINGS]
    return in_order(kept)
