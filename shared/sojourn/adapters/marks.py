"""The list of who was forgotten, as the table has it: sets of marks, by day and by first digit.

A set takes an addition without being read, and the same one twice is one. An item holds about
30,000 marks; sixteen of them a day are enough for half a million.
"""

from typing import TYPE_CHECKING

from sojourn.adapters import keys
from sojourn.adapters.pages import pages
from sojourn.runtime.customer.forgotten import NOBODY, Forgotten, unpacked, unpacked_back

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient


def read_forgotten(client: "DynamoDBClient", table: str) -> Forgotten:
    """The whole list (consistent); one read for each megabyte."""
    secret, people = b"", set[bytes]()
    sets: dict[str, set[bytes]] = {keys.IDS: set(), keys.ADDRESSES: set(), keys.BACK: set()}
    found = pages(
        client.query,
        "reading who was forgotten",
        TableName=table,
        KeyConditionExpression=f"{keys.PK} = :pk",
        ExpressionAttributeValues={":pk": {"S": keys.FORGOTTEN}},
        ConsistentRead=True,
    )
    for page in found:
        for item in page["Items"]:
            sort_key = item[keys.SK]["S"]
            if sort_key == keys.KEY:
                secret = item[keys.KEY]["B"]
                continue
            marks = item.get(keys.MARKS, {}).get("BS", ())
            sets[sort_key[: len(keys.IDS)]].update(marks)
            people.update(item.get(keys.PEOPLE, {}).get("BS", ()))
    if not secret:
        return NOBODY
    ids, back = sets[keys.IDS], unpacked_back(sets[keys.BACK])
    addresses = unpacked(sets[keys.ADDRESSES])
    return Forgotten(secret, frozenset(ids), addresses, len(people & ids), back)
