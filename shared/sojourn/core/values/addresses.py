"""E-mail addresses as mail systems take them: in ASCII."""

import re

_ESCAPED = re.compile(r"\\(.)")

_FULL_STOP = "\u3002"
"""Parts the labels of a domain in Chinese and Japanese, as a dot does."""

_JOINING = "-\u00b7"
"""What may stand in a label besides letters, marks and digits: the hyphen, and Catalan's dot."""


def as_mailed(address: str) -> str:
    """An e-mail address with its domain in ASCII; what stands before the `@` stays as it is.

    A domain name in other letters is known to mail systems by its Punycode (RFC 3492, RFC 5890),
    of its lower case and normal form, and SES takes no other. What is no letter, mark or digit has
    none, and stays; so does text without an `@`.
    """
    if address.isascii():
        return address
    from unicodedata import normalize  # noqa: PLC0415 - only for such an address

    local, at, domain = address.rpartition("@")
    # Lower case after the normal form too, as that may turn what has no case into capitals.
    small = normalize("NFKC", normalize("NFKC", domain).lower())
    labels = small.replace(_FULL_STOP, ".").split(".")
    return local + at + ".".join(map(_in_ascii, labels)) if at else address


def name_and_address(sender: str) -> tuple[str, str]:
    """The name that a sender shows, out of its quotes, and its address; nothing is checked.

    The name may hold a comma without quotes too: `Shop, Inc <hello@shop.example>` is one sender.
    """
    name, opened, rest = sender.strip().rpartition("<")
    if not opened:
        return "", rest
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = _ESCAPED.sub(r"\1", name[1:-1])
    return name, rest.removesuffix(">").strip()


def _in_ascii(label: str) -> str:
    from unicodedata import category  # noqa: PLC0415 - as above

    if label.isascii() or not all(category(char)[0] in "LMN" or char in _JOINING for char in label):
        return label
    return "xn--" + label.encode("punycode").decode("ascii")
