"""What the language has and this system does not do yet: refused by name, never ignored.

Whoever builds one of these deletes its line here.
"""

from collections.abc import Iterator, Mapping

from sojourn.core.exact import Json, JsonObject
from sojourn.language.findings import Code, Problem

MJML = "MJML is not built yet: compile it and name the result as `html_file`"


def in_template(doc: JsonObject) -> Iterator[Problem]:
    """Dispatch has no MJML compiler."""
    part = doc.get("email")
    if isinstance(part, dict):
        for problem in in_part(part):
            yield problem.under("email")


def in_step(doc: Mapping[str, Json]) -> Iterator[Problem]:
    """Content has no MJML."""
    if doc.get("type") != "send":
        return
    content = doc.get("content")
    if isinstance(content, dict):
        for problem in in_part(content):
            yield problem.under("content")


def in_part(part: Mapping[str, Json]) -> Iterator[Problem]:
    """MJML in a part of a message."""
    if "mjml_file" in part:
        yield Problem(("mjml_file",), Code.NOT_BUILT, MJML)
