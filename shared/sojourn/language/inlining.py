"""Inlining: a document takes in the files that its messages are in, and the snippets they share."""

from collections.abc import Iterator

from sojourn.core.nouns import noun
from sojourn.core.values.exact import Json, JsonObject
from sojourn.language.decoding import decode_text
from sojourn.language.files import Files, beside
from sojourn.language.findings import Code, Located, Place, Problem
from sojourn.language.mjml import WrongMjml, compile_mjml
from sojourn.language.models.content import FILE_KEYS, PART_KEYS, file_problems
from sojourn.language.snippets import Origin, Snippets, Whole
from sojourn.language.tolerant import as_object
from sojourn.language.wording import quoted


@noun
class Source:
    """Liquid: where it is written, and its text with snippets in their places.

    ``place`` is where the inlined document has it.
    """

    origin: Origin
    place: Place
    whole: Whole


@noun
class Inlined:
    """A document with nothing left in other files; ``named`` are the paths of all it names."""

    doc: JsonObject
    sources: tuple[Source, ...]
    named: tuple[str, ...]
    problems: tuple[Located, ...]


def inline(file: str, kind: str, doc: JsonObject, files: Files) -> Inlined:
    """Take the files that a template, or a journey's steps, name into the document."""
    sources: list[Source] = []
    siblings: list[str] = []
    problems: list[Located] = []
    snippets = Snippets(files)
    for place, channel, part in content_parts(kind, doc):
        taken = {**part}
        for key in PART_KEYS[channel]:
            for at, text in _texts((key,), part.get(key)):
                origin = Origin(file, (*place, *at))
                whole = snippets.whole(text, origin)
                sources.append(Source(origin, origin.place, whole))
                if whole.text != text:
                    taken = as_object(_replaced(taken, at, whole.text))
        for key, stands_for in FILE_KEYS.items():
            name = part.get(key)
            if not isinstance(name, str) or any(file_problems(name)):
                continue
            sibling = beside(file, name)
            siblings.append(sibling)
            read, found = _text(file, (*place, key), sibling, files)
            problems += found
            if read is None or stands_for in part:
                continue
            whole = snippets.whole(read, Origin(sibling), mjml=key == "mjml_file")
            sources.append(Source(Origin(sibling), (*place, stands_for), whole))
            html = _compiled(sibling, whole.text, problems) if key == "mjml_file" else whole.text
            if html is not None:
                del taken[key]
                taken[stands_for] = html
        if taken != part:
            doc = as_object(_replaced(doc, place, taken))
    named = (*siblings, *snippets.named)
    return Inlined(doc, tuple(sources), named, (*problems, *snippets.problems))


def content_parts(kind: str, doc: JsonObject) -> Iterator[tuple[Place, str, JsonObject]]:
    """Every part of a message in a template or in a journey's steps: place, channel, part."""
    if kind == "templates":
        for channel in PART_KEYS:
            part = doc.get(channel)
            if isinstance(part, dict):
                yield (channel,), channel, part
    elif kind == "journeys":
        for name, step in as_object(doc.get("steps")).items():
            content, by = as_object(step).get("content"), as_object(step).get("channel")
            if isinstance(content, dict) and isinstance(by, str) and by in PART_KEYS:
                yield ("steps", name, "content"), by, content


def _texts(place: Place, value: Json) -> Iterator[tuple[Place, str]]:
    """Every text in a value, with its place."""
    left: list[tuple[Place, Json]] = [(place, value)]
    while left:
        at, one = left.pop()
        if isinstance(one, str):
            yield at, one
        elif isinstance(one, dict):
            left += [((*at, key), inner) for key, inner in reversed(one.items())]
        elif isinstance(one, list):
            left += [((*at, index), inner) for index, inner in reversed([*enumerate(one)])]


def _text(file: str, place: Place, sibling: str, files: Files) -> tuple[str | None, list[Located]]:
    """The text of a named file, and what is wrong with it."""
    content = files.get(sibling)
    if content is None:
        message = f"there is no file {quoted(sibling)}"
        problem = Problem(place, Code.UNKNOWN_FILE, message, because=(sibling,))
        return None, [(file, problem)]
    text, problems = decode_text(content)
    if text is not None and not text.strip():
        problems = (*problems, Problem((), Code.EMPTY, "the file is empty"))
    return text, [(sibling, problem) for problem in problems]


def _compiled(sibling: str, text: str, problems: list[Located]) -> str | None:
    """The HTML of MJML; None when it cannot be compiled, which is a problem of its file."""
    try:
        return compile_mjml(text)
    except WrongMjml as wrong:
        problems.append((sibling, Problem((), Code.MJML, str(wrong))))
        return None


def _replaced(within: Json, place: Place, value: Json) -> Json:
    """A value with another one at a place in it; nothing else is copied deeply."""
    if not place:
        return value
    key, *rest = place
    if isinstance(within, list) and isinstance(key, int):
        inner = _replaced(within[key], tuple(rest), value)
        return [*within[:key], inner, *within[key + 1 :]]
    doc = as_object(within)
    return {**doc, str(key): _replaced(doc[str(key)], tuple(rest), value)}
