"""Paths: which ones can ever find a value, and which names they may hold."""

from collections.abc import Collection, Iterator

from sojourn.core.values.paths import ROOTS, Path, parse_path, show_path
from sojourn.core.workspace.plan import CHANNELS
from sojourn.language.findings import Code, Problem, no_such
from sojourn.language.forms import wrong_type
from sojourn.language.wording import listed, quoted

MESSAGE_FIELDS = (
    *("status", "channel", "sent_at"),
    *("delivered_at", "opened_at", "clicked_at", "bounced_at"),
)
CUSTOMER_FIELDS = ("id", "created_at", "timezone", "locale")

WRITABLE = ("profile", "vars")
"""Where an update may write."""


def path_problems(text: object, roots: Collection[str] = ROOTS) -> Iterator[Problem]:
    """What is wrong with a path; ``roots`` are those it may begin with."""
    if not isinstance(text, str):
        yield wrong_type("a path", text)
        return
    path, problem = read(text)
    if problem is not None:
        yield problem
    elif path[0] not in roots:
        if path[0] in ROOTS:
            message = f"{quoted(text)} must begin with {listed(roots)} here"
            yield Problem((), Code.BAD_PATH, message)
        else:
            yield no_such("path that begins with", path[0], roots, Code.BAD_PATH)
    elif len(path) == 1:
        message = f"{quoted(text)} names no value; a path goes on: `{path[0]}.<name>`"
        yield Problem((), Code.BAD_PATH, message)
    else:
        yield from _names(text, path)


def read(text: str) -> tuple[Path, Problem | None]:
    """The path, or an empty one and what is wrong with it."""
    try:
        return parse_path(text), None
    except ValueError as error:
        message = f"not a path like `profile.first_name`: {error}"
        return (), Problem((), Code.BAD_PATH, message)


def _names(text: str, path: Path) -> Iterator[Problem]:
    """Roots of which every name is known."""
    match path:
        case ("messages", _, field):
            yield from _known("field of a message", field, MESSAGE_FIELDS)
        case ("channels", channel, "status"):
            yield from _known("channel", channel, CHANNELS, Code.UNKNOWN_CHANNEL)
        case ("customer", field):
            yield from _known("field of a customer", field, CUSTOMER_FIELDS)
        case ("messages" | "channels" | "customer" as root, *_):
            yield Problem((), Code.BAD_PATH, f"{quoted(text)} finds nothing; write {_FORMS[root]}")
        case ("event" | "entry", "properties", *rest) if rest:
            yield _too_deep(text, (path[0], *rest))
        case ("event" | "entry" | "profile", "traits", *rest) if rest:
            yield _too_deep(text, ("profile", *rest))
        case ("consent", *rest) | ("profile", "consent", *rest) if len(rest) != 1:
            yield Problem((), Code.BAD_PATH, f"{quoted(text)} finds nothing; name one category")
        case _:
            return


def _too_deep(text: str, path: Path) -> Problem:
    """That a path goes through what holds the values in an event as it is sent."""
    message = (
        f"{quoted(text)} goes one name too deep: values stand right beneath {quoted(path[0])};"
        f" write {quoted(show_path(path))}"
    )
    return Problem((), Code.BAD_PATH, message, "warning")


_FORMS = {
    "messages": "`messages.<step>.<field>`",
    "channels": "`channels.<channel>.status`",
    "customer": "`customer.<field>`",
}


def _known(
    what: str, name: str, known: Collection[str], code: Code = Code.BAD_PATH
) -> Iterator[Problem]:
    if name not in known:
        yield no_such(what, name, known, code)
