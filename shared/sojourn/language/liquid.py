"""Liquid: what is wrong with a message's source, and which names it reads."""

from collections.abc import Iterable, Iterator

from sojourn.language.findings import Code, Located, Problem
from sojourn.language.inlining import Source
from sojourn.language.wording import quoted
from sojourn.rendering.checking import check, reads


def source_problems(sources: Iterable[Source]) -> Iterator[Located]:
    """Syntax, and names that are never there: `event` is gone when a message is made."""
    for source in sources:
        for flaw in check(source.text):
            message = f"line {flaw.line}: {flaw.message}"
            yield source.file, Problem(source.written_at, Code.TEMPLATE_SYNTAX, message)
        for path in sorted(reads(source.text)):
            if root_of(path) == "event":
                instead = "entry" + path.removeprefix("event")
                message = (
                    f"{quoted(path)} is not there when a message is made: write {quoted(instead)}"
                    " for the event that entered, or hand the value over in the step's `with`"
                )
                yield source.file, Problem(source.written_at, Code.EVENT_IN_TEMPLATE, message)


def root_of(path: str) -> str:
    """The first name of a path as rendering writes it: `entry` of `entry.items[0].name`."""
    return path.partition(".")[0].partition("[")[0]
