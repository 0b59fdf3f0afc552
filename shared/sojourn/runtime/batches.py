"""Batches: one poison record stops nobody else.

A record that no retry can help goes to the dead letters with its reason; one that a retry can
help, or that met a mistake of ours, is reported, so that only it comes again.
"""

import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sojourn.core.errors import MISTAKES, InvalidInput, Permanent, SojournError, Transient
from sojourn.core.values.exact import JsonObject, dumps, loads_object
from sojourn.runtime.customer.mailbox import Change
from sojourn.runtime.decisions.deciding import body_of
from sojourn.runtime.ports import DeadLetters

type Answer = dict[str, list[dict[str, str]]]
"""What Lambda wants to hear: `{"batchItemFailures": [{"itemIdentifier": ...}]}`."""

_log = logging.getLogger("sojourn")


def take_bodies(
    source: str,
    records: Sequence[Mapping[str, Any]],
    take: Callable[[str], object],
    dead_letters: DeadLetters,
) -> Answer:
    """Take the bodies of queue records one by one."""
    failed = [
        record["messageId"]
        for record in records
        if not _taken(source, record["body"], lambda body=record["body"]: take(body), dead_letters)  # type: ignore[misc]
    ]
    return _answer(failed)


def take_alone(
    source: str,
    event: Mapping[str, Any],
    take: Callable[[str], object],
    dead_letters: DeadLetters,
) -> None:
    """Take an event that came by itself, and not on a queue.

    Raises a SojournError where it should come again: Lambda then puts it on the function's queue as
    it came. So does one that is no JSON as Lambda's own reading leaves it, such as `1e999`: from
    the queue it is refused in its own words.
    """
    body = dumps(event)
    if not _taken(source, body, lambda: take(body), dead_letters):
        raise Transient("not taken: the event comes again by the queue")


def take_changes(  # noqa: PLR0913 - what a stream's batch needs
    source: str,
    records: Sequence[Mapping[str, Any]],
    whose: Callable[[Mapping[str, Any]], str],
    read: Callable[[Mapping[str, Any]], Change],
    take: Callable[[Sequence[Change]], object],
    dead_letters: DeadLetters,
) -> Answer:
    """Take stream records customer by customer, each customer's in order.

    A customer whose records fail is reported by the first of them; Lambda begins again there, and
    taking the others once more changes nothing. A dead letter is a wake-up: sent again, it has the
    customer looked at anew.
    """
    by_customer: dict[str, list[Mapping[str, Any]]] = {}
    for record in records:
        by_customer.setdefault(whose(record), []).append(record)
    failed = []
    for customer_id, group in by_customer.items():

        def work(group: Sequence[Mapping[str, Any]] = group) -> None:
            take([read(record) for record in group])

        if not _taken(source, body_of(customer_id), work, dead_letters):
            failed.append(group[0]["dynamodb"]["SequenceNumber"])
    return _answer(failed)


def take_uploads(
    source: str, records: Sequence[Mapping[str, Any]], take: Callable[[Sequence[str]], object]
) -> Answer:
    """Take the files that S3's events name, all at once; raises what taking them raises.

    A record that names none is reported: its queue gives it up in the end. That time has taken an
    old version away, as the bucket's rules say, is no news of a file.
    """
    paths, failed = [], []
    for record in records:
        try:
            event = loads_object(record["body"])
            path = _path_in(event)
        except InvalidInput as error:
            _log.error("%s: to the dead letters: %s", source, type(error).__name__)
            failed.append(record["messageId"])
        else:
            if not _is_of_an_old_version(event):
                paths.append(path)
    if paths:
        take(paths)
    return _answer(failed)


def _is_of_an_old_version(event: JsonObject) -> bool:
    """Whether S3 tells of a version that its lifecycle removed: a marker would stand for a file.

    Amazon S3 User Guide, "EventBridge event message structure".
    """
    detail = event.get("detail")
    told = detail if isinstance(detail, dict) else {}
    by_time = told.get("reason") == "Lifecycle Expiration"
    return by_time and told.get("deletion-type") == "Permanently Deleted"


def _path_in(event: JsonObject) -> str:
    found: Any = event
    for name in ("detail", "object", "key"):
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, str):
        raise InvalidInput("detail.object.key: missing; an event of S3 is wanted")
    return found


def _taken(source: str, body: str, work: Callable[[], object], dead_letters: DeadLetters) -> bool:
    """Whether a record needs no further try."""
    try:
        work()
    except Permanent as error:
        _log.error("%s: to the dead letters: %s", source, type(error).__name__)
        return _put_away(source, str(error), body, dead_letters)
    except Transient as error:
        _log.warning("%s: to be tried again: %s", source, type(error).__name__)
        return False
    except MISTAKES as error:
        # Where, and not what: the error's own words may hold what somebody's event held.
        where = "".join(traceback.format_tb(error.__traceback__))
        name = type(error).__name__
        _log.error("%s: a mistake of ours; to be tried again: %s\n%s", source, name, where)
        return False
    return True


def _put_away(source: str, reason: str, body: str, dead_letters: DeadLetters) -> bool:
    """Whether a record is among the dead letters; if not, its own source gives it up in the end."""
    try:
        dead_letters.put(source, reason, body)
    except SojournError as error:
        _log.error("%s: no dead letter, to be tried again: %s", source, type(error).__name__)
        return False
    return True


def _answer(failed: Sequence[str]) -> Answer:
    return {"batchItemFailures": [{"itemIdentifier": item} for item in failed]}
