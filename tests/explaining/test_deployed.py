"""A deployed customer is explained in the words of a simulation."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from sojourn.adapters import clients
from sojourn.adapters.clock import SystemClock
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.adapters.plans import DynamoDbPlans
from sojourn.core.course.forward import Course
from sojourn.core.state.customer import Customer
from sojourn.core.state.history import NO_HISTORY
from sojourn.core.values.exact import JsonObject, dumps
from sojourn.language.files import read_folder
from sojourn.language.workspace import load
from sojourn.runtime.decisions.deciding import to_save
from sojourn.runtime.ports import StoredPlan
from sojourn_cli.commands.explain import deployed_plan, deployed_story
from sojourn_cli.explaining.story import Story, as_document, explain
from sojourn_cli.simulation.lines import read_events
from sojourn_cli.simulation.run import simulate
from tests.adapters.conftest import make_table

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

SHOP = Path(__file__).parents[2] / "examples" / "shop"
TABLE = "table"


@pytest.fixture(scope="module")
def client() -> Iterator["DynamoDBClient"]:
    """DynamoDB in this process, with a table."""
    with mock_aws():
        yield make_table(clients.aws()).client


@pytest.fixture(scope="module")
def simulated(client: "DynamoDBClient") -> dict[str, JsonObject]:
    """The shop live in the table and every story decided there; what a simulation tells of each."""
    workspace = load(read_folder(SHOP))
    assert workspace.plan is not None
    assert workspace.documents is not None
    plans = DynamoDbPlans(client, TABLE, SystemClock())
    plans.publish(StoredPlan(1, workspace.documents, {}, {}), replaces=0)
    mailboxes = DynamoDbMailboxes(client, TABLE, DynamoDbHistory(client, TABLE, 400))
    file = read_events((SHOP / "events.jsonl").read_bytes().splitlines())
    found = {}
    for customer, life in simulate(workspace.plan, file, reasons=True).lives.items():
        events = list({event.id: event for event in file.by_customer[customer]}.values())
        course = Course(replace(workspace.plan, revision=1), Customer(customer, 0), NO_HISTORY)
        course.customer, course.records, course.taken = life.customer, life.records, events
        box = mailboxes.read(customer)
        save = to_save(course, box, "evaluate")
        assert save is not None
        mailboxes.save(box, save)
        entries = explain(Story(customer, events, life.records), workspace.plan)
        found[customer] = as_document(customer, entries)
    return found


def test_a_table_tells_what_the_simulation_tells(
    client: "DynamoDBClient", simulated: dict[str, JsonObject]
) -> None:
    plan = deployed_plan(client, TABLE)
    assert plan.revision == 1
    for customer, expected in simulated.items():
        story = deployed_story(client, TABLE, customer)
        assert story is not None
        told = as_document(customer, explain(story, plan))
        assert dumps(told) == dumps(expected), customer


def test_a_customer_the_table_does_not_know(client: "DynamoDBClient") -> None:
    assert deployed_story(client, TABLE, "nobody") is None
