"""`sojourn draw`: what it writes, where, and what it says when it cannot."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sojourn.core.values.exact import dumps
from sojourn.language.files import read_folder
from sojourn.language.workspace import load
from sojourn_cli.main import main
from sojourn_cli.simulation.lines import read_events
from sojourn_cli.simulation.run import as_document, simulate

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples" / "shop"
JOURNEYS = sorted(path.stem for path in (SHOP / "journeys").iterdir())


def draw(*words: object) -> Result:
    return CliRunner().invoke(main, ["draw", *map(str, words)])


@pytest.fixture(scope="module")
def result_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = read_folder(SHOP)
    plan = load(files).plan
    assert plan is not None
    events = read_events(files["events.jsonl"].splitlines())
    path = tmp_path_factory.mktemp("result") / "result.json"
    path.write_text(dumps(as_document(simulate(plan, events))), encoding="utf-8")
    return path


def test_the_picture_in_the_documentation_is_what_draw_draws(tmp_path: Path) -> None:
    path = tmp_path / "cart-recovery.svg"
    assert draw(SHOP, "cart-recovery", "-o", path).exit_code == 0
    kept = ROOT / "docs" / "images" / "cart-recovery.svg"
    assert path.read_bytes() == kept.read_bytes(), (
        "draw it anew: sojourn draw examples/shop cart-recovery -o docs/images/cart-recovery.svg"
    )


@pytest.mark.parametrize("journey", JOURNEYS)
def test_every_journey_of_the_shop_is_drawn_with_every_step(
    journey: str, tmp_path: Path, result_file: Path
) -> None:
    path = tmp_path / f"{journey}.svg"
    found = draw(SHOP, journey, "-o", path, "--result", result_file)
    assert found.exit_code == 0, found.output
    assert found.stdout == ""
    text = path.read_text(encoding="utf-8")
    steps = json.loads((SHOP / "journeys" / f"{journey}.json").read_text(encoding="utf-8"))["steps"]
    assert text.count('<g class="k-') >= len(steps) + 1
    assert text.count(" entered</text>") == len(steps) + 1
    wide = int(text.partition('width="')[2].partition('"')[0])
    assert wide <= 920, "narrow enough for a page"


def test_a_picture_says_its_ways_in_words(tmp_path: Path, result_file: Path) -> None:
    path = tmp_path / "win-back.svg"
    draw(SHOP, "win-back", "-o", path, "--result", result_file)
    said = path.read_text(encoding="utf-8").partition("<desc>")[2].partition("</desc>")[0]
    ways = json.loads(draw(SHOP, "win-back", "--format", "json").stdout)["arrows"]
    assert said.count("From ") == len(ways)
    assert said.startswith("From Entry to sixty-days-unopened (20). From ")


def test_without_a_file_it_prints_mermaid() -> None:
    found = draw(SHOP, "win-back")
    assert found.exit_code == 0
    assert found.stdout.splitlines()[3] == "flowchart TD"
    assert "n1 -->" in found.stdout


def test_a_file_ending_in_mmd_is_mermaid_too(tmp_path: Path) -> None:
    path = tmp_path / "win-back.mmd"
    assert draw(SHOP, "win-back", "-o", path).exit_code == 0
    assert path.read_text(encoding="utf-8") == draw(SHOP, "win-back").stdout


def test_counts_from_a_result(result_file: Path) -> None:
    found = draw(SHOP, "win-back", "--result", result_file, "--format", "json")
    assert found.exit_code == 0
    doc = json.loads(found.stdout)
    assert [(arrow["from"], arrow["count"]) for arrow in doc["arrows"]] == [
        ("entry", 20),
        ("step sixty-days-unopened", 1),
        ("step say-it-by-sms", 1),
    ]
    assert doc["stages"] == ["loyalty"]
    assert doc["notes"][-1]["lines"][0] == "20 entered"


def test_an_unknown_journey_is_named_with_the_one_that_was_meant() -> None:
    found = draw(SHOP, "cart-recovry")
    assert found.exit_code == 2
    assert "there is no journey `cart-recovry`; did you mean `cart-recovery`?" in found.stderr


def test_a_file_of_another_kind_is_bad_usage(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    found = draw(SHOP, "win-back", "-o", path)
    assert found.exit_code == 2
    assert "x.png ends neither in .svg nor in .mmd" in found.stderr
    assert not path.exists()


def test_a_folder_that_is_not_there_cannot_be_written_to(tmp_path: Path) -> None:
    found = draw(SHOP, "win-back", "-o", tmp_path / "no" / "x.svg")
    assert found.exit_code == 2
    assert "x.svg: cannot be written: No such file or directory" in found.stderr


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"funnel": 1, "enrolments": []}'])
def test_what_is_no_result_is_bad_usage(text: str, tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text(text, encoding="utf-8")
    found = draw(SHOP, "win-back", "--result", path)
    assert found.exit_code == 2
    assert "result.json: " in found.stderr


def test_a_workspace_with_errors_is_not_drawn(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shutil.copytree(SHOP, shop)
    path = shop / "journeys" / "win-back.json"
    text = path.read_text(encoding="utf-8").replace('"next": "done"', '"next": "dnoe"')
    path.write_text(text, encoding="utf-8")
    found = draw(shop, "win-back", "-o", tmp_path / "win-back.svg", "--format", "json")
    assert found.exit_code == 1
    errors = [item for item in json.loads(found.stdout)["findings"] if item["severity"] == "error"]
    assert [item["path"] for item in errors] == ["steps.say-it-by-sms.next"]
    assert not (tmp_path / "win-back.svg").exists()
