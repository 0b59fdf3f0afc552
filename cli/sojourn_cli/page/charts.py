"""Charts: bars made of boxes, so that they grow with the screen and need no picture."""

from collections.abc import Iterable, Mapping, Sequence

from sojourn_cli.page.counting import Bar
from sojourn_cli.page.markup import Child, Html, element, joined

CHANNELS = ("email", "sms", "push")


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
    highest = max(bars, key=lambda bar: bar.total)
    said = f"Most in one {span}: {highest.total:,}, from {highest.label} on"
    if span == "day":
        said = f"Most in one day: {highest.total:,}, on {highest.label}"
    return joined(
        element("p", said, ". ", legend(name for bar in bars for name in bar.parts), class_="key"),
        element("div", *columns, class_="time", role="img", aria_label=said),
        element(
            "div", element("span", bars[0].label), element("span", bars[-1].label), class_="axis"
        ),
    )


def _said(bar: Bar) -> str:
    parts = [f"{bar.parts[name]} {name}" for name in CHANNELS if bar.parts.get(name)]
    return ", ".join(parts) or "none"


def legend(names: Iterable[str]) -> Html:
    """Which colour is which channel."""
    present = set(names)
    return joined(
        *(element("span", element("i", class_=name), name) for name in CHANNELS if name in present)
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[Child]], numbers: int = 0) -> Html:
    """A table; its last ``numbers`` columns hold numbers."""
    first = len(columns) - numbers

    def line(cells: Sequence[Child], name: str) -> Html:
        return element(
            "tr",
            *(
                element(name, cell, class_="number" if place >= first else None)
                for place, cell in enumerate(cells)
            ),
        )

    return element(
        "div",
        element(
            "table",
            element("thead", line(columns, "th")),
            element("tbody", *(line(cells, "td") for cells in rows)),
        ),
        class_="scroll",
    )
