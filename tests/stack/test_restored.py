"""A table as it was is copied into a new stack, as the runbook says, and all go on there."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from textwrap import dedent
from typing import Any

import pytest

from sojourn.adapters.clock import SystemClock
from sojourn.adapters.plans import DynamoDbPlans
from sojourn_cli.local import stack as stacks
from sojourn_cli.local.stack import LocalStack
from tests.stack.conftest import WANTED
from tests.stack.given import ROOT, Doc, Shop, email, journey, order, until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("restored")]

DISPATCH = "DispatchFunctionRelayed"
PAUSE: Doc = {"pause": {"type": "wait", "for": "PT6S", "next": "mail"}}
FILES: dict[str, Doc] = {
    "settings.json": {"timezone": "UTC"},
    "journeys/another.json": journey("another", "list.joined", {"mail": email("Another")}),
    # Publishing a part of the workspace would end it for everybody who waits in it.
    "journeys/waits.json": journey(
        "waits", "order.placed", {**PAUSE, "mail": email("Waited")}, on_archive="exit"
    ),
}
NAMES = [f"waits-{number}" for number in range(12)]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with stacks.running(tmp_path_factory.mktemp("aws"), WANTED) as deployed:
        yield deployed


def mappings(shop: Shop) -> dict[str, str]:
    """What hands work to functions, by its name in the template."""
    formation = shop.stack.client("cloudformation")
    pages = formation.get_paginator("list_stack_resources").paginate(StackName=shop.stack.stack)
    return {
        item["LogicalResourceId"]: item["PhysicalResourceId"]
        for page in pages
        for item in page["StackResourceSummaries"]
        if item["ResourceType"] == "AWS::Lambda::EventSourceMapping"
    }


def let(shop: Shop, names: set[str], *, work: bool) -> None:
    """Let functions take what is handed to them, or stop them."""
    functions, ids = shop.stack.client("lambda"), mappings(shop)
    for name in names:
        functions.update_event_source_mapping(UUID=ids[name], Enabled=work)


def items(shop: Shop, table: str) -> list[Doc]:
    pages = shop.dynamodb.get_paginator("scan").paginate(TableName=table)
    found = [item for page in pages for item in page["Items"]]
    return sorted(found, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))


def copy(shop: Shop, source: str, target: str) -> None:
    """Copy a table by the program that stands in the runbook."""
    page = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
    [program] = re.findall(r"<<'END'\n(.*?)^ *END$", page, re.DOTALL | re.MULTILINE)
    subprocess.run(
        [sys.executable, "-", source, target],
        input=dedent(program),
        env={**os.environ, **shop.stack.env},
        text=True,
        check=True,
    )


def subjects(shop: Shop) -> set[tuple[str, ...]]:
    return {tuple(shop.mailed(name)) for name in NAMES}


def test_everybody_goes_on_in_a_new_stack_and_nothing_goes_out_before_it_is_let(
    stack: LocalStack,
) -> None:
    old = Shop(stack)
    assert all(report["ok"] for report in old.upload(FILES).values())
    old.put(*[order(name) for name in NAMES])
    old.settle()
    tables: Any = old.dynamodb
    restored = f"{old.table}-restored"
    tables.restore_table_to_point_in_time(
        SourceTableName=old.table,
        TargetTableName=restored,
        BillingModeOverride="PAY_PER_REQUEST",
        UseLatestRestorableTime=True,
    )
    tables.get_waiter("table_exists").wait(TableName=restored)
    let(old, {DISPATCH}, work=False)

    new = Shop(stacks.up(stack.home, replace(WANTED, stack="restored"), lambda _: None))
    every = set(mappings(new))
    assert DISPATCH in every
    let(new, every, work=False)
    for path in FILES:
        source = {"Bucket": old.bucket, "Key": path}
        new.s3.copy_object(Bucket=new.bucket, Key=path, CopySource=source)
    copy(new, restored, new.table)
    assert items(new, new.table) == items(new, restored)
    let(new, every - {DISPATCH}, work=True)

    until(lambda: new.waiting("DispatchQueue")[0] == len(NAMES), "not everybody is due")
    until(lambda: new.report("journeys/waits.json"), "what was copied is not looked at")
    report = {"ok": True, "version": 1, "findings": []}
    assert new.report("journeys/waits.json") == report
    revisions = [
        DynamoDbPlans(new.dynamodb, shop.table, SystemClock()).revision() for shop in (old, new)
    ]
    assert revisions[0] == revisions[1], "publishing found the workspace as it was"
    assert subjects(new) == {()}, "nothing went out"

    let(new, {DISPATCH}, work=True)
    new.put(order("fresh"))
    assert len(new.mails(*NAMES, "fresh")) == len(NAMES) + 1
    new.settle()
    assert subjects(new) == {("Waited",)}
    found = new.command("audit")
    assert (found["ok"], found["violations"], found["enrolments"]) == (True, [], 0)
    assert new.waiting("DeadLetterQueue") == (0, 0)
