"""The preference page: plain HTML that reads on a phone, aloud, and without JavaScript."""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape

from sojourn.core.nouns import noun

_STYLE = """
:root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif; }
body { margin: 0; }
main { max-width: 32rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.4rem; line-height: 1.25; }
fieldset { border: 1px solid; border-radius: .5rem; padding: .5rem 1rem; margin: 0 0 1rem; }
label { display: flex; gap: .75rem; align-items: center; min-height: 2.75rem; }
input { width: 1.35rem; height: 1.35rem; flex: none; }
button { font: inherit; min-height: 2.75rem; padding: .5rem 1.25rem; border-radius: .5rem; }
.told { border-left: .3rem solid #2a7d3f; padding: .5rem 1rem; }
.stop { border-top: 1px solid; margin-top: 2rem; padding-top: 1rem; }
"""
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode("ascii")

HEADERS: Mapping[str, str] = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
"""Nothing is kept, nothing is loaded from elsewhere, and the address, which is the key, goes on to
nobody."""


@noun
class Choice:
    """One kind of message: what it is called, and whether she gets it."""

    label: str
    wanted: bool


def page(sender: str, choices: Mapping[str, Choice], shown_seconds: int, told: str | None) -> str:
    """The page: a box for each kind of message, and one button that ends them all.

    ``shown_seconds`` is when it is shown (since 1970); ``told`` is what was just done.
    """
    title = f"Messages from {sender}" if sender else "Your messages"
    boxes = "\n".join(_box(name, choice) for name, choice in choices.items())
    return _document(
        title,
        f"""{_told(told)}
<form method="post">
<input type="hidden" name="shown" value="{shown_seconds}">
<fieldset>
<legend>What would you like to get?</legend>
{boxes}
</fieldset>
<button name="action" value="save">Save</button>
</form>
<form method="post" class="stop">
<p>Or end all of them. What you need to know, such as about your orders, still comes.</p>
<button name="action" value="stop">Unsubscribe from all</button>
</form>""",
    )


def notice(text: str) -> str:
    """A page that says one thing."""
    return _document("Your messages", _told(text))


def _box(name: str, choice: Choice) -> str:
    checked = " checked" if choice.wanted else ""
    value = escape(name)
    return (
        f'<input type="hidden" name="listed" value="{value}">'
        f'<label><input type="checkbox" name="category" value="{value}"{checked}>'
        f" {escape(choice.label)}</label>"
    )


def _told(text: str | None) -> str:
    return "" if text is None else f'<p class="told" role="status">{escape(text)}</p>'


def _document(title: str, content: str) -> str:
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{content}
</main>
</body>
</html>
"""
