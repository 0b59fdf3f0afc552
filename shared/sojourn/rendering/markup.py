"""HTML taken apart into texts and tags, in one pass whose time grows with the length alone.

It reads what browsers read, and like them drops a comment or tag that is never closed. The standard
library's parser takes the square of the length for some mistakes (15 s for 40 KB of `<a `).
"""

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

# Possessive (`*+`), so that nothing is tried twice; an unclosed quote ends where the tag does.
_TAG = re.compile(r"""<(/?)([A-Za-z][^\s/>]*+)((?:=\s*+"[^"]*+"|=\s*+'[^']*+'|[^>])*+)>""")
_TAG_BEGINS = re.compile(r"</?[A-Za-z]")
_ATTRIBUTE = re.compile(r"""([^\s=/>"']++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>"']*+)))?""")
_RAW_ENDS = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    for name in ("script", "style", "title", "textarea")
}


class Tag(NamedTuple):
    """A start or end tag; ``end`` is the place just behind it."""

    name: str
    closes: bool
    written: str
    end: int

    def attributes(self) -> dict[str, str]:
        """The attributes by small name, entities resolved; of two the first counts."""
        found: dict[str, str] = {}
        for name, double, single, bare in _ATTRIBUTE.findall(self.written):
            found.setdefault(name.lower(), html.unescape(double or single or bare))
        return found


def tokens(source: str) -> Iterator[str | Tag]:
    """Texts (entities not resolved) and tags, in order; without comments, scripts and styles."""
    at = 0
    while (less := source.find("<", at)) >= 0:
        if less > at:
            yield source[at:less]
        if _TAG_BEGINS.match(source, less):
            match = _TAG.match(source, less)
            if not match:
                return
            tag = Tag(match[2].lower(), bool(match[1]), match[3], match.end())
            yield tag
            at = tag.end
            if tag.name in _RAW_ENDS and not tag.closes:
                closing = _RAW_ENDS[tag.name].search(source, at)
                if not closing:
                    return
                at = closing.start()
        elif source.startswith(("<!", "<?", "</"), less):
            close = "-->" if source.startswith("<!--", less) else ">"
            end = source.find(close, less + 2)
            if end < 0:
                return
            at = end + len(close)
        else:
            yield "<"
            at = less + 1
    yield source[at:]


def without_tags(source: str) -> str:
    """The texts alone."""
    return "".join(token for token in tokens(source) if isinstance(token, str))


def start_of_body(source: str) -> int:
    """The place just behind `<body>`, or the start when there is none."""
    bodies = (
        token.end for token in tokens(source) if isinstance(token, Tag) and token.name == "body"
    )
    return next(bodies, 0)
