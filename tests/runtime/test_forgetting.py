"""Forgetting: whoever dies at whatever point, nothing of her stays and nothing brings her back."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, partial
from typing import Any

import pytest

from sojourn.core.values.instants import DAY, HOUR, MINUTE, SECOND, format_instant
from sojourn.runtime.decisions.deciding import body_of
from sojourn.runtime.rights.forgetting import LEFT_AFTER, Forgetting, Settling
from sojourn.runtime.rights.requests import FORGOTTEN, Rights
from tests.runtime.given import (
    ANA,
    Died,
    Doc,
    Works,
    email,
    envelope,
    journey,
    settings,
    text,
)
from tests.runtime.test_joins import put

ADDRESS, PHONE, VISITOR, CARD, CANDIDATE = (
    *("ana@home.example", "+27820000042", "visitor-77"),
    *("L-777", "visitor-78"),
)
TRACES = (ANA, ADDRESS, PHONE, VISITOR, CARD, CANDIDATE)
"""Whatever would tell of her; ``ana`` is within her address too."""

HELLO = journey(
    "hello",
    "order.placed",
    steps={
        "mail": email(next="sms"),
        "sms": text(next="pause"),
        "pause": {"type": "wait", "for": "PT1H", "next": "again"},
        "again": email("Again"),
    },
    start="mail",
)


class Watched:
    """A port that lets a test step in at one of all its calls."""

    def __init__(self, inner: object, step: Callable[[], None]) -> None:
        self._inner = inner
        self._step = step

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function: Callable[..., Any] = getattr(self._inner, name)

        def call(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - any port's call
            self._step()
            found = function(*arguments, **named)
            self._step()
            return found

        return call


class Points:
    """Before and after each call: at the ``at``-th point something happens."""

    def __init__(self, at: int = 0, happens: Callable[[], None] | None = None) -> None:
        self.count = 0
        self._at = at
        self._happens = happens

    def step(self) -> None:
        self.count += 1
        if self.count == self._at and self._happens is not None:
            self._happens()


def rights(works: Works, points: Points | None = None) -> Rights:
    """A worker that takes requests."""

    def port(inner: object) -> Any:  # noqa: ANN401 - any port
        return Watched(inner, (points or Points()).step)

    mailboxes, directory, history = (
        port(item) for item in (works.mailboxes, works.directory, works.history)
    )
    tombstones, exports = port(works.tombstones), port(works.exports)
    forgetting = Forgetting(mailboxes, directory, history, works.live(), tombstones, exports)
    return Rights(
        mailboxes,
        directory,
        history,
        forgetting,
        tombstones,
        exports,
        port(works.bus),
        works.clock,
    )


def asks(name: str, customer: object = ANA, id_: str = "r1") -> str:
    return json.dumps({"id": id_, "detail-type": name, "detail": {"customer": customer}})


def known(*, undecided: bool = False, waiting: bool = False) -> Works:
    """Everything below, made once and copied, so that each test has its own."""
    return _known(undecided=undecided, waiting=waiting).copied()


@cache
def _known(*, undecided: bool, waiting: bool) -> Works:
    """A customer of two visits, a card, messages, history and an export.

    And with an event that joins her second visit: somebody died over it, or it just waits.
    """
    works = Works(HELLO, settings=settings())
    traits = {"email": ADDRESS, "phone": PHONE}
    put(works, "order.placed", anonymousId=VISITOR, order_id="1", traits=traits)
    works.run()
    put(works, "page.viewed", anonymousId=VISITOR, path=f"/{ADDRESS}")
    put(works, "identify", userId=ANA, anonymousId=VISITOR, cards=[CARD])
    works.run()
    for number in range(8):  # a journal that grew long is moved to the history
        put(works, "order.placed", userId=ANA, order_id=f"{ANA}{number}")
        works.run()
    assert works.history.lines(ANA, -1 << 62)
    rights(works).take(asks("sojourn.export"))
    if undecided or waiting:
        put(works, "order.placed", anonymousId=CANDIDATE, order_id="9", traits=traits)
        put(works, "identify", userId=ANA, anonymousId=CANDIDATE)
        (box,) = [works.mailboxes.read(CANDIDATE)]
        assert waiting or works.mailboxes.join(box, ANA)
    return works


def traces(works: Works) -> list[str]:
    """What is kept anywhere that tells of her."""
    kept = {
        "items": works.mailboxes._items,
        "events": works.history._events,
        "journals": works.history._journals,
        "identities": works.directory._holders,
        "numbers": works.numbers.known,
        "exports": works.exports.files,
        "forgotten": works.plans.forgotten(),
    }
    return [
        f"{word} in {name}" for name, part in kept.items() for word in TRACES if word in repr(part)
    ]


def finish(works: Works, request: str | None = None, asked: str = ANA) -> None:
    """Let the queue bring a request again until it is done."""
    for _ in range(5):
        try:
            rights(works).take(request or asks("sojourn.forget", asked))
        except Settling:
            works.clock.advance(6 * MINUTE)
        else:
            return
    pytest.fail("it is never done")


def late_comers(works: Works) -> Iterator[Callable[[], object]]:
    """Whatever may come later, by functions that run already and by new ones."""
    at = works.clock.now()
    words = {"traits": {"email": ADDRESS, "phone": PHONE}}
    for ingest in (works.ingest, works.another_ingest()):
        for name in ("order.placed", "page.viewed"):
            yield partial(ingest.take, envelope(name, ANA, at, **words))
        visit = {"event": "page.viewed", "anonymousId": VISITOR, **words}
        till = {"event": "order.placed", "context": _cards(CARD), **words}
        claim = {"event": "page.viewed", "userId": ANA, "context": _cards(f"{CARD}-new")}
        for detail in (visit, till, claim):
            yield partial(ingest.take, _entry(detail, at))
    yield lambda: works.dispatch.take(body_of(ANA))
    yield lambda: works.another_dispatch().take(body_of(ANA))
    yield lambda: works.evaluate.wake(body_of(ANA))
    yield lambda: works.rewind(len(works.mailboxes.changes))
    yield works.run


def _cards(*cards: str) -> Doc:
    return {"externalIds": [{"type": "card", "id": card} for card in cards]}


def _entry(detail: Doc, at: int) -> str:
    id_ = f"late-{json.dumps(detail)}"
    time = format_instant(at)
    return json.dumps({"id": id_, "time": time, "source": "shop", "detail": detail})


def everything_comes(works: Works) -> None:
    for come in late_comers(works):
        come()


def test_nothing_of_her_stays_and_whatever_comes_does_not_bring_her_back() -> None:
    works = known(undecided=True)
    assert len(traces(works)) >= len(TRACES)
    with pytest.raises(Settling):
        rights(works).take(asks("sojourn.forget"))
    sent = len(works.mailer.sent)
    everything_comes(works)
    works.wait(2 * HOUR)
    assert len(works.mailer.sent) == sent
    finish(works)
    assert traces(works) == []
    everything_comes(works)
    works.wait(2 * DAY)
    assert traces(works) == []
    assert len(works.mailer.sent) == sent
    assert works.dead_letters.letters == []
    told = [item for item in works.bus.announced if item.name == FORGOTTEN]
    assert [item.customer for item in told] == [ANA]


@pytest.mark.parametrize("asked", [VISITOR, f"card:{CARD}"])
def test_any_of_her_ids_stands_for_all_of_her(asked: str) -> None:
    works = known()
    finish(works, asked=asked)
    assert traces(works) == []
    everything_comes(works)
    assert traces(works) == []


def test_who_an_event_joins_that_still_waits_is_she_too() -> None:
    works = known(waiting=True)
    finish(works)
    assert traces(works) == []
    everything_comes(works)
    assert (traces(works), works.mailboxes._items) == ([], {})


def earlier_user(works: Works) -> str:
    """A user with a past of her own: a visit, and a card that waits with an event."""
    user, traits = f"{ANA}-before", {"email": ADDRESS, "phone": PHONE}
    put(works, "order.placed", anonymousId=CANDIDATE, order_id="9", traits=traits)
    put(works, "identify", userId=user, anonymousId=CANDIDATE)
    works.run()
    put(works, "order.placed", userId=user, order_id="10", cards=[f"{CARD}-before"])
    return user


def test_whom_an_alias_joins_that_still_waits_is_she_with_all_her_past() -> None:
    works = known()
    put(works, "alias", userId=ANA, previousId=earlier_user(works))
    finish(works)
    assert (traces(works), works.mailboxes._items) == ([], {})


def test_whom_an_alias_does_not_join_stays() -> None:
    works = known()
    user = earlier_user(works)
    put(works, "alias", userId=ANA, previousId=CANDIDATE)  # who belongs to another user
    finish(works)
    works.run()
    assert works.mailboxes._items.keys() == {user, CANDIDATE}
    assert works.customer(user).trait("email") == ADDRESS


def test_again_is_the_same_and_somebody_unknown_stays_unknown() -> None:
    works = known()
    for _ in range(2):
        finish(works)
        finish(works, asked="nobody@nowhere.example")
    assert traces(works) == []
    works.event("order.placed", "nobody@nowhere.example", order_id="1")
    assert works.mailboxes._items == {}


@cache
def points_of_a_run() -> int:
    points, works = Points(), known(undecided=True)
    with pytest.raises(Settling):
        rights(works, points).take(asks("sojourn.forget"))
    first = points.count
    works.clock.advance(6 * MINUTE)
    rights(works, points).take(asks("sojourn.forget"))
    assert first > 50
    return points.count


def run_with(happens: Callable[[Works], None], at: int) -> Works:
    """Forget her, and let something happen at one point of it."""
    works = known(undecided=True)
    points = Points(at, lambda: happens(works))
    for _ in range(2):
        try:
            rights(works, points).take(asks("sojourn.forget"))
        except (Settling, Died):
            works.clock.advance(6 * MINUTE)
    finish(works)
    return works


def die(_: Works) -> None:
    raise Died


def test_whatever_comes_at_any_point_leaves_nothing() -> None:
    for at in range(1, points_of_a_run(), 7):
        works = run_with(everything_comes, at)
        works.wait(2 * HOUR)
        assert traces(works) == [], at


@pytest.mark.parametrize("other", [ANA, VISITOR, f"card:{CARD}"])
def test_two_who_forget_her_at_once_leave_nothing_behind(other: str) -> None:
    """A request is delivered twice, or came by another id of hers: each look may meet the other."""
    twin = asks("sojourn.forget", other, id_="r2")

    def look_too(works: Works) -> None:
        with suppress(Settling):
            rights(works).take(twin)

    for at in range(2, points_of_a_run(), 3):
        works = run_with(look_too, at)
        finish(works, twin)
        assert (traces(works), works.mailboxes._items) == ([], {}), at


def test_however_often_it_is_looked_at_and_whatever_comes_she_is_gone_after_some_minutes() -> None:
    works = known(undecided=True)
    began_at = works.clock.now()
    for _ in range(13):
        with suppress(Settling):
            rights(works).take(asks("sojourn.forget"))
        everything_comes(works)
        works.clock.advance(20 * SECOND)
    assert works.clock.now() > began_at + LEFT_AFTER
    assert traces(works) == []


def dying_at(at: int, request: str) -> tuple[Works, int]:
    """Who dies at a point of her looks is followed by whoever looks next; the looks it took."""
    works = known(undecided=True)
    points = Points(at, partial(die, works))
    for look in range(1, 6):
        try:
            rights(works, points).take(request)
        except (Settling, Died):
            works.clock.advance(6 * MINUTE)
        else:
            return works, look
    pytest.fail("it is never done")


@pytest.mark.parametrize("asked", [ANA, VISITOR, f"card:{CARD}"])
def test_who_dies_over_her_at_whatever_point_keeps_her_no_longer(asked: str) -> None:
    request = asks("sojourn.forget", asked)
    for at in range(1, 2 * points_of_a_run(), 3):
        works, looks = dying_at(at, request)
        assert (traces(works), works.mailboxes._items, looks <= 3) == ([], {}, True), at


def test_no_message_is_claimed_once_the_tombstone_stands() -> None:
    for at in range(1, 60):
        works = Works(HELLO)
        works.identify(email=ADDRESS)
        works.event("order.placed", order_id="1")
        works.stream()
        claimed_too_late: list[int] = []

        def claim(works: Works = works, late: list[int] = claimed_too_late) -> None:
            gone = works.mailboxes.read(ANA).forgotten_at is not None
            before = len(works.mailer.sent)
            works.another_dispatch().take(body_of(ANA))
            if gone and len(works.mailer.sent) > before:
                late.append(before)

        with pytest.raises(Settling):
            rights(works, Points(at, claim)).take(asks("sojourn.forget"))
        assert claimed_too_late == []


def test_a_message_that_is_with_the_provider_is_sent_and_stored_nowhere() -> None:
    works = Works(HELLO)
    works.identify(email=ADDRESS)
    works.event("order.placed", order_id="1")
    works.stream()
    works.stream()

    def forget() -> None:
        with pytest.raises(Settling):
            rights(works).take(asks("sojourn.forget"))

    works.mailer.while_sending = [forget]
    works.hand_out()
    assert len(works.mailer.sent) == 1
    finish(works)
    works.wait(DAY)
    assert traces(works) == []
