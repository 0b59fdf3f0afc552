"""The text part of a message that has only HTML.

Blocks become lines, paragraphs are set apart by an empty line, a link is written `text (address)`,
an image as its `alt`. What is hidden by its own style, such as a preview line, is left out.
"""

import html
import re

from sojourn.rendering.markup import Tag, tokens

_PARAGRAPH_TAGS = "blockquote dl figure form h1 h2 h3 h4 h5 h6 hr ol p pre table ul"
_LINE_TAGS = "address article aside center dd div dt fieldset footer header li main nav section tr"
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
    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._at_line_start = True
        self._space_owed = False
        self._hidden: list[str] = []
        self._link = ""
        self._link_from = 0

    def finished(self) -> str:
        lines = "".join(self._pieces).split("\n")
        return _EMPTY_LINES.sub("\n\n", "\n".join(line.rstrip() for line in lines)).strip()

    def text(self, found: str) -> None:
        if self._hidden:
            return
        words = _SPACES.sub(" ", found)
        if (
            (self._space_owed or words.startswith(" "))
            and not self._at_line_start
            and words.strip()
        ):
            self._pieces.append(" ")
            self._space_owed = False
        if words.strip():
            self._pieces.append(words.strip())
            self._at_line_start = False
        self._space_owed = self._space_owed or words.endswith(" ")

    def tag(self, tag: Tag) -> None:
        if self._hidden:
            self._still_hidden(tag)
        elif not tag.closes and self._hides(tag):
            self._hidden.append(tag.name)
        elif tag.name == "a":
            self._link_tag(tag)
        elif tag.name == "img":
            self._space_owed = True
            self.text(tag.attributes().get("alt", ""))
            self._space_owed = True
        elif tag.name == "br":
            self._break(1)
        elif tag.name in _CELLS:
            self._space_owed = True
        elif tag.name in _PARAGRAPHS:
            self._break(2)
        elif tag.name in _LINES and not self._at_line_start:
            self._break(1)
        if tag.name == "li" and not tag.closes and not self._hidden:
            self.text("-")
            self._space_owed = True

    def _still_hidden(self, tag: Tag) -> None:
        if tag.name == self._hidden[0]:
            if tag.closes:
                self._hidden.pop()
            else:
                self._hidden.append(tag.name)

    @staticmethod
    def _hides(tag: Tag) -> bool:
        if tag.name in _VOID:
            return False
        if tag.name in _UNSEEN:
            return True
        if not _HIDDEN.search(tag.written):
            return False
        return bool(_HIDDEN.search(tag.attributes().get("style", "")))

    def _link_tag(self, tag: Tag) -> None:
        self._end_link()
        if not tag.closes:
            href = tag.attributes().get("href", "").strip()
            if _ADDRESS.match(href):
                self._link, self._link_from = href, len(self._pieces)

    def _end_link(self) -> None:
        if self._link:
            shown = "".join(self._pieces[self._link_from :]).strip()
            bare = _ADDRESS.sub("", self._link, count=1)
            if shown.rstrip("/") not in {self._link.rstrip("/"), bare.rstrip("/")}:
                owed, self._space_owed = self._space_owed, True
                self.text(f"({self._link})" if shown else self._link)
                self._space_owed = owed
            self._link = ""

    def _break(self, lines: int) -> None:
        self._pieces.append("\n" * lines)
        self._at_line_start, self._space_owed = True, False
