"""Unread: texts that somebody wrote for a value to be read, and that are taken as they stand."""

import re
from typing import Final

from sojourn.core.values.exact import Json, dumps
from sojourn.language.findings import Code, Problem
from sojourn.language.paths import path_problems
from sojourn.language.wording import quoted

_LIQUID: Final = re.compile(r"\{\{-?\s*([^{}|\s]+)\s*-?\}\}")


def compared(operand: object) -> Problem | None:
    """The problem of a path that stands where a condition wants a value."""
    if isinstance(operand, dict) and operand.keys() == {"from"}:
        meant = _path(operand["from"])
    else:
        meant = _path(operand)
    if meant is None:
        return None
    message = (
        f"{quoted(meant)} is not read here: the value is compared with what is written, as it"
        " stands; that two paths are equal is said by `match`, in an exit rule or a `wait_for`,"
        " and which of two is more only the event itself can say"
    )
    return Problem((), Code.PATH_AS_TEXT, message, "warning")


def handed_over(value: Json) -> Problem | None:
    """The problem of a text that is a path, where a value is handed over."""
    meant = _path(value)
    if meant is None:
        return None
    message = (
        f"{quoted(str(value))} is taken as it stands, as a text; write"
        f" {quoted(dumps({'from': meant}))}"
    )
    return Problem((), Code.PATH_AS_TEXT, message, "warning")


def _path(text: object) -> str | None:
    """The path that a text is, alone or in the braces of a template."""
    if not isinstance(text, str):
        return None
    braces = _LIQUID.fullmatch(text.strip())
    path = text if braces is None else braces[1]
    wrong = any(problem.severity == "error" for problem in path_problems(path))
    return None if wrong else path
