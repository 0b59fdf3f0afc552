"""Liquid: what is wrong with a message's source, which names it reads, and what is no Liquid."""

from collections.abc import Iterable, Iterator

from sojourn.language.findings import Code, Located, Problem
from sojourn.language.inlining import Source
from sojourn.language.placeholders import instead, placeholders
from sojourn.language.wording import quoted
from sojourn.rendering.checking import check, reads


def source_problems(sources: Iterable[Source]) -> Iterator[Located]:
    """Syntax, names that are never there, and placeholders that nobody fills in."""
    for source in sources:
        problems = (*_flaws(source), *_events(source), *_foreign(source))
        yield from ((source.file, problem) for problem in problems)


def _flaws(source: Source) -> Iterator[Problem]:
    lines = source.text.split("\n")
    for flaw in check(source.text):
        ours = instead(lines[flaw.line - 1])
        message = f"line {flaw.line}: {flaw.message}" + (f"; {ours}" if ours else "")
        yield Problem(source.written_at, Code.TEMPLATE_SYNTAX, message)


def _events(source: Source) -> Iterator[Problem]:
    """`event` is gone when a message is made."""
    for path in sorted(reads(source.text)):
        if root_of(path) == "event":
            entry = "entry" + path.removeprefix("event")
            message = (
                f"{quoted(path)} is not there when a message is made: write {quoted(entry)}"
                " for the event that entered, or hand the value over in the step's `with`"
            )
            yield Problem(source.written_at, Code.EVENT_IN_TEMPLATE, message)


def _foreign(source: Source) -> Iterator[Problem]:
    for found in placeholders(source.text):
        ours = "{{ " + found.meant + " }}"
        message = (
            f"line {found.line}: {quoted(found.written)} would be sent as it stands: Sojourn fills"
            f" in double braces, as {quoted(ours)}"
        )
        yield Problem(source.written_at, Code.FOREIGN_PLACEHOLDER, message, "warning")


def root_of(path: str) -> str:
    """The first name of a path as rendering writes it: `entry` of `entry.items[0].name`."""
    return path.partition(".")[0].partition("[")[0]
