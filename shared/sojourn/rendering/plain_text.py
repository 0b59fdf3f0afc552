"""The text part of a message that has only HTML.

Blocks become lines, paragraphs are set apart by an empty line, a link is written `text (address)`,
an image as its `alt`. What is hidden by its own style, such as a preview line, is left out.
"""

import html
import re

from sojourn.rendering.markup import Tag, tokens

_PARAGRAPH_TAGS = "blockquote dl figure form h1 h2 h3 h4 h5 h6 hr ol p pre table ul"
_LINE_TAGS = "address article aside center dd div dt fieldset footer header main nav section tr"
_VOID_TAGS = "area base br col embed hr img input link meta source track wbr"
_PARAGRAPHS = frozenset(_PARAGRAPH_TAGS.split())
_LINES = frozenset(_LINE_TAGS.split())
_VOID = frozenset(_VOID_TAGS.split())
_CELLS = frozenset({"td", "th"})
_UNSEEN = frozenset({"head", "script", "style", "template", "textarea", "title"})
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_SPACES = re.compile(r"[\s\xa0]+")
_EMPTY_LINES = re.compile(r"\n{3,}")
_ADDRESS = re.compile(r"(?:https?:|mailto:|tel:)(?://)?", re.IGNORECASE)


def plain_text(source: str) -> str:
    """Write HTML as plain text, without white space at either end."""
    writer = _Writer()
    for token in tokens(source):
        if isinstance(token, Tag):
            writer.tag(token)
        else:
            writer.text(html.unescape(token))
    return writer.finished()


class _Writer:
    """Pieces of text, and what is owed before the next: a space, a bullet, a link's address."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._at_line_start = True
        self._space_owed = False
        self._bullet_owed = False
        self._after_address = False
        self._hidden: list[str] = []
        self._link = ""
        self._link_from = 0

    def finished(self) -> str:
        lines = "".join(self._pieces).split("\n")
        return _EMPTY_LINES.sub("\n\n", "\n".join(line.rstrip() for line in lines)).strip()

    def text(self, found: str) -> None:
        if self._hidden:
            return
        spaced = _SPACES.sub(" ", found)
        words = spaced.strip()
        self._space_owed = self._space_owed or spaced.startswith(" ")
        if words:
            if self._after_address and words[0].isalnum():
                self._space_owed = True
            if self._bullet_owed:
                self._pieces.append("- ")
            elif self._space_owed and not self._at_line_start:
                self._pieces.append(" ")
            self._pieces.append(words)
            self._at_line_start = self._bullet_owed = self._after_address = False
            self._space_owed = spaced.endswith(" ")

    def tag(self, tag: Tag) -> None:
        if self._hidden:
            self._still_hidden(tag)
        elif not tag.closes and _hides(tag):
            self._hidden.append(tag.name)
        elif tag.name == "a":
            self._link_tag(tag)
        elif tag.name == "img":
            self._apart(tag.attributes().get("alt", ""))
        elif tag.name in _CELLS:
            self._space_owed = True
        elif tag.name == "li":
            self._line(1)
            self._bullet_owed = not tag.closes
        elif tag.name == "br":
            self._break(1)
        elif tag.name in _PARAGRAPHS:
            self._break(2)
        elif tag.name in _LINES:
            self._line(1)

    def _still_hidden(self, tag: Tag) -> None:
        if tag.name == self._hidden[0]:
            if tag.closes:
                self._hidden.pop()
            else:
                self._hidden.append(tag.name)

    def _link_tag(self, tag: Tag) -> None:
        if self._link:
            self._address("".join(self._pieces[self._link_from :]).strip())
        href = "" if tag.closes else tag.attributes().get("href", "").strip()
        self._link = href if _ADDRESS.match(href) else ""
        self._link_from = len(self._pieces)

    def _address(self, shown: str) -> None:
        """Write a link's address, unless its text is the address already."""
        bare = _ADDRESS.sub("", self._link, count=1)
        if shown.rstrip("/") not in {self._link.rstrip("/"), bare.rstrip("/")}:
            space_owed, self._space_owed = self._space_owed, True
            self.text(f"({self._link})" if shown else self._link)
            self._space_owed, self._after_address = space_owed, True

    def _apart(self, found: str) -> None:
        self._space_owed = True
        self.text(found)
        self._space_owed = True

    def _line(self, lines: int) -> None:
        """Begin a new line, unless one has begun."""
        if not self._at_line_start:
            self._break(lines)

    def _break(self, lines: int) -> None:
        if not self._bullet_owed:
            self._pieces.append("\n" * lines)
            self._at_line_start, self._space_owed = True, False


def _hides(tag: Tag) -> bool:
    """Whether a start tag hides what is in it; the search spares most tags their attributes."""
    if tag.name in _UNSEEN:
        return True
    if tag.name in _VOID or not _HIDDEN.search(tag.written):
        return False
    return bool(_HIDDEN.search(tag.attributes().get("style", "")))
