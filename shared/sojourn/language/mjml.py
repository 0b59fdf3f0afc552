"""MJML: e-mails written in few elements, compiled to HTML when they are checked or published.

Dispatch never sees MJML: what is live is the HTML. Liquid is taken out before and put back after,
so that the compiler reads none of it and changes nothing in it.
"""

import difflib
import re
from collections.abc import Iterator, Mapping

DEPTH = 100
"""The deepest nesting that is compiled: the compiler, which is not Python, dies of thousands."""

ELEMENTS = frozenset(
    {
        *("mjml", "mj-head", "mj-body", "mj-attributes", "mj-all", "mj-class", "mj-breakpoint"),
        *("mj-font", "mj-preview", "mj-style", "mj-title", "mj-accordion", "mj-accordion-element"),
        *("mj-accordion-title", "mj-accordion-text", "mj-button", "mj-carousel", "mj-raw"),
        *("mj-carousel-image", "mj-column", "mj-divider", "mj-group", "mj-hero", "mj-image"),
        *("mj-navbar", "mj-navbar-link", "mj-section", "mj-social", "mj-social-element"),
        *("mj-spacer", "mj-table", "mj-text", "mj-wrapper"),
    }
)
"""What the compiler knows. It drops what it does not know without a word, so we say it."""

SOURCE_CHARS = 262_144
"""The longest source, as of any part of a message."""

_ENDS = {"{{": "}}", "{%": "%}"}
_STAND_IN = "liquid{:06d}mjml"
_OPENING = re.compile(r"(/?)([^\s/<>!?\"'][^\s/<>]*)")
_STOPS = re.compile(r"[<>\"']")
_NEVER_CLOSED = frozenset(
    {
        *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source"),
        *("track", "wbr"),
    }
)
_MJ_INCLUDE = "mj-include"
_AS_SNIPPET = '`{% include "footer.mjml" %}`'
_PANIC = "the compiler of MJML cannot read this; in texts `>`, `<` and `&` are written `&gt;`,"
_PANIC += " `&lt;` and `&amp;`"

NAME_CHARS = 60
"""So much of a wrong name is told."""


class WrongMjml(Exception):  # noqa: N818 - a finding, not a failure of ours
    """MJML that cannot be compiled; the text says why."""


def compile_mjml(source: str) -> str:
    """The HTML of an e-mail in MJML, its Liquid as it was; raises WrongMjml."""
    from mjml import mjml2html  # noqa: PLC0415 - only whoever has MJML pays for it

    if len(source) > SOURCE_CHARS:
        raise WrongMjml(f"over {SOURCE_CHARS} characters")
    plain, kept = _without_liquid(source)
    for wrong in _wrong(plain):
        raise WrongMjml(wrong)
    try:
        html = mjml2html(plain, fonts={})
    except ValueError as error:
        hint = "in texts `<` and `&` are written `&lt;` and `&amp;`"
        raise WrongMjml(f"{error}; {hint}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        # What the compiler dies of is no Exception; seen for a `>` in a text that begins with an
        # emoji.
        raise WrongMjml(_PANIC) from error
    for name, liquid in kept.items():
        if name not in html:
            raise WrongMjml(f"MJML drops `{_short(liquid)}` where it stands: put it into `mj-raw`")
    pattern = re.compile(_STAND_IN.replace("{:06d}", r"\d{6}"))
    return pattern.sub(lambda found: kept.get(found[0], found[0]), html)


def _without_liquid(source: str) -> tuple[str, Mapping[str, str]]:
    """The source with a word in place of each piece of Liquid, and what each stands for."""
    pieces: list[str] = []
    kept: dict[str, str] = {}
    at = 0
    while True:
        starts = [place for place in (source.find(mark, at) for mark in _ENDS) if place >= 0]
        start = min(starts, default=-1)
        end = source.find(_ENDS[source[start : start + 2]], start) if start >= 0 else -1
        if end < 0:
            return "".join([*pieces, source[at:]]), kept
        name = _STAND_IN.format(len(kept))
        kept[name] = source[start : end + 2]
        pieces += [source[at:start], name]
        at = end + 2


def _tags(plain: str) -> Iterator[tuple[bool, str, bool]]:
    """Every tag outside of comments: whether it closes, its name, whether it closes itself."""
    at = plain.find("<")
    while at >= 0:
        if plain.startswith("<!--", at):
            end = plain.find("-->", at)
            if end < 0:
                return
            at = plain.find("<", end)
            continue
        found = _OPENING.match(plain, at + 1)
        at += 1
        if found is not None:
            at = _end_of_tag(plain, found.end())
            if at < 0:
                return
            yield bool(found[1]), found[2].lower(), plain[at - 1] == "/"
        at = plain.find("<", at)


def _end_of_tag(plain: str, at: int) -> int:
    """Where a tag ends, or the next one begins; -1 when neither comes."""
    while True:
        found = _STOPS.search(plain, at)
        if found is None:
            return -1
        if found[0] in "<>":
            return found.start()
        at = plain.find(found[0], found.end()) + 1
        if not at:
            return -1


def _wrong(plain: str) -> Iterator[str]:
    """What the compiler passes over in silence, and what it dies of."""
    depth = 0
    for closes, name, closed in _tags(plain):
        if name == _MJ_INCLUDE:
            yield f"`mj-include` is not done: {_AS_SNIPPET} takes in a file of `templates/`"
        elif name.startswith("mj") and name not in ELEMENTS:
            near = difflib.get_close_matches(name[:NAME_CHARS], sorted(ELEMENTS), 1)
            hint = f"; did you mean `{near[0]}`?" if near else ""
            yield f"there is no element `{_short(name)}`{hint}"
        if closed or name in _NEVER_CLOSED:
            continue
        depth += -1 if closes else 1
        if depth > DEPTH:
            yield f"nested over {DEPTH} deep"


def _short(text: str) -> str:
    return text if len(text) <= NAME_CHARS else f"{text[:NAME_CHARS]}..."
