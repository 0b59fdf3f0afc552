"""Samples: entries beside a source, tried when it is checked: so a mapping is known to work."""

from collections.abc import Iterable, Iterator, Mapping

from sojourn.core.errors import InvalidInput
from sojourn.core.incoming.events import parse_entry
from sojourn.core.matching.patterns import mismatch
from sojourn.core.values.exact import Json, JsonObject
from sojourn.language.decoding import decode
from sojourn.language.files import Files, beside
from sojourn.language.findings import Code, Located, Place, Problem, dotted
from sojourn.language.mapping import Source, Unmapped, mapped, read_source
from sojourn.language.models.content import file_problems
from sojourn.language.tolerant import as_list
from sojourn.language.wording import quoted


def sample_files(file: str, doc: JsonObject) -> Iterator[tuple[int, str]]:
    """The files a source names to be tried on, with their places in its list."""
    for index, name in enumerate(as_list(doc.get("samples"))):
        if isinstance(name, str) and not any(file_problems(name)):
            yield index, beside(file, name)


def sample_problems(file: str, doc: JsonObject, files: Files) -> Iterator[Problem]:
    """What is wrong with a source's samples, the source being right by itself."""
    source = read_source(doc)
    for index, sample in sample_files(file, doc):
        place: Place = ("samples", index)
        content = files.get(sample)
        if content is None:
            message = f"there is no file {quoted(sample)}"
            yield Problem(place, Code.UNKNOWN_FILE, message, because=(sample,))
            continue
        entry, unreadable = decode(content)
        for problem in unreadable:
            message = f"{quoted(sample)}: {problem.message}"
            yield Problem(place, problem.code, message, because=(sample,))
        if entry is not None:
            yield from _tried(source, entry, sample, place)


def overlaps(
    sources: Iterable[tuple[str, JsonObject, Mapping[str, bytes | None]]],
) -> Iterator[Located]:
    """Samples that an earlier source would take; ``sources`` are file, document and inputs, by id.

    Of sources with errors nothing is said.
    """
    earlier: list[tuple[str, Source]] = []
    for file, doc, inputs in sources:
        try:
            source = read_source(doc)
        except InvalidInput:
            continue
        for index, sample in sample_files(file, doc):
            entry, _ = decode(inputs.get(sample) or b"")
            for other, before in earlier:
                if entry is not None and mismatch(before.pattern, entry) is None:
                    message = f"{quoted(sample)} is taken by {other}, which comes first"
                    place: Place = ("samples", index)
                    because = (other, sample)
                    yield file, Problem(place, Code.SAMPLE_TAKEN, message, "warning", because)
        earlier.append((file, source))


def _tried(source: Source, entry: JsonObject, sample: str, place: Place) -> Iterator[Problem]:
    wrong = mismatch(source.pattern, entry)
    if wrong is not None:
        where = dotted(("match", *wrong))
        message = f"{quoted(sample)} does not match: {where} does not fit {_there(entry, wrong)}"
        yield Problem(place, Code.SAMPLE_MISMATCH, message, because=(sample,))
        return
    try:
        parse_entry(mapped(source, entry), None)
    except Unmapped as error:
        message = f"{quoted(sample)}: {error.reason}"
        yield Problem(("map", error.field), Code.BAD_SAMPLE, message, because=(sample,))
    except InvalidInput as error:
        message = f"{quoted(sample)} does not give an event: {error}"
        yield Problem(place, Code.BAD_SAMPLE, message, because=(sample,))


def _there(entry: JsonObject, place: Place) -> str:
    """What an entry has at a place, in few words."""
    value: Json = entry
    for name in place:
        value = value.get(str(name)) if isinstance(value, dict) else None
    return quoted(value) if isinstance(value, str) else "what is there"
