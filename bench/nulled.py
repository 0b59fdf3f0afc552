"""AWS, nulled: what a function asks for is noted, costs nothing, and can be looked at afterwards.

Only the expressions that the adapters write are understood; any other fails.
"""

import re
import sys
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

from bench.measure import ROOT
from sojourn.adapters import clients

type Attributes = dict[str, dict[str, Any]]
type Request = Mapping[str, Any]
type Handler = Callable[[dict[str, Any], object], dict[str, Any]]

_CLAUSES = re.compile(r"(SET|REMOVE|ADD) (.*?)(?= SET | REMOVE | ADD |$)")
_OR_ELSE = re.compile(r"if_not_exists\((\S+), (\S+)\)")
_SEPARATOR = re.compile(r", (?![^(]*\))")


class NulledTable:
    """A DynamoDB client: items that are put are found again, updates are only noted.

    ``updates`` are the requests in their order; every condition is taken to hold.
    """

    def __init__(self) -> None:
        """Begin with an empty table."""
        self.items: dict[tuple[str, str], Attributes] = {}
        self.updates: list[Request] = []

    def put_item(self, *, Item: Attributes, **_: object) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """Keep an item."""
        self.items[Item["pk"]["S"], Item["sk"]["S"]] = Item
        return {}

    def get_item(self, *, Key: Attributes, **_: object) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """Find an item that was put."""
        found = self.items.get((Key["pk"]["S"], Key["sk"]["S"]))
        return {} if found is None else {"Item": found}

    def query(self, *, ExpressionAttributeValues: Attributes, **_: object) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """Find items that were put, from one sort key up to another."""
        bounds = {name: value["S"] for name, value in ExpressionAttributeValues.items()}
        chosen = [
            item
            for (pk, sk), item in sorted(self.items.items())
            if pk == bounds[":pk"] and bounds[":first"] <= sk <= bounds[":end"]
        ]
        return {"Items": chosen}

    def update_item(self, **request: object) -> dict[str, Any]:
        """Note an update."""
        self.updates.append(request)
        return {}

    def settle(self) -> None:
        """Carry out the updates that were noted, on items that were put or are new."""
        requests, self.updates = self.updates, []
        for request in requests:
            key: Attributes = request["Key"]
            item = self.items.get((key["pk"]["S"], key["sk"]["S"]), {})
            self.put_item(Item=updated(item, request))


class NulledQueues:
    """An SQS client: ``sent`` are the bodies, whatever the queue."""

    def __init__(self) -> None:
        """Begin with nothing sent."""
        self.sent: list[str] = []

    def send_message(self, *, MessageBody: str, **_: object) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """Note a message."""
        self.sent.append(MessageBody)
        return {}

    def send_message_batch(self, *, Entries: list[dict[str, Any]], **_: object) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """Note messages."""
        self.sent += [entry["MessageBody"] for entry in Entries]
        return {}


class NulledBus:
    """An EventBridge client: ``entries`` is what was put."""

    def __init__(self) -> None:
        """Begin with nothing put."""
        self.entries: list[dict[str, Any]] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """Note events."""
        self.entries += Entries
        return {"Entries": [{} for _ in Entries]}


def load_handler(function: str, **nulled: object) -> Handler:
    """A function's own handler over nulled clients, each named as in `sojourn.adapters.clients`."""
    for name, client in {"aws": None, **nulled}.items():
        setattr(clients, name, lambda *_, client=client: client)
    path = ROOT / "functions" / function / "handler.py"
    spec = spec_from_file_location(f"{function}_handler", path)
    if spec is None or spec.loader is None:
        raise AssertionError(f"{path} cannot be imported")
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    handler: Handler = module.handler
    return handler


class _Names(dict[str, str]):
    """Names that an expression puts others for; one that is not among them stands for itself."""

    def __missing__(self, name: str) -> str:
        return name


def updated(item: Attributes, request: Request) -> Attributes:
    """An item after an update."""
    values = request["ExpressionAttributeValues"]
    names = _Names(request.get("ExpressionAttributeNames", {}))
    expression: str = request["UpdateExpression"]
    clauses = _CLAUSES.findall(expression)
    if " ".join(f"{verb} {rest}" for verb, rest in clauses) != expression:
        raise AssertionError(f"an update that is not understood here: {expression}")
    after = {**item, **request["Key"]}
    for verb, part in _parts(clauses):
        name, _, given = part.replace(" = ", " ", 1).partition(" ")
        if verb == "REMOVE":
            after.pop(names[name], None)
        elif verb == "ADD":
            present = int(after.get(names[name], {"N": "0"})["N"])
            after[names[name]] = {"N": str(present + int(values[given]["N"]))}
        elif (or_else := _OR_ELSE.fullmatch(given)) is not None:
            after[names[name]] = item.get(names[or_else[1]], values[or_else[2]])
        else:
            after[names[name]] = values[given]
    return after


def _parts(clauses: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    for verb, rest in clauses:
        for part in _SEPARATOR.split(rest):
            yield verb, part


def _told(item: Attributes) -> Attributes:
    """An item as a record has it: JSON, in which bytes are base64."""
    return {
        name: {"B": b64encode(value["B"]).decode()} if "B" in value else value
        for name, value in item.items()
    }


def stream_record(number: int, before: Attributes | None, after: Attributes) -> dict[str, Any]:
    """The record that the table's stream brings for a change."""
    images = {"NewImage": _told(after)}
    if before is not None:
        images["OldImage"] = _told(before)
    return {
        "eventID": f"{number:032x}",
        "eventName": "INSERT" if before is None else "MODIFY",
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "Keys": {name: after[name] for name in ("pk", "sk")},
            "SequenceNumber": f"{number:021d}",
            "StreamViewType": "NEW_AND_OLD_IMAGES",
            **images,
        },
    }
