"""Charts: bars made of boxes, so that they grow with the screen and need no picture."""

from collections.abc import Iterable, Mapping, Sequence

from sojourn.core.workspace.plan import CHANNELS
from sojourn_cli.page.counting import Bar
from sojourn_cli.page.markup import Child, Html, element, joined


def tiles(numbers: Mapping[str, int]) -> Html:
    """A few numbers that say how large it all is."""
    return element(
        "div",
        *(
            element("div", element("b", f"{number:,}"), element("span", name), class_="tile")
            for name, number in numbers.items()
        ),
        class_="tiles",
    )


def row(name: Child, parts: Mapping[str, int], whole: int, count: str, note: Child = None) -> Html:
    """One line: a name, a bar with its parts of the whole, a count, and more below."""
    bars = (
        element("i", class_=kind, style=f"width:{100 * number / whole:.2f}%")
        for kind, number in parts.items()
        if number
    )
    return element(
        "div",
        element("div", name, class_="name"),
        element("div", *bars, class_="bar", aria_hidden="true"),
        element("div", count, class_="count"),
        None if note is None else element("div", note, class_="note"),
        class_="row",
    )


def histogram(bars: Sequence[Bar], what: str) -> Html:
    """One line a bar, the longest as long as there is room."""
    most = max((bar.total for bar in bars), default=0) or 1
    return joined(
        *(
            row(_amount(bar.label, what), {"email": bar.total}, most, f"{bar.total:,}")
            for bar in bars
        )
    )


def _amount(label: str, what: str) -> str:
    return f"1 {what.removesuffix('s')}" if label == "1" else f"{label} {what}"


def over_time(bars: Sequence[Bar], span: str) -> Html:
    """Bars side by side, their parts by channel, with the first and last date below."""
    most = max(bar.total for bar in bars)
    columns = (
        element(
            "div",
            *(
                element("i", class_=name, style=f"height:{100 * bar.parts[name] / most:.2f}%")
                for name in CHANNELS
                if bar.parts.get(name)
            ),
            title=f"{bar.label}: {_said(bar)}",
        )
        for bar in bars
    )
    present = {name for bar in bars for name in bar.parts}
    names = [name for name in CHANNELS if name in present]
    highest = max(bars, key=lambda bar: bar.total)
    said = f"Most in one {span}: {highest.total:,}, from {highest.label} on"
    if span == "day":
        said = f"Most in one day: {highest.total:,}, on {highest.label}"
    return joined(
        element("p", said, ". ", legend(names), class_="key"),
        element("div", *columns, class_="time", role="img", aria_label=said),
        element(
            "div", element("span", bars[0].label), element("span", bars[-1].label), class_="axis"
        ),
        element("details", element("summary", "The same in numbers"), _numbers(bars, span, names)),
    )


def _numbers(bars: Sequence[Bar], span: str, names: Sequence[str]) -> Html:
    rows = [
        (bar.label, *(f"{bar.parts.get(name, 0):,}" for name in names)) for bar in bars if bar.total
    ]
    return table(f"Messages sent per {span}", (span, *names), rows, len(names))


def _said(bar: Bar) -> str:
    parts = [f"{bar.parts[name]} {name}" for name in CHANNELS if bar.parts.get(name)]
    return ", ".join(parts) or "none"


def legend(names: Iterable[str]) -> Html:
    """Which colour is which channel."""
    return joined(*(element("span", element("i", class_=name), name) for name in names))


def table(
    name: str, columns: Sequence[str], rows: Iterable[Sequence[Child]], numbers: int = 0
) -> Html:
    """A table of that name; each row is headed by its first cell, the last ``numbers`` columns hold
    numbers.
    """
    first = len(columns) - numbers

    def style(place: int) -> str | None:
        return "number" if place >= first else None

    head = (
        element("th", column, scope="col", class_=style(place))
        for place, column in enumerate(columns)
    )
    body = (
        element(
            "tr",
            element("th", cells[0], scope="row", class_=style(0)),
            *(element("td", cell, class_=style(place)) for place, cell in enumerate(cells[1:], 1)),
        )
        for cells in rows
    )
    return scrolled(
        name, element("table", element("thead", element("tr", *head)), element("tbody", *body))
    )


def scrolled(name: str, wide: Html) -> Html:
    """What may be wider than the screen: it is moved by finger, mouse or keyboard."""
    return element("div", wide, class_="scroll", role="region", aria_label=name, tabindex="0")
