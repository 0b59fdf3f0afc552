"""`sojourn experiments`: every group counted as an independent look at the simulation counts it."""

import json
import re
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sojourn.core.state.customer import Customer, Enrolment
from sojourn.core.values.exact import dumps
from sojourn_cli.experimenting.chance import Share
from sojourn_cli.experimenting.counting import Experiment, Experiments
from sojourn_cli.experimenting.telling import as_json
from sojourn_cli.main import main
from sojourn_cli.simulation.clock import Life
from sojourn_cli.workspace import read_workspace

type Doc = dict[str, Any]

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
SEND = {"type": "send", "channel": "email", "content": {"subject": "Come back", "text": "Hello"}}
OFFER: Doc = {
    "id": "offer",
    "status": "live",
    "entry": {"event": "browsed", "holdout": 20, "reentry": {"mode": "always"}},
    "goal": {"event": "bought", "within": "P7D"},
    "start": "which",
    "steps": {
        "which": {
            "type": "split",
            "arms": [
                {"name": "plain", "weight": 1, "next": "plainly"},
                {"name": "discount", "weight": 2, "next": "cheaper"},
                {"name": "nothing", "weight": 1},
            ],
        },
        "plainly": {**SEND, "next": "end"},
        "cheaper": {**SEND, "next": "end"},
        "end": {"type": "exit"},
    },
}
CUSTOMERS = [f"c{number}" for number in range(300)]


def line(customer: str, event: str, at: str) -> Doc:
    traits = {"email": f"{customer}@example.com"}
    return {"userId": customer, "event": event, "timestamp": at, "context": {"traits": traits}}


def browsing() -> list[Doc]:
    """Everybody browses, every second one twice."""
    again = [line(customer, "browsed", "2026-01-06T10:00:00Z") for customer in CUSTOMERS[::2]]
    return [line(customer, "browsed", "2026-01-05T10:00:00Z") for customer in CUSTOMERS] + again


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return written(tmp_path / "shop", OFFER)


def written(folder: Path, *journeys: Doc, **settings: Any) -> Path:  # noqa: ANN401 - JSON
    (folder / "journeys").mkdir(parents=True)
    (folder / "settings.json").write_text(json.dumps(settings))
    for doc in journeys:
        (folder / f"journeys/{doc['id']}.json").write_text(json.dumps(doc))
    return folder


def run(command: str, shop: Path, lines: list[Doc], *more: str) -> Result:
    events = shop.parent / "events.jsonl"
    events.write_text("".join(json.dumps(doc) + "\n" for doc in lines))
    return CliRunner().invoke(main, [command, str(shop), "--events", str(events), *more])


def told(command: str, shop: Path, lines: list[Doc], *more: str) -> Any:  # noqa: ANN401 - JSON
    result = run(command, shop, lines, *more)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def drawn(shop: Path) -> dict[str, str]:
    """By customer the group that she is in, as the simulation's rows tell it."""
    found = told("simulate", shop, browsing())
    groups = {row["customer"]: row["step"] for row in found["messages"]}
    held = {row["customer"]: row["outcome"] == "held_out" for row in found["enrolments"]}
    return {
        customer: "held out" if held[customer] else groups.get(customer, "nothing")
        for customer in CUSTOMERS
    }


RATES = {"held out": 0.1, "plainly": 0.2, "cheaper": 0.7, "nothing": 0.2}


def buying(groups: dict[str, str]) -> list[Doc]:
    """Who buys, some of them twice; a discount makes many buy."""
    chance = Random(5)
    buyers = [customer for customer in CUSTOMERS if chance.random() < RATES[groups[customer]]]
    times = ("2026-01-07T10:00:00Z", "2026-01-08T10:00:00Z")
    return [line(customer, "bought", at) for at in times for customer in buyers]


def counted(found: Doc) -> dict[tuple[str, str], tuple[int, int]]:
    return {
        (each["step"] or each["experiment"], group["group"]): (
            group["customers"],
            group["converted"],
        )
        for each in found["experiments"]
        for group in each["groups"]
    }


def test_every_group_is_counted_by_customers(shop: Path) -> None:
    groups = drawn(shop)
    lines = browsing() + buying(groups)
    bought = {doc["userId"] for doc in lines if doc["event"] == "bought"}
    sizes, buyers = Counter(groups.values()), Counter(groups[customer] for customer in bought)
    inside = sizes.total() - sizes["held out"], buyers.total() - buyers["held out"]
    assert counted(told("experiments", shop, lines)) == {
        ("holdout", "held out"): (sizes["held out"], buyers["held out"]),
        ("holdout", "in the journey"): inside,
        ("which", "plain"): (sizes["plainly"], buyers["plainly"]),
        ("which", "discount"): (sizes["cheaper"], buyers["cheaper"]),
        ("which", "nothing"): (sizes["nothing"], buyers["nothing"]),
    }


def test_a_difference_is_told_with_its_bounds_and_what_it_says(shop: Path) -> None:
    found = told("experiments", shop, browsing() + buying(drawn(shop)))
    assert found["until"] == "2026-01-08T10:00:00Z"
    assert [(item["journey"], item["version"]) for item in found["experiments"]] == [
        ("offer", 1),
        ("offer", 1),
    ]
    plain, discount, nothing = found["experiments"][1]["groups"]
    assert plain["difference"] is None
    assert discount["difference"]["verdict"] == "more"
    assert discount["difference"]["low"] > 0.2
    assert nothing["difference"]["verdict"] == "may be chance"
    apart = round(discount["rate"] - plain["rate"], 4)
    assert discount["difference"]["rate"] == pytest.approx(apart, abs=0.0002)


def test_the_control_group_is_held_against_everybody_else(tmp_path: Path) -> None:
    plain = {**OFFER, "entry": {"event": "browsed"}, "steps": {"plainly": SEND}, "start": "plainly"}
    shop = written(tmp_path / "shop", plain, control_group=30)
    messages = told("simulate", shop, browsing())["messages"]
    control = {row["customer"] for row in messages if row["reason"] == "control_group"}
    assert 40 < len(control) < 140
    assert counted(told("experiments", shop, browsing())) == {
        ("control_group", "control group"): (len(control), 0),
        ("control_group", "everybody else"): (len(CUSTOMERS) - len(control), 0),
    }


def test_several_processes_tell_the_same(shop: Path) -> None:
    lines = browsing() + buying(drawn(shop))
    told_by = [told("experiments", shop, lines, "--processes", count) for count in ("1", "3")]
    assert told_by[0] == told_by[1]


def test_one_journey_alone(tmp_path: Path) -> None:
    shop = written(tmp_path / "shop", OFFER, {**OFFER, "id": "other"})
    found = told("experiments", shop, browsing(), "--journey", "other")
    assert {item["journey"] for item in found["experiments"]} == {"other"}
    wrong = run("experiments", shop, browsing(), "--journey", "othr")
    assert wrong.exit_code == 2
    assert "did you mean `other`?" in wrong.stderr


def test_another_seed_draws_other_groups(shop: Path) -> None:
    ours, theirs = (told("experiments", shop, browsing(), *more) for more in ((), ("--seed", "3")))
    assert counted(ours) != counted(theirs)
    assert drawn(shop) == drawn(shop)


def test_of_groups_that_do_not_differ_hardly_any_is_told_apart(shop: Path) -> None:
    lines = browsing() + buying(dict.fromkeys(CUSTOMERS, "nothing"))
    verdicts = [
        group["difference"]["verdict"]
        for seed in range(30)
        for each in told("experiments", shop, lines, "--seed", str(seed))["experiments"]
        for group in each["groups"][1:]
    ]
    assert len(verdicts) == 90
    assert verdicts.count("may be chance") >= 78


def test_people_read_a_table(shop: Path) -> None:
    result = run("experiments", shop, browsing() + buying(drawn(shop)), "--format", "table")
    [row] = [line for line in result.stdout.splitlines() if " discount " in line]
    assert re.search(
        r"split which +discount +\d+ +\d+ +\d+\.\d % +\+\d+\.\d \(\+.* to \+.*\) +more", row
    )
    counts, converted, rate = row.split()[5:8]
    assert rate == f"{100 * int(converted) / int(counts):.1f}"
    assert result.stderr == "until 2026-01-08T10:00:00Z\n"


def test_a_simulation_shows_the_same_to_people(shop: Path, tmp_path: Path) -> None:
    lines = browsing() + buying(drawn(shop))
    [told_row] = [
        line
        for line in run("experiments", shop, lines, "--format", "table").stdout.splitlines()
        if " discount " in line
    ]
    page = tmp_path / "page.html"
    result = run("simulate", shop, lines, "--format", "table", "--html", str(page))
    assert told_row.split() in [line.split() for line in result.stdout.splitlines()]
    assert "<td>discount</td><td>more</td>" in page.read_text()
    plain = run("simulate", shop, lines, "--html", str(page))
    assert "experiments" not in json.loads(plain.stdout)
    assert '<h2 id="experiments">' in page.read_text()


def test_a_simulation_without_experiments_shows_none(tmp_path: Path) -> None:
    steps = {"plainly": SEND}
    shop = written(
        tmp_path / "shop",
        {**OFFER, "entry": {"event": "browsed"}, "start": "plainly", "steps": steps},
    )
    page = tmp_path / "page.html"
    result = run("simulate", shop, browsing(), "--format", "table", "--html", str(page))
    assert "experiments" not in result.stdout
    assert "xperiments" not in page.read_text()


def test_a_journey_without_a_goal_is_named(tmp_path: Path) -> None:
    aimless = {name: value for name, value in OFFER.items() if name != "goal"}
    shop = written(tmp_path / "shop", aimless)
    result = run("experiments", shop, browsing())
    assert json.loads(result.stdout)["experiments"] == []
    assert result.stderr.endswith("offer draws customers, but has no goal that could be compared\n")


def test_who_became_another_customer_counts_where_she_went(shop: Path) -> None:
    plan = read_workspace(shop, "json")
    offer = plan.current["offer"]
    for step, arm in (("plainly", "plain"), ("cheaper", "discount")):
        experiments = Experiments(plan)
        for number in range(20):
            visits = {"which": 1, step: 1}
            item = Enrolment(f"e{number}", offer.id, 1, None, 1, 0, 0, "", {}, visits=visits)
            customer = Customer(f"c{number}", 0, absorbed=("visitor",))
            life = Life(customer, enrolments={item.id: item})
            experiments.look(life.customer.id, life)
        [_, (_, groups)] = experiments.found()
        assert groups[arm].customers == 20


def test_the_page_of_commands_shows_what_is_told(shop: Path) -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## `sojourn experiments`")[2]
    shown = json.loads(section.partition("```json\n")[2].partition("```")[0])
    found = told("experiments", shop, browsing())

    def shape(value: object) -> object:
        match value:
            case dict():
                return {name: shape(inner) for name, inner in value.items()}
            case list():
                return shape(value[-1])
            case _:
                return None

    assert shape(shown) == shape(found)
    [each] = shown["experiments"]
    place = Experiment(each["journey"], each["version"], each["experiment"], (), each["step"])
    groups = {item["group"]: Share(item["converted"], item["customers"]) for item in each["groups"]}
    assert json.loads(dumps(as_json([(place, groups)]))) == shown["experiments"]
