"""The page of a preview: an e-mail's HTML beside its text, and what else a customer would see."""

from collections.abc import Iterator, Sequence

from sojourn_cli.page.markup import Child, Html, element
from sojourn_cli.previewing.made import CLIPPED_BYTES, Made
from sojourn_cli.previewing.telling import facts

_POLICY = (
    "default-src 'none'; img-src https: http: data:; style-src 'unsafe-inline' https:;"
    " font-src https: data:; base-uri 'none'; form-action 'none'"
)
"""What the e-mail itself may load, its frame having no right to run anything."""

_CSS = """
:root{--ink:#1f2328;--soft:#57606a;--rule:#d8dee4;--back:#f6f7f9;color-scheme:light}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:15px/1.45 system-ui,sans-serif}
main{max-width:84rem;margin:0 auto;padding:1rem}
h1{font-size:1.4rem;overflow-wrap:anywhere}h2{font-size:1.1rem;margin:1.6rem 0 .5rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem .9rem;margin:.6rem 0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
.both{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:1rem}
figure{margin:0}figcaption{color:var(--soft);font-size:.87rem;margin:0 0 .3rem}
iframe{width:100%;height:46rem;border:1px solid var(--rule);background:#fff}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#fff;border:1px solid var(--rule);
padding:.8rem;margin:0;font:14px/1.45 ui-monospace,monospace}
.wrong{border-left:.3rem solid #b42318;padding:.3rem .8rem}
@media (max-width:52rem){.both{grid-template-columns:minmax(0,1fr)}}
"""


def page(name: str, customer: str, messages: Sequence[Made]) -> str:
    """One HTML file that shows every part of a template or step for one customer."""
    title = f"{name}, as {customer} would get it"
    head = (
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", Html(_CSS)),
    )
    content = element("main", element("h1", title), *map(_message, messages))
    whole = element("html", element("head", *head), element("body", content), lang="en")
    return f"<!doctype html>\n{whole}\n"


def _message(made: Made) -> Html:
    rows = (piece for name, value in facts(made).items() for piece in _row(name, value))
    return element(
        "section",
        element("h2", {"email": "E-mail", "sms": "SMS", "push": "Push message"}[made.channel]),
        element("dl", *rows),
        *_bodies(made),
        *(
            element("p", f"{failure.file} {failure.place}: {failure.reason}", class_="wrong")
            for failure in made.failures
        ),
    )


def _row(name: str, value: Child) -> Iterator[Html]:
    yield element("dt", name)
    yield element("dd", value)


def _bodies(made: Made) -> Iterator[Html]:
    content = made.content
    if content is None:
        return
    text = content.body if made.channel == "push" else content.text
    plain = element("figure", element("figcaption", "text"), element("pre", text or ""))
    if content.html is None:
        yield plain
        return
    over = made.html_bytes > CLIPPED_BYTES
    size = f"HTML, {made.html_bytes:,} bytes" + (": Gmail shows 102 KB of it" if over else "")
    frame = element("iframe", srcdoc=content.html, sandbox=True, title="the e-mail's HTML")
    html = element("figure", element("figcaption", size), frame)
    yield element("div", html, plain, class_="both")
