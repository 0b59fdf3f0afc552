"""One message's content, rendered: the parts of its channel for one customer.

Pure: the same content, names, zone and locale give the same bytes. What fails, fails the whole
message with one reason.
"""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import field
from functools import lru_cache

from sojourn.core.nouns import maker, noun
from sojourn.core.values.exact import Json, dumps
from sojourn.rendering.budget import Budget
from sojourn.rendering.engine import prepare, run
from sojourn.rendering.failure import RenderFailed
from sojourn.rendering.markup import start_of_body
from sojourn.rendering.plain_text import plain_text
from sojourn.rendering.scope import Scene
from sojourn.rendering.straight import Pieces, put_together, roots_of

type Content = Mapping[str, Json]
"""A channel's part of a template, its files taken in: of e-mail `subject`, `preheader`, `text` and
`html`, of SMS `text`, of push `title`, `body` and `data`; each as needed."""

LINE_CHARS = 998
"""The longest subject, preheader or title, RFC 5322's bound for a line."""

DATA_DEPTH = 8
"""The deepest nesting of a push message's `data`."""

PUSH_BYTES = 3_600
"""The most that title, body and data of a push message may have together, written as JSON: Apple
and Google take 4,096 bytes, their own keys among them."""

_PARTS = frozenset({"subject", "preheader", "text", "html", "title", "body", "data"})
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_HIDDEN = (
    '<div style="display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;'
    'opacity:0;overflow:hidden;mso-hide:all">{}</div>'
)


@noun
class Rendered:
    """What is sent; None where the content has no such part.

    Subject, preheader and title are single lines without control characters. An e-mail that has
    HTML always has text, and its HTML begins with the preheader, hidden.
    """

    subject: str | None = None
    preheader: str | None = None
    text: str | None = None
    html: str | None = None
    title: str | None = None
    body: str | None = None
    data: Mapping[str, Json] | None = None


_made_rendered = maker(Rendered)


def _as_part(written: str) -> str:
    return written if written.isprintable() else _CONTROLS.sub("", written)


def _as_line(written: str) -> str:
    usual = written.isprintable() and "  " not in written
    line = (written if usual else _BREAKS.sub(" ", written)).strip()
    if len(line) > LINE_CHARS:
        raise RenderFailed(f"limit of lines: over {LINE_CHARS} characters")
    return line


_PUT_TOGETHER = {"subject": _as_line, "preheader": _as_line, "text": _as_part}
"""The parts that may be put together, and how each is made of what is written."""


@lru_cache(maxsize=64)
def _scene(zone: str, locale: str | None, *, markup: bool) -> Scene:
    return Scene(zone, locale, markup)


@noun
class _Renderer:
    names: Mapping[str, Json]
    zone: str
    locale: str | None
    budget: Budget = field(default_factory=Budget)

    def part(self, source: Json, *, markup: bool = False) -> str | None:
        """A part of any number of lines."""
        if source is None:
            return None
        return _as_part(self._written(source, markup=markup))

    def line(self, source: Json) -> str | None:
        """A part of one line."""
        if source is None:
            return None
        return _as_line(self._written(source, markup=False))

    def _written(self, source: Json, *, markup: bool) -> str:
        if not isinstance(source, str):
            raise RenderFailed("a part of the content is not text")
        scene = _scene(self.zone, self.locale, markup=markup)
        return run(prepare(source, markup=markup), self.names, scene, self.budget)

    def inside(self, value: Json, depth: int = DATA_DEPTH) -> Json:
        """A value with every text in it rendered; raises RenderFailed for one nested too deep."""
        if not depth:
            raise RenderFailed(f"limit of data: nested over {DATA_DEPTH} deep")
        match value:
            case str():
                return self.part(value)
            case dict():
                return {key: self.inside(item, depth - 1) for key, item in value.items()}
            case list():
                return [self.inside(item, depth - 1) for item in value]
            case _:
                return value


type Part = tuple[int, Pieces, Callable[[str], str]]
"""The place of a part in `_PUT_TOGETHER`, the pieces it is put together of, and how it is made
one."""


@noun
class Short:
    """A content whose parts are all put together of pieces.

    ``said`` is, in the places of `_PUT_TOGETHER`, what is said to everybody; ``parts`` are all
    others, in that order, and ``roots`` the names they read.
    """

    said: tuple[str | None, ...]
    parts: tuple[Part, ...]
    roots: frozenset[str]

    def rendered(self, names: Mapping[str, Json]) -> Rendered | None:
        """What `render` makes of the content; None when that needs the ordinary way."""
        budget, told = Budget(), list(self.said)
        for place, pieces, made in self.parts:
            written = put_together(pieces, names, budget)
            if written is None:
                return None
            told[place] = made(written)
        subject, preheader, text = told
        return _made_rendered(subject, preheader, text)


def shortened(content: Content) -> Short | None:
    """The short way of a content; None when it has none."""
    if not content.keys() <= _PUT_TOGETHER.keys():
        return None
    said: list[str | None] = []
    parts: list[Part] = []
    for place, (name, made) in enumerate(_PUT_TOGETHER.items()):
        source, known = content.get(name), None
        if name in content:
            template = prepare(source, markup=False) if isinstance(source, str) else None
            if template is None or template.flaws or template.pieces is None:
                return None
            known = _said(template.pieces, made)
            if known is None:
                parts.append((place, template.pieces, made))
        said.append(known)
    roots = [root for _, pieces, _ in parts for root in roots_of(pieces)]
    return Short(tuple(said), tuple(parts), frozenset(roots))


def _said(pieces: Pieces, made: Callable[[str], str]) -> str | None:
    """What a part says to everybody; None when it reads a name, or may fail."""
    text = None if pieces.values else put_together(pieces, {}, Budget())
    return None if text is None or len(text) > LINE_CHARS else made(text)


def render(
    content: Content, context: Mapping[str, Json], *, zone: str, locale: str | None
) -> Rendered:
    """Render a channel's content for one customer; raises RenderFailed with the reason.

    ``context`` holds all names a template may see. ``zone`` is the customer's IANA time zone, and
    ``locale`` a BCP 47 tag, English without one.
    """
    if not content.keys() <= _PARTS:
        unknown = min(content.keys() - _PARTS)
        raise RenderFailed(f"the content has a part `{unknown}`, which no channel knows")
    renderer = _Renderer(context, zone, locale)
    line, part = renderer.line, renderer.part
    subject = line(content["subject"]) if "subject" in content else None
    preheader = line(content["preheader"]) if "preheader" in content else None
    page = part(content["html"], markup=True) if "html" in content else None
    text = part(content["text"]) if "text" in content else None
    if text is None and page is not None:
        text = plain_text(page)
    if page is not None and preheader:
        page = _with_preheader(page, preheader)
    data = renderer.inside(content["data"]) if "data" in content else None
    if data is not None and not isinstance(data, dict):
        raise RenderFailed("`data` is not an object")
    title = line(content["title"]) if "title" in content else None
    body = part(content["body"]) if "body" in content else None
    if (title or body or data) and _size_of([title, body, data]) > PUSH_BYTES:
        raise RenderFailed(f"limit of push messages: over {PUSH_BYTES} bytes")
    return Rendered(subject, preheader, text, page, title, body, data)


def _size_of(value: Json) -> int:
    return len(dumps(value).encode("utf-8", "surrogatepass"))


def _with_preheader(page: str, preheader: str) -> str:
    at = start_of_body(page)
    return page[:at] + _HIDDEN.format(html.escape(preheader)) + page[at:]
