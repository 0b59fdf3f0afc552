"""Forms: what a browser or a mail program posts, read into fields."""

from email import message_from_bytes
from email.message import Message
from urllib.parse import parse_qs

MOST_FIELDS = 200
"""More fields than any page of ours has."""


class UnknownForm(Exception):  # noqa: N818 - an answer, not a failure of ours
    """A form that is not read here; ``status`` is the HTTP status that says so."""

    def __init__(self, status: int) -> None:
        """Carry the status."""
        super().__init__(status)
        self.status = status


def fields_of(content_type: str, body: bytes) -> dict[str, list[str]]:
    """The fields of a form, each with its values in order; raises UnknownForm.

    RFC 8058 has mail programs post `multipart/form-data` or `application/x-www-form-urlencoded`.
    """
    kind = content_type.partition(";")[0].strip().lower()
    try:
        if kind == "application/x-www-form-urlencoded":
            text = body.decode("utf-8")
            return parse_qs(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
        if kind == "multipart/form-data":
            return _multipart(content_type, body)
    except (ValueError, TypeError) as error:
        # The standard library raises TypeError for some parameters that contradict each other.
        raise UnknownForm(400) from error
    raise UnknownForm(415)


def _multipart(content_type: str, body: bytes) -> dict[str, list[str]]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = message_from_bytes(head + body)
    parts = message.get_payload()
    if not isinstance(parts, list) or not 0 < len(parts) <= MOST_FIELDS:
        raise ValueError("no parts, or too many")
    fields: dict[str, list[str]] = {}
    for part in parts:
        if not isinstance(part, Message):
            raise ValueError("a part that is none")  # noqa: TRY004 - of the form
        name = part.get_param("name", header="content-disposition")
        value = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(value, bytes):
            raise ValueError("a part without a name or a value")  # noqa: TRY004 - of the form
        fields.setdefault(name, []).append(value.decode("utf-8").rstrip("\r\n"))
    return fields
