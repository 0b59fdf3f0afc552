"""Every key and attribute name of the table, in one place.

```
pk               sk                        what
C#<customer id>  @                         the customer item: state, inbox, journal, timer
C#<customer id>  rest                      that she waits for the end of a pause
C#<customer id>  E#<own time>#<mark>       an event that nobody refers to; whether she is a user
C#<customer id>  H#<instant>#<revision>    journal lines that left the customer item
P#plan           live                      which revision of the plan is live
P#plan           R#<revision>#<edition>#n  its documents, compressed, in pieces
P#plan           F#<revision>#<edition>#n  the files it was made of, likewise
N#<number>       customers                 who was written to at a telephone number
I#<type>#<value> holder                    who holds an identity: the customer who had it first
L#links          live                      the keys that links in messages are signed with
T#forgotten      key                       the key of the marks of who was forgotten
T#forgotten      I#<day>#<x>               marks of the ids of whom was forgotten on a day
T#forgotten      B#<day>#<x>               marks of the ids that were let come back on a day
T#forgotten      A#<x>                     marks of addresses of theirs that stay suppressed
```

Only customer items have the sort key `@`: the stream's filter lets nothing else through.
"""

from typing import Any
from zlib import crc32

from sojourn.core.values.ids import mark
from sojourn.core.values.instants import Instant
from sojourn.runtime.customer.mailbox import SHARDS

PK = "pk"
SK = "sk"

CUSTOMER = "C#"
ITEM = "@"
REST = "rest"
EVENTS = "E#"
JOURNALS = "H#"

REVISION = "rev"
STATE = "state"
SEEN = "seen"
JOURNAL = "journal"
INBOX_COUNT = "inbox_count"
INBOX_BYTES = "inbox_bytes"
ARRIVALS = "arrivals"
SLOT = "i#"
PLACE = "o#"
WAKE_AT = "wake_at"
TIMER_SHARD = "timer_shard"
TIMER_AT = "timer_at"
ANNOUNCEMENTS = "announcements"
SAVED_AS = "saved_as"

JOINED_INTO = "joined_into"
IS_USER = "is_user"

FORGOTTEN_AT = "forgotten_at"
PLACES = "places"
FORGETTINGS = "forgettings"

IDENTITIES = "I#"
HOLDER = "holder"
CLAIMED_BY = "claimed_by"

EVENT = "event"
LINES = "lines"
EXPIRES_AT = "expires_at"

DUE_INDEX = "due"
PLAN = "P#plan"
LIVE = "live"
THAWED = "thawed"
DOCUMENTS = "R#"
FILES = "F#"
EDITION = "edition"
PIECE = "piece"
PIECES = "pieces"
NUMBER = "N#"
CUSTOMERS = "customers"
LINKS = "L#links"
KEYS = "keys"
FORGOTTEN = "T#forgotten"
KEY = "key"
IDS = "I#"
ADDRESSES = "A#"
BACK = "B#"
MARKS = "marks"
PEOPLE = "people"

_YEAR_ZERO = 10**17
"""Added to an instant, so that those before 1970 sort first too: about 3,170 years."""


def primary_key(partition: str, sort_key: str) -> dict[str, Any]:
    """The key of an item as requests hold it, and every item among its attributes."""
    return {PK: {"S": partition}, SK: {"S": sort_key}}


def customer_key(customer_id: str) -> dict[str, Any]:
    """The key of a customer item."""
    return primary_key(customer_pk(customer_id), ITEM)


def customer_pk(customer_id: str) -> str:
    """The partition of one customer."""
    return CUSTOMER + customer_id


def identity_pk(kind: str, value: str) -> str:
    """The partition of an identity; a type with `#` in it is no other type with a longer value."""
    return f"{IDENTITIES}{kind.replace('%', '%25').replace('#', '%23')}#{value}"


def identity_of(pk: str) -> tuple[str, str]:
    """The identity whose partition one is; of no other partition."""
    kind, _, value = pk.removeprefix(IDENTITIES).partition("#")
    return kind.replace("%23", "#").replace("%25", "%"), value


def slot(event_id: str) -> str:
    """The attribute that holds an event in the inbox."""
    return SLOT + mark(event_id)


def place(slot_name: str) -> str:
    """The attribute that says how many events had ever come before the one in a slot."""
    return PLACE + slot_name.removeprefix(SLOT)


def event_sk(at: Instant, event_id: str) -> str:
    """The sort key of an event: by own time, the same for the same event."""
    return f"{EVENTS}{stamp(at)}#{mark(event_id)}"


def journal_sk(at: Instant, revision: int) -> str:
    """The sort key of journal lines: by their last instant, the same for the same lines."""
    return f"{JOURNALS}{stamp(at)}#{revision:012d}"


def piece_prefix(kind: str, revision: int, edition: str = "") -> str:
    """How the sort keys of a revision's pieces begin; without an edition, of all its editions."""
    return f"{kind}{revision:09d}#" + (f"{edition}#" if edition else "")


def after(prefix: str) -> str:
    """The first sort key behind all that begin with the prefix."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def stamp(at: Instant) -> str:
    """An instant as text that sorts by time; whatever lies too far back is the earliest."""
    return f"{max(at + _YEAR_ZERO, 0):020d}"


def shard_of(customer_id: str) -> int:
    """The shard of the timer index that a customer's timer is in, from 0 up to SHARDS."""
    return crc32(customer_id.encode("utf-8", "surrogatepass")) % SHARDS


def rest_shard(shard: int) -> str:
    """The shard of the timer index that holds who rests; its numbers are revisions of the plan."""
    return f"rest{shard}"
