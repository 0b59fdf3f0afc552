"""What scales the table's capacity, as CloudFormation makes it: MiniStack has none of it.

A target and its policy are registered, refused and taken away as on AWS. Nothing is scaled: what
MiniStack's tables take is not bounded by their capacity.

Imports nothing of the project: the launcher calls it under MiniStack's interpreter.
"""

import importlib
from typing import Any

type Properties = dict[str, Any]
type Made = tuple[str, Properties]
"""What a resource's `Ref` gives, and its attributes."""

KIND = "AWS::ApplicationAutoScaling"
NAMESPACE = "dynamodb"


def know_scaling() -> None:
    """Have the MiniStack in this process know scalable targets and policies; call it once."""
    provisioners: Any = importlib.import_module("ministack.services.cloudformation.provisioners")
    dynamodb: Any = importlib.import_module("ministack.services.dynamodb")
    known = _Targets(dynamodb._tables)  # noqa: SLF001 - the only list of them
    provisioners._RESOURCE_HANDLERS |= {  # noqa: SLF001 - where CloudFormation looks
        f"{KIND}::ScalableTarget": {
            "create": known.register,
            "update": known.change,
            "delete": known.deregister,
        },
        f"{KIND}::ScalingPolicy": {
            "create": known.put_policy,
            "update": known.change_policy,
            "delete": known.delete_policy,
        },
    }


class _Targets:
    """What is registered; ValueError is what CloudFormation says of a resource that failed."""

    def __init__(self, tables: Any) -> None:  # noqa: ANN401 - MiniStack's own
        self._tables = tables
        self._known: set[str] = set()

    def register(self, logical_id: str, settings: Properties, stack: str) -> Made:
        del logical_id, stack
        self._check(settings)
        id_ = "|".join((settings["ResourceId"], settings["ScalableDimension"], NAMESPACE))
        if id_ in self._known:
            raise ValueError(f"{id_} already exists")
        self._known.add(id_)
        return id_, {}

    def change(self, id_: str, before: Properties, settings: Properties, stack: str) -> Made:
        del before, stack
        self._check(settings)
        return id_, {}

    def deregister(self, id_: str, settings: Properties) -> None:
        del settings
        self._known.discard(id_)

    def put_policy(self, logical_id: str, settings: Properties, stack: str) -> Made:
        del logical_id, stack
        target = settings["ScalingTargetId"]
        if target not in self._known:
            raise ValueError(f"No scalable target found for {target}")
        return f"{target}:policyName/{settings['PolicyName']}", {}

    def change_policy(self, id_: str, before: Properties, settings: Properties, stack: str) -> Made:
        del before, settings, stack
        return id_, {}

    def delete_policy(self, id_: str, settings: Properties) -> None:
        """Nothing: a policy is known by its target."""

    def _check(self, settings: Properties) -> None:
        """Raise ValueError where Application Auto Scaling would refuse a target."""
        place: str = settings["ResourceId"]
        _, table, *index = place.split("/")
        found = self._tables.get(table)
        if found is None:
            raise ValueError(f"DynamoDB table does not exist: {place}")
        if index and index[-1] not in {i["IndexName"] for i in found["GlobalSecondaryIndexes"]}:
            raise ValueError(f"DynamoDB index does not exist: {place}")
        if found["BillingModeSummary"]["BillingMode"] != "PROVISIONED":
            raise ValueError(f"{place} has no capacity that could be scaled")
        if int(settings["MinCapacity"]) > int(settings["MaxCapacity"]):
            raise ValueError("Maximum capacity cannot be less than minimum capacity")
