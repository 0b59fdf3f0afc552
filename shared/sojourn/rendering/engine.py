"""Templates made ready once and rendered often; python-liquid's parser with the house's rules.

A source is kept, ready to render, under its text, so a warm function parses nothing twice.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import override

from sojourn.core.nouns import noun
from sojourn.rendering import library as liquid
from sojourn.rendering.binding import Binder, TooDeep
from sojourn.rendering.budget import OUTPUT_BYTES, Budget
from sojourn.rendering.failure import RenderFailed
from sojourn.rendering.flaws import Flaw
from sojourn.rendering.scan import INNER_TAGS, scan
from sojourn.rendering.scope import Scene, Scope
from sojourn.rendering.straight import Pieces, put_together, straight
from sojourn.rendering.strict import (
    StrictIfTag,
    StrictUnlessTag,
    WeighedForTag,
    WeighedTablerowTag,
)

KEPT_TEMPLATES = 256
"""Sources kept ready; beyond it the one not used for longest goes."""

_TAGS: tuple[type[liquid.Tag], ...] = (
    liquid.Literal,
    liquid.Output,
    liquid.Illegal,
    liquid.AssignTag,
    liquid.BreakTag,
    liquid.CaptureTag,
    liquid.CaseTag,
    liquid.CommentTag,
    liquid.ContinueTag,
    liquid.CycleTag,
    liquid.DecrementTag,
    liquid.DocTag,
    liquid.EchoTag,
    liquid.IfChangedTag,
    liquid.IncrementTag,
    liquid.InlineCommentTag,
    liquid.LiquidTag,
    StrictIfTag,
    StrictUnlessTag,
    WeighedForTag,
    WeighedTablerowTag,
)

_NAMED = _TAGS[3:]
BLOCK_NAMES = frozenset(tag.name for tag in _NAMED if tag.end)
"""Words that open a block; `end` before them closes it."""

TAG_NAMES = INNER_TAGS | {name for tag in _NAMED for name in (tag.name, tag.end) if name}
"""Every word that may begin a tag."""


class _Dialect(liquid.Environment):
    """The tags above, and nothing of python-liquid's filters, loaders and leniency."""

    output_stream_limit = OUTPUT_BYTES
    context_depth_limit = 64

    @override
    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        for tag in _TAGS:
            self.add_tag(tag)


_DIALECTS = {markup: _Dialect(autoescape=markup) for markup in (False, True)}


@noun
class Template:
    """A source made ready: rendered when it has no ``flaws``.

    ``read`` are all paths it reads. ``pieces`` are what it is put together of, when it only prints
    and what it prints is not escaped.
    """

    source: str
    bound: liquid.BoundTemplate
    flaws: tuple[Flaw, ...]
    read: frozenset[str] = frozenset()
    pieces: Pieces | None = None


@lru_cache(maxsize=KEPT_TEMPLATES)
def prepare(source: str, *, markup: bool) -> Template:
    """Make a source ready; ``markup`` says that it writes HTML, so that values are escaped."""
    dialect = _DIALECTS[markup]
    nothing = dialect.from_string("")
    if found := tuple(scan(source, TAG_NAMES, BLOCK_NAMES)):
        return Template(source, nothing, found)
    try:
        bound = dialect.from_string(source)
    except liquid.LiquidError as error:
        return Template(source, nothing, (_parsing_stopped(error),))
    binder = Binder(liquid.RenderContext(bound))
    try:
        binder.nodes(bound.nodes)
    except TooDeep as error:
        return Template(source, nothing, (error.flaw,))
    pieces = None if markup else straight(bound.nodes)
    return Template(source, bound, tuple(binder.flaws), frozenset(binder.read), pieces)


def run(template: Template, names: Mapping[str, object], scene: Scene, budget: Budget) -> str:
    """Render a template; raises RenderFailed with the reason."""
    if template.flaws:
        flaw = min(template.flaws, key=lambda flaw: flaw.at)
        raise RenderFailed(_reason(flaw, template.source))
    if template.pieces is not None:
        text = put_together(template.pieces, names, budget)
        if text is not None:
            return text
    scope = Scope(template.bound, names, scene, budget)
    buffer = liquid.LimitedStringIO(OUTPUT_BYTES)
    try:
        for node in template.bound.nodes:
            node.render(scope, buffer)
    except liquid.LiquidError as error:
        raise RenderFailed(_rendering_stopped(error, template.source)) from error
    except UnicodeEncodeError as error:
        raise RenderFailed("a value is not Unicode text") from error
    return buffer.getvalue()


def line_of(source: str, at: int) -> int:
    """The line of a place in a source, both counted as people and Python do: from 1 and from 0."""
    return source.count("\n", 0, at) + 1


def _parsing_stopped(error: liquid.LiquidError) -> Flaw:
    message = str(error.message)
    if isinstance(error.__cause__, RecursionError):
        message = "nested too deeply"
    return Flaw(max(error.token.start_index, 0) if error.token else 0, message)


def _rendering_stopped(error: liquid.LiquidError, source: str) -> str:
    written_too_much = isinstance(error, liquid.OutputStreamLimitError)
    limit = f"limit of output: over {OUTPUT_BYTES} bytes"
    return limit if written_too_much else _reason(_parsing_stopped(error), source)


def _reason(flaw: Flaw, source: str) -> str:
    return f"line {line_of(source, flaw.at)}: {flaw.message}"
