"""What a message says: the few forms of Liquid that random contents are made of."""

import re

from tests.naive.asking import MISSING, Doc, Json, View, look

_PLACE = re.compile(r"\{\{ ([^ |]+)(?: \| default: '([^']*)')? \}\}")


def said(text: str, view: View, given: Doc) -> tuple[str, str | None]:
    """The text with its variables in place, and the first that is missing."""
    missing: list[str] = []

    def word(match: re.Match[str]) -> str:
        path, default = match.groups()
        value = given[path] if path in given else look(view, path)
        if value is MISSING and default is None:
            missing.append(path)
        return _shown(default if value is MISSING else value)

    body = _PLACE.sub(word, text)
    return body, next(iter(missing), None)


def _shown(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
