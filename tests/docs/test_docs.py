"""What a stranger reads: links lead somewhere, commands exist, the tutorial keeps its word."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import click
import pytest
from click.testing import CliRunner

from sojourn.core.values.exact import dumps
from sojourn.language.files import read_folder
from sojourn.language.workspace import load
from sojourn_cli.main import main
from sojourn_cli.simulation.lines import read_events
from sojourn_cli.simulation.run import as_document, simulate
from tests.listing import ROOT, listed

TUTORIAL = ROOT / "docs" / "tutorial.md"

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^`(spoke/[\w./-]+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def links(page: str) -> Iterator[str]:
    """Targets of a page's links, but those outside of the project."""
    prose = FENCE.sub("", text_of(page))
    yield from (link for link in LINK.findall(prose) if not re.match(r"[a-z]+:", link))


def commands(page: str) -> Iterator[list[str]]:
    """The words of every command in a page's shell blocks, pipes and substitutions taken apart."""
    for language, block in FENCE.findall(text_of(page)):
        if language not in ("sh", "bash", "console"):
            continue
        joined = block.replace("\\\n", " ")
        for line in re.split(r"\n|\||&&|;|\$\(", joined):
            words = line.strip().removesuffix(')"').strip('"')
            if re.match(r"(?:\$ )?(?:\.venv/bin/)?(sojourn|make)\b.*", words):
                yield shlex.split(words.removeprefix("$ "), comments=True)


def anchors(page: str) -> set[str]:
    """The places of a page that a link can name."""
    prose = FENCE.sub("", text_of(page))
    titles = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def problem_with(words: list[str]) -> str | None:
    """What is wrong with a `sojourn` command: its name, an option, or the number of arguments."""
    command: click.Command = main
    rest = words[1:]
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        found = command.get_command(click.Context(command), name)
        if found is None:
            return f"there is no command {name}"
        command = found
    options = {
        name: option
        for option in command.params
        if isinstance(option, click.Option)
        for name in (*option.opts, *option.secondary_opts)
    }
    given, arguments = set(), 0
    while rest:
        word, equals, _ = rest.pop(0).partition("=")
        if not word.startswith("-"):
            arguments += 1
            continue
        option = options.get(word)
        if option is None and word not in ("--help", "-h"):
            return f"{command.name} has no option {word}"
        if option is not None:
            given.add(option.name)
            if not option.is_flag and not equals:
                rest[:1] = []
    wanted = [param for param in command.params if isinstance(param, click.Argument)]
    if arguments != len(wanted):
        return f"{command.name} takes {len(wanted)} arguments, not {arguments}"
    missing = [option.name for option in options.values() if option.required]
    return next((f"{command.name} needs {name}" for name in missing if name not in given), None)


@pytest.mark.parametrize("page", listed(".md"))
def test_every_link_leads_somewhere(page: str) -> None:
    for link in links(page):
        target, _, anchor = link.partition("#")
        path = (ROOT / page).parent / target if target else ROOT / page
        assert path.exists(), f"{page}: {link}"
        if anchor and path.suffix == ".md":
            there = str(path.resolve().relative_to(ROOT))
            assert anchor in anchors(there), f"{page}: {link}"


@pytest.mark.parametrize("page", listed(".md"))
def test_every_command_exists_with_its_options(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    for words in commands(page):
        if words[0].endswith("make"):
            named = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
            assert set(named) <= targets, f"{page}: {shlex.join(words)}"
        else:
            assert problem_with(words) is None, (
                f"{page}: {shlex.join(words)}: {problem_with(words)}"
            )


def test_a_wrong_command_is_found() -> None:
    assert problem_with(["sojourn", "publisch", "shop", "--stack", "x"]) is not None
    assert problem_with(["sojourn", "publish", "shop"]) == "publish needs stack"
    assert problem_with(["sojourn", "publish", "--stack", "x"]) is not None
    assert problem_with(["sojourn", "publish", "shop", "--stak", "x"]) is not None
    assert problem_with(["sojourn", "publish", "shop", "--stack=x"]) is None


def test_the_readme_shows_its_commands() -> None:
    shown = {" ".join(words[:2]) for words in commands("README.md")}
    assert shown >= {"make demo", "make test", "make setup", "sojourn publish", "sojourn simulate"}


def test_the_index_names_every_page() -> None:
    index = {
        str(((ROOT / "docs") / link).resolve().relative_to(ROOT))
        for link in links("docs/README.md")
    }
    within = {
        name for name in listed(".md") if name.startswith("docs/") and "decisions/" not in name
    }
    assert within - index == {"docs/README.md"}


@pytest.fixture
def spoke(tmp_path: Path) -> Path:
    """The workspace that the tutorial's reader writes."""
    for name, content in FILE.findall(text_of("docs/tutorial.md")):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return tmp_path / "spoke"


def test_the_tutorials_workspace_is_in_order(spoke: Path) -> None:
    assert load(read_folder(spoke)).findings == ()


def test_the_tutorials_misspelt_step_is_found_with_the_meant_one(spoke: Path) -> None:
    path = spoke / "journeys" / "bike-is-ready.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"next": "remind"', '"next": "remnid"'), encoding="utf-8")
    finding = next(item for item in load(read_folder(spoke)).findings if item.severity == "error")
    assert (finding.file, finding.path) == ("journeys/bike-is-ready.json", "steps.two-days.next")
    assert "remind" in finding.message


def test_the_tutorials_customers_get_what_it_says(spoke: Path) -> None:
    plan = load(read_folder(spoke)).plan
    assert plan is not None
    events = read_events((spoke / "events.jsonl").read_bytes().splitlines())
    found = json.loads(dumps(as_document(simulate(plan, events))))
    assert found["refused"] == []
    sent = [(row["customer"], row["channel"], row["decided_at"]) for row in found["messages"]]
    assert sent == [
        ("ada", "sms", "2026-03-03T13:00:00Z"),
        ("ben", "sms", "2026-03-03T14:00:00Z"),
        ("cleo", "sms", "2026-03-04T06:00:00Z"),
        ("ben", "email", "2026-03-05T14:00:00Z"),
        ("cleo", "email", "2026-03-06T06:00:00Z"),
    ]
    assert found["messages"][2]["body"].startswith("Hi there,")


def test_the_tutorials_change_does_what_it_says(spoke: Path) -> None:
    before = spoke.with_name("spoke-before")
    copytree(spoke, before)
    path = spoke / "journeys" / "bike-is-ready.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"P2D"', '"PT12H"'), encoding="utf-8")
    (command,) = (words for words in commands("docs/tutorial.md") if words[1] == "diff")
    arguments = [str(spoke.parent / word) if "spoke" in word else word for word in command[1:]]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert [
        (item["customer"], change["change"], change["later_seconds"], change["b"]["decided_at"])
        for item in found["customers"]
        for change in item["changes"]
    ] == [
        ("ada", "gained", None, "2026-03-04T06:00:00Z"),
        ("ben", "moved", -32 * 3600, "2026-03-04T06:00:00Z"),
        ("cleo", "moved", -24 * 3600, "2026-03-05T06:00:00Z"),
    ]
    broken = {(item["invariant"], item["customer"]) for item in found["broken"]}
    assert broken == {("a day between messages", name) for name in ("ada", "ben")}


def test_the_page_of_commands_shows_a_difference_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    shop, other = ROOT / "examples" / "shop", tmp_path / "shop"
    copytree(shop, other)
    settings = (other / "settings.json").read_text(encoding="utf-8")
    slower = settings.replace('"max": 1, "per": "P1D"', '"max": 1, "per": "P2D"')
    (other / "settings.json").write_text(slower, encoding="utf-8")
    events = shop / "events.jsonl"
    words = ("diff", shop, other, "--events", events, "--format", "table")
    result = CliRunner().invoke(main, [str(word) for word in words])
    told = "\n".join(row.rstrip() for row in result.stdout.splitlines())
    page = text_of("docs/commands.md")
    assert f"```\n{told.rstrip()}\n```" in page
    result = CliRunner().invoke(main, [str(word) for word in (*words[:-1], "json", "--check")])
    section = page.partition("## `sojourn diff`")[2]
    blocks = [body for language, body in FENCE.findall(section) if language == "json"]
    assert is_part(json.loads(blocks[0]), json.loads(result.stdout))


def is_part(part: object, whole: object) -> bool:
    """Whether everything that is shown stands in the whole, other things left out."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and is_part(part[key], whole[key]) for key in part)
    if isinstance(part, list) and isinstance(whole, list):
        return all(any(is_part(item, other) for other in whole) for item in part)
    return part == whole


def test_the_readmes_journey_is_the_one_of_the_shop_shortened() -> None:
    blocks = [body for language, body in FENCE.findall(text_of("README.md")) if language == "json"]
    shown = json.loads(blocks[0])
    kept = json.loads(text_of("examples/shop/journeys/cart-recovery.json"))

    assert is_part(shown, kept)
