"""A first look at a template's source, in time that grows with its length alone.

python-liquid's patterns take the square of the length for some mistakes (a tag that is never
closed, long runs of white space). This pass finds those first, so that they never see them. It also
names every tag that is not known and every block that is not closed, where parsing would stop at
the first, or at the end.
"""

import re
from collections.abc import Iterator

from sojourn.rendering.budget import SOURCE_CHARS, TAG_CHARS, TAG_SPACES
from sojourn.rendering.flaws import Flaw

INNER_TAGS = frozenset({"else", "elsif", "endraw", "raw", "when"})
"""Words that begin a tag and are no tags of their own to python-liquid."""

INCLUDE = '`{% include "footer.html" %}`'
"""How a template takes a snippet in, which is done before it comes here."""

_NOT_ALLOWED = frozenset({"extends", "layout", "render", "section"})
_NAME = re.compile(r"-?\s*(#|\w*)")
_LONG_SPACE = re.compile(rf"\s{{{TAG_SPACES + 1}}}")
_VERBATIM = {name: re.compile(rf"\{{%-?\s*end{name}\s*-?%\}}") for name in ("raw", "doc")}


def scan(source: str, tags: frozenset[str], blocks: frozenset[str]) -> Iterator[Flaw]:
    """Find what parsing must not see, tags not among ``tags``, and ``blocks`` not closed."""
    if len(source) > SOURCE_CHARS:
        yield Flaw(SOURCE_CHARS, f"longer than {SOURCE_CHARS} characters")
        return
    open_blocks: list[tuple[str, int]] = []
    for found in each_tag(source):
        if isinstance(found, Flaw):
            yield found
            open_blocks.clear()  # what was open may be closed behind it
            continue
        name, at = found
        if name.removeprefix("end") in blocks:
            if flaw := _pair(name, at, open_blocks):
                yield flaw
        elif name not in tags:
            yield _unknown(name, at, tags)
    for name, at in open_blocks:
        yield Flaw(at, f"`{name}` is never closed with `end{name}`")


def _pair(name: str, at: int, open_blocks: list[tuple[str, int]]) -> Flaw | None:
    """Open or close a block; the flaw when it closes another than the last one opened."""
    if not name.startswith("end"):
        open_blocks.append((name, at))
        return None
    last = open_blocks.pop()[0] if open_blocks else None
    if last == name.removeprefix("end"):
        return None
    open_now = f"the block open here is `{last}`" if last else "no block is open here"
    return Flaw(at, f"`{name}` closes nothing: {open_now}")


def each_tag(source: str) -> Iterator[tuple[str, int] | Flaw]:
    """The name and place of each tag that is read, up to a flaw that parsing must not see."""
    at, comments = 0, 0
    while (start := _next_opening(source, at)) >= 0:
        close = "}}" if source[start + 1] == "{" else "%}"
        end = source.find(close, start + 2)
        if fatal := _shape(source, start, end):
            yield fatal
            return
        at = end + 2
        match = _NAME.match(source, start + 2, end)
        name = match[1] if match and close == "%}" else None
        if name in _VERBATIM:
            ending = _VERBATIM[name].search(source, at)
            if not ending:
                yield Flaw(start, f"`{name}` is never closed with `end{name}`")
                return
            at = ending.end()
        elif comments:
            comments += (name == "comment") - (name == "endcomment")
            if not comments:
                yield "endcomment", start
        elif name is not None:
            comments = int(name == "comment")
            yield name, start


def _next_opening(source: str, at: int) -> int:
    """The place of the next `{{` or `{%`, or -1."""
    while (at := source.find("{", at)) >= 0 and source[at + 1 : at + 2] not in {"{", "%"}:
        at += 1
    return at


def _shape(source: str, start: int, end: int) -> Flaw | None:
    """What is wrong with the form of one tag or output; ``end`` is where its close was found."""
    if end < 0:
        return Flaw(start, f"`{source[start : start + 2]}` is never closed")
    inner = source[start + 2 : end]
    if not inner.strip("- \t\r\n\f\v"):
        return Flaw(start, "nothing stands between the braces")
    if len(inner) > TAG_CHARS:
        return Flaw(start, f"a tag is longer than {TAG_CHARS} characters")
    if _LONG_SPACE.search(inner):
        return Flaw(start, f"more than {TAG_SPACES} white-space characters in a row inside a tag")
    return None


def _unknown(name: str, at: int, tags: frozenset[str]) -> Flaw:
    if not name:
        return Flaw(at, "a tag has no name")
    if name == "include":
        return Flaw(at, "`include` takes in files of a workspace, and there is none here")
    if name in _NOT_ALLOWED:
        return Flaw(at, f"`{name}` is not allowed; {INCLUDE} takes in a file of `templates/`")
    return Flaw(at, f"there is no tag `{name}`", name, tags | {"include"})
