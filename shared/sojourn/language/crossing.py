"""Crossing: what one document says of others, and whether they bear it out."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sojourn.core.nouns import noun
from sojourn.core.values.exact import JsonObject
from sojourn.core.values.paths import Path, parse_path
from sojourn.core.workspace.plan import CHANNELS
from sojourn.language.documents import Document
from sojourn.language.enters import rounds
from sojourn.language.files import FOLDERS, INVARIANTS, SETTINGS
from sojourn.language.findings import Code, Located, Problem, no_such
from sojourn.language.mentions import Mention, in_invariants, in_journey, in_segment, in_settings
from sojourn.language.samples import overlaps
from sojourn.language.segments import cyclic_segments, outgrown_segments
from sojourn.language.tolerant import as_object
from sojourn.language.wording import listed, quoted

_DEFAULT_CATEGORIES = ("marketing", "transactional")


@noun
class Library:
    """The documents of a workspace by kind and id, whether they could be read or not.

    ``categories`` are all that settings name or that are always there; None when unknown.
    """

    journeys: Mapping[str, Document]
    segments: Mapping[str, Document]
    templates: Mapping[str, Document]
    sources: Mapping[str, Document]
    settings: Document | None
    invariants: Document | None
    categories: frozenset[str] | None

    def of(self, kind: str) -> Mapping[str, Document]:
        """The documents of a folder."""
        folders = {
            "journeys": self.journeys,
            "segments": self.segments,
            "templates": self.templates,
        }
        return folders.get(kind, self.sources)

    def every(self) -> Iterator[Document]:
        """All documents."""
        for kind in FOLDERS:
            yield from self.of(kind).values()
        yield from (item for item in (self.settings, self.invariants) if item is not None)


def shelve(documents: Mapping[str, Document]) -> Library:
    """Sort documents by kind."""
    by_kind: dict[str, dict[str, Document]] = {
        kind: {item.id: item for item in documents.values() if item.kind == kind}
        for kind in ("journeys", "segments", "templates", "sources")
    }
    settings = documents.get(SETTINGS)
    named = as_object(settings.plain.get("categories")) if settings is not None else {}
    unreadable = settings is not None and settings.doc is None
    categories = None if unreadable else frozenset({*_DEFAULT_CATEGORIES, *named})
    invariants = documents.get(INVARIANTS)
    return Library(**by_kind, settings=settings, invariants=invariants, categories=categories)


def crossing_problems(library: Library) -> Iterator[Located]:
    """Everything wrong between documents."""
    for kind in ("journeys", "segments", "sources"):
        for document in library.of(kind).values():
            yield from _identity(document, library.of(kind))
    for document in library.journeys.values():
        yield from _references(document, in_journey(document.plain), library)
        yield from _contents(document, library)
    for document in library.segments.values():
        yield from _references(document, in_segment(document.plain), library)
    if library.settings is not None and library.settings.doc is not None:
        yield from _references(library.settings, in_settings(library.settings.doc), library)
    by_id = sorted(library.sources.items())
    yield from overlaps((item.file, item.plain, item.inputs) for _, item in by_id)
    if library.invariants is not None:
        yield from _unknown_in_rules(library.invariants, library)
    segments = _readable(library.segments)
    for name, problem in (*cyclic_segments(segments), *outgrown_segments(segments)):
        yield library.segments[name].file, problem
    for name, problem in rounds(_readable(library.journeys)):
        yield library.journeys[name].file, problem


def _readable(documents: Mapping[str, Document]) -> dict[str, JsonObject]:
    return {name: item.doc for name, item in documents.items() if item.doc is not None}


def _identity(document: Document, others: Mapping[str, Document]) -> Iterator[Located]:
    own = document.plain.get("id")
    if not isinstance(own, str) or own == document.id:
        return
    other = others.get(own)
    if other is not None:
        message = f"{quoted(own)} is the id of {other.file}; this file's is {quoted(document.id)}"
        problem = Problem(("id",), Code.DUPLICATE_ID, message)
    else:
        message = f"the id is {quoted(own)}, but the file's name says {quoted(document.id)}"
        problem = Problem(("id",), Code.ID_MISMATCH, message)
    yield document.file, problem


def _references(
    document: Document, mentions: Iterator[Mention], library: Library
) -> Iterator[Located]:
    for mention in mentions:
        problem = _reference(document, mention, library)
        if problem is not None:
            yield document.file, problem


def _reference(document: Document, mention: Mention, library: Library) -> Problem | None:
    name = mention.name
    match mention.kind:
        case "segment" if name not in library.segments:
            return _missing(mention, Code.UNKNOWN_SEGMENT, "segments", library.segments)
        case "template" if name not in library.templates:
            return _missing(mention, Code.UNKNOWN_TEMPLATE, "templates", library.templates)
        case "journey" if name not in library.journeys:
            return _missing(mention, Code.UNKNOWN_JOURNEY, "journeys", library.journeys)
        case "category":
            return _category(mention, name, library)
        case "send":
            return _sending_step(mention, name, document)
        case "path":
            return _named_in_path(document, mention, library)
        case _:
            return None


def _unknown_in_rules(invariants: Document, library: Library) -> Iterator[Located]:
    """Names that no message can have: a warning, for a rule must not keep a journey from going."""
    for file, problem in _references(invariants, in_invariants(invariants.plain), library):
        message = f"{problem.message}, so this name covers no message"
        yield file, replace(problem, severity="warning", because=(), message=message)


def _missing(mention: Mention, code: Code, folder: str, known: Mapping[str, Document]) -> Problem:
    problem = no_such(folder.removesuffix("s"), mention.name, known, code)
    because = (f"{folder}/{mention.name}.json",)
    return replace(problem, place=mention.place, because=because)


def _category(mention: Mention, name: str, library: Library) -> Problem | None:
    if library.categories is None or name in library.categories:
        return None
    problem = no_such("category", name, library.categories, Code.UNKNOWN_CATEGORY)
    return replace(problem, place=mention.place, because=(SETTINGS,))


def _sending_step(mention: Mention, name: str, document: Document) -> Problem | None:
    steps = as_object(document.plain.get("steps"))
    if name in steps:
        if as_object(steps[name]).get("type") == "send":
            return None
        message = f"the step {quoted(name)} sends nothing; name a `send` step"
        return Problem(mention.place, Code.UNKNOWN_STEP, message)
    return no_such("step", name, steps, Code.UNKNOWN_STEP).under(*mention.place)


def _named_in_path(document: Document, mention: Mention, library: Library) -> Problem | None:
    """What a path names beside traits and properties: a step of this journey, a category."""
    match _path(mention.name):
        case ("messages", step, _) if document.kind == "journeys":
            return _sending_step(mention, step, document)
        case ("consent", category) | ("profile", "consent", category):
            return _category(mention, category, library)
        case _:
            return None


def _path(text: str) -> Path:
    try:
        return parse_path(text)
    except ValueError:
        return ()  # said where the path is checked


def _contents(document: Document, library: Library) -> Iterator[Located]:
    """Templates have a part for the channels of the steps that send them."""
    for name, step in as_object(document.plain.get("steps")).items():
        template, channel = as_object(step).get("template"), as_object(step).get("channel")
        if not (isinstance(template, str) and isinstance(channel, str) and channel in CHANNELS):
            continue
        found = library.templates.get(template)
        if found is None or found.doc is None or channel in found.doc:
            continue
        there = [part for part in CHANNELS if part in found.doc]
        message = f"{found.file} has no part {quoted(channel)}"
        if there:
            message += f"; it has {listed(there, 'and')}"
        place = ("steps", name, "template")
        problem = Problem(place, Code.MISSING_CONTENT, message, because=(found.file,))
        yield document.file, problem
