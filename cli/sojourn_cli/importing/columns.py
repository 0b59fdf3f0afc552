"""Columns: what each cell of a table becomes in the Segment message that a row stands for.

A column names its place: a field (`userId`, `timestamp`), `traits.city`, `properties.total`,
`consent.marketing`, `externalIds.loyalty`, `channels.email`. A bare name that is no field is a
trait. Cells are text unless the column says another type behind a colon; an empty one says nothing.
"""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from sojourn.core.errors import InvalidInput
from sojourn.core.nouns import noun
from sojourn.core.values.exact import Json, JsonObject, loads
from sojourn.core.values.paths import parse_path, show_path
from sojourn_cli.importing.rows import MARK, RowRefused

FIELDS = (
    *("userId", "anonymousId", "previousId", "messageId", "timestamp"),
    *("type", "event"),
)
ROOTS = ("traits", "properties", "consent", "externalIds", "channels")
PROOF = ("consent_source", "consent_wording")
TYPES = ("text", "number", "boolean", "json")

_KNOWN_TRAITS = ("email", "phone", "timezone", "locale", "push_endpoints")
_IDENTITIES = (("userId",), ("anonymousId",), ("traits", "email"), ("traits", "phone"))
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]+")
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_STATUSES: dict[str, JsonObject | None] = {
    "ok": None,
    "unsubscribed": {"event": "message.unsubscribed"},
    "complained": {"event": "message.complained"},
    "bounced": {"event": "message.bounced", "properties": {"bounce_type": "permanent"}},
}
_ADDRESSES = {"email": "email", "sms": "phone"}


@noun
class Column:
    """One column: its ``name``, the ``path`` of its cells in a message, and their ``kind``.

    ``told`` says whether the kind was written down.
    """

    name: str
    path: tuple[str, ...]
    kind: str = "text"
    told: bool = False


class Columns:
    """The columns of a table. Raises InvalidInput naming every one that cannot be placed."""

    def __init__(self, header: Sequence[str], maps: Iterable[tuple[str, str]]) -> None:
        """Place each column; ``maps`` say for some by name what they are (empty: left out)."""
        given = dict(maps)
        missing = [name for name in given if name not in header]
        if missing:
            raise InvalidInput(f"has no column {missing[0]}; there is {', '.join(header)}")
        twice = sorted({name for name in header if name and header.count(name) > 1})
        if twice:
            raise InvalidInput(f"has two columns {twice[0]}: name one of them otherwise")
        self._has_events = "event" in header or "event" in given.values()
        self._columns: list[Column | None] = []
        wrong: list[str] = []
        for name in header:
            try:
                self._columns.append(self._placed(name, given.get(name)))
            except InvalidInput as error:
                wrong.append(str(error))
        if wrong:
            raise InvalidInput("; ".join(wrong))
        self._check_places()
        self._names = tuple(header)
        self._numeric = {
            index: False
            for index, column in enumerate(self._columns)
            if column is not None and not column.told and column.path[0] in {"traits", "properties"}
            if column.path not in _IDENTITIES
        }

    def _placed(self, name: str, given: str | None) -> Column | None:
        """The column of that name; None for one that is left out."""
        target = name if given is None else given
        if not target or name.startswith(f"{MARK}."):
            return None
        place, colon, kind = target.rpartition(":")
        if not colon:
            place, kind = target, "text"
        elif kind not in TYPES:
            raise InvalidInput(f"column {name}: {kind} is none of the types {', '.join(TYPES)}")
        path, own = self._path(name, place, named=given is not None)
        return Column(name, path, own or kind, told=bool(colon or own))

    def _path(self, name: str, place: str, *, named: bool) -> tuple[tuple[str, ...], str | None]:
        """Where cells belong, and their kind where the place has one of its own."""
        if place in FIELDS:
            return (place,), "text"
        if place in PROOF:
            return ("properties", place), "text"
        root, dot, rest = place.partition(".")
        if dot and root in ROOTS:
            return _within(name, root, rest)
        if place in ROOTS:
            raise InvalidInput(f"column {name}: a name is wanted behind it, as in {place}.city")
        if dot:
            raise InvalidInput(f"column {name}: write traits.{place}, or --map '{name}=' for none")
        near = _near(place)
        if near is not None and not named and near != place:
            raise InvalidInput(
                f"column {name}: is {near} meant? --map '{name}={near}', or --map"
                f" '{name}=traits.{place}' for a trait of that name"
            )
        if self._has_events and near is None and not named:
            raise InvalidInput(
                f"column {name}: in a table with events say whether it is the event's or hers:"
                f" properties.{place} or traits.{place}"
            )
        return ("traits", place), None

    def _check_places(self) -> None:
        """Refuse two columns for one place, one within another's, and a table of nobody."""
        known: dict[tuple[str, ...], str] = {}
        columns = [column for column in self._columns if column is not None]
        for column in sorted(columns, key=lambda item: len(item.path)):
            for length in range(1, len(column.path) + 1):
                other = known.get(column.path[:length])
                if other is not None:
                    raise InvalidInput(f"columns {other} and {column.name} are for one place")
            known[column.path] = column.name
        if not any(path in known for path in _IDENTITIES) and not any(
            path[0] == "externalIds" for path in known
        ):
            raise InvalidInput(
                "has no column that says who the customer is: name it with --map, such as"
                " --map id=userId"
            )

    def read_as(self) -> list[tuple[str, str]]:
        """How each column is read: its name, and what it becomes."""
        return [
            (name, "left out" if column is None else f"{'.'.join(column.path)}, {column.kind}")
            for name, column in zip(self._names, self._columns, strict=True)
        ]

    def hints(self) -> list[str]:
        """Columns that were taken as text although they held nothing but numbers."""
        return [
            f"column {column.name} holds numbers and was taken as text, which is never greater or"
            f" less than a number: --map '{column.name}={show_path(column.path)}:number' to compare"
            for index, numeric in self._numeric.items()
            if numeric and (column := self._columns[index]) is not None
        ]

    def messages(self, cells: Sequence[str]) -> tuple[JsonObject, ...]:
        """The messages of a row: one, and one more for each channel that is not to be used.

        Raises RowRefused.
        """
        message: JsonObject = {}
        closed: list[tuple[str, JsonObject]] = []
        external: list[Json] = []
        for index, (column, cell) in enumerate(zip(self._columns, cells, strict=True)):
            text = cell.strip()
            if not text:
                continue
            if column is None:
                self._check_unnamed(index)
                continue
            self._note(index, text)
            value = _value(column, text)
            root, *rest = column.path
            if root == "externalIds":
                external.append({"type": rest[0], "id": value})
            elif root == "channels":
                status = _status(column, text)
                closed += [(rest[0], status)] if status is not None else []
            else:
                _put(message, column.path, value)
        if not message and not external:
            raise RowRefused(
                "says nothing in columns of its own",
                f"fill them in from {MARK}.text, or take it out",
            )
        if external:
            message["context"] = {"externalIds": external}
        return (message, *(_closing(message, channel, status) for channel, status in closed))

    def _check_unnamed(self, index: int) -> None:
        if not self._names[index]:
            raise RowRefused(
                f"has a value in column {index + 1}, which has no name", "name the column"
            )

    def _note(self, index: int, text: str) -> None:
        """Watch whether a column of text holds nothing but numbers."""
        if index in self._numeric:
            if _NUMBER.fullmatch(text):
                self._numeric[index] = True
            else:
                del self._numeric[index]


def _within(name: str, root: str, rest: str) -> tuple[tuple[str, ...], str | None]:
    """A place under one of the roots."""
    try:
        names = parse_path(rest)
    except ValueError as error:
        raise InvalidInput(f"column {name}: {error}") from error
    if root in {"traits", "properties"}:
        return (root, *names), None
    if len(names) > 1:
        raise InvalidInput(f"column {name}: one name is wanted behind {root}")
    if root == "consent":
        return ("traits", "consent", *names), "boolean"
    if root == "channels" and names[0] not in _ADDRESSES:
        raise InvalidInput(f"column {name}: there is channels.email and channels.sms")
    return (root, *names), "text"


def _near(name: str) -> str | None:
    """The field or trait with a meaning that a name is, or is perhaps meant to be."""
    known = {_fold(item): item for item in (*FIELDS, *_KNOWN_TRAITS)}
    found = get_close_matches(_fold(name), known, n=1, cutoff=0.85)
    return known[found[0]] if found else None


def _fold(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _value(column: Column, text: str) -> Json:
    """A cell in its type."""
    match column.kind:
        case "number":
            if not _NUMBER.fullmatch(text):
                raise RowRefused(f"{column.name}: {text} is no number", "write it like 1234.50")
            return loads(text)
        case "boolean":
            found = _TRUTH.get(text.lower())
            if found is None:
                raise RowRefused(
                    f"{column.name}: {text} is neither yes nor no", "write true or false"
                )
            return found
        case "json":
            try:
                return loads(text)
            except InvalidInput as error:
                raise RowRefused(f"{column.name}: {error}", "write JSON") from error
        case _:
            if _is_shortened(column, text):
                raise RowRefused(
                    f"{column.name}: {text} was shortened by a spreadsheet",
                    "format the column as text there and export again",
                )
            return text


def _is_shortened(column: Column, text: str) -> bool:
    whose = column.path in _IDENTITIES or column.path[0] == "externalIds"
    return whose and _SHORTENED.fullmatch(text) is not None


def _status(column: Column, text: str) -> JsonObject | None:
    """The fact that a channel's status stands for; None for one that may be used."""
    if text.lower() not in _STATUSES:
        names = ", ".join(_STATUSES)
        raise RowRefused(f"{column.name}: {text} is no status", f"write one of {names}")
    return _STATUSES[text.lower()]


def _put(message: JsonObject, path: tuple[str, ...], value: Json) -> None:
    inner: Any = message
    for name in path[:-1]:
        inner = inner.setdefault(name, {})
    inner[path[-1]] = value


def _closing(message: JsonObject, channel: str, status: JsonObject) -> JsonObject:
    """The fact that closes a channel for the address in the row, else for her present one."""
    kept = {name: message[name] for name in FIELDS if name in message}
    kept |= {name: message[name] for name in ("context",) if name in message}
    known: Any = message.get("traits", {})
    properties: Any = dict(status.get("properties", {}))  # type: ignore[arg-type]  # an object
    properties["channel"] = channel
    address = known.get(_ADDRESSES[channel])
    if address is not None:
        properties["address"] = address
    if not kept.keys() & {"userId", "anonymousId", "context"}:
        # She is known by the address alone: so is the fact about it.
        kept["traits"] = {name: known[name] for name in _ADDRESSES.values() if name in known}
    for name in ("messageId", "type", "previousId"):
        kept.pop(name, None)
    return {**kept, "event": status["event"], "properties": properties}
