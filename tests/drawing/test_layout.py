"""Pictures can be read, whatever the journey: nothing overflows, overlaps or crosses a box."""

from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.core.workspace.plan import Journey
from sojourn_cli.drawing.reading import diagram_of
from sojourn_cli.drawing.shaping import Shape
from sojourn_cli.drawing.sheet import Line, Placed, Sheet, lay_out
from sojourn_cli.drawing.svg import to_svg
from sojourn_cli.drawing.widths import width, wrap, wrap_name
from tests.drawing.journeys import journey_of, journeys

SIZES = {"title": 10.5, "name": 13.0}
BOLD = {"title", "name", "tally"}
SVG = "{http://www.w3.org/2000/svg}"

type Rectangle = tuple[float, float, float, float]
type Segment = tuple[int, int, int, int]


def sheet_of(journey: Journey) -> Sheet:
    return lay_out(diagram_of(journey))


def rectangle(placed: Placed) -> Rectangle:
    shape = placed.shape
    return placed.x, placed.y, placed.x + shape.width, placed.y + shape.height


def segments(line: Line) -> list[Segment]:
    found = []
    for (x, y), (u, v) in pairwise(line.points):
        assert x == u or y == v, "arrows run along or down"
        found.append((min(x, u), min(y, v), max(x, u), max(y, v)))
    return found


def overlap(one: Rectangle, other: Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def lie_upon(one: Segment, other: Segment) -> bool:
    """Whether two lines share more than a point."""
    if one[0] == one[2] == other[0] == other[2]:
        return min(one[3], other[3]) > max(one[1], other[1])
    if one[1] == one[3] == other[1] == other[3]:
        return min(one[2], other[2]) > max(one[0], other[0])
    return False


def texts_fit(shape: Shape) -> None:
    for text in shape.texts:
        wide = width(text.text, SIZES.get(text.style, 11.0), bold=text.style in BOLD)
        left, right = (text.x - wide, text.x) if text.to_left else (text.x, text.x + wide)
        assert left > 0, text
        assert right < shape.width, text
        assert 0 < text.y < shape.height, text


@given(journeys())
def test_no_text_overflows_its_box(journey: Journey) -> None:
    sheet = sheet_of(journey)
    for placed in (*sheet.boxes, *sheet.notes):
        texts_fit(placed.shape)


@given(st.text(min_size=1, max_size=90), st.sampled_from([None, "purchase"]))
def test_the_heading_fits_the_page_and_stands_above_the_boxes(name: str, stage: str | None) -> None:
    steps = {"s": {"type": "exit"} | ({} if stage is None else {"stage": stage})}
    sheet = sheet_of(journey_of(steps, "s", name=name))
    for text in sheet.heading:
        size = {"heading": 16.0, "sub": 11.0}[text.style]
        assert text.x + width(text.text, size, bold=text.style == "heading") < sheet.width
        assert 0 < text.y < sheet.top


def test_the_title_of_a_narrow_journey_stands_there_whole() -> None:
    name = "Remind everybody who left a bicycle in our workshop for longer than two weeks"
    heading = sheet_of(journey_of({"s": {"type": "exit"}}, "s", name=name)).heading
    assert " ".join(text.text for text in heading if text.style == "heading") == name


@given(
    st.text(min_size=99, max_size=99).filter(lambda text: "".join(text.split()) == text),
    st.sampled_from(["x{}", "{}x"]),
)
def test_long_names_that_differ_at_one_end_alone_are_told_apart(text: str, form: str) -> None:
    names = form.format(text), form.format(text).replace("x", "y")
    one, other = (wrap_name(name, 160, 13, lines=6, bold=True) for name in names)
    assert names[0] == names[1] or one != other


@given(journeys())
def test_boxes_and_notes_stand_apart_and_on_the_page(journey: Journey) -> None:
    sheet = sheet_of(journey)
    found = [rectangle(placed) for placed in (*sheet.boxes, *sheet.notes)]
    assert not any(overlap(one, other) for one, other in combinations(found, 2))
    for left, top, right, bottom in found:
        assert left > 0 < top
        assert right < sheet.width
        assert bottom < sheet.height


@given(journeys())
def test_a_box_stands_on_the_ground_of_its_stage(journey: Journey) -> None:
    sheet = sheet_of(journey)
    grounds = {band.title: (band.x, band.x + band.width) for band in sheet.bands}
    for placed in sheet.boxes:
        assert placed.box is not None
        left, right = grounds[placed.box.stage or ""]
        assert left <= placed.x
        assert placed.x + placed.shape.width <= right


@settings(max_examples=200)
@given(journeys())
def test_no_arrow_crosses_a_box_or_lies_upon_an_arrow_to_elsewhere(journey: Journey) -> None:
    sheet = sheet_of(journey)
    boxes = [rectangle(placed) for placed in sheet.boxes]
    parts = [(line, segment) for line in sheet.lines for segment in segments(line)]
    for line, segment in parts:
        crossed = [box for box in boxes if overlap(segment, box)]
        assert crossed == [], line.route
    for (one, first), (other, second) in combinations(parts, 2):
        if one.route.arrow.target != other.route.arrow.target:
            assert not lie_upon(first, second), (one.route, other.route)


@given(journeys())
def test_arrows_begin_at_their_box_and_end_on_top_of_their_target(journey: Journey) -> None:
    sheet = sheet_of(journey)
    places = {placed.box.id: rectangle(placed) for placed in sheet.boxes if placed.box is not None}
    for line in sheet.lines:
        (x, y), (u, v) = line.points[0], line.points[-1]
        left, top, right, bottom = places[line.route.arrow.source]
        assert (left <= x <= right and y == bottom) or (x in (left, right) and top < y < bottom)
        left, top, right, bottom = places[line.route.arrow.target]
        assert left < u < right
        assert v == top


@given(journeys())
def test_ways_lead_down_but_those_back_in_a_loop(journey: Journey) -> None:
    sheet = sheet_of(journey)
    tops = {placed.box.id: placed.y for placed in sheet.boxes if placed.box is not None}
    for line in sheet.lines:
        down = tops[line.route.arrow.target] > tops[line.route.arrow.source]
        assert down != line.back


@given(journeys())
def test_the_picture_is_xml_and_the_same_each_time(journey: Journey) -> None:
    text = to_svg(diagram_of(journey))
    root = ET.fromstring(text)  # noqa: S314 - what we have just written
    assert root.tag == f"{SVG}svg"
    assert len(root.findall(f"{SVG}g")) >= len(journey.steps) + 1
    assert to_svg(diagram_of(journey)) == text


@given(st.text(), st.floats(60, 300), st.integers(1, 4))
def test_wrapped_lines_fit_and_say_the_text_from_its_beginning(
    text: str, most: float, lines: int
) -> None:
    named = wrap_name(text, most, 11, lines=lines)
    assert len(named) <= lines
    assert all(width(line, 11) <= most for line in named)
    found = wrap(text, most, 11, lines=lines)
    assert len(found) <= lines
    assert all(width(line, 11) <= most for line in found)
    said = "".join("".join(found).split())
    whole = "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}"
        for letter in "".join(text.split())
    )
    assert said == whole or whole.startswith(said.removesuffix("…"))


def test_ten_thousand_steps_are_laid_out() -> None:
    steps = {
        f"s{number}": {
            "type": "send",
            "channel": "email",
            "template": "t",
            "on": {"failed": "s9999"},
            "next": f"s{number + 1}",
        }
        for number in range(9_999)
    }
    sheet = sheet_of(journey_of(steps | {"s9999": {"type": "exit"}}, "s0"))
    assert len(sheet.boxes) == 10_001
    assert sheet.width < 1_000, "arrows to one step share a track"
