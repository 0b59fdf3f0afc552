"""Batches: one poison record stops nobody else, and nothing that came is lost."""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from sojourn.core.errors import CorruptState, InvalidInput, Permanent, Transient, Unavailable
from sojourn.fakes.queues import DeadLetter, FakeDeadLetters
from sojourn.runtime.batches import take_alone, take_bodies, take_changes, take_uploads
from sojourn.runtime.customer.mailbox import Change, Mailbox

POISONED_UPLOADS = ["{", "[]", "{}", '{"detail": 1}', '{"detail": {"object": {"key": 7}}}']

FAILURES: Mapping[str, Exception] = {
    "bad": InvalidInput("userId: missing"),
    "broken": CorruptState("her item cannot be read"),
    "busy": Unavailable("the table does not answer"),
    "mistake": KeyError("colour"),
    "deep": RecursionError("too deep"),
    "odd": RuntimeError("dictionary changed size during iteration"),
}


class Taking:
    """Takes bodies, or raises what a body names."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def __call__(self, body: str) -> None:
        if body in FAILURES:
            raise FAILURES[body]
        self.taken.append(body)


class Closed(FakeDeadLetters):
    """A queue of dead letters that takes none."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def put(self, source: str, reason: str, body: str) -> None:
        del source, reason, body
        raise self._error


def messages(*bodies: str) -> list[dict[str, Any]]:
    return [{"messageId": f"m-{body}", "body": body} for body in bodies]


def failed(answer: Mapping[str, Sequence[Mapping[str, str]]]) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def test_a_batch_without_trouble_is_taken_whole() -> None:
    take, dead = Taking(), FakeDeadLetters()
    assert take_bodies("ingest", messages("a", "b"), take, dead) == {"batchItemFailures": []}
    assert (take.taken, dead.letters) == (["a", "b"], [])


def test_what_no_retry_can_help_goes_to_the_dead_letters_and_the_others_are_taken() -> None:
    take, dead = Taking(), FakeDeadLetters()
    assert failed(take_bodies("dispatch", messages("a", "bad", "b", "broken"), take, dead)) == []
    assert take.taken == ["a", "b"]
    assert dead.letters == [
        DeadLetter("dispatch", "userId: missing", "bad"),
        DeadLetter("dispatch", "her item cannot be read", "broken"),
    ]


@pytest.mark.parametrize("body", ["busy", "mistake", "deep", "odd"])
def test_what_a_retry_may_help_comes_again_alone(
    body: str, caplog: pytest.LogCaptureFixture
) -> None:
    take, dead = Taking(), FakeDeadLetters()
    with caplog.at_level(logging.WARNING):
        answer = take_bodies("ingest", messages("a", body, "b"), take, dead)
    assert failed(answer) == [f"m-{body}"]
    assert (take.taken, dead.letters) == (["a", "b"], [])
    assert "to be tried again" in caplog.text


@pytest.mark.parametrize("error", [Unavailable("no answer"), Permanent("too large")])
def test_a_dead_letter_that_cannot_be_put_comes_again_and_holds_nobody_up(
    error: Exception,
) -> None:
    take, dead = Taking(), Closed(error)
    assert failed(take_bodies("ingest", messages("bad", "a"), take, dead)) == ["m-bad"]
    assert take.taken == ["a"]


# ---- An event by itself ------------------------------------------------------------------------


class TakingNamed(Taking):
    """Takes events, or raises what an event's detail names."""

    def __call__(self, body: str) -> None:
        super().__call__(json.loads(body)["detail"])


def test_an_event_that_came_by_itself_is_taken() -> None:
    take, dead = TakingNamed(), FakeDeadLetters()
    take_alone("ingest", {"detail": "a"}, take, dead)
    assert (take.taken, dead.letters) == (["a"], [])


def test_one_that_no_retry_can_help_is_a_dead_letter_and_does_not_come_again() -> None:
    take, dead = TakingNamed(), FakeDeadLetters()
    take_alone("ingest", {"detail": "bad"}, take, dead)
    assert dead.letters == [DeadLetter("ingest", "userId: missing", '{"detail":"bad"}')]


@pytest.mark.parametrize("what", ["busy", "mistake"])
def test_one_that_a_retry_may_help_fails_so_that_lambda_hands_it_to_the_queue(what: str) -> None:
    take, dead = TakingNamed(), FakeDeadLetters()
    with pytest.raises(Transient, match="comes again by the queue") as found:
        take_alone("ingest", {"detail": what}, take, dead)
    assert dead.letters == []
    # Lambda logs what is raised: nothing in it may be what somebody's event held.
    assert found.value.__cause__ is found.value.__context__ is None


def test_one_whose_dead_letter_cannot_be_put_fails_too() -> None:
    take, dead = TakingNamed(), Closed(Unavailable("no answer"))
    with pytest.raises(Transient):
        take_alone("ingest", {"detail": "bad"}, take, dead)


def test_one_that_lambda_read_as_no_json_fails_and_is_refused_from_the_queue() -> None:
    """Its runtime reads `1e999` as infinity; the queue has the text as it came."""
    take, dead = TakingNamed(), FakeDeadLetters()
    with pytest.raises(InvalidInput):
        take_alone("ingest", json.loads('{"detail": 1e999}'), take, dead)
    assert dead.letters == []


# ---- The table's stream ----------------------------------------------------------------------


def record(customer: str, number: int, what: str = "") -> dict[str, Any]:
    """A stream record of one customer; ``what`` is how reading it fails."""
    keys = {"pk": {"S": f"C#{customer}"}, "sk": {"S": "@"}}
    return {"dynamodb": {"Keys": keys, "SequenceNumber": f"{number:03d}"}, "what": what}


def whose(found: Mapping[str, Any]) -> str:
    return str(found["dynamodb"]["Keys"]["pk"]["S"]).removeprefix("C#")


def read(found: Mapping[str, Any]) -> Change:
    if found["what"] in FAILURES:
        raise FAILURES[found["what"]]
    return Change(None, Mailbox(whose(found), int(found["dynamodb"]["SequenceNumber"])))


class TakingChanges:
    """Remembers what it took; fails for the customers it is told."""

    def __init__(self, **failures: str) -> None:
        self.taken: list[list[tuple[str, int]]] = []
        self._failures = failures

    def __call__(self, changes: Sequence[Change]) -> None:
        customer = changes[0].after.customer_id
        if customer in self._failures:
            raise FAILURES[self._failures[customer]]
        self.taken.append([(item.after.customer_id, item.after.revision) for item in changes])


def test_each_customers_records_are_taken_together_in_order() -> None:
    take, dead = TakingChanges(), FakeDeadLetters()
    records = [record("ana", 1), record("bo", 2), record("ana", 3)]
    assert failed(take_changes("evaluate", records, whose, read, take, dead)) == []
    assert take.taken == [[("ana", 1), ("ana", 3)], [("bo", 2)]]


def test_a_record_that_cannot_be_read_is_a_wake_up_among_the_dead_letters() -> None:
    take, dead = TakingChanges(), FakeDeadLetters()
    records = [record("ana", 1), record("bo", 2, "broken"), record("cy", 3)]
    assert failed(take_changes("evaluate", records, whose, read, take, dead)) == []
    assert take.taken == [[("ana", 1)], [("cy", 3)]]
    assert dead.letters == [
        DeadLetter("evaluate", "her item cannot be read", json.dumps({"customer": "bo"}))
    ]


@pytest.mark.parametrize("failure", ["busy", "mistake"])
def test_a_customer_whose_records_fail_is_reported_by_the_first_of_them(failure: str) -> None:
    take, dead = TakingChanges(bo=failure), FakeDeadLetters()
    records = [record("ana", 1), record("bo", 2), record("cy", 3), record("bo", 4)]
    assert failed(take_changes("evaluate", records, whose, read, take, dead)) == ["002"]
    assert take.taken == [[("ana", 1)], [("cy", 3)]]
    assert dead.letters == []


def upload(number: int, body: str) -> Mapping[str, Any]:
    return {"messageId": f"m{number}", "body": body}


def test_files_are_taken_at_once_and_what_names_none_comes_again_alone() -> None:
    named = ['{"detail": {"object": {"key": "journeys/a.json"}}}', *POISONED_UPLOADS]
    named.append('{"detail": {"object": {"key": "settings.json"}}}')
    taken: list[Sequence[str]] = []
    records = [upload(number, body) for number, body in enumerate(named)]
    answer = take_uploads("publish", records, taken.append)
    assert taken == [["journeys/a.json", "settings.json"]]
    failed = [item["itemIdentifier"] for item in answer["batchItemFailures"]]
    assert failed == [f"m{number}" for number in range(1, 1 + len(POISONED_UPLOADS))]


def test_a_publishing_that_fails_brings_the_whole_batch_again() -> None:
    def take(_: Sequence[str]) -> None:
        raise Unavailable("the bucket does not answer")

    with pytest.raises(Unavailable):
        take_uploads("publish", [upload(0, '{"detail": {"object": {"key": "a"}}}')], take)


def test_nothing_is_published_for_nothing() -> None:
    taken: list[Sequence[str]] = []
    take_uploads("publish", [upload(0, "{")], taken.append)
    assert taken == []


def changed(key: str, **detail: str) -> str:
    told = {"version": "0", "bucket": {"name": "b"}, "object": {"key": key, "version-id": "v"}}
    return json.dumps({"source": "aws.s3", "detail": {**told, **detail}})


def test_an_old_version_that_time_takes_away_is_no_news() -> None:
    # Amazon S3 User Guide, "EventBridge event message structure"; no emulator has a lifecycle.
    by_time = {"reason": "Lifecycle Expiration"}
    bodies = [
        changed("journeys/a.json", **by_time, **{"deletion-type": "Permanently Deleted"}),
        changed("journeys/b.json", **by_time, **{"deletion-type": "Delete Marker Created"}),
        changed(
            "journeys/c.json", reason="DeleteObject", **{"deletion-type": "Permanently Deleted"}
        ),
        changed("journeys/d.json", reason="PutObject"),
    ]
    taken: list[Sequence[str]] = []
    records = [upload(number, body) for number, body in enumerate(bodies)]
    assert take_uploads("publish", records, taken.append) == {"batchItemFailures": []}
    assert taken == [[f"journeys/{name}.json" for name in "bcd"]]
    taken.clear()
    assert take_uploads("publish", records[:1], taken.append) == {"batchItemFailures": []}
    assert taken == []
