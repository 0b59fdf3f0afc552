"""Customers and their history out of files, killed in the middle; then a journey looks back."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from sojourn.core.state.customer import Event
from sojourn_cli.local.stack import LocalStack
from tests.stack.given import COMMAND, SOON, Doc, Shop, email, journey, until

pytestmark = pytest.mark.stack

PEOPLE = 30
WELCOME = journey("welcome", "order.placed", {"hello": email("Welcome")})
WIN_BACK = journey(
    "win-back",
    "page.left",
    {"thank": email("Come back, {{ profile.first_name }}")},
    entry={
        "event": "page.left",
        "where": {"did": {"event": "order.placed", "within": "P730D", "count": {"gte": 2}}},
    },
)
HEADER = "Customer;email;first_name;traits.points:number;consent.marketing;channels.email;timestamp"


def id_of(number: int) -> str:
    return f"imported-{number}"


def people(folder: Path) -> Path:
    """A table as a spreadsheet writes it: number 1 said no, number 2's address is dead."""
    rows = [HEADER]
    for number in range(PEOPLE):
        said, status = ("no" if number == 1 else "yes"), ("bounced" if number == 2 else "ok")
        about = f"{id_of(number)}@example.com;Ana {number};{number};{said};{status}"
        rows.append(f"{id_of(number)};{about};2026-01-01T00:00:00Z")
    rows.append("lost;lost@example.com;Lost;many;yes;ok;2026-01-01T00:00:00Z")
    path = folder / "people.csv"
    path.write_text("\r\n".join(rows) + "\r\n", encoding="utf-8-sig")
    return path


def orders(folder: Path) -> Path:
    """Two orders of each but those of odd numbers, who have one."""
    path = folder / "orders.jsonl"
    rows: list[Doc] = [
        {
            "userId": id_of(number),
            "event": "order.placed",
            "timestamp": f"2025-12-{day:02d}T10:00:00Z",
            "properties": {"order_id": f"{number}-{day}", "total": 10 * day},
        }
        for number in range(PEOPLE)
        for day in ((3,) if number % 2 else (3, 4))
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def killed(shop: Shop, path: Path) -> None:
    """Begin an import, and kill it once its first block is done."""
    noted = path.with_name(f"{path.name}.{shop.stack.stack}.importing")
    environment = {**os.environ, **shop.stack.env}
    arguments = [str(COMMAND), "import", str(path), "--stack", shop.stack.stack, "--rate", "20"]
    with subprocess.Popen(arguments, env=environment, stderr=subprocess.DEVNULL) as running:
        until(lambda: noted.exists() or None, "the first block")
        running.kill()
        assert running.wait(SOON) < 0


def orders_of(shop: Shop, customer: str) -> list[Event]:
    return [item for item in shop.timeline(customer).events if item.name == "order.placed"]


def test_what_was_imported_is_there_once_and_a_journey_looks_back_on_it(
    stack: LocalStack, tmp_path: Path
) -> None:
    stack.reset()
    shop = Shop(stack)
    files = {"settings.json": {"timezone": "UTC"}}
    journeys = {f"journeys/{doc['id']}.json": doc for doc in (WELCOME, WIN_BACK)}
    reports = shop.upload(files | journeys)
    assert all(report["ok"] for report in reports.values()), reports

    said = shop.command("import", str(people(tmp_path)), "--map", "Customer=userId", code=1)
    assert (said["rows"], said["taken"], said["refused"]) == (PEOPLE + 1, PEOPLE, 1)
    refused = Path(said["refused_file"]).read_text(encoding="utf-8-sig")
    assert "traits.points:number: many is no number" in refused

    path = orders(tmp_path)
    dry = shop.command("import", str(path), "--dry-run")
    assert (dry["taken"], dry["dry_run"]) == (PEOPLE * 3 // 2, True)
    assert orders_of(shop, id_of(0)) == []
    killed(shop, path)
    again = shop.command("import", str(path))
    assert 0 < again["resumed_after"] < again["rows"] == again["taken"] == PEOPLE * 3 // 2
    once_more = shop.command("import", str(path))
    assert (once_more["known"], once_more["resumed_after"]) == (PEOPLE * 3 // 2, None)
    shop.settle()

    found = [orders_of(shop, id_of(number)) for number in range(PEOPLE)]
    assert [len(events) for events in found] == [1 if number % 2 else 2 for number in range(PEOPLE)]
    assert all(event.silent for events in found for event in events)
    assert stack.recorded() == []

    shop.put(*({"userId": id_of(number), "event": "page.left"} for number in range(4)))
    (mail,) = shop.mails(id_of(0))
    shop.settle()
    assert mail["subject"] == "Come back, Ana 0"
    assert [shop.mailed(id_of(number)) for number in (1, 2, 3)] == [[], [], []]
    _looks_right(shop)


def _looks_right(shop: Shop) -> None:
    view = shop.command("customer", id_of(2))
    assert (view["profile"]["first_name"], view["profile"]["points"]) == ("Ana 2", 2)
    assert (view["channels"]["email"]["status"], view["waiting"]) == ("bounced", 0)
    assert view["consents"]["marketing"]["at"] == "2026-01-01T00:00:00Z"
    silent = [row["event"] for row in view["timeline"] if row.get("silent")]
    assert sorted(silent) == ["identify", "message.bounced", "order.placed", "order.placed"]
    (message,) = view["messages"]
    assert (message["status"], message["reason"]) == ("suppressed", "channels.email bounced")
    assert shop.command("audit")["violations"] == []
