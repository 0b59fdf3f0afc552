"""The page of a simulation: whole, escaped, the same each time, and right in its numbers."""

import json
import re
from base64 import b64decode, b64encode
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from sojourn.core.workspace.documents import plan_from
from sojourn_cli.page import sections
from sojourn_cli.page.markup import element, joined, text
from tests.comparing.given import (
    HISTORY,
    JOURNEY,
    SETTINGS,
    Doc,
    document,
    line,
    sojourn,
    write,
    write_events,
)
from tests.language.given import changed

SHOP = Path(__file__).parents[2] / "examples" / "shop"
VOID = {"meta", "img", "input"}
HOSTILE = "<script>alert(1)</script>\"'&</style>"


class Reading(HTMLParser):
    """Reads a page: every element closed in its order, attributes and words kept."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.scripts: list[str] = []
        self.words = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)
        elif not self.open or self.open[-1] != "style":
            self.words += data


def made(tmp_path: Path, workspace: Path, events: Path, *more: object) -> tuple[str, Doc]:
    """The page and the JSON of one simulation."""
    page = tmp_path / "page.html"
    result = sojourn("simulate", workspace, "--events", events, "--html", page, *more)
    assert result.exit_code in (0, 1), result.output
    return page.read_text(encoding="utf-8"), document(result)


def test_the_page_is_whole_and_the_same_each_time(tmp_path: Path) -> None:
    page, found = made(tmp_path, SHOP, SHOP / "events.jsonl", "--check")
    again, _ = made(tmp_path, SHOP, SHOP / "events.jsonl", "--check")
    assert page == again
    words = Reading(page).words
    assert words.startswith("\nshop: a simulation")
    sent = sum(row["status"] == "sent" for row in found["messages"])
    assert f"{sent}messages sent" in words
    assert "4 invariants: none was broken." in words
    for row in found["messages"]:
        assert (row["subject"] or row["customer"]) in words
    for place in ("invariants", "journeys", "messages", "pressure", "customers"):
        assert f'href="#{place}"' in page
        assert f'id="{place}"' in page


def test_who_does_not_see_it_can_read_it(tmp_path: Path) -> None:
    page, _ = made(tmp_path, SHOP, SHOP / "events.jsonl", "--check")
    levels = [int(level) for level in re.findall(r"<h(\d)", page)]
    assert levels[0] == 1
    assert all(later <= level + 1 for level, later in pairwise(levels))
    assert "<th>" not in page
    assert page.count('<th scope="col"') >= 4
    assert page.count('<th scope="row"') >= page.count("<tbody><tr>") > 0
    regions = re.findall(r'<div class="scroll"[^>]*>', page)
    assert regions
    for region in regions:
        assert 'role="region"' in region
        assert 'tabindex="0"' in region
        assert re.search(r'aria-label="[^"]+"', region)
    assert all(' alt="The journey ' in image for image in re.findall(r"<img[^>]*>", page))


def test_a_chart_stands_beside_its_numbers(tmp_path: Path) -> None:
    page, found = made(tmp_path, SHOP, SHOP / "events.jsonl")
    numbers = page.partition("The same in numbers")[2].partition("</table>")[0]
    told = sum(map(int, re.findall(r'<td class="number">(\d+)</td>', numbers)))
    assert told == sum(row["status"] == "sent" for row in found["messages"])


def test_the_result_is_the_same_with_a_page_and_without(tmp_path: Path) -> None:
    _, found = made(tmp_path, SHOP, SHOP / "events.jsonl")
    assert found == document(sojourn("simulate", SHOP, "--events", SHOP / "events.jsonl"))


def test_it_loads_nothing_and_runs_its_own_script_alone(tmp_path: Path) -> None:
    page, _ = made(tmp_path, SHOP, SHOP / "events.jsonl")
    reading = Reading(page)
    for tag, name, value in reading.attributes:
        assert name not in {"srcset", "action", "background", "ping", "onclick", "onload"}, tag
        if name == "src":
            assert (value or "").startswith("data:image/svg+xml;base64,")
        if name == "href":
            assert (value or "").startswith("#")
    assert "@import" not in page
    assert "url(" not in page
    (script,) = reading.scripts
    digest = b64encode(sha256(script.encode()).digest()).decode()
    policies = [value for _, name, value in reading.attributes if name == "content"]
    assert f"script-src 'sha256-{digest}'" in str(policies[0])
    assert "default-src 'none'" in str(policies[0])


def test_pictures_are_drawings_with_their_counts(tmp_path: Path) -> None:
    page, found = made(tmp_path, SHOP, SHOP / "events.jsonl")
    pictures = [b64decode(data).decode() for data in re.findall(r'src="data:[^,]+,([^"]+)"', page)]
    journeys = sorted({row["journey"] for row in found["enrolments"]})
    assert len(pictures) == len(journeys)
    assert "12 entered" in pictures[journeys.index("cart-recovery")]


def test_a_funnel_counts_what_the_result_counts(tmp_path: Path) -> None:
    page, found = made(tmp_path, SHOP, SHOP / "events.jsonl")
    words = Reading(page).words
    for row in found["funnel"]:
        assert re.search(rf"{re.escape(row['step'])}( · \w+)?{row['entered']}", words), row


def test_whatever_stands_in_the_files_is_text(tmp_path: Path) -> None:
    journey: Doc = {
        **JOURNEY,
        "name": f"name {HOSTILE}",
        "start": f"wait {HOSTILE}",
        "steps": {
            f"wait {HOSTILE}": {"type": "wait", "for": "PT1H", "next": "remind"},
            "remind": {
                **JOURNEY["steps"]["remind"],
                "content": {"subject": "{{ profile.first_name }}", "text": "x"},
            },
            "pause": {"type": "exit", "outcome": f"outcome {HOSTILE}"},
        },
    }
    rules = {"invariants": [{"name": f"rule {HOSTILE}", "max": 0, "per": "P1D"}]}
    caps = [{"name": f"cap {HOSTILE}", "max": 1, "per": "P7D"}]
    workspace = write(
        tmp_path / "a <b>", journey, changed(SETTINGS, "caps", caps), invariants=rules
    )
    customer = f"customer {HOSTILE}"
    lines: list[Doc] = [
        line(customer, "cart.abandoned", f"2026-01-0{day}T09:00:00Z", cart=day, total=80)
        for day in (5, 6)
    ]
    lines[0]["context"]["traits"]["first_name"] = f"first {HOSTILE}"
    lines.append(line(customer, f"event {HOSTILE}", "2026-01-05T09:00:00Z", p=f"value {HOSTILE}"))
    events = write_events(tmp_path, lines)
    events.write_text(events.read_text() + f"\n{json.dumps({'userId': 'u', HOSTILE: 1})}\n")
    page, found = made(tmp_path, workspace, events, "--check")
    reading = Reading(page)
    assert len(reading.scripts) == 1
    assert not any(name.startswith("on") for _, name, _ in reading.attributes)
    for what in ("name", "wait", "outcome", "rule", "cap", "customer", "first", "event", "value"):
        assert f"{what} {HOSTILE}" in reading.words, what
    assert found["refused"][0]["reason"] in reading.words
    assert "a <b>: a simulation" in reading.words
    assert ("details", "data-customer", customer) in reading.attributes


def test_what_no_page_may_hold_becomes_a_mark(tmp_path: Path) -> None:
    lines = [line("c", "odd", "2026-01-05T09:00:00Z", p="b\x1bc", r="tab\there")]
    page, _ = made(tmp_path, write(tmp_path / "w"), write_events(tmp_path, lines))
    assert "b\N{REPLACEMENT CHARACTER}c" in page
    assert "tab\there" in page
    assert text("a\x00b\ud800c") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"


def test_only_elements_are_html() -> None:
    inner = element("b", "a < b", None, 7, title='"', hidden=True, class_=None)
    assert inner == '<b title="&quot;" hidden>a &lt; b7</b>'
    assert element("p", inner, data_x="1") == f'<p data-x="1">{inner}</p>'
    assert joined("<", inner) == f"&lt;{inner}"


def test_a_run_in_which_nothing_happens_has_a_page(tmp_path: Path) -> None:
    events = tmp_path / "none.jsonl"
    events.write_text("\n")
    page, _ = made(tmp_path, write(tmp_path / "w"), events)
    words = Reading(page).words
    assert "Nobody entered: cart." in words
    assert "No message was asked for." in words


def test_who_is_still_inside_or_held_out_is_shown(tmp_path: Path) -> None:
    page, _ = made(
        *(tmp_path, write(tmp_path / "w"), write_events(tmp_path)),
        *("--until", "2026-01-05T23:30:00Z"),
    )
    words = Reading(page).words
    assert "still inside 2" in words
    assert "held: quiet_hours" in words
    out = write(tmp_path / "out", changed(JOURNEY, "entry", "holdout", 100))
    words = Reading(made(tmp_path, out, tmp_path / "events.jsonl")[0]).words
    assert "held_out 3" in words
    assert "entered cartheld out" in words


def test_timelines_are_bounded_and_say_what_is_left_out(tmp_path: Path) -> None:
    lines: list[Doc] = [
        line(f"c{number:03}", "looked", "2026-01-05T09:00:00Z") for number in range(230)
    ]
    lines += [line("busy", "looked", f"2026-01-05T10:00:{second:02}Z") for second in range(59)]
    lines += [line("busy", "cart.abandoned", "2026-01-05T10:30:00Z", cart="1", total=80)]
    page, _ = made(tmp_path, write(tmp_path / "w"), write_events(tmp_path, lines))
    words = Reading(page).words
    assert "200 customers, who was sent most first" in words
    assert "31 more, who got the least, are left out" in words
    assert "c198" in words
    assert "c199" not in words
    assert "and 3 more" in words
    assert page.index('data-customer="busy"') < page.index('data-customer="c000"')
    shown = re.findall(r'<details class="customer" data-customer="[^"]+"( open)?>', page)
    assert [place for place, is_open in enumerate(shown) if is_open] == list(range(10))


def test_breaches_are_told_and_bounded(tmp_path: Path) -> None:
    rules = {"invariants": [{"name": "nothing at all", "max": 0, "per": "P1D"}]}
    workspace = write(tmp_path / "w", invariants=rules)
    lines = [
        line(f"c{n:03}", "cart.abandoned", "2026-01-05T09:00:00Z", total=80) for n in range(120)
    ]
    page, found = made(tmp_path, workspace, write_events(tmp_path, lines), "--check")
    words = Reading(page).words
    assert len(found["broken"]) == 120
    assert "1 invariant: broken 120 times. The first 100 are shown." in words
    assert words.count("nothing at all") == 100


def test_refused_lines_are_told_and_bounded(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text("{}\n" * 120 + json.dumps(HISTORY[0]) + "\n")
    page, _ = made(tmp_path, write(tmp_path / "w"), events)
    words = Reading(page).words
    assert "120 lines of the events file were refused. The first 100 are shown." in words


def test_each_version_somebody_entered_has_its_own_funnel() -> None:
    second = {**JOURNEY, "start": "remind", "name": "Second"}
    plan = plan_from(
        {"journeys": {"cart": {"current": 2, "versions": {"1": JOURNEY, "2": second}}}}, 0
    )
    enrolment = {"journey": "cart", "outcome": "finished", "converted_at": None}
    step = {"journey": "cart", "entered": 1, "left": 1, "inside": 0}
    found: Doc = {
        "enrolments": [{**enrolment, "version": version} for version in (1, 1, 2)],
        "funnel": [
            {**step, "version": 1, "step": "wait", "entered": 2},
            {**step, "version": 2, "step": "remind"},
        ],
        "messages": [],
    }
    words = Reading(sections.journeys(found, plan.versions)).words
    first, _, other = words.partition("Second ")
    assert "cart, version 12 entered" in first
    assert "wait2" in first
    assert "remind" not in first.partition("The journey as a picture")[0]
    assert other.startswith("cart, version 21 entered")
    assert "remind · email1" in other


def test_without_check_nothing_is_said_of_invariants(tmp_path: Path) -> None:
    page, _ = made(tmp_path, SHOP, SHOP / "events.jsonl")
    assert "Invariants" not in page


def test_a_page_that_cannot_be_written_is_bad_usage(tmp_path: Path) -> None:
    result = sojourn(
        *("simulate", SHOP, "--events", SHOP / "events.jsonl"),
        *("--html", tmp_path / "nowhere" / "page.html"),
    )
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


@pytest.mark.parametrize("unit", ["held", "for, in all", "longest", "dropped"])
def test_pressure_names_what_limits_did(tmp_path: Path, unit: str) -> None:
    words = Reading(made(tmp_path, write(tmp_path / "w"), write_events(tmp_path))[0]).words
    assert unit in words
    assert "quiet_hours19 hours9 hours0" in words
