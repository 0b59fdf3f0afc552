"""Evaluate: customer items from the table's stream, and wake-ups from the wake queue."""

import gc

gc.disable()  # until everything is loaded: docs/decisions/0008-cold-start.md

import os
from typing import Any

from sojourn.adapters.items import brings_news, change_from_record, customer_of_record
from sojourn.adapters.wiring.evaluate import wire
from sojourn.runtime.batches import Answer, take_bodies, take_changes

_evaluate, _dead_letters = wire(os.environ)
gc.freeze()
gc.enable()


def handler(event: dict[str, Any], _context: object) -> Answer:
    """Take each record, then carry on what was decided; what should come again is reported."""
    records = event["Records"]
    if records[0]["eventSource"] == "aws:dynamodb":
        answer = take_changes(
            "evaluate",
            [record for record in records if brings_news(record)],
            customer_of_record,
            change_from_record,
            _evaluate.take,
            _dead_letters,
        )
    else:
        answer = take_bodies("evaluate", records, _evaluate.wake, _dead_letters)
    _evaluate.flush()
    return answer
