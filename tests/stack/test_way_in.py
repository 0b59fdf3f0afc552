"""Events that come to ingest directly, without its queue: none is lost, and nothing happens twice.

On AWS a function that is throttled, or fails, gives its event to the queue within a minute; so it
does here, as `cli/sojourn_cli/local/asynchronous.py` has it.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sojourn_cli.local import stack as stacks
from sojourn_cli.local.stack import LocalStack
from tests.stack.conftest import WANTED
from tests.stack.given import Doc, Shop, email, journey, order, until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("way-in")]

DIRECT = replace(WANTED, stack="direct", parameters={"WayIn": "direct"})
FILES: dict[str, Doc] = {
    "settings.json": {"timezone": "UTC"},
    "journeys/thanks.json": journey("thanks", "order.placed", {"thank": email()}),
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with stacks.running(tmp_path_factory.mktemp("aws"), DIRECT) as deployed:
        yield deployed


@pytest.fixture(scope="module")
def shop(stack: LocalStack) -> Shop:
    found = Shop(stack)
    assert all(report["ok"] for report in found.upload(FILES).values())
    return found


@pytest.fixture
def closed(shop: Shop) -> Iterator[Shop]:
    """A shop in which nobody reads the ingest queue."""
    functions = shop.stack.client("lambda")
    [mapping] = [
        found
        for found in functions.list_event_source_mappings()["EventSourceMappings"]
        if "IngestQueue" in found["EventSourceArn"]
    ]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    yield shop
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def status(shop: Shop, customer: str) -> object:
    """What is known of a customer's e-mail address."""
    return shop.command("customer", customer)["channels"]["email"]["status"]


def test_an_event_is_taken_without_the_queue_and_so_is_what_ses_reports(closed: Shop) -> None:
    closed.put(order("ana"))
    [mail] = closed.mails("ana")
    assert closed.stack.feedback(mail["message_id"], "bounce", bounce_type="Permanent")
    until(lambda: status(closed, "ana") == "bounced", "the address does not count as gone")
    assert closed.waiting("IngestQueue") == (0, 0)


def test_what_is_refused_is_a_dead_letter_that_comes_again_by_the_queue(shop: Shop) -> None:
    shop.put({**order("bad"), "event": 7})
    [letter] = shop.letters(at_least=1)
    assert (letter.part, letter.reason) == ("ingest", "event: text is wanted, not a number")
    assert shop.redrive() == {"redriven": 1, "kept": 0}
    [again] = shop.letters(at_least=1)
    assert (again.part, again.reason) == (letter.part, letter.reason)
    shop.forget_letters()


@pytest.mark.parametrize("kind", ["throttle", "crash"])
def test_what_is_not_taken_comes_by_the_queue(shop: Shop, kind: str) -> None:
    tries = 4 if kind == "throttle" else 1  # botocore's own, of one invocation
    ours = {"service": "dynamodb", "operation": "UpdateItem", "text": f"{kind}-1"}
    shop.stack.faults({"match": ours, "kind": kind, "times": tries})
    shop.put(order(kind))
    assert [mail["subject"] for mail in shop.mails(kind)] == ["Thank you"]
    assert shop.stack.clear_faults() == [tries]
    shop.settle()
    assert shop.mailed(kind) == ["Thank you"]
    assert shop.waiting("DeadLetterQueue") == (0, 0)


def test_where_the_rule_may_not_start_ingest_events_come_by_the_queue(shop: Shop) -> None:
    formation = shop.stack.client("cloudformation")
    resources = formation.describe_stack_resources(StackName=shop.stack.stack)["StackResources"]
    ids = {found["LogicalResourceId"]: found["PhysicalResourceId"] for found in resources}
    functions = shop.stack.client("lambda")
    alias = {"FunctionName": ids["IngestFunction"], "Qualifier": "live"}
    functions.remove_permission(**alias, StatementId=ids["DirectEvents"])
    shop.put(order("forbidden"))
    assert [mail["subject"] for mail in shop.mails("forbidden")] == ["Thank you"]


def test_a_change_of_mind_loses_nothing_and_the_promises_hold(shop: Shop) -> None:
    shop.put(*[order(f"before-{n}") for n in range(20)])
    back = replace(DIRECT, parameters={"WayIn": "queue"})
    changed = Shop(stacks.up(shop.stack.home, back, lambda _: None))
    changed.put(*[order(f"after-{n}") for n in range(20)])
    everybody = [f"{when}-{n}" for when in ("before", "after") for n in range(20)]
    mails = changed.mails(*everybody)
    assert sorted(mail["to"][0] for mail in mails) == sorted(f"{c}@example.com" for c in everybody)
    changed.settle()
    found = changed.command("audit")
    assert (found["ok"], found["violations"]) == (True, [])
    assert changed.waiting("DeadLetterQueue") == (0, 0)
