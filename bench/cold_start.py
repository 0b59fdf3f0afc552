"""Cold start: what importing each function's handler costs beside a bare handler on boto3.

The bare handler imports boto3 and makes one DynamoDB client, which is the least that a function of
this kind does. Code and packages are compiled, as the layer's are. The processor's time counts, as
the clock on the wall counts whatever else the machine does.

The first event costs more than the following ones, too: connections, and clients that are made when
they are first used. So there is a row for evaluate with an event that enters a journey (plan read,
decided, written, carried on), against the bare handler with one write, both over loopback.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from compileall import compile_dir
from contextlib import contextmanager
from pathlib import Path
from py_compile import PycInvalidationMode
from shutil import copytree, ignore_patterns
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

from bench.evaluate import ENVIRONMENT, appended
from bench.loopback import Loopback, serving
from bench.measure import ROOT, Answer, Case, in_rounds
from bench.nulled import NulledBus, NulledQueues, NulledTable, load_handler, stream_record, updated
from bench.orders import ONE_IN, documents
from sojourn.adapters.clock import SystemClock
from sojourn.adapters.plans import DynamoDbPlans
from sojourn.runtime.ports import StoredPlan

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

FUNCTIONS = ("evaluate", "ingest", "wake", "dispatch", "publish", "preferences", "rights")
BARE = "boto3, one DynamoDB client"
BARE_FIRST = "boto3, one DynamoDB client, its first write"
EVALUATE_FIRST = "evaluate, its first event"

_PROGRAM = """
import sys, time
wall, processor = time.perf_counter(), time.process_time()
{measured}
processor, wall = time.process_time() - processor, time.perf_counter() - wall
import json
print(json.dumps({{"ms": processor * 1e3, "wall_ms": wall * 1e3}}))
"""
_BARE = "import boto3\ndynamodb = boto3.client('dynamodb')"
_BARE_FIRST = _BARE + (
    "\ndynamodb.update_item(TableName='table', Key={'pk': {'S': 'a'}, 'sk': {'S': '@'}},"
    " UpdateExpression='SET #a = :a', ExpressionAttributeNames={'#a': 'a'},"
    " ExpressionAttributeValues={':a': {'S': 'a'}})"
)
_HANDLER = "import handler"
_HANDLER_FIRST = _HANDLER + (
    "\nimport json"
    "\nfor line in open(sys.argv[1]):"
    "\n    assert handler.handler(json.loads(line), None) == {'batchItemFailures': []}"
)
_ASKED_FIRST = {"GetItem": 1, "Query": 1, "UpdateItem": 1, "PutEvents": 1}


def measured(rounds: int) -> dict[str, list[Answer]]:
    """Every case's answers; raises AssertionError when a first event was not worked."""
    with _shipped() as layer:
        table = NulledTable()
        events = layer / "events.jsonl"
        events.write_text("".join(json.dumps(each) + "\n" for each in first_event(table)))
        loopback = Loopback(table)
        here = {**environment(layer), "AWS_ENDPOINT_URL": loopback.address}
        cases = {BARE: _case(_BARE, here), BARE_FIRST: _case(_BARE_FIRST, here)}
        for function in FUNCTIONS:
            there = {**here, "PYTHONPATH": f"{here['PYTHONPATH']}:{layer / function}"}
            cases[function] = _case(_HANDLER, there)
            if function == "evaluate":
                cases[EVALUATE_FIRST] = _case(_HANDLER_FIRST, there, str(events))
        with serving(loopback):
            answers = in_rounds(cases, rounds)
        runs = rounds + 1
        wanted = {name: count * runs for name, count in _ASKED_FIRST.items()}
        wanted["UpdateItem"] += runs
        if loopback.asked != wanted:
            raise AssertionError(f"{dict(loopback.asked)} requests, not {wanted}")
        return answers


def _case(measured_code: str, environment: Mapping[str, str], *arguments: str) -> Case:
    program = _PROGRAM.format(measured=measured_code)
    return Case([sys.executable, "-c", program, *arguments], environment)


def environment(layer: Path) -> dict[str, str]:
    """What a function sees, and nothing of whoever measures."""
    return {
        **ENVIRONMENT,
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(layer),
        "CONFIGURATION_SET": "set",
        "SENDER_EMAIL": "hello@orders.example",
        "WORKSPACE_BUCKET": "workspace",
        "INGEST_QUEUE_URL": "ingest",
        "WAKE_FUNCTION_NAME": "wake",
        "PREFERENCES_URL": "https://orders.example/",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


@contextmanager
def _shipped() -> Iterator[Path]:
    """A copy of what is shipped, compiled as shared/Makefile compiles it."""
    with TemporaryDirectory() as folder:
        layer = Path(folder)
        left_out = ignore_patterns("__pycache__")
        copytree(ROOT / "shared" / "sojourn", layer / "sojourn", ignore=left_out)
        for function in FUNCTIONS:
            copytree(ROOT / "functions" / function, layer / function, ignore=left_out)
        compile_dir(layer, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
        yield layer


def first_event(table: NulledTable) -> list[dict[str, list[dict[str, Any]]]]:
    """The batches that an order which enters a journey brings evaluate; publishes the journey."""
    clock = SystemClock()
    plans = DynamoDbPlans(cast("DynamoDBClient", table), "table", clock)
    plans.publish(StoredPlan(1, documents(0), {}, {}), 0)
    table.settle()
    [before] = appended(table, [ONE_IN - 1], clock.now())
    os.environ.update(ENVIRONMENT)
    handler = load_handler("evaluate", dynamodb=table, sqs=NulledQueues(), events=NulledBus())
    first = {"Records": [stream_record(0, None, before)]}
    handler(first, None)
    [request] = table.updates
    second = {"Records": [stream_record(1, before, updated(before, request))]}
    return [first, second]
