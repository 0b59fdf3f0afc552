"""Accepting: of uploaded files those that are right go live, the others change nothing.

A file with an error falls back to what was accepted before, together with the files it names; one
that never was accepted is left out. That may break others, so it goes on until nothing is wrong. A
change that breaks a file which itself did not change (a segment is taken away that a live journey
asks) falls back, too.
"""

from collections.abc import Iterable, Mapping, Sequence

from sojourn.core.nouns import noun
from sojourn.language.checking import Checked, check, read_all
from sojourn.language.documents import Document
from sojourn.language.files import Files
from sojourn.language.findings import Code, Finding, Problem, found_in, in_order
from sojourn.language.wording import quoted
from sojourn.language.workspace import Workspace, load, workspace_of


@noun
class Accepted:
    """What goes live, and what was found in each file.

    ``refused`` are the files whose change, or whose absence, was not taken over; their findings
    hold an error. ``workspace`` is what ``files`` say; it is not ok only when what was live before
    is no longer right by itself: then everything stays as it was until that is mended.
    """

    files: dict[str, bytes]
    workspace: Workspace
    findings: Mapping[str, tuple[Finding, ...]]
    refused: frozenset[str]


def accept(accepted: Files, candidate: Files) -> Accepted:
    """Take over from ``candidate`` what is right; ``accepted`` is live now. Never raises."""
    choice = _choice(accepted, candidate)
    kept_back: dict[str, list[Finding]] = {}
    while True:
        checked, fallen = _fall_back(choice, kept_back)
        if not checked.errors:
            return _result(choice, checked, {**kept_back, **fallen})
        blamed = _blame(choice, checked.errors, {*kept_back, *fallen})
        if not blamed:
            return _nothing_new(choice, checked.errors)
        kept_back |= blamed


@noun
class _Choice:
    """Two states of a workspace, and which of their files belong together."""

    accepted: Files
    candidate: Files
    read: Mapping[str, Document]
    together: Mapping[str, frozenset[str]]

    def changed(self, names: Iterable[str]) -> set[str]:
        """Those of the files that are not as they were, with the changed ones they belong to."""
        wide = {other for name in names for other in self.together.get(name, (name,))}
        return {name for name in wide if self.candidate.get(name) != self.accepted.get(name)}

    def without(self, fallen: Iterable[str]) -> dict[str, bytes]:
        """The candidate, with these files as they were."""
        files = dict(self.candidate)
        for name in fallen:
            files.pop(name, None)
            if name in self.accepted:
                files[name] = self.accepted[name]
        return files


def _choice(accepted: Files, candidate: Files) -> _Choice:
    read = read_all(candidate, {})
    before = read_all(accepted, read)
    together: dict[str, frozenset[str]] = {}
    for document in (*read.values(), *before.values()):
        group = frozenset(document.inputs).union(
            *(together.get(name, ()) for name in document.inputs)
        )
        together |= dict.fromkeys(group, group)
    return _Choice(accepted, candidate, read, together)


def _fall_back(
    choice: _Choice, kept_back: Iterable[str]
) -> tuple[Checked, dict[str, list[Finding]]]:
    """Let files with errors fall back until there are none, or only in files that did not change.

    Gives what is left, and the files that fell back with what was found in them.
    """
    fallen: dict[str, list[Finding]] = {}
    while True:
        checked = check(choice.without({*kept_back, *fallen}), choice.read)
        broken = choice.changed(finding.file for finding in checked.errors)
        new = broken - fallen.keys() - set(kept_back)
        if not new:
            return checked, fallen
        for file in new:
            fallen[file] = [item for item in checked.findings if item.file == file]
            if not any(item.severity == "error" for item in fallen[file]):
                fallen[file].append(_with_others(file, choice))


def _with_others(file: str, choice: _Choice) -> Finding:
    others = sorted(choice.together[file] - {file})
    message = f"not published, because it belongs to {others[0]}, which has errors"
    return found_in(file, Problem((), Code.REFUSED_TOGETHER, message, because=tuple(others)))


def _blame(
    choice: _Choice, errors: Iterable[Finding], out_already: set[str]
) -> dict[str, list[Finding]]:
    """The changed files because of which files that did not change have errors."""
    blamed: dict[str, list[Finding]] = {}
    for error in errors:
        for file in choice.changed(error.because) - out_already:
            verb = "with this change" if file in choice.candidate else "without this file"
            where = f"{error.file}: {error.path}" if error.path else error.file
            message = f"{verb} another file is wrong: {where}: {error.message}"
            problem = Problem((), Code.BREAKS_OTHERS, message, because=(error.file,))
            blamed.setdefault(file, []).append(found_in(file, problem))
    return blamed


def _result(choice: _Choice, checked: Checked, refused: Mapping[str, list[Finding]]) -> Accepted:
    findings: dict[str, list[Finding]] = {file: [] for file in choice.candidate}
    for finding in checked.findings:
        if finding.file not in refused:
            findings.setdefault(finding.file, []).append(finding)
    findings |= refused
    return Accepted(
        choice.without(refused),
        workspace_of(checked),
        {file: in_order(found) for file, found in findings.items()},
        frozenset(refused),
    )


def _nothing_new(choice: _Choice, errors: Sequence[Finding]) -> Accepted:
    """Errors that no change brought about: everything stays as it was until they are mended."""
    first = errors[0]
    message = f"nothing was published: {quoted(first.file)} is wrong: {first.message}"
    problem = Problem((), Code.REFUSED_TOGETHER, message, because=(first.file,))
    refused = choice.changed((*choice.candidate, *choice.accepted))
    findings = {file: [found_in(file, problem)] for file in refused}
    for error in errors:
        findings.setdefault(error.file, []).append(error)
    return Accepted(
        dict(choice.accepted),
        load(choice.accepted),
        {file: in_order(found) for file, found in findings.items()},
        frozenset(refused),
    )
