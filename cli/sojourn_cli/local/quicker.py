"""Where MiniStack works out for every call what it could remember, or what nobody asks for."""

# ruff: noqa: SLF001 - MiniStack has no other door

import copy
import functools
import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from sojourn_cli.local.mappings import Untyped

MOST_EXPRESSIONS = 1_000


def quicken(dynamodb: Untyped, ses_v2: Untyped) -> None:
    """Change both services so that they answer the same in less time."""
    remembered = functools.lru_cache(maxsize=MOST_EXPRESSIONS)
    tokens = remembered(_frozen(dynamodb._tokenize))
    dynamodb._tokenize = lambda expression: list(tokens(expression))
    dynamodb._condition_syntax_error = remembered(dynamodb._condition_syntax_error)
    # It uses nothing else of that module.
    dynamodb.copy = SimpleNamespace(deepcopy=copied)
    if not os.environ.get("SMTP_HOST"):
        # A mail is put together only to be relayed.
        ses_v2._build_mime_message = lambda *_: ""


def _frozen(tokenize: Callable[[str], list[Any]]) -> Callable[[str], tuple[Any, ...]]:
    return lambda expression: tuple(tokenize(expression))


def copied(value: Untyped) -> Untyped:
    """A deep copy of something like JSON: whatever else is in it, the general way."""
    kind = type(value)
    if kind is str or kind is bool or kind is int or value is None:
        return value
    if kind is dict:
        return {key: copied(item) for key, item in value.items()}
    if kind is list:
        return [copied(item) for item in value]
    return copy.deepcopy(value)
