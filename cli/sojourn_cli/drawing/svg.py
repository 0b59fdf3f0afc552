"""SVG: the sheet as a file that needs nothing else: own layout, own measures, own colours.

Light by itself, dark where the reader's screen asks for dark.
"""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from sojourn_cli.drawing.diagram import Arrow, Diagram
from sojourn_cli.drawing.shaping import Text
from sojourn_cli.drawing.sheet import Line, Placed, Point, Sheet, lay_out
from sojourn_cli.drawing.widths import printable, wrap_name

_RADIUS = 6
_HEAD = 4
_LIGHT = {
    ".page": "fill:#ffffff;stroke:#d8dee4",
    ".band": "fill:#f3f5f8",
    ".box,.pill": "fill:#ffffff;stroke:#c3cad3",
    ".note": "fill:#fffbeb;stroke:#e8dcb0",
    ".line": "fill:none;stroke:#7b8490",
    ".head,.dot": "fill:#7b8490",
    ".rule": "stroke:#e6e9ee",
    "text": "fill:#1f2328",
    ".text,.sub,.way": "fill:#4b5560",
    ".stage": "fill:#656d76",
    ".k-send .title": "fill:#1d5fd0",
    ".k-send .bar": "fill:#1d5fd0",
    ".k-wait .title,.k-wait_for .title": "fill:#9a5b00",
    ".k-wait .bar,.k-wait_for .bar": "fill:#d08a1d",
    ".k-branch .title,.k-split .title": "fill:#0b7a6b",
    ".k-branch .bar,.k-split .bar": "fill:#17a08d",
    ".k-update .title,.k-emit .title,.k-enter .title": "fill:#7a3fb5",
    ".k-update .bar,.k-emit .bar,.k-enter .bar": "fill:#9a62d3",
    ".k-entry .title": "fill:#1a7f37",
    ".k-entry .bar": "fill:#2da44e",
    ".k-exit .title": "fill:#656d76",
    ".k-exit .bar": "fill:#8c959f",
}
_DARK = {
    ".page": "fill:#0d1117;stroke:#30363d",
    ".band": "fill:#161b22",
    ".box,.pill": "fill:#20262e;stroke:#444c56",
    ".note": "fill:#272115;stroke:#4d4223",
    ".line": "stroke:#8b949e",
    ".head,.dot": "fill:#8b949e",
    ".rule": "stroke:#343b44",
    "text": "fill:#e6edf3",
    ".text,.sub,.way": "fill:#b1bac4",
    ".stage": "fill:#9aa5b1",
    ".k-send .title": "fill:#79b0ff",
    ".k-wait .title,.k-wait_for .title": "fill:#e3b341",
    ".k-branch .title,.k-split .title": "fill:#4fd1bd",
    ".k-update .title,.k-emit .title,.k-enter .title": "fill:#cba4f7",
    ".k-entry .title": "fill:#56d364",
    ".k-exit .title": "fill:#9aa5b1",
}
_FONTS = "Helvetica,Arial,'Liberation Sans','DejaVu Sans',sans-serif"
_SIZES = """text{font-size:11px}
.heading{font-size:16px;font-weight:bold}
.name{font-size:13px;font-weight:bold}
.title,.stage{font-size:10.5px;font-weight:bold}
.tally{font-weight:bold}
.line{stroke-width:1.4}
.back{stroke-dasharray:4 3}"""


def to_svg(diagram: Diagram) -> str:
    """The picture as text; the same diagram gives the same bytes."""
    sheet = lay_out(diagram)
    lines = (*_opening(diagram, sheet), *_ground(sheet), *_content(sheet))
    return "\n".join((*lines, "</svg>", ""))


def _opening(diagram: Diagram, sheet: Sheet) -> Iterator[str]:
    wide, high = sheet.width, sheet.height
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}"'
        f' viewBox="0 0 {wide} {high}" role="img" font-family={quoteattr(_FONTS)}>'
    )
    yield f"<title>{_text(diagram.title)}</title>"
    yield f"<desc>{_text(_in_words(diagram))}</desc>"
    yield "<style>"
    yield _SIZES
    yield from _rules(_LIGHT)
    yield "@media (prefers-color-scheme: dark){"
    yield from _rules(_DARK)
    yield "}"
    yield "</style>"


def _in_words(diagram: Diagram) -> str:
    """Every way of the picture as a sentence, for those who cannot see it."""
    names = {id_: box.name or box.title for id_, box in diagram.boxes.items()}
    return " ".join(
        f"From {names[arrow.source]} to {names[arrow.target]}{_when(arrow)}."
        for arrow in diagram.arrows
    )


def _when(arrow: Arrow) -> str:
    label = f": {arrow.label}" if arrow.label else ""
    return label if arrow.count is None else f"{label} ({arrow.count})"


def _rules(styles: dict[str, str]) -> Iterator[str]:
    for selector, style in styles.items():
        yield f"{selector}{{{style}}}"


def _ground(sheet: Sheet) -> Iterator[str]:
    yield (
        f'<rect class="page" x="0.5" y="0.5" width="{sheet.width - 1}"'
        f' height="{sheet.height - 1}" rx="8"/>'
    )
    for text in sheet.heading:
        yield _written(text)
    for band in sheet.bands:
        yield (
            f'<rect class="band" x="{band.x}" y="{sheet.top}" width="{band.width}"'
            f' height="{sheet.bottom - sheet.top}" rx="6"/>'
        )
        for title in wrap_name(band.title, band.width - 20, 10.5, lines=1, bold=True):
            yield (
                f'<text class="stage" x="{band.x + band.width // 2}" y="{sheet.top + 18}"'
                f' text-anchor="middle">{_text(title)}</text>'
            )


def _content(sheet: Sheet) -> Iterator[str]:
    for line in sheet.lines:
        yield _line(line)
    for x, y in sorted({line.points[-1] for line in sheet.lines}):
        yield (f'<path class="head" d="M{x} {y}l{-_HEAD} {-2 * _HEAD}h{2 * _HEAD}z"/>')
    for placed in (*sheet.boxes, *sheet.notes):
        yield from _placed(placed)
    for line in sheet.lines:
        yield from _start(line)


def _line(line: Line) -> str:
    style = "line back" if line.back else "line"
    return f'<path class="{style}" d="{_path(line.points)}"/>'


def _path(points: Sequence[Point]) -> str:
    """Straight lines with rounded corners."""
    steps = [f"M{points[0][0]} {points[0][1]}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        near, far = _towards(corner, before), _towards(corner, after)
        steps.append(f"L{near[0]} {near[1]}Q{corner[0]} {corner[1]} {far[0]} {far[1]}")
    steps.append(f"L{points[-1][0]} {points[-1][1]}")
    return "".join(steps)


def _towards(corner: Point, other: Point) -> Point:
    """A point on the way to another, a radius away or half of the way."""
    across, down = other[0] - corner[0], other[1] - corner[1]
    far = min(_RADIUS, max(abs(across), abs(down)) // 2)
    return corner[0] + _sign(across) * far, corner[1] + _sign(down) * far


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _placed(placed: Placed) -> Iterator[str]:
    shape, box = placed.shape, placed.box
    kind = box.kind if box is not None else "aside"
    rounded = shape.height // 2 if kind == "end" else 14 if kind == "exit" else 5
    style = "note" if box is None else "pill" if kind == "end" else "box"
    yield f'<g class="k-{kind}" transform="translate({placed.x} {placed.y})">'
    yield (f'<rect class="{style}" width="{shape.width}" height="{shape.height}" rx="{rounded}"/>')
    if kind not in {"end", "aside"}:
        yield '<rect class="bar" x="6" y="9" width="3" height="18" rx="1.5"/>'
    for y in shape.rules:
        yield f'<path class="rule" d="M1 {y}H{shape.width - 1}"/>'
    for text in shape.texts:
        yield _written(text)
    yield "</g>"


def _written(text: Text) -> str:
    anchor = ' text-anchor="end"' if text.to_left else ""
    return (
        f'<text class="{text.style}" x="{_number(text.x)}" y="{_number(text.y)}"{anchor}>'
        f"{_text(text.text)}</text>"
    )


def _start(line: Line) -> Iterator[str]:
    """A dot where an arrow leaves a side; the count beside one that leaves without a label."""
    x, y = line.points[0]
    arrow = line.route.arrow
    if line.route.side != "bottom":
        yield f'<circle class="dot" cx="{x}" cy="{y}" r="3"/>'
    elif not arrow.label and arrow.count is not None:
        yield f'<text class="tally" x="{x + 6}" y="{y + 13}">{arrow.count}</text>'


def _text(text: str) -> str:
    return escape(printable(text))


def _number(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
