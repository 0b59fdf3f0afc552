"""The forms of message content: templates, segments' neighbours in a step, one part a channel."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from sojourn.core.values.exact import Json
from sojourn.language.findings import Code, Problem
from sojourn.language.forms import (
    Checked,
    FileForm,
    Form,
    optional,
    wrong_type,
)
from sojourn.language.relations import at_least_one, at_most_one
from sojourn.language.wording import breaks_a_line, quoted

PART_KEYS = {
    "email": ("subject", "preheader", "text", "html"),
    "sms": ("text",),
    "push": ("title", "body", "data"),
}
"""The keys of a part that hold Liquid, per channel: as text, or in the texts of an object."""

SEEN = ("profile", "entry", "vars", "customer", "journey", "step", "unsubscribe_url")
"""What a template sees besides the names its step hands over."""

FILE_KEYS = {"text_file": "text", "html_file": "html", "mjml_file": "html"}
"""Keys that name a sibling file, and the key its content stands for."""


def _liquid(value: object) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield wrong_type("text", value)
    elif not value.strip():
        yield Problem((), Code.EMPTY, "this text is empty; write one or leave the key out")


def file_problems(value: object) -> Iterator[Problem]:
    """What is wrong with the name of a file beside this one, or in a folder below."""
    if not isinstance(value, str):
        yield wrong_type("the name of a file", value)
    elif not value.strip() or breaks_a_line(value):
        yield Problem((), Code.BAD_TEXT, f"{quoted(value)} is no name of a file")
    elif value.startswith("/") or "\\" in value or {"", ".", ".."} & set(value.split("/")):
        message = f"{quoted(value)} is not beside this file; name one in the same folder"
        yield Problem((), Code.BAD_TEXT, message)


Liquid = Annotated[str, Checked(_liquid, {"type": "string", "minLength": 1})]
SiblingFile = Annotated[str, Checked(file_problems, {"type": "string", "minLength": 1})]


class EmailPart(Form):
    """An e-mail. Texts are Liquid."""

    subject: Liquid = optional("The subject, in Liquid.")
    preheader: Liquid = optional(description="What an inbox shows after the subject.")
    text: Liquid = optional(description="The plain text; made from the HTML without it.")
    text_file: SiblingFile = optional(description="The file that holds the plain text.")
    html: Liquid = optional(description="The HTML.")
    html_file: SiblingFile = optional(description="The file that holds the HTML.")
    mjml_file: SiblingFile = optional(description="The file that holds MJML.")

    relations = (
        at_least_one("text", "text_file", "html", "html_file", "mjml_file"),
        at_most_one("text", "text_file"),
        at_most_one("html", "html_file", "mjml_file"),
    )

    @classmethod
    def rules(cls, doc: Mapping[str, Json]) -> Iterator[Problem]:
        """Hardly ever does one go out without a subject."""
        if "subject" not in doc:
            message = "`subject` is missing here: the e-mail goes out without one"
            yield Problem(("subject",), Code.MISSING_KEY, message, "warning")


class SmsPart(Form):
    """An SMS."""

    text: Liquid = Field(description="The text, in Liquid.")


class PushPart(Form):
    """A push message."""

    title: Liquid = optional(description="The title, in Liquid.")
    body: Liquid = optional(description="The body, in Liquid.")
    data: dict[str, Any] = optional(description="What the app is given besides.")

    relations = (at_least_one("title", "body", "data"),)


PARTS: Mapping[str, type[Form]] = {"email": EmailPart, "sms": SmsPart, "push": PushPart}
"""The form of a channel's part."""


class Template(FileForm):
    """Message content under a name, a part for each channel that needs one."""

    email: EmailPart = optional(description="What goes out as an e-mail.")
    sms: SmsPart = optional(description="What goes out as an SMS.")
    push: PushPart = optional(description="What goes out as a push message.")

    relations = (at_least_one(*PARTS),)
