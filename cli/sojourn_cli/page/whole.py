"""The whole page: what it is of, numbers, every section; the same input gives the same bytes."""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256

from sojourn.core.nouns import noun
from sojourn.core.values.exact import JsonObject
from sojourn.core.values.instants import parse_instant
from sojourn.core.workspace.plan import Plan
from sojourn_cli.experimenting.telling import Found
from sojourn_cli.invariants import Broken
from sojourn_cli.page import charts, counting, sections
from sojourn_cli.page.busiest import Busiest
from sojourn_cli.page.counting import Row
from sojourn_cli.page.markup import Html, element
from sojourn_cli.page.style import CSS, SCRIPT


@noun
class Checked:
    """What `--check` found; ``rules`` is how many invariants there are."""

    rules: int
    broken: Sequence[Broken]


def page(  # noqa: PLR0913 - everything a page is of
    name: str,
    document: JsonObject,
    busiest: Busiest,
    plan: Plan,
    events: int,
    checked: Checked | None,
    experiments: Found = (),
) -> str:
    """A simulation of so many events as one HTML file; people call the workspace ``name``."""
    rows: list[Row] = list(document["messages"])  # type: ignore[arg-type]
    refused: list[Row] = list(document["refused"])  # type: ignore[arg-type]
    until = parse_instant(str(document["until"]))
    parts = [sections.broken(checked.broken, checked.rules)] if checked is not None else []
    parts += [
        sections.journeys(document, plan.versions),
        *([sections.experiments(experiments)] if experiments else []),
        sections.messages(rows),
        sections.pressure(rows, busiest.customers, busiest.pressure(until)),
        sections.customers(document, busiest.lives, busiest.customers),
    ]
    if refused:
        parts.append(sections.refused(refused))
    title = f"{name}: a simulation"
    content = element(
        "main",
        element("h1", title),
        element(
            "p",
            f"{events:,} events on a virtual clock, until {document['until']}. Nothing was sent.",
            class_="soft",
        ),
        charts.tiles(_numbers(document, busiest.customers)),
        _places(parts),
        *parts,
    )
    return (
        "<!doctype html>\n"
        + element(
            "html",
            element("head", *_head(title)),
            element("body", content, element("script", Html(SCRIPT))),
            lang="en",
        )
        + "\n"
    )


def _head(title: str) -> tuple[Html, ...]:
    """The page may run its own script and nothing else, and load nothing from anywhere."""
    digest = b64encode(sha256(SCRIPT.encode()).digest()).decode("ascii")
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline';"
        f" script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    return (
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", Html(CSS)),
    )


def _places(parts: Sequence[Html]) -> Html:
    """Links to the sections."""
    found = (part.partition(' id="')[2].partition('">') for part in parts)
    links = ((place, rest.partition("</h2>")[0]) for place, _, rest in found)
    found_links = (element("a", Html(words), href=f"#{place}") for place, words in links)
    return element("nav", *found_links, aria_label="Sections")


def _numbers(document: JsonObject, customers: int) -> dict[str, int]:
    rows: list[Row] = list(document["messages"])  # type: ignore[arg-type]
    enrolments: list[Row] = list(document["enrolments"])  # type: ignore[arg-type]
    sent = len(counting.sent(rows))
    return {
        "customers": customers,
        "enrolments": len(enrolments),
        "conversions": sum(row["converted_at"] is not None for row in enrolments),
        "messages sent": sent,
        "messages not sent": len(rows) - sent,
    }
