"""What happens outside in one seed: who orders what when, what comes twice, late or broken."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from sojourn.core.values.instants import (
    HOUR,
    MINUTE,
    SECOND,
    Instant,
    format_instant,
    parse_instant,
)

BEGIN: Instant = parse_instant("2026-03-02T06:00:00Z")
"""A Monday morning."""

NOBODY_CARES = "page viewed"
"""An event that no journey refers to; it brings no traits."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An envelope that somebody puts on the bus at an instant."""

    at: Instant
    id: str
    customer: str
    body: str

    @property
    def broken(self) -> bool:
        """Whether it is no event."""
        return not self.customer


@dataclass(frozen=True, slots=True)
class Published:
    """The revision of the plan that goes live at an instant."""

    at: Instant
    id: str
    revision: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A request about one customer that somebody puts on the bus at an instant."""

    at: Instant
    id: str
    customer: str
    body: str


@dataclass(frozen=True, slots=True)
class Redriven:
    """Somebody puts the dead letters there are back to where they came from."""

    at: Instant
    id: str


type Happening = Sent | Published | Asked | Redriven


def published_at(revision: int) -> Instant:
    """When a revision goes live, in the seeds in which it does."""
    return BEGIN + (0, 5, 8, 9, 13)[revision - 1] * HOUR


def event(name: str, customer: str, at: Instant, id_: str, **fields: object) -> Sent:
    """An event; ``own_at`` among the fields is its own time, the others are properties."""
    own_at = fields.pop("own_at", at)
    assert isinstance(own_at, int)
    detail: dict[str, object] = {"userId": customer, "properties": fields}
    if name != NOBODY_CARES:
        phone = f"+2782000{int(customer[1:]):04d}"
        detail["traits"] = {"email": f"{customer}@shop.example", "phone": phone}
    entry = {
        "id": id_,
        "detail-type": name,
        "source": "shop",
        "time": format_instant(own_at),
        "detail": detail,
    }
    return Sent(at, id_, customer, json.dumps(entry))


def story(seed: int) -> list[Happening]:
    """Everything that happens outside, in order of time."""
    random = Random(seed)
    found: list[Happening] = []
    for number in range(random.choice([1, 1, 2])):
        found += _customer(f"c{number}", random)
    if random.random() < 0.3:
        at = BEGIN + random.randrange(14 * HOUR)
        found.append(Sent(at, "poison", "", '{"id":"poison","detail":"no event"}'))
    if random.random() < 0.5:
        found += [
            Published(published_at(revision), f"revision {revision}", revision)
            for revision in range(2, random.choice([2, 4, 5, 5]) + 1)
        ]
    for number in range(random.choice([0, 0, 1, 3])):
        found.append(Redriven(BEGIN + random.randrange(20 * HOUR), f"redriven {number}"))
    return sorted(found, key=lambda item: item.at)


def _customer(who: str, random: Random) -> Iterator[Sent]:
    came_at = BEGIN + random.randrange(6 * HOUR)
    yield event("account.created", who, came_at, f"{who}-created")
    bought_at = came_at
    for number in range(random.randint(1, 3)):
        cart = f"{who}-{number}"
        left_at = came_at + random.randrange(8 * HOUR)
        if random.random() < 0.3:
            left_at = bought_at + random.randrange(5 * SECOND)
        elif random.random() < 0.4:
            left_at = published_at(3) - random.randrange(8 * MINUTE, 12 * MINUTE)
        late = random.choice([0, 0, 0, 90 * SECOND])
        left = event(
            "cart.abandoned", who, left_at + late, f"{cart}-left", cart=cart, own_at=left_at
        )
        yield left
        if random.random() < 0.1:
            yield Sent(left.at + random.randrange(HOUR), left.id, who, left.body)
        if random.random() < 0.6:
            soon = random.choice([random.randrange(1, MINUTE), 10 * MINUTE, 10 * MINUTE, HOUR])
            bought_at = left_at + soon + random.choice([0, random.randrange(3 * SECOND)])
            yield event("order.placed", who, bought_at, f"{cart}-bought", cart=cart, order=cart)
            if random.random() < 0.6:
                gone_at = bought_at + random.choice(
                    [1, random.randrange(1, 5 * SECOND), 3 * MINUTE]
                )
                yield event("order.cancelled", who, gone_at, f"{cart}-cancelled", order=cart)
        if random.random() < 0.2:
            yield event(NOBODY_CARES, who, left_at, f"{cart}-looked", page="home")
    if random.random() < 0.2:
        at = came_at + random.randrange(20 * HOUR)
        yield event("message.complained", who, at, f"{who}-complained", channel="email")
