"""Filters that work on text.

Those that only put together or trim leave HTML what it is; all others read it as text (`values`).
"""

import base64
import binascii
import html
import re
from urllib.parse import quote_plus, unquote_plus

from markupsafe import Markup, escape

from sojourn.rendering.budget import check_chars, check_items
from sojourn.rendering.failure import Unfit
from sojourn.rendering.markup import without_tags
from sojourn.rendering.scope import Scene
from sojourn.rendering.values import joined, text, whole, written

_LINE_END = re.compile(r"\r?\n")
_SPACES = re.compile(r"\s+")


def append(value: object, end: object) -> str:
    """One text after another."""
    return joined([written(value), written(end)], "")


def prepend(value: object, start: object) -> str:
    """One text before another."""
    return joined([written(start), written(value)], "")


def strip(value: object) -> str:
    """Without white space at either end."""
    return written(value).strip()


def lstrip(value: object) -> str:
    """Without white space at the start."""
    return written(value).lstrip()


def rstrip(value: object) -> str:
    """Without white space at the end."""
    return written(value).rstrip()


def squish(value: object) -> str:
    """Trimmed, with one space for each run of white space."""
    return _like(value, _SPACES.sub(" ", written(value).strip()))


def strip_newlines(value: object) -> str:
    """Without line ends."""
    return _like(value, _LINE_END.sub("", written(value)))


def capitalize(value: object) -> str:
    """The first letter large, the others small."""
    return text(value).capitalize()


def downcase(value: object) -> str:
    """All letters small."""
    return text(value).lower()


def upcase(value: object) -> str:
    """All letters large."""
    return text(value).upper()


def remove(value: object, part: object) -> str:
    """Without a part, wherever it stands."""
    return replace(value, part, "")


def remove_first(value: object, part: object) -> str:
    """Without the first of a part."""
    return replace_first(value, part, "")


def remove_last(value: object, part: object) -> str:
    """Without the last of a part."""
    return replace_last(value, part, "")


def replace(value: object, part: object, by: object = "") -> str:
    """With another text for a part, wherever it stands."""
    whole_text, old, new = text(value), text(part), text(by)
    check_chars(len(whole_text) + whole_text.count(old) * len(new))
    return whole_text.replace(old, new)


def replace_first(value: object, part: object, by: object = "") -> str:
    """With another text for the first of a part."""
    return text(value).replace(text(part), text(by), 1)


def replace_last(value: object, part: object, by: object = "") -> str:
    """With another text for the last of a part."""
    whole_text, old = text(value), text(part)
    at = whole_text.rfind(old)
    return whole_text if at < 0 else whole_text[:at] + text(by) + whole_text[at + len(old) :]


def split(value: object, separator: object) -> list[str]:
    """The parts between separators; a space separates words, nothing separates characters."""
    whole_text, between = text(value), text(separator)
    if not whole_text or whole_text == between:
        return []
    if not between:
        check_items(len(whole_text))
        return list(whole_text)
    check_items(1 + whole_text.count(between))
    return whole_text.split(None if between == " " else between)


def truncate(value: object, length: object = 50, end: object = "...") -> str:
    """At most so many characters, the end's included; what is short enough stays."""
    whole_text, ellipsis, most = text(value), text(end), whole(length)
    if len(whole_text) <= most:
        return whole_text
    return whole_text[: max(most - len(ellipsis), 0)] + ellipsis


def truncatewords(value: object, count: object = 15, end: object = "...") -> str:
    """At most so many words, and at least one."""
    whole_text = text(value)
    most = min(max(whole(count), 1), len(whole_text))
    words = whole_text.split(maxsplit=most)
    return whole_text if len(words) <= most else " ".join(words[:most]) + text(end)


def strip_html(value: object) -> str:
    """Without tags, comments, scripts and styles."""
    shown = without_tags(written(value))
    return html.unescape(shown) if isinstance(value, Markup) else shown


def escaped(scene: Scene, value: object) -> str:
    """With `<`, `>`, `&` and quotes written as HTML writes them; what is HTML already stays."""
    return escape(written(value)) if scene.markup else html.escape(text(value))


def escaped_once(scene: Scene, value: object) -> str:
    """Escaped, but no entity twice."""
    plain = html.unescape(text(value))
    return escape(plain) if scene.markup else html.escape(plain)


def newline_to_br(scene: Scene, value: object) -> str:
    """With `<br />` before each line end."""
    if scene.markup:
        return Markup(_LINE_END.sub("<br />\n", escape(written(value))))  # noqa: S704 - escaped here
    return _LINE_END.sub("<br />\n", text(value))


def url_encode(value: object) -> str:
    """As a URL's query writes it."""
    return quote_plus(text(value))


def url_decode(value: object) -> str:
    """As it was before a URL's query wrote it."""
    return unquote_plus(text(value))


def base64_encode(value: object) -> str:
    """In base64."""
    return base64.b64encode(text(value).encode()).decode()


def base64_decode(value: object) -> str:
    """Out of base64, to UTF-8."""
    return _decoded(text(value), "+/")


def base64_url_safe_encode(value: object) -> str:
    """In the base64 of URLs."""
    return base64.urlsafe_b64encode(text(value).encode()).decode()


def base64_url_safe_decode(value: object) -> str:
    """Out of the base64 of URLs, to UTF-8."""
    return _decoded(text(value), "-_")


def _decoded(encoded: str, last_two: str) -> str:
    try:
        return base64.b64decode(encoded.encode(), last_two.encode(), validate=True).decode()
    except (binascii.Error, UnicodeError) as error:
        raise Unfit("not base64 of UTF-8 text") from error


def _like(value: object, changed: str) -> str:
    return Markup(changed) if isinstance(value, Markup) else changed  # noqa: S704 - it was HTML before
