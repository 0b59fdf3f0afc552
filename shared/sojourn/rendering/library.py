"""The one door to python-liquid; the rest of the package imports its names from here.

`import liquid` loads babel (33 MB), pytz, dateutil, asyncio and loaders that read files, whether
they are used or not. Rendering needs none of them, and neither must the functions' layer carry
them. So the modules of python-liquid that reach for them, and its own analysis, are stood in for
while it is imported, and only then; `docs/decisions/0003-liquid.md` has the measurements. Nobody
else in this project imports python-liquid: its own default environment lacks what was left out.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_LEFT_OUT = {
    "liquid.extra": ("add_tags_and_filters",),
    "liquid.messages": ("MessageTuple", "Translations", "extract_from_template"),
    "liquid.builtin.filters.misc": ("date", "default", "size"),
    "liquid.builtin.loaders.caching_file_system_loader": ("CachingFileSystemLoader",),
    "liquid.builtin.loaders.file_system_loader": ("FileSystemLoader",),
    "liquid.builtin.loaders.package_loader": ("PackageLoader",),
    "liquid.static_analysis": ("analyze", "analyze_async"),
}
"""Modules of python-liquid that are not used here, and the names others import from them."""


@contextmanager
def lean_import() -> Iterator[None]:
    """Import python-liquid inside this block without the modules `_LEFT_OUT` names.

    A module that was imported before is kept, and one that was left out can be imported later:
    no stand-in stays behind in `sys.modules`.
    """
    stand_ins = {}
    for name in _LEFT_OUT.keys() - sys.modules.keys():
        module = ModuleType(name, "A stand-in while python-liquid is imported.")
        vars(module).update(dict.fromkeys(_LEFT_OUT[name], module))
        stand_ins[name] = module
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            del sys.modules[name]


with lean_import():
    from liquid.ast import Node
    from liquid.builtin.content import ContentNode, Literal
    from liquid.builtin.expressions.arguments import KeywordArgument
    from liquid.builtin.expressions.filtered import Filter, FilteredExpression
    from liquid.builtin.expressions.logical import (
        BooleanExpression,
        ContainsExpression,
        EqExpression,
        GeExpression,
        GtExpression,
        LeExpression,
        LogicalAndExpression,
        LogicalOrExpression,
        LtExpression,
        NeExpression,
    )
    from liquid.builtin.expressions.loop import LoopExpression
    from liquid.builtin.expressions.path import Path
    from liquid.builtin.expressions.primitive import (
        Blank,
        Empty,
        FloatLiteral,
        IntegerLiteral,
        RangeLiteral,
        StringLiteral,
    )
    from liquid.builtin.illegal import Illegal
    from liquid.builtin.output import Output, OutputNode
    from liquid.builtin.tags.assign_tag import AssignTag
    from liquid.builtin.tags.capture_tag import CaptureTag
    from liquid.builtin.tags.case_tag import CaseTag
    from liquid.builtin.tags.case_tag import _AnyExpression as AnyExpression
    from liquid.builtin.tags.comment_tag import CommentTag
    from liquid.builtin.tags.cycle_tag import CycleNode, CycleTag
    from liquid.builtin.tags.decrement_tag import DecrementTag
    from liquid.builtin.tags.doc_tag import DocTag
    from liquid.builtin.tags.echo_tag import EchoTag
    from liquid.builtin.tags.for_tag import (
        BreakNode,
        BreakTag,
        ContinueNode,
        ContinueTag,
        ForLoop,
        ForNode,
        ForTag,
    )
    from liquid.builtin.tags.if_tag import IfNode, IfTag
    from liquid.builtin.tags.ifchanged_tag import IfChangedTag
    from liquid.builtin.tags.increment_tag import IncrementTag
    from liquid.builtin.tags.inline_comment_tag import InlineCommentTag
    from liquid.builtin.tags.liquid_tag import LiquidTag
    from liquid.builtin.tags.tablerow_tag import TableRow, TablerowNode, TablerowTag
    from liquid.builtin.tags.unless_tag import UnlessTag
    from liquid.context import RenderContext
    from liquid.environment import Environment
    from liquid.exceptions import LiquidError, OutputStreamLimitError
    from liquid.expression import Expression
    from liquid.mode import Mode
    from liquid.output import LimitedStringIO
    from liquid.tag import Tag
    from liquid.template import BoundTemplate
    from liquid.token import Token
    from liquid.undefined import UNDEFINED
    from liquid.utils import ReadOnlyChainMap

__all__ = [
    "UNDEFINED",
    "AnyExpression",
    "AssignTag",
    "Blank",
    "BooleanExpression",
    "BoundTemplate",
    "BreakNode",
    "BreakTag",
    "CaptureTag",
    "CaseTag",
    "CommentTag",
    "ContainsExpression",
    "ContentNode",
    "ContinueNode",
    "ContinueTag",
    "CycleNode",
    "CycleTag",
    "DecrementTag",
    "DocTag",
    "EchoTag",
    "Empty",
    "Environment",
    "EqExpression",
    "Expression",
    "Filter",
    "FilteredExpression",
    "FloatLiteral",
    "ForLoop",
    "ForNode",
    "ForTag",
    "GeExpression",
    "GtExpression",
    "IfChangedTag",
    "IfNode",
    "IfTag",
    "Illegal",
    "IncrementTag",
    "InlineCommentTag",
    "IntegerLiteral",
    "KeywordArgument",
    "LeExpression",
    "LimitedStringIO",
    "LiquidError",
    "LiquidTag",
    "Literal",
    "LogicalAndExpression",
    "LogicalOrExpression",
    "LoopExpression",
    "LtExpression",
    "Mode",
    "NeExpression",
    "Node",
    "Output",
    "OutputNode",
    "OutputStreamLimitError",
    "Path",
    "RangeLiteral",
    "ReadOnlyChainMap",
    "RenderContext",
    "StringLiteral",
    "TableRow",
    "TablerowNode",
    "TablerowTag",
    "Tag",
    "Token",
    "UnlessTag",
    "lean_import",
]
