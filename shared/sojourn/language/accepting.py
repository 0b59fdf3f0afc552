"""Accepting: of uploaded files those that are right go live, the others change nothing.

A file with an error falls back to what was accepted before, together with the files it names; one
that never was accepted is left out. That may break others, so it goes on until nothing is wrong. A
change that breaks a file which itself did not change (a segment is taken away that a live journey
asks) falls back, too. What another version of Sojourn accepted, and this one finds wrong, stays as
it went live, and holds up nothing else.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sojourn.core.nouns import noun
from sojourn.core.values.exact import Json, JsonObject
from sojourn.language.checking import Checked, check, read_all
from sojourn.language.files import FOLDERS, Files
from sojourn.language.findings import Code, Finding, Problem, found_in, in_order
from sojourn.language.tolerant import as_object
from sojourn.language.wording import quoted
from sojourn.language.workspace import documents_of


@noun
class Accepted:
    """What goes live, and what was found in each file.

    ``refused`` are the files whose change, or whose absence, was not taken over, and those that are
    live and no longer right; their findings hold an error. ``documents`` are what ``files`` say;
    but what is read from a file that is no longer right is as it went live.
    """

    files: dict[str, bytes]
    documents: JsonObject
    findings: Mapping[str, tuple[Finding, ...]]
    refused: frozenset[str]


def accept(accepted: Files, candidate: Files, live: JsonObject | None = None) -> Accepted:
    """Take over from ``candidate`` what is right; ``accepted`` is live, as the documents ``live``.

    Those are a plan's; without them nothing is live. Never raises.
    """
    choice = _Choice(accepted, candidate)
    kept_back: dict[str, list[Finding]] = {}
    while True:
        checked, fallen = _fall_back(choice, kept_back)
        out = {**kept_back, **fallen}
        brought = [error for error in checked.errors if not choice.stood(error)]
        blamed = _blame(choice, brought, out) or _all_back(choice, brought, out)
        if not blamed:
            return _result(choice, checked, out, live or {})
        kept_back |= blamed


class _Choice:
    """Two states of a workspace, and which of their files belong together."""

    def __init__(self, accepted: Files, candidate: Files) -> None:
        """Read both states; a document that did not change is read once."""
        self.accepted = accepted
        self.candidate = candidate
        self.read = read_all(candidate, {})
        self._before = read_all(accepted, self.read)
        self._beside: dict[str, set[str]] = {}
        for document in (*self.read.values(), *self._before.values()):
            for name in document.inputs:
                self._beside.setdefault(name, set()).update(document.inputs)
        self._stood: frozenset[tuple[str, str, Code]] | None = None

    def beside(self, name: str) -> Collection[str]:
        """The files of all documents that are read from a file."""
        return self._beside.get(name, {name})

    def changed(self, names: Iterable[str]) -> set[str]:
        """Those of the files that are not as they were, with the changed ones they belong to.

        Documents that share a file belong together where that changed: as it was, or as it is, it
        is so for all of them.
        """
        found: set[str] = set()
        nearest = set(names)
        while nearest:
            wide = {other for name in nearest for other in self.beside(name)}
            nearest = {name for name in wide if self._is_changed(name)} - found
            found |= nearest
        return found

    def stood(self, error: Finding) -> bool:
        """Whether what is live has an error by itself, so that no change brought it about.

        One that is of no file keeps everything from being checked, and every change from being
        taken over.
        """
        if not error.file:
            return False
        if self._stood is None:
            errors = check(self.accepted, self._before).errors
            self._stood = frozenset((item.file, item.path, item.code) for item in errors)
        return (error.file, error.path, error.code) in self._stood

    def without(self, fallen: Iterable[str]) -> dict[str, bytes]:
        """The candidate, with these files as they were."""
        files = dict(self.candidate)
        for name in fallen:
            files.pop(name, None)
            if name in self.accepted:
                files[name] = self.accepted[name]
        return files

    def _is_changed(self, name: str) -> bool:
        return self.candidate.get(name) != self.accepted.get(name)


def _fall_back(
    choice: _Choice, kept_back: Collection[str]
) -> tuple[Checked, dict[str, list[Finding]]]:
    """Let files with errors fall back until there are none, or only in files that did not change.

    Gives what is left, and the files that fell back with what was found in them.
    """
    fallen: dict[str, list[Finding]] = {}
    while True:
        checked = check(choice.without({*kept_back, *fallen}), choice.read)
        wrong = {finding.file for finding in checked.errors}
        broken = choice.changed(wrong).difference(kept_back, fallen)
        if not broken:
            return checked, fallen
        for file in broken:
            fallen[file] = [item for item in checked.findings if item.file == file]
            if file not in wrong:
                fallen[file].append(_with_others(file, choice, wrong))


def _with_others(file: str, choice: _Choice, wrong: Collection[str]) -> Finding:
    beside = sorted({*choice.beside(file)} - {file}, key=lambda name: (name not in wrong, name))
    message = f"not published, because it belongs to {beside[0]}, which has errors"
    return found_in(file, Problem((), Code.REFUSED_TOGETHER, message, because=tuple(beside)))


def _blame(
    choice: _Choice, errors: Iterable[Finding], out: Collection[str]
) -> dict[str, list[Finding]]:
    """The changed files because of which files that did not change have errors."""
    blamed: dict[str, list[Finding]] = {}
    for error in errors:
        for file in choice.changed(error.because).difference(out):
            verb = "with this change" if file in choice.candidate else "without this file"
            where = f"{error.file}: {error.path}" if error.path else error.file
            message = f"{verb} another file is wrong: {where}: {error.message}"
            problem = Problem((), Code.BREAKS_OTHERS, message, because=(error.file,))
            blamed.setdefault(file, []).append(found_in(file, problem))
    return blamed


def _all_back(
    choice: _Choice, errors: Sequence[Finding], out: Collection[str]
) -> dict[str, list[Finding]]:
    """Every change that is left, where it is not known which of them brought an error about."""
    if not errors:
        return {}
    file, message = errors[0].file, errors[0].message
    what = f"{quoted(file)} is wrong: {message}" if file else message
    problem = Problem((), Code.REFUSED_TOGETHER, f"nothing was published: {what}")
    left = choice.changed((*choice.candidate, *choice.accepted)).difference(out)
    return {file: [found_in(file, problem)] for file in left}


def _result(
    choice: _Choice, checked: Checked, out: Mapping[str, list[Finding]], live: JsonObject
) -> Accepted:
    findings: dict[str, list[Finding]] = {file: [] for file in choice.candidate}
    for finding in checked.findings:
        if finding.file not in out:
            findings.setdefault(finding.file, []).append(finding)
    findings |= out
    wrong = {finding.file for finding in checked.errors}
    return Accepted(
        choice.without(out),
        _but_for(wrong, checked, live),
        {file: in_order(found) for file, found in findings.items()},
        frozenset({*out, *wrong} - {""}),
    )


def _but_for(wrong: Collection[str], checked: Checked, live: JsonObject) -> JsonObject:
    """The documents of what was checked; what is read from a wrong file is as it went live."""
    was = _as_checked(live)
    if "" in wrong:  # nothing was read
        return was
    documents = dict(documents_of(checked.library))
    for document in checked.library.every():
        if document.inputs.keys().isdisjoint(wrong):
            continue
        if document.kind == "settings":
            documents["settings"] = was["settings"]
        elif document.kind != "invariants":
            shelf = {**as_object(documents[document.kind])}
            shelf.pop(document.id)
            known = as_object(was[document.kind])
            if document.id in known:
                shelf[document.id] = known[document.id]
            documents[document.kind] = shelf
    return documents


def _as_checked(live: JsonObject) -> JsonObject:
    """A plan's documents as those of files are: of each journey its current version alone."""
    journeys: dict[str, Json] = {}
    for id_, life in as_object(live.get("journeys")).items():
        versions = as_object(as_object(life).get("versions"))
        present = versions[str(as_object(life)["current"])]
        journeys[id_] = {"current": 1, "versions": {"1": present}}
    others: JsonObject = {kind: as_object(live.get(kind)) for kind in ("settings", *FOLDERS)}
    return {**others, "journeys": journeys}
