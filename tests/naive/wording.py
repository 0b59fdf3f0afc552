"""Templates as trees, and what a marketer would write for each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

type Json = Any


@dataclass(frozen=True, slots=True)
class Filtered:
    """A literal or a path, and what is made of it, one after another."""

    begin: Json
    filters: tuple[tuple[str, Json], ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A path, alone or beside a literal."""

    path: str
    sign: str | None = None
    other: Json = None


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of a template; which fields it has goes by its kind."""

    kind: str
    text: str = ""
    value: Filtered = field(default_factory=lambda: Filtered(""))
    ways: tuple[tuple[Sequence[Any], "Body"], ...] = ()
    otherwise: "Body | None" = None
    words: tuple[str, ...] = ()
    limit: int | None = None
    offset: int | None = None
    backwards: bool = False


type Body = tuple[Node, ...]


class Place(str):
    """A text that names a place."""

    __slots__ = ()


def source(body: Body) -> str:
    """The template's text."""
    return "".join(map(_source, body))


def _source(node: Node) -> str:
    match node.kind:
        case "text":
            return node.text
        case "print":
            return f"{{{{ {expression(node.value)} }}}}"
        case "assign":
            return f"{{% assign {node.text} = {expression(node.value)} %}}"
        case "break" | "continue":
            return f"{{% {node.kind} %}}"
        case "if" | "unless":
            return _source_of_if(node)
        case "case":
            whens = [
                f"{{% when {', '.join(map(literal, values))} %}}{source(body)}"
                for values, body in node.ways
            ]
            return f"{{% case {node.text} %}}{''.join(whens)}{_else(node)}{{% endcase %}}"
        case _:
            parts = [
                f"limit: {node.limit}" if node.limit is not None else "",
                f"offset: {node.offset}" if node.offset is not None else "",
                "reversed" if node.backwards else "",
            ]
            told = " ".join(["for item in", node.text, *filter(None, parts)])
            ((_, body),) = node.ways
            return f"{{% {told} %}}{source(body)}{_else(node)}{{% endfor %}}"


def _source_of_if(node: Node) -> str:
    tags = [node.kind, *["elsif"] * len(node.ways)]
    ways = [
        f"{{% {tag} {_asked(tests, node.words)} %}}{source(body)}"
        for tag, (tests, body) in zip(tags, node.ways, strict=False)
    ]
    return f"{''.join(ways)}{_else(node)}{{% end{node.kind} %}}"


def _else(node: Node) -> str:
    return "" if node.otherwise is None else f"{{% else %}}{source(node.otherwise)}"


def _asked(tests: Sequence[Asked], words: Sequence[str]) -> str:
    told = [
        one.path if one.sign is None else f"{one.path} {one.sign} {literal(one.other)}"
        for one in tests
    ]
    signs = [f" {word} " for word in words[: len(told) - 1]] + [""]
    return "".join(f"{test}{sign}" for test, sign in zip(told, signs, strict=True))


def expression(value: Filtered) -> str:
    """What stands between the braces."""
    filters = [
        f" | {name}" if given is None else f" | {name}: {', '.join(map(literal, given))}"
        for name, given in value.filters
    ]
    return literal(value.begin) + "".join(filters)


def literal(value: Json) -> str:
    """A value as it stands in a template."""
    if value is None or isinstance(value, bool):
        return {None: "nil", True: "true", False: "false"}[value]
    return f"'{value}'" if isinstance(value, str) and not isinstance(value, Place) else str(value)
