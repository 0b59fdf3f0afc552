"""Placeholders: what other tools fill in and Sojourn would send as it stands.

Told of what stands outside Liquid, and outside of styles and scripts, where braces are a language
of their own. Words alone in brackets, `[SALE]` or `{…}` with a space in it, are what they say.
"""

import re
from collections.abc import Iterator
from typing import Final

from sojourn.core.nouns import noun
from sojourn.language.meant import fold
from sojourn.language.models.content import SEEN
from sojourn.rendering.scan import INCLUDE

_NAME: Final = r"[A-Za-z_]\w*(?:[.:]\w+)*"

_FORMS: Final = tuple(
    re.compile(form)
    for form in (
        rf"\*\|(?P<star>{_NAME})\|\*",  # Mailchimp, Mandrill
        rf"%%(?P<twice>{_NAME})%%",  # Marketing Cloud, Pardot
        r"(?<![\w%])%(?P<once>[A-Z][A-Z0-9_]{2,})%(?![0-9A-F]{2})",  # ActiveCampaign, GetResponse
        rf"\[\[(?P<square>{_NAME})\]\]",  # Constant Contact
        rf"[$#]\{{(?P<dollar>{_NAME})\}}",  # JavaScript, Java, Braze outside its braces
        rf"(?<![{{$#])\{{[$!]?(?P<brace>{_NAME})\}}(?!\}})",  # MailerLite, Salesforce, Python
        rf"<%=?\s*(?P<percent>{_NAME})[^%]*%>",  # ERB, EJS
    )
)

_OPENING: Final = re.compile(
    r"\{\{|\{%-?\s*(?P<verbatim>raw|comment|doc)\b|\{%|<!--|<(?P<element>style|script|mj-style)\b",
    re.IGNORECASE,
)
"""Where Liquid begins, or what is no text that anybody reads."""

_CLOSINGS: Final = {
    "{{": re.compile(r"\}\}"),
    "{%": re.compile(r"%\}"),
    "<!--": re.compile("-->"),
    **{name: re.compile(rf"\{{%-?\s*end{name}\s*-?%\}}") for name in ("raw", "comment", "doc")},
    **{
        name: re.compile(rf"</{name}\s*>", re.IGNORECASE)
        for name in ("style", "script", "mj-style")
    },
}

_PERSON: Final = frozenset(
    {"contact", "contacts", "customer", "member", "person", "recipient", "subscriber", "user"}
)
"""What other tools call the one a message goes to."""

_OF_HERS: Final = frozenset(
    {"attributes", "custom-attribute", "data", "properties", "traits", "userattributes"}
)
"""What other tools call what is known of her."""

_MEANT: Final = {
    **dict.fromkeys(("fname", "firstname", "first-name", "given-name"), "profile.first_name"),
    **dict.fromkeys(("lname", "lastname", "last-name", "surname"), "profile.last_name"),
    **dict.fromkeys(("email", "email-address", "emailaddress"), "profile.email"),
    **dict.fromkeys(
        ("unsub", "unsubscribe", "unsubscribe-link", "unsubscribelink", "unsubscribe-url"),
        "unsubscribe_url",
    ),
}
"""Ours, by the folded name of what other tools fill in."""


_SYNTAX: Final = tuple(
    (re.compile(theirs), ours)
    for theirs, ours in (
        (r"\{\{\{", "two braces are enough"),
        (r"\{\{>", f"what stands in another file is taken in by {INCLUDE}"),
        (r"\{\{[^}]*\bcontent_blocks\b", f"what several messages share is taken in by {INCLUDE}"),
        (r"\{\{[#^]each\b", "this is written `{% for item in … %}` and `{% endfor %}`"),
        (r"\{\{[#^/]", "this is written `{% if … %}`, `{% else %}` and `{% endif %}`"),
        (r"\{\{[^}]*\$\{", "a trait is written `{{ profile.first_name }}`, without `${`"),
    )
)
"""How Handlebars and Braze write, and how Liquid does."""


@noun
class Placeholder:
    """One where it is written, in characters from 0, as it is written, and the path meant."""

    at: int
    written: str
    meant: str


def placeholders(source: str) -> Iterator[Placeholder]:
    """Each that a source has, once, in the order of its text."""
    text = "".join(_read(source))
    found = sorted((each for form in _FORMS for each in form.finditer(text)), key=re.Match.start)
    known: set[str] = set()
    for each in found:
        if each[0] not in known:
            known.add(each[0])
            yield Placeholder(each.start(), each[0], ours(each[str(each.lastgroup)]))


def instead(line: str) -> str | None:
    """How Liquid writes what a line says in the words of Handlebars or Braze."""
    return next((ours for theirs, ours in _SYNTAX if theirs.search(line)), None)


def _read(source: str) -> Iterator[str]:
    """What of a source somebody reads, and blanks for the rest. Each closing is sought once.

    What is never closed is found elsewhere, and taken for text here.
    """
    at, unclosed = 0, set()
    for opening in _OPENING.finditer(source):
        name = (opening["verbatim"] or opening["element"] or opening[0]).casefold()
        if opening.start() < at or name in unclosed:
            continue
        closing = _CLOSINGS[name].search(source, opening.end())
        if closing is None:
            unclosed.add(name)
            continue
        yield source[at : opening.start()]
        yield " " * (closing.end() - opening.start())
        at = closing.end()
    yield source[at:]


def ours(name: str) -> str:
    """The path of ours that is probably meant by one of another tool, `Contact.FirstName`."""
    if ":" in name:
        return "profile.first_name"  # theirs alone, `MC:SUBJECT`: to show how ours are written
    parts = name.split(".")
    if parts[0] in SEEN and parts[0] != "customer":
        return name
    while len(parts) > 1 and calls_her(parts[0]):
        del parts[0]
    return _MEANT.get(fold(parts[-1]), "profile." + ".".join(parts))


def calls_her(name: str) -> bool:
    """Whether other tools call the customer so, or what is known of her."""
    return fold(name) in _PERSON | _OF_HERS
