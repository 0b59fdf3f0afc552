"""What a message says: the few forms of Liquid that random contents are made of."""

import json
import re
from decimal import Decimal

from tests.naive.asking import MISSING, Doc, View, look
from tests.naive.filling import Failed, filled, shown
from tests.naive.wording import Asked, Body, Filtered, Node, Place, source

_PLACE = re.compile(r"\{\{ ([^ |]+)(?: \| default: '([^']*)')? \}\}")

_TREES: tuple[Body, ...] = (
    (
        Node(
            "if",
            ways=(
                (
                    (Asked("profile.tags"),),
                    (
                        Node(
                            "for",
                            "profile.tags",
                            ways=(
                                (
                                    (),
                                    (
                                        Node("print", value=Filtered(Place("forloop.index"))),
                                        Node("print", value=Filtered(Place("item"))),
                                    ),
                                ),
                            ),
                            otherwise=(Node("text", "empty"),),
                        ),
                    ),
                ),
            ),
            otherwise=(Node("text", "none"),),
        ),
    ),
    (
        Node(
            "if",
            ways=(
                (
                    (Asked("profile.x", ">=", 1), Asked("entry.n", "==", 2)),
                    (Node("print", value=Filtered(Place("profile.x"), (("times", (2,)),))),),
                ),
                ((Asked("v"),), (Node("print", value=Filtered(Place("v"))),)),
            ),
            words=("and",),
            otherwise=(Node("text", "else"),),
        ),
    ),
    (
        Node("assign", "kept", Filtered(Place("entry.o.list"), (("join", (", ",)),))),
        Node("print", value=Filtered(Place("kept"), (("default", ("nothing",)),))),
    ),
    (
        Node("print", value=Filtered(Place("profile.o.in.deep"), (("plus", (1,)),))),
        Node("text", " of "),
        Node("print", value=Filtered(Place("vars.d"), (("last", None), ("upcase", None)))),
    ),
    (
        Node("print", value=Filtered(Place("v"), (("default", ("you",)), ("upcase", None)))),
        Node("print", value=Filtered(Place("w.k"), (("default", ("",)),))),
        Node("print", value=Filtered(Place("w.in.list"), (("default", (0,)), ("size", None)))),
    ),
    (
        Node(
            "case",
            "entry.tag",
            ways=((("Big Deal",), (Node("text", "big"),)), (("", 1), (Node("text", "small"),))),
            otherwise=(Node("print", value=Filtered(Place("entry.tag"))),),
        ),
    ),
)
TREES = {source(tree): tree for tree in _TREES}
"""By what a marketer would write for it."""


def said(text: str, view: View, given: Doc) -> tuple[str, str | None]:
    """The text with its variables in place, and the first that is missing.

    That is empty where a filter cannot work on what it gets.
    """
    try:
        if text in TREES:
            names = json.loads(json.dumps({**view.places, **given}), parse_float=Decimal)
            return filled(TREES[text], names), None
        return _replaced(text, view, given)
    except Failed as failed:
        return "", str(failed)


def _replaced(text: str, view: View, given: Doc) -> tuple[str, str | None]:
    missing: list[str] = []

    def word(match: re.Match[str]) -> str:
        path, default = match.groups()
        value = given[path] if path in given else look(view, path)
        if value is MISSING and default is None:
            missing.append(path)
        return shown(default if value is MISSING else value)

    body = _PLACE.sub(word, text)
    return body, next(iter(missing), None)
