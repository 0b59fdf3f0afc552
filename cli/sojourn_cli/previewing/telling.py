"""Telling of a preview: as JSON for programs, and in lines for people."""

from collections.abc import Iterator

from sojourn.core.values.exact import Json, JsonObject, dumps
from sojourn_cli.previewing.made import CLIPPED_BYTES, Made

NO_SENDER = "the stack's SenderEmail"


def as_json(made: Made) -> JsonObject:
    """One channel's message with everything that is known of it."""
    content, segments = made.content, made.segments
    cut: JsonObject | None = None
    if segments is not None:
        cut = {
            "alphabet": segments.alphabet,
            "places": segments.places,
            "count": segments.count,
        }
    failures: list[Json] = [
        {"file": failure.file, "path": failure.place, "message": failure.reason}
        for failure in made.failures
    ]
    return {
        "channel": made.channel,
        "category": made.category,
        "from": made.sender,
        "reply_to": made.reply_to,
        "to": list(made.to),
        "subject": content.subject if content is not None else None,
        "preheader": content.preheader if content is not None else None,
        "text": content.text if content is not None else None,
        "html": content.html if content is not None else None,
        "html_bytes": made.html_bytes if content is not None and content.html else None,
        "title": content.title if content is not None else None,
        "body": content.body if content is not None else None,
        "data": dict(content.data) if content is not None and content.data else None,
        "segments": cut,
        "failures": failures,
    }


def facts(made: Made) -> dict[str, str]:
    """What stands around the text of a message, by name."""
    content, segments = made.content, made.segments
    to = ", ".join(made.to) or f"nobody: no address for {made.channel}"
    found: dict[str, str | None] = {"to": to, "category": made.category}
    if made.channel == "email":
        found |= {"from": made.sender or NO_SENDER, "reply to": made.reply_to}
    if made.channel == "sms":
        found["from"] = made.sender
    if content is not None:
        found |= {"subject": content.subject, "preheader": content.preheader}
        found["title"] = content.title
        found["data"] = dumps(dict(content.data)) if content.data else None
    if segments is not None:
        parts = "part" if segments.count == 1 else "parts"
        found["size"] = (
            f"{segments.count} {parts} ({segments.places} places of {segments.alphabet})"
        )
    return {name: value for name, value in found.items() if value}


def lines(made: Made) -> Iterator[str]:
    """A message as a person reads it on a terminal; its HTML is for the page."""
    yield f"{made.channel}:"
    for name, value in facts(made).items():
        yield f"  {name + ':':<11} {value}"
    content = made.content
    if content is None:
        return
    if content.html is not None:
        over = "; Gmail shows 102 KB of it" if made.html_bytes > CLIPPED_BYTES else ""
        yield f"  {'HTML:':<11} {made.html_bytes:,} bytes{over} (-o FILE.html shows it)"
    yield ""
    text = content.body if made.channel == "push" else content.text
    for line in (text or "").splitlines():
        yield f"  {line}".rstrip()
