"""The customer: everything that decides about one person, in nouns that never change.

Whoever decides makes new ones; `engine/draft.py` is where that is done.
"""

from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from sojourn.core.limits import ENDPOINTS
from sojourn.core.nouns import altered, noun
from sojourn.core.values.addresses import as_mailed
from sojourn.core.values.exact import Json
from sojourn.core.values.instants import Instant

type Status = Literal["wanted", "held", "claimed"]

type Identity = tuple[str, str]
"""What a customer is known by: a type (`anonymous`, `email`, `loyalty`) and a value."""

_NOTHING: Mapping[str, Json] = MappingProxyType({})

OUTCOME_FACTS = ("message.sent", "message.skipped", "message.failed")
"""Events that tell what became of our own messages; we cause them."""

CHANNEL_FACTS = (
    *("message.delivered", "message.opened", "message.clicked", "message.bounced"),
    *("message.complained", "message.unsubscribed"),
)
"""Events that tell of messages that were sent; the channel causes them."""

ACCEPTED = "message.accepted"
"""The provider says that it took a message: its word where our own was lost."""

MESSAGE_FACTS = (*OUTCOME_FACTS, *CHANNEL_FACTS)

ENDPOINT_GONE = "endpoint.gone"
"""One device of a customer takes no push messages any more: its `address` counts as bounced."""

ADDRESS_TRAITS = {"email": "email", "sms": "phone", "push": "push_endpoints"}
"""By channel, the trait that holds its addresses."""

STRICTNESS = {"ok": 0, "unsubscribed": 1, "bounced": 2, "complained": 3}
"""A channel's status gives way only to a stricter one."""


@noun
class Links:
    """What an event says about who is who, besides whose it is.

    ``joins`` are ids of customers without a `userId` who seem to be this one, ``alias`` one whom
    an `alias` says to be this one. ``claims`` are identities that came with the event,
    ``conflicts`` those that belong to another customer, who is not named.
    """

    joins: tuple[str, ...] = ()
    alias: str | None = None
    claims: tuple[Identity, ...] = ()
    conflicts: tuple[Identity, ...] = ()

    def is_alias_alone(self, id_: str) -> bool:
        """Whether nothing but an `alias` says that an id is this customer's."""
        return id_ == self.alias and id_ not in self.joins


@noun
class Event:
    """A fact about a customer.

    ``at`` is the event's own time, ``received_at`` the instant it was taken in. ``caused`` marks
    what we brought about ourselves: facts about messages, emitted events. ``links`` is there when
    the event tells who else the customer is. ``silent`` marks what is told of the past: it lets
    nobody into a journey and ends no `wait_for`.
    """

    id: str
    name: str
    at: Instant
    received_at: Instant
    properties: Mapping[str, Json] = _NOTHING
    traits: Mapping[str, Json] = _NOTHING
    caused: bool = False
    links: Links | None = None
    silent: bool = False

    @property
    def by_a_machine(self) -> bool:
        """Whether a fact is marked as a mail proxy's or a scanner's doing: it moves nothing."""
        return self.properties.get("bot") is True and self.name in MESSAGE_FACTS


@noun
class Wake:
    """A wake-up: whatever of the customer is due at that instant falls due."""

    at: Instant


@noun
class Trait:
    """A trait's value and the own time of the event that set it; None marks one that was unset."""

    value: Json
    at: Instant


@noun
class Consent:
    """What the customer said about a category, and when; None where her word was taken back.

    ``source`` says where it was said (a page, an event, a journey), ``wording`` to which words, if
    the event told: what has to be shown to whoever asks for proof.
    """

    given: bool | None
    at: Instant
    source: str = ""
    wording: str = ""


@noun
class AddressStatus:
    """How one address of a channel stands.

    ``soft`` counts transient bounces, ``since`` is the own time of the first of them: whether a
    delivery came between them is asked of the history when they are many.
    """

    status: str
    at: Instant
    soft: int = 0
    since: Instant | None = None


@noun
class MessageFacts:
    """What is known of an enrolment's last message from one step."""

    id: str
    channel: str
    status: str
    sent_at: Instant | None = None
    delivered_at: Instant | None = None
    opened_at: Instant | None = None
    clicked_at: Instant | None = None
    bounced_at: Instant | None = None


@noun
class Enrolment:
    """One customer's passage through one version of a journey.

    ``due_at`` is when its step's timer fires (None: no timer). ``begun_at`` is the own time of the
    entering event, ``entry_event`` its id (empty: no event entered it). ``moved_by`` are marks of
    the events that moved it in the instant it came to its step. ``date`` is what its wait read from
    an event that is gone by now, ``past`` says that its wait's date was past when the timer was
    set. ``onward`` holds the one step to go on at (None: the end) when the journey was paused as
    that was decided. An enrolment with ``exited_at`` is kept while its goal is still followed.
    """

    id: str
    journey: str
    version: int
    key: Json
    number: int
    entered_at: Instant
    begun_at: Instant
    entry_event: str
    entry: Mapping[str, Json]
    step: str | None = None
    step_at: Instant = 0
    due_at: Instant | None = None
    vars: Mapping[str, Json] = _NOTHING
    visits: Mapping[str, int] = field(default_factory=dict)
    messages: Mapping[str, MessageFacts] = field(default_factory=dict)
    sends: tuple[tuple[Instant, str], ...] = ()
    moved_by: tuple[str, ...] = ()
    exited_at: Instant | None = None
    outcome: str | None = None
    converted_at: Instant | None = None
    credited_to: str | None = None
    date: Json = None
    past: bool = False
    onward: tuple[str | None, ...] = ()

    @property
    def live(self) -> bool:
        """Whether the customer is still in it."""
        return self.exited_at is None


@noun
class Message:
    """A message not yet settled.

    ``wake_at`` is when it wants to be decided next, ``deadline_at`` the last instant it may be
    held to. ``claimed_at`` is set from just before the provider is called until its answer is
    recorded. ``link`` is its place in a chain of causes at ``requested_at``.
    """

    id: str
    enrolment: str
    journey: str
    version: int
    step: str
    number: int
    channel: str
    category: str
    priority: int | Decimal
    requested_at: Instant
    deadline_at: Instant
    wake_at: Instant
    on_limit: str
    variables: Mapping[str, Json]
    status: Status = "wanted"
    reason: str | None = None
    claimed_at: Instant | None = None
    attempt: int = 0
    link: int = 0


@noun
class Sent:
    """One send in the ledger; the category and whether it counts are frozen when it is sent."""

    id: str
    at: Instant
    channel: str
    category: str
    counts: bool
    journey: str
    step: str
    enrolment: str
    address: str


@noun
class Entries:
    """How often a customer entered a journey with one key, and when last."""

    count: int
    last_at: Instant


@noun
class Customer:
    """A person: what we know, where she is in journeys, what she was sent.

    ``channels`` maps channel, then address (its `standing_key`), to how it stands. ``entries`` is
    keyed by journey and the key's JSON text. ``seen`` holds marks of the message ids taken lately,
    oldest first, and ``forgotten_at`` the newest own time among those no longer held. ``newest_at``
    is the newest own time of any event taken. ``decided_at`` is the instant of the last decision;
    ``instant`` holds marks of the events taken in it that a step may wait for, in order, and
    ``causes`` counts what it caused. ``number`` counts enrolments. ``absorbed`` are the ids of
    customers joined into her. ``draws`` maps journeys (empty: the control group) to the id they are
    drawn under when that is not her own. ``identities`` says since when she is known by each,
    ``conflicts`` which came with her events and are not hers: another's, who is not named, or
    (False) nobody's, as the join was refused.
    """

    id: str
    created_at: Instant
    traits: Mapping[str, Trait] = field(default_factory=dict)
    consents: Mapping[str, Consent] = field(default_factory=dict)
    channels: Mapping[str, Mapping[str, AddressStatus]] = field(default_factory=dict)
    enrolments: Mapping[str, Enrolment] = field(default_factory=dict)
    messages: Mapping[str, Message] = field(default_factory=dict)
    ledger: tuple[Sent, ...] = ()
    entries: Mapping[tuple[str, str], Entries] = field(default_factory=dict)
    segments: frozenset[str] = frozenset()
    seen: tuple[str, ...] = ()
    forgotten_at: Instant | None = None
    newest_at: Instant | None = None
    decided_at: Instant = 0
    instant: tuple[str, ...] = ()
    number: int = 0
    causes: int = 0
    absorbed: tuple[str, ...] = ()
    draws: Mapping[str, str] = field(default_factory=dict)
    identities: Mapping[Identity, Instant] = field(default_factory=dict)
    conflicts: Mapping[Identity, bool] = field(default_factory=dict)

    def drawn_as(self, journey: str = "") -> str:
        """The id under which a journey's splits and holdouts, or the control group, are drawn."""
        return self.draws.get(journey, self.id)

    def trait(self, name: str) -> Json:
        """A trait's value; None when it is missing."""
        found = self.traits.get(name)
        return None if found is None else found.value

    def profile(self) -> dict[str, Json]:
        """The traits that have a value, consent aside."""
        return {name: trait.value for name, trait in self.traits.items() if trait.value is not None}

    def consent(self, category: str) -> bool | None:
        """Her word about a category; None where she gave none, or it was taken back."""
        said = self.consents.get(category)
        return None if said is None else said.given

    def addresses(self, channel: str) -> tuple[str, ...]:
        """The present addresses of a channel: traits `email`, `phone`, `push_endpoints`."""
        return addresses_in(self.trait(ADDRESS_TRAITS[channel]))

    def address_status(self, channel: str, address: str) -> AddressStatus | None:
        """How an address stands, or None when nothing was ever heard of it."""
        table = self.channels.get(channel)
        return table.get(standing_key(channel, address)) if table else None

    def channel_status(self, channel: str) -> str:
        """`ok`, `bounced`, `complained`, `unsubscribed` or `missing`: the best of its addresses."""
        addresses = self.addresses(channel)
        if not addresses:
            return "missing"
        standing = (self.address_status(channel, address) for address in addresses)
        return min(
            (found.status if found else "ok" for found in standing), key=STRICTNESS.__getitem__
        )

    def live(self) -> tuple[Enrolment, ...]:
        """The enrolments she is still in."""
        return tuple(item for item in self.enrolments.values() if item.live)


def standing_key(channel: str, address: str) -> str:
    """Under which key an address stands: an e-mail address in lower case, as it is mailed.

    Whoever complained as `Ana@shop.example` is no newcomer as `ana@shop.example`.
    """
    return as_mailed(address.lower()) if channel == "email" else address


def addresses_in(value: Json) -> tuple[str, ...]:
    """The addresses that a trait holds which is one."""
    if isinstance(value, str):
        return (value,) if value.strip() else ()
    if isinstance(value, list):
        texts = [item for item in value if isinstance(item, str) and item.split() == [item]]
        return tuple(dict.fromkeys(texts))[-ENDPOINTS:]
    return ()


def with_status(
    message: Message, status: Status, *, wake_at: Instant, reason: str | None
) -> Message:
    """The message in another status, to be looked at again at ``wake_at``."""
    return altered(message, status=status, wake_at=wake_at, reason=reason)
