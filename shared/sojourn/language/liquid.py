"""Liquid: what is wrong with a message's source, which names it reads, and what is no Liquid."""

from collections.abc import Iterable, Iterator

from sojourn.language.findings import Code, Located, Problem, Severity
from sojourn.language.inlining import Source
from sojourn.language.placeholders import instead, placeholders
from sojourn.language.snippets import Whole
from sojourn.language.wording import quoted
from sojourn.rendering.checking import check, reads


def source_problems(sources: Iterable[Source]) -> Iterator[Located]:
    """Syntax, names that are never there, and placeholders that nobody fills in."""
    for source in sources:
        yield from _flaws(source.whole)
        yield from _events(source.whole)
        yield from _foreign(source.whole)


def _flaws(whole: Whole) -> Iterator[Located]:
    ours_of: dict[int, str | None] = {}
    for flaw in check(whole.text):
        begin = whole.text.rfind("\n", 0, flaw.at) + 1
        if begin not in ours_of:
            end = whole.text.find("\n", begin)
            ours_of[begin] = instead(whole.text[begin : end if end >= 0 else None])
        ours = ours_of[begin]
        message = f"{flaw.message}; {ours}" if ours else flaw.message
        yield _at(whole, flaw.at, Code.TEMPLATE_SYNTAX, message)


def _events(whole: Whole) -> Iterator[Located]:
    """`event` is gone when a message is made."""
    for path in sorted(reads(whole.text)):
        if root_of(path) == "event":
            entry = "entry" + path.removeprefix("event")
            message = (
                f"{quoted(path)} is not there when a message is made: write {quoted(entry)}"
                " for the event that entered, or hand the value over in the step's `with`"
            )
            for origin in whole.origins_of(path):
                yield origin.file, Problem(origin.place, Code.EVENT_IN_TEMPLATE, message)


def _foreign(whole: Whole) -> Iterator[Located]:
    for found in placeholders(whole.text):
        ours = "{{ " + found.meant + " }}"
        message = (
            f"{quoted(found.written)} would be sent as it stands: Sojourn fills in double braces,"
            f" as {quoted(ours)}"
        )
        yield _at(whole, found.at, Code.FOREIGN_PLACEHOLDER, message, "warning")


def _at(whole: Whole, at: int, code: Code, message: str, severity: Severity = "error") -> Located:
    """A problem at a place of a text, in the file and the line that it is written at."""
    origin, line = whole.written_at(at)
    return origin.file, Problem(origin.place, code, f"line {line}: {message}", severity)


def root_of(path: str) -> str:
    """The first name of a path as rendering writes it: `entry` of `entry.items[0].name`."""
    return path.partition(".")[0].partition("[")[0]
