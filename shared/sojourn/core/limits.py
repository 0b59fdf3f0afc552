"""Every bound of an event and of a customer in one place, each with what happens there.

A bound keeps one customer's item far under DynamoDB's 400 KB and one decision's time short.
"""

EVENT_BYTES = 65_536
"""The largest event taken in; a larger one is refused to the dead-letter queue.
Twice what Segment accepts for one message."""

CUSTOMER_ID_BYTES = 180
"""The longest customer id in UTF-8; its base64 form still fits a tag value of SES (256)."""

EVENT_NAME_CHARS = 256
"""The longest event name; a longer one is refused."""

EMITTED_NAME_CHARS = 128
"""The longest name of an event that `emit` puts on the bus, where it is the `detail-type`:
EventBridge takes no longer one. A longer one is refused when the journey is checked."""

MESSAGE_ID_CHARS = 256
"""The longest ``messageId``; a longer one is refused."""

EXTERNAL_IDS = 50
"""The most identities that one event lists in `context.externalIds`, each of which may cost ingest
a write and two reads; an event with more is refused."""

JSON_DEPTH = 32
"""The deepest nesting of an event; a deeper one is refused."""

CONDITION_DEPTH = 64
"""The deepest nesting of a condition; a deeper one is refused."""

SEGMENT_DEPTH = 200
"""The deepest nesting of a segment's condition, with those it names written out in it; a deeper one
is refused. Asking takes up to three calls a level, of the thousand that Python has."""

SEGMENT_TESTS = 10_000
"""The most tests of a segment's condition, written out likewise; a larger one is refused."""

NUMBER_DIGITS = 38
"""The most digits of a number, DynamoDB's own bound; a longer one is refused."""

INBOX_EVENTS = 200
"""The most events that wait for one customer; the next is retried later, then dead-lettered."""

INBOX_BYTES = 131_072
"""The most that waiting events of one customer take, but for the last: likewise. With what is
decided of them they must have room in her item."""

DECIDED_BYTES = 65_536
"""The most that one write takes from an inbox of several events, or of what fell due at several
instants, with what is decided of it; the rest is taken by the next."""

EMITTED_BYTES = 65_536
"""The most that the properties of an emitted event hold, together with those of other events that
are emitted in the same decision; one beyond it is refused and recorded."""

SEEN_IDS = 128
"""Message ids remembered in the customer item; a duplicate that comes later than this many
events is found in the history instead."""

ENROLMENTS = 101
"""Live enrolments of one customer; an entry beyond it is refused with the reason `limit`. One more
than CHAIN_LINKS: a chain of `enter` steps, each in progress until the next is done, must reach its
own bound."""

HELD_BYTES = 98_304
"""The most that live enrolments of one customer hold together: `entry.*`, keys, `vars.*`, and what
`with` reads for messages not yet settled. An entry beyond it is refused with the reason `limit`, a
variable is refused and recorded, a message fails with a reason that begins with `limit`. Those that
have ended and are followed have what these leave. A quarter of what an item of DynamoDB can be."""

KEY_BYTES = 1_024
"""The longest key of an entry as JSON; one with a longer key is refused with the reason `limit`."""

VARS_CHARS = 8_192
"""The most that the variables of one enrolment hold; one that would pass it is refused."""

FOLLOWED = 50
"""Ended enrolments still followed for their goal; beyond it, or beyond HELD_BYTES together with the
live ones, the oldest is followed no more."""

ENTERED = 1_000
"""Journeys that one stimulus lets a customer into; one beyond it is refused with the reason
`limit`. What is told of their beginnings and ends must have room in her item."""

LEDGER_KEPT = 50
"""Sends always remembered; older ones stay only while a cap can still count them."""

CAP_MAXIMUM = 400
"""The largest ``max`` of a cap: what a cap may ask the ledger to remember."""

ENTRY_KEYS = 500
"""Entry counts remembered per customer; beyond it the oldest is forgotten."""

ENTRY_KEYS_BYTES = 32_768
"""The most that the keys of these counts take together: likewise."""

PROFILE_BYTES = 32_768
"""The largest profile; a trait that would pass it is refused and recorded."""

CATEGORY_CHARS = 100
"""The longest name of a category; consent to one with a longer name is refused and recorded."""

CONSENTS = 100
"""Categories whose consent is kept per customer; one more is refused and recorded."""

SOURCE_CHARS = 100
WORDING_CHARS = 300
"""Of where and to which words consent was given, so much is kept; the event has all of it."""

CONSENT_TEXT_BYTES = 8_192
"""The most that sources and wordings of consents take together; beyond it those of the consents
given longest ago go, which the events still have."""

ADDRESSES = 50
"""Addresses per channel whose standing is kept; beyond it the one goes that forbids
the least, and of those the one judged longest ago."""

ADDRESSES_BYTES = 4_096
"""The most that the addresses of a channel take together: likewise."""

ADDRESS_BYTES = 320
"""The longest address whose standing is kept, as long as one of e-mail can be; a fact about a
longer one says nothing of it, and this is recorded."""

NUMBER_CUSTOMERS = 20
"""Customers who share a telephone number and are each told of its `STOP`."""

ENDPOINTS = 10
"""Devices that one push message goes to: the last ones of `push_endpoints`."""

CHAIN_LINKS = 100
"""Links of one chain of causes in one instant; the next one exits its enrolment: `loop_limit`."""

CAUSES = 1_000
"""What one instant may cause over all its chains; the next exits its enrolment: `loop_limit`.
A chain is bounded by itself, but journeys that each begin two others would branch without end."""

REASONS = 10
"""Journeys named per stimulus that did not start, the rest are counted; and branches of a step
whose obstacles are named when none of them held."""

EXITED_MESSAGES = 50
"""Steps of an enrolment whose last message is remembered; the oldest goes first."""

JOINS = 100
"""Customers joined into one; the next join is refused, recorded and announced as
`customer.join_refused`. A browser that forgets its visitor each week takes two years for that; an
address that a whole shop's till sends takes an hour."""

IDENTITIES = 200
"""Identities remembered per customer; beyond it the oldest goes first."""

IDENTITIES_BYTES = 16_384
"""The most that they take together: likewise."""

CONFLICTS = 50
"""Conflicts about identities remembered per customer: likewise. One that comes after that many
others is reported again."""
