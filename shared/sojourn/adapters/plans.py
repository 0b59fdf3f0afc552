"""The plan's revisions in the table: pieces first, then one pointer that says which is live.

A revision is written under its edition, a hash of its content, so that two who publish the same
revision at once do not write into each other's; who wins the pointer has published. A revision's
files stay until a day after the one that replaced it was replaced, for functions that still read
them; its documents as long as history tells of decisions that were made under it.
"""

import zlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from sojourn.adapters import keys
from sojourn.adapters.marks import read_forgotten
from sojourn.adapters.pages import pages
from sojourn.adapters.translation import condition_failed, refused_image, translated, translating
from sojourn.core.errors import Conflict, CorruptState, InvalidInput, Unavailable
from sojourn.core.values.exact import JsonObject, dumps, loads_object
from sojourn.core.values.instants import DAY, SECOND
from sojourn.runtime.customer.forgotten import Forgotten
from sojourn.runtime.ports import Clock, Live, StoredPlan

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

PIECE_BYTES = 350 * 1024
"""A piece of a revision, so that its item stays under DynamoDB's 400 KB."""

LOOKED_AT = 20
"""Revisions before the one replaced that publishing looks at: more than ever die in the middle."""


class DynamoDbPlans:
    """The port Plans on the table."""

    def __init__(
        self, client: "DynamoDBClient", table: str, clock: Clock, kept_days: int = 1
    ) -> None:
        """Use a table; the clock says when what was replaced may go.

        ``kept_days`` is for how long publishing keeps the documents of what was replaced.
        """
        self._client = client
        self._table = table
        self._clock = clock
        self._kept = {keys.DOCUMENTS: kept_days * DAY, keys.FILES: DAY}

    def live(self) -> Live:
        """See Plans."""
        item = self._pointer(consistent=False)
        count = item.get(keys.FORGETTINGS)
        thawed = item.get(keys.THAWED)
        return Live(
            _pointed_at(item)[0],
            0 if count is None else int(count["N"]),
            0 if thawed is None else int(thawed["N"]),
        )

    def revision(self) -> int:
        """The live revision alone."""
        return self.live().revision

    def forgotten(self) -> Forgotten:
        """See Plans."""
        return read_forgotten(self._client, self._table)

    def documents(self, revision: int) -> JsonObject:
        """See Plans. Raises Unavailable for a revision that is gone: ask for the live one again."""
        if not revision:
            return {}
        return _documents(self._body(keys.DOCUMENTS, revision, ""))

    def stored(self) -> StoredPlan:
        """See Plans."""
        revision, edition = self._live(consistent=True)
        if not revision:
            return StoredPlan(0, {}, {}, {})
        files, etags = _unpacked(self._body(keys.FILES, revision, edition))
        documents = _documents(self._body(keys.DOCUMENTS, revision, edition))
        return StoredPlan(revision, documents, files, etags)

    def publish(self, plan: StoredPlan, replaces: int) -> None:
        """See Plans."""
        if plan.revision <= replaces:
            raise InvalidInput(
                f"revision {plan.revision} cannot replace {replaces}: they only grow"
            )
        bodies = {
            keys.DOCUMENTS: zlib.compress(dumps(plan.documents).encode()),
            keys.FILES: zlib.compress(_packed(plan.files, plan.etags)),
        }
        digest = sha256(b"".join(sha256(body).digest() for body in bodies.values())).digest()
        edition = urlsafe_b64encode(digest[:9]).decode("ascii")
        self._let_go(replaces)
        for kind, body in bodies.items():
            self._put_pieces(keys.piece_prefix(kind, plan.revision, edition), body)
        thawed: Any = plan.documents.get(keys.THAWED, 0)
        self._point(plan.revision, edition, replaces, thawed)

    def _live(self, *, consistent: bool) -> tuple[int, str]:
        """The live revision and its edition; 0 before anything was published."""
        return _pointed_at(self._pointer(consistent=consistent))

    def _pointer(self, *, consistent: bool) -> Mapping[str, Any]:
        with translating("reading which revision of the plan is live"):
            answer = self._client.get_item(
                TableName=self._table, Key=_key(keys.LIVE), ConsistentRead=consistent
            )
        item: Mapping[str, Any] = answer.get("Item", {})
        return item

    def _point(self, revision: int, edition: str, replaces: int, thawed: int) -> None:
        condition = f"attribute_not_exists({keys.REVISION})"
        values: dict[str, Any] = {
            ":revision": {"N": str(revision)},
            ":edition": {"S": edition},
            ":thawed": {"N": str(thawed)},
        }
        if replaces:
            condition = f"{keys.REVISION} = :replaces"
            values[":replaces"] = {"N": str(replaces)}
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(keys.LIVE),
                UpdateExpression=f"SET {keys.REVISION} = :revision, {keys.EDITION} = :edition,"
                f" {keys.THAWED} = :thawed",
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except (ClientError, BotoCoreError) as error:
            doing = f"publishing revision {revision} of the plan"
            if not condition_failed(error):
                raise translated(error, doing) from error
            image = refused_image(error)
            live = (0, "") if image is None else _pointed_at(image)
            if live != (revision, edition):  # else it was done, and only the answer was lost
                raise Conflict(
                    f"revision {live[0]} of the plan is live, not {replaces}; compile again"
                ) from error

    def _put_pieces(self, prefix: str, body: bytes) -> None:
        starts = range(0, len(body), PIECE_BYTES)
        for number, start in enumerate(starts):
            item = {
                **_key(f"{prefix}{number:03d}"),
                keys.PIECE: {"B": body[start : start + PIECE_BYTES]},
                keys.PIECES: {"N": str(len(starts))},
            }
            with translating("writing a piece of the plan"):
                self._client.put_item(TableName=self._table, Item=item)

    def _body(self, kind: str, revision: int, edition: str) -> bytes:
        """A revision's documents or files; without an edition, of the only or the live one."""
        found: dict[str, list[Mapping[str, Any]]] = {}
        prefix = keys.piece_prefix(kind, revision, edition)
        for item in self._pieces(prefix, keys.after(prefix)):
            found.setdefault(item[keys.SK]["S"].split("#")[2], []).append(item)
        if not edition and len(found) > 1:
            live, edition = self._live(consistent=True)
            if live != revision:
                found = {}
        pieces = found.get(edition) or next(iter(found.values()), [])
        if not pieces or len(pieces) != int(pieces[0][keys.PIECES]["N"]):
            raise Unavailable(
                f"revision {revision} of the plan is not stored any more; read which one is live"
            )
        try:
            return zlib.decompress(b"".join(piece[keys.PIECE]["B"] for piece in pieces))
        except zlib.error as error:
            raise CorruptState(f"revision {revision} of the plan cannot be read") from error

    def _let_go(self, before: int) -> None:
        """Say of every revision older than the one that is being replaced when it goes.

        Only the latest of them are looked at: of those before, earlier publishings have said it.
        """
        attributes = f"{keys.SK}, {keys.EXPIRES_AT}"
        for kind, kept in self._kept.items():
            until = {":until": {"N": str((self._clock.now() + kept) // SECOND)}}
            first = keys.piece_prefix(kind, max(0, before - LOOKED_AT))
            last = keys.piece_prefix(kind, before)
            for item in self._pieces(first, last, ProjectionExpression=attributes):
                if keys.EXPIRES_AT in item:
                    continue
                with translating("letting an old revision of the plan go"):
                    self._client.update_item(
                        TableName=self._table,
                        Key=_key(item[keys.SK]["S"]),
                        UpdateExpression=f"SET {keys.EXPIRES_AT} = :until",
                        ExpressionAttributeValues=until,
                    )

    def _pieces(self, first: str, end: str, **options: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401
        """Items from one sort key up to another."""
        found = pages(
            self._client.query,
            "reading the plan",
            TableName=self._table,
            KeyConditionExpression=f"{keys.PK} = :pk AND {keys.SK} BETWEEN :first AND :end",
            ExpressionAttributeValues={
                ":pk": {"S": keys.PLAN},
                ":first": {"S": first},
                ":end": {"S": end},
            },
            ConsistentRead=True,
            **options,
        )
        for page in found:
            yield from page["Items"]


def _key(sort_key: str) -> dict[str, Any]:
    return keys.primary_key(keys.PLAN, sort_key)


def _pointed_at(item: Mapping[str, Any]) -> tuple[int, str]:
    if keys.REVISION not in item:
        return 0, ""
    return int(item[keys.REVISION]["N"]), item[keys.EDITION]["S"]


def _documents(body: bytes) -> JsonObject:
    try:
        return loads_object(body)
    except InvalidInput as error:
        raise CorruptState(f"the plan's documents cannot be read: {error}") from error


def _packed(files: Mapping[str, bytes], etags: Mapping[str, str]) -> bytes:
    """A line of JSON that says whose and how long, then the files one after another."""
    head = {"etags": dict(etags), "files": {path: len(body) for path, body in files.items()}}
    return dumps(head).encode() + b"\n" + b"".join(files.values())


def _unpacked(packed: bytes) -> tuple[dict[str, bytes], dict[str, str]]:
    line, _, bodies = packed.partition(b"\n")
    head: Any = _documents(line)
    files = {}
    start = 0
    for path, length in head["files"].items():
        files[path] = bodies[start : start + length]
        start += length
    return files, head["etags"]
