"""The customer items: each append and each decision is one conditional write.

An append knows nothing but its event: it fills a slot of its own and counts. A decision is written
on the condition of the revision that was read, and removes just the slots it consumed. So neither
waits for the other, and neither loses the other's work.
"""

from collections.abc import Collection, Sequence
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from sojourn.adapters import keys, timer_index
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.items import (
    event_text,
    is_full,
    mailbox_from_item,
    place_text,
)
from sojourn.adapters.translation import (
    CONDITION_FAILED,
    cancelled,
    condition_failed,
    refused_image,
    too_large,
    translated,
    translating,
)
from sojourn.core.errors import Conflict, CorruptState, Unavailable
from sojourn.core.limits import IDENTITIES, INBOX_BYTES, INBOX_EVENTS
from sojourn.core.state.customer import Event
from sojourn.core.values.ids import mark
from sojourn.core.values.instants import Instant
from sojourn.runtime.customer.mailbox import (
    JOURNAL_CHARS,
    Gone,
    Mailbox,
    Moved,
    Overtaken,
    Place,
    Save,
)
from sojourn.runtime.customer.stored import pack_decided
from sojourn.runtime.ports import Appended

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

_APPEND_TRIES = 3


class DynamoDbMailboxes:
    """The port Mailboxes on the table."""

    def __init__(self, client: "DynamoDBClient", table: str, history: DynamoDbHistory) -> None:
        """Use a table, and a history for journals that have grown long."""
        self._client = client
        self._table = table
        self._history = history

    def append(self, customer_id: str, event: Event, *, is_user: bool = False) -> Appended:
        """See Mailboxes."""
        looked_at: int | None = None
        for _ in range(_APPEND_TRIES):
            refusal = self._write(customer_id, _append_request(event, looked_at, is_user=is_user))
            if refusal is None:
                return "appended"
            if too_large(refusal):
                raise Unavailable(
                    f"customer {customer_id}: her item has no room for event {event.id};"
                    " it is tried again when those that wait have been taken"
                ) from refusal
            image = refused_image(refusal)
            if image is None:
                looked_at = None  # she was removed meanwhile
                continue
            if keys.JOINED_INTO in image:
                raise Moved(image[keys.JOINED_INTO]["S"]) from refusal
            if keys.FORGOTTEN_AT in image:
                raise Gone(customer_id) from refusal
            box = mailbox_from_item(image)
            if any(waiting.slot == keys.slot(event.id) for waiting in box.inbox):
                return "duplicate"
            if box.customer is not None and mark(event.id) in box.customer.seen:
                return "duplicate"
            if is_full(image):
                raise Unavailable(
                    f"customer {customer_id}: {image[keys.INBOX_COUNT]['N']} events wait, as much"
                    " as there may be; the next one is tried again when they have been taken"
                ) from refusal
            # The marks only happen to hold these eight characters across two of them. What was
            # looked at is the condition now.
            looked_at = box.revision
        raise Conflict(f"customer {customer_id} changed {_APPEND_TRIES} times during one append")

    def read(self, customer_id: str) -> Mailbox:
        """See Mailboxes."""
        with translating(f"reading customer {customer_id}"):
            answer = self._client.get_item(
                TableName=self._table, Key=keys.customer_key(customer_id), ConsistentRead=True
            )
        item = answer.get("Item")
        return Mailbox(customer_id) if item is None else mailbox_from_item(item)

    def save(self, box: Mailbox, save: Save) -> Mailbox:
        """See Mailboxes. Events appended meanwhile are not in the answer; the stream brings them.

        When they leave no room for what is to be written, that is Overtaken as well: whoever
        decides again takes them. Without them it is CorruptState.
        """
        journal = box.journal
        if len(journal) > JOURNAL_CHARS:
            self._history.keep_journal(box.customer_id, journal, box.revision)
            journal = ""
        journal = "\n".join(part for part in (journal, save.journal) if part)
        token = token_urlsafe(9)
        refusal = self._write(box.customer_id, _save_request(box, save, journal, token))
        if refusal is not None:
            self._examine(refusal, box, save, token)
        return Mailbox(
            box.customer_id,
            box.revision + 1,
            save.customer,
            tuple(waiting for waiting in box.inbox if waiting.slot not in save.consumed),
            journal,
            save.wake_at,
            save.announcements,
            is_user=box.is_user,
            arrivals=box.arrivals,
            timer_at=save.timer_at,
        )

    def join(self, box: Mailbox, into: str, *, alias: str | None = None) -> bool:
        """See Mailboxes."""
        check: Any = {
            "TableName": self._table,
            "Key": keys.customer_key(into),
            "ConditionExpression": "attribute_not_exists(#into) AND attribute_not_exists(#gone)",
            "ExpressionAttributeNames": {"#into": keys.JOINED_INTO, "#gone": keys.FORGOTTEN_AT},
        }
        updates = {box.customer_id: _join_request(box, into, is_named=alias == box.customer_id)}
        if alias is not None:
            updates.setdefault(alias, _NAMED)
        parts: list[Any] = [{"ConditionCheck": check}]
        for id_, request in updates.items():
            parts.append(
                {"Update": {"TableName": self._table, "Key": keys.customer_key(id_), **request}}
            )
        try:
            self._client.transact_write_items(TransactItems=parts)
        except (ClientError, BotoCoreError) as error:
            others, *mine = cancelled(error)
            if others == CONDITION_FAILED:
                raise Overtaken(self.read(into)) from error
            if CONDITION_FAILED in mine:
                return False
            raise translated(error, f"joining customer {box.customer_id} into {into}") from error
        return True

    def leave_word(self, customer_id: str, places: Collection[Place]) -> None:
        """See Mailboxes."""
        self._write(
            customer_id,
            {
                "UpdateExpression": "ADD #places :places",
                "ConditionExpression": "attribute_exists(#gone) OR (attribute_exists(#pk)"
                " AND (attribute_not_exists(#places) OR size(#places) < :most))",
                "ExpressionAttributeNames": {
                    "#places": keys.PLACES,
                    "#gone": keys.FORGOTTEN_AT,
                    "#pk": keys.PK,
                },
                "ExpressionAttributeValues": {
                    ":places": {"SS": sorted(map(place_text, places))},
                    ":most": _number(IDENTITIES),
                },
            },
        )

    def due(self, shard: int, until: Instant, limit: int) -> Sequence[tuple[str, Instant]]:
        """See Mailboxes."""
        where = self._client, self._table, keys.DUE_INDEX
        return timer_index.due(*where, str(shard), until, limit)

    def set_timer(self, box: Mailbox, timer_at: Instant | None) -> None:
        """See Mailboxes. Who was joined or forgotten meanwhile has another revision."""
        self._write(box.customer_id, timer_index.moved(box, timer_at))

    def put_off(self, customer_id: str, now: Instant, until: Instant) -> None:
        """See Mailboxes."""
        self._write(customer_id, timer_index.put_off(now, until))

    def note_rest(self, customer_id: str, revision: int) -> None:
        """See Mailboxes."""
        timer_index.note_rest(self._client, self._table, customer_id, revision)

    def end_rest(self, customer_id: str, revision: int, now: Instant) -> None:
        """See Mailboxes."""
        timer_index.end_rest(self._client, self._table, customer_id, revision, now)

    def resting(self, shard: int, before: int, limit: int) -> Sequence[tuple[str, int]]:
        """See Mailboxes."""
        where = self._client, self._table, keys.DUE_INDEX
        return timer_index.due(*where, keys.rest_shard(shard), before - 1, limit)

    def _write(self, customer_id: str, request: dict[str, Any]) -> ClientError | None:
        """Write on a condition; the error when that failed or the item has no room."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=keys.customer_key(customer_id),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **request,
            )
        except (ClientError, BotoCoreError) as error:
            if condition_failed(error):
                return error
            if isinstance(error, ClientError) and too_large(error):
                return error
            raise translated(error, f"writing customer {customer_id}") from error
        return None

    def _examine(self, refusal: ClientError, box: Mailbox, save: Save, token: str) -> None:
        """Raise for a save that was refused, unless it was done: then only its answer was lost."""
        if too_large(refusal):
            current = self.read(box.customer_id)
            left = {waiting.slot for waiting in current.inbox}.difference(save.consumed)
            if left or current.revision != box.revision:
                raise Overtaken(current) from refusal
            raise CorruptState(
                f"customer {box.customer_id}: her item would pass the 400 KB of DynamoDB;"
                " the bounds in core/limits.py are too wide"
            ) from refusal
        image = refused_image(refusal)
        if image is None:
            raise Overtaken(Mailbox(box.customer_id)) from refusal
        if image.get(keys.SAVED_AS) != {"S": token}:
            raise Overtaken(mailbox_from_item(image)) from refusal


def _append_request(event: Event, looked_at: int | None, *, is_user: bool) -> dict[str, Any]:
    """What puts an event into a slot.

    That it was not taken before is asked of the marks of what was, which the form before had in
    the state's text; after a look at the item, of the revision that was ``looked_at``.
    """
    slot = keys.slot(event.id)
    names = {
        "#slot": slot,
        "#place": keys.place(slot),
        "#count": keys.INBOX_COUNT,
        "#bytes": keys.INBOX_BYTES,
        "#arrivals": keys.ARRIVALS,
        "#into": keys.JOINED_INTO,
        "#gone": keys.FORGOTTEN_AT,
    }
    text = event_text(event)
    values: dict[str, Any] = {
        ":event": {"S": text},
        ":none": _number(0),
        ":one": _number(1),
        ":size": _number(len(text.encode())),
        ":most": _number(INBOX_EVENTS),
        ":full": _number(INBOX_BYTES),
    }
    if looked_at is None:
        not_taken = "NOT contains(#seen, :mark) AND NOT contains(#state, :mark)"
        names |= {"#seen": keys.SEEN, "#state": keys.STATE}
        values[":mark"] = {"S": mark(event.id)}
    else:
        not_taken = "#rev = :rev"
        names["#rev"] = keys.REVISION
        values[":rev"] = _number(looked_at)
    noted = ""
    if is_user:
        noted, names["#user"], values[":user"] = ", #user = :user", keys.IS_USER, {"BOOL": True}
    return {
        "UpdateExpression": f"SET #slot = :event, #place = if_not_exists(#arrivals, :none){noted}"
        " ADD #count :one, #bytes :size, #arrivals :one",
        "ConditionExpression": f"attribute_not_exists(#slot) AND {not_taken}"
        " AND attribute_not_exists(#into) AND attribute_not_exists(#gone)"
        " AND (attribute_not_exists(#count) OR #count < :most)"
        " AND (attribute_not_exists(#bytes) OR #bytes < :full)",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }


_NAMED: dict[str, Any] = {
    "UpdateExpression": "SET #user = :user",
    "ConditionExpression": "attribute_exists(#into)",
    "ExpressionAttributeNames": {"#user": keys.IS_USER, "#into": keys.JOINED_INTO},
    "ExpressionAttributeValues": {":user": {"BOOL": True}},
}
"""Makes the id of somebody who was joined a user's."""


def _join_request(box: Mailbox, into: str, *, is_named: bool) -> dict[str, Any]:
    """What makes an item another's for good, as long as it is as it was read."""
    names = {
        "#into": keys.JOINED_INTO,
        "#rev": keys.REVISION,
        "#arrivals": keys.ARRIVALS,
        "#wake": keys.WAKE_AT,
        "#shard": keys.TIMER_SHARD,
        "#timer": keys.TIMER_AT,
        "#announced": keys.ANNOUNCEMENTS,
    }
    values: dict[str, Any] = {":into": {"S": into}, ":next": _number(box.revision + 1)}
    noted = ""
    if is_named:
        noted, names["#user"], values[":user"] = ", #user = :user", keys.IS_USER, {"BOOL": True}
    conditions = ["attribute_not_exists(#into)"]
    for name, value in (("rev", box.revision), ("arrivals", box.arrivals)):
        conditions.append(f"#{name} = :{name}" if value else f"attribute_not_exists(#{name})")
        if value:
            values[f":{name}"] = _number(value)
    return {
        "UpdateExpression": f"SET #into = :into, #rev = :next{noted}"
        " REMOVE #wake, #shard, #timer, #announced",
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }


def _save_request(box: Mailbox, save: Save, journal: str, token: str) -> dict[str, Any]:
    """What writes a decision; an attribute without a value is removed."""
    timed = save.timer_at is not None
    state, seen = pack_decided(save.customer, save.announcements, journal)
    attributes: dict[str, dict[str, Any] | None] = {
        keys.REVISION: _number(box.revision + 1),
        keys.STATE: {"B": state},
        keys.SEEN: {"S": seen} if seen else None,
        keys.SAVED_AS: {"S": token},
        keys.JOURNAL: None,
        keys.ANNOUNCEMENTS: None,
        keys.WAKE_AT: None if save.wake_at is None else _number(save.wake_at),
        keys.TIMER_SHARD: {"S": str(keys.shard_of(box.customer_id))} if timed else None,
        keys.TIMER_AT: None if save.timer_at is None else _number(save.timer_at),
    }
    for slot in save.consumed:
        attributes[slot] = attributes[keys.place(slot)] = None
    names = {f"#{index}": name for index, name in enumerate(attributes)}
    values = {f":{index}": value for index, value in enumerate(attributes.values()) if value}
    removed = [key for key in names if f":{key[1:]}" not in values]
    update = "SET " + ", ".join(f"#{key[1:]} = {key}" for key in values)
    update += " REMOVE " + ", ".join(removed)
    if save.consumed:
        update += " ADD #count :consumed, #bytes :size"
        names |= {"#count": keys.INBOX_COUNT, "#bytes": keys.INBOX_BYTES}
        size_bytes = sum(each.size_bytes for each in box.inbox if each.slot in save.consumed)
        values |= {":consumed": _number(-len(save.consumed)), ":size": _number(-size_bytes)}
    condition = "attribute_not_exists(#0)"
    if box.revision:
        condition = "#0 = :read"
        values[":read"] = _number(box.revision)
    if save.undisturbed:
        names["#count"] = keys.INBOX_COUNT
        values[":waiting"] = _number(len(box.inbox))
        nothing = "" if box.inbox else "attribute_not_exists(#count) OR "
        condition += f" AND ({nothing}#count = :waiting)"
    return {
        "UpdateExpression": update,
        "ConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}
