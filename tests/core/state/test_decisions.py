"""What a decision's lines are called: in one place, where nobody who reads them misses one."""

import ast
import re
from collections.abc import Iterator

from sojourn.core.state.decisions import Record
from tests.listing import ROOT, listed

RECORDS = {"record", "record_message"}


def recorded() -> Iterator[str]:
    """What lines are recorded as, anywhere in the code."""
    for name in listed(".py"):
        if name.startswith(("shared/", "cli/")):
            for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
                match node:
                    case ast.Call(
                        func=ast.Attribute(attr=call), args=[ast.Constant(str(what)), *_]
                    ):
                        yield from {what} if call in RECORDS else ()
                    case _:
                        continue


def test_a_record_says_of_itself_what_it_may_be_of() -> None:
    assert {*recorded()} == {*re.findall(r"`(\w+)`", (Record.__doc__ or "").replace("``", ""))}
