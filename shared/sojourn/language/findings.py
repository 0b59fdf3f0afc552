"""Findings: what is wrong with a workspace, where, and what to do.

A check yields problems; a problem in a file is a finding. `docs/findings.md` explains every code.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from enum import StrEnum
from typing import Literal

from sojourn.core.nouns import noun
from sojourn.core.values.exact import JsonObject
from sojourn.language.wording import hint, printable, quoted

type Severity = Literal["error", "warning"]

MOST_FINDINGS = 500
"""The most findings of one file."""

MOST_GUESSES = 50
"""Of how many of them a guess is made at what was meant: comparing names takes its time."""

type Place = tuple[str | int, ...]
"""Keys and positions from the top of a file down to a value."""


class Code(StrEnum):
    """Every code a finding can have."""

    # A file and its text.
    NO_FILE = "no-file"
    TOO_LARGE = "too-large"
    TOO_MANY_FILES = "too-many-files"
    NOT_UTF8 = "not-utf8"
    BYTE_ORDER_MARK = "byte-order-mark"
    NOT_JSON = "not-json"
    TOO_DEEP = "too-deep"
    DUPLICATE_KEY = "duplicate-key"
    NOT_A_NUMBER = "not-a-number"
    INEXACT_NUMBER = "inexact-number"
    LONE_SURROGATE = "lone-surrogate"
    NULL_CHARACTER = "null-character"
    UNKNOWN_PLACE = "unknown-place"
    UNUSED_FILE = "unused-file"
    UNKNOWN_FILE = "unknown-file"
    NO_JOURNEYS = "no-journeys"
    MORE_FINDINGS = "more-findings"

    # The shape of a document.
    UNKNOWN_KEY = "unknown-key"
    MISSING_KEY = "missing-key"
    CONFLICTING_KEYS = "conflicting-keys"
    WRONG_TYPE = "wrong-type"
    UNKNOWN_VALUE = "unknown-value"
    EMPTY = "empty"
    OUT_OF_RANGE = "out-of-range"
    BAD_ID = "bad-id"
    BAD_TEXT = "bad-text"
    BAD_DURATION = "bad-duration"
    BAD_INSTANT = "bad-instant"
    BAD_TIME = "bad-time"
    BAD_PATH = "bad-path"
    BAD_SENDER = "bad-sender"
    BAD_EXPRESSION = "bad-expression"
    BAD_PATTERN = "bad-pattern"
    UNKNOWN_OPERATOR = "unknown-operator"
    NUMBER_AS_TEXT = "number-as-text"
    PATH_AS_TEXT = "path-as-text"
    UNKNOWN_STEP_TYPE = "unknown-step-type"
    UNKNOWN_CHANNEL = "unknown-channel"
    UNKNOWN_ZONE = "unknown-zone"
    TOO_MANY_STEPS = "too-many-steps"

    # Names and what they refer to.
    ID_MISMATCH = "id-mismatch"
    DUPLICATE_ID = "duplicate-id"
    DUPLICATE_NAME = "duplicate-name"
    MISSING_TARGET = "missing-target"
    UNKNOWN_STEP = "unknown-step"
    UNKNOWN_SEGMENT = "unknown-segment"
    UNKNOWN_TEMPLATE = "unknown-template"
    UNKNOWN_JOURNEY = "unknown-journey"
    UNKNOWN_CATEGORY = "unknown-category"
    UNKNOWN_FACT = "unknown-fact"
    MISSING_CONTENT = "missing-content"
    CYCLIC_SEGMENT = "cyclic-segment"
    UNREACHABLE_STEP = "unreachable-step"
    LOOP_WITHOUT_WAIT = "loop-without-wait"
    LOOP_IN_AN_INSTANT = "loop-in-an-instant"
    ENTER_LOOP = "enter-loop"
    TEMPLATE_SYNTAX = "template-syntax"
    EVENT_IN_TEMPLATE = "event-in-template"
    FOREIGN_PLACEHOLDER = "foreign-placeholder"
    SAMPLE_MISMATCH = "sample-mismatch"
    BAD_SAMPLE = "bad-sample"
    SAMPLE_TAKEN = "sample-taken"
    MJML = "mjml"
    BREAKS_OTHERS = "breaks-others"
    REFUSED_TOGETHER = "refused-together"

    # What will never work.
    IMPOSSIBLE_CONDITION = "impossible-condition"
    ALWAYS_TRUE = "always-true"
    SWALLOWED_BRANCH = "swallowed-branch"
    EVENT_IS_GONE = "event-is-gone"
    TIME_ALONE = "time-alone"
    NO_WAY_OUT = "no-way-out"
    WAIT_PAST_MAX_STAY = "wait-past-max-stay"
    EXIT_COMES_FIRST = "exit-comes-first"
    CLOSED_JOURNEY = "closed-journey"
    UNSET_VARIABLE = "unset-variable"
    NEVER_SENT = "never-sent"


@noun
class Unknown:
    """A name that is not among the known ones; the one that was meant may be near."""

    name: str
    known: Collection[str]


@noun
class Problem:
    """Something wrong at a place of one file; ``because`` names other files it rests on.

    Of an ``unknown`` name the finding says which one was perhaps meant.
    """

    place: Place
    code: Code
    message: str
    severity: Severity = "error"
    because: tuple[str, ...] = ()
    unknown: Unknown | None = None

    def under(self, *above: str | int) -> "Problem":
        """The same problem seen from further up in the file."""
        return replace(self, place=(*above, *self.place))


type Located = tuple[str, Problem]
"""A problem and the file it is in."""


def no_such(what: str, name: str, known: Collection[str], code: Code) -> Problem:
    """The problem of a name that is not among the known ones."""
    return Problem((), code, f"there is no {what} {quoted(name)}", unknown=Unknown(name, known))


@noun
class Finding:
    """One line of a report; ``path`` is dotted and empty for the whole file.

    ``because`` names other files without which, or without whose change, it would not be one.
    """

    severity: Severity
    code: Code
    file: str
    path: str
    message: str
    because: tuple[str, ...] = ()

    def to_json(self) -> JsonObject:
        """The finding as reports and `sojourn validate` show it."""
        return {
            "severity": self.severity,
            "code": str(self.code),
            "file": self.file,
            "path": self.path,
            "message": self.message,
        }


def to_findings(located: Iterable[Located]) -> tuple[Finding, ...]:
    """All problems as findings, each once, by file, path, code and message.

    Of a file with very many the errors come first and the rest are counted.
    """
    by_file: dict[str, dict[tuple[object, ...], Problem]] = {}
    for file, problem in located:
        same = (problem.place, problem.code, problem.message, problem.severity)
        by_file.setdefault(file, {}).setdefault(same, problem)
    findings: set[Finding] = set()
    for file, found in by_file.items():
        problems = sorted(found.values(), key=lambda problem: problem.severity)
        for number, problem in enumerate(problems[:MOST_FINDINGS]):
            findings.add(_finding(file, problem, guesses=number < MOST_GUESSES))
        if len(problems) > MOST_FINDINGS:
            message = f"{len(problems) - MOST_FINDINGS} more findings; mend these first"
            severity = problems[MOST_FINDINGS].severity
            rest = Problem((), Code.MORE_FINDINGS, message, severity)
            findings.add(_finding(file, rest, guesses=False))
    return in_order(findings)


def _finding(file: str, problem: Problem, *, guesses: bool) -> Finding:
    message = problem.message
    if guesses and problem.unknown is not None:
        message += hint(problem.unknown.name, problem.unknown.known)
    place, code = dotted(problem.place), problem.code
    return Finding(problem.severity, code, file, place, message, problem.because)


def found_in(file: str, problem: Problem) -> Finding:
    """The finding that one problem is in its file."""
    return _finding(file, problem, guesses=True)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings by file, path, code and message."""
    return tuple(sorted(findings, key=lambda item: (item.file, item.path, item.code, item.message)))


def dotted(place: Place) -> str:
    """Write a place as `steps.remind.next` or `caps[1].per`."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{printable(part)}" if text else printable(part)
    return text
