"""How a path is written: dotted, as in the journey language."""

import re
from collections.abc import Iterable

_NAME = re.compile(r"[^\W\d][\w-]*\??")


def dotted(segments: Iterable[object]) -> str:
    """Write `profile.first_name`, `entry.items[0].name` or `profile."first name"`."""
    written = ""
    for segment in segments:
        if isinstance(segment, str):
            name = segment if _NAME.fullmatch(segment) else f'"{segment}"'
            written += f".{name}" if written else name
        else:
            written += f"[{segment}]"
    return written
