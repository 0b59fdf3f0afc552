"""An update to a version that stores a newer form, a step back, and forward again, under way."""

import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from sojourn.core.errors import NewerForm
from sojourn.core.state.codec import FORMAT
from sojourn_cli.local import stack as stacks
from sojourn_cli.local.stack import LocalStack
from tests.stack.conftest import WANTED
from tests.stack.given import ROOT, Doc, Shop, email, journey, order, until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("step-back")]

STEPS: Doc = {
    "first": email("First", next="pause"),
    "pause": {"type": "wait", "for": "PT4S", "next": "second"},
    "second": email("Second", next="more"),
    "more": {"type": "wait", "for": "PT10S", "next": "third"},
    "third": email("Third"),
}
FILES: dict[str, Doc] = {
    "settings.json": {"timezone": "UTC"},
    "journeys/waits.json": journey("waits", "order.placed", STEPS),
}
SOURCES = ("functions", "requirements", "scripts", "shared", "template.yaml")
LINKED = (".tools", ".venv")
WORKED = ("IngestQueue", "WakeQueue", "DispatchQueue")


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template of a version that reads the present form, and writes the next one."""
    folder = tmp_path_factory.mktemp("newer")
    for name in SOURCES:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copyfile
        copy(source, folder / name)
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    file = folder / "shared/sojourn/core/state/codec.py"
    text = file.read_text(encoding="utf-8")
    for old, new in (
        (f"FORMAT = {FORMAT}\n", f"FORMAT = {FORMAT + 1}\n"),
        ("if form != FORMAT:", f"if form not in ({FORMAT}, FORMAT):"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    return folder / "template.yaml"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with stacks.running(tmp_path_factory.mktemp("aws"), WANTED) as deployed:
        yield deployed


@contextmanager
def customers_come(shop: Shop, called: str) -> Iterator[list[str]]:
    """One after another, for as long as the block lasts."""
    came: list[str] = []
    done = threading.Event()

    def come() -> None:
        while not done.wait(0.2):
            name = f"{called}-{len(came)}"
            shop.put(order(name))
            came.append(name)

    thread = threading.Thread(target=come)
    thread.start()
    try:
        yield came
    finally:
        done.set()
        thread.join()


def deployed(stack: LocalStack, template: Path) -> Shop:
    """The stack of another version; what fails is tried again after a second, not minutes."""
    shop = Shop(stacks.up(stack.home, replace(WANTED, template=template), lambda _: None))
    for queue in WORKED:
        shop.hide(queue, 1)
    return shop


def got(shop: Shop, names: list[str]) -> Counter[tuple[str, ...]]:
    return Counter(tuple(shop.mailed(name)) for name in names)


def test_nothing_is_lost_and_nothing_goes_out_twice(
    stack: LocalStack, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = deployed(stack, WANTED.template)
    assert all(report["ok"] for report in shop.upload(FILES).values())
    with customers_come(shop, "forward") as forward:
        shop = deployed(stack, newer)
    with customers_come(shop, "back") as back:
        until(lambda: len(back) > 5 or None, "nobody came")
        shop = deployed(stack, WANTED.template)
    shop.put(order("older"))
    [mail] = shop.mails("older")
    assert mail["subject"] == "First", "whoever came since is taken"
    until(lambda: shop.waiting("DeadLetterQueue")[0], "nobody waits for the later version")
    with pytest.raises(NewerForm):
        shop.mailbox(back[0])
    shop.command("dead-letters", "redrive")  # too early: whatever fails again comes again

    shop = deployed(stack, newer)
    monkeypatch.setenv("PYTHONPATH", str(newer.parent / "shared"))  # its own commands
    everybody = [*forward, *back, "older"]
    whole = {("First", "Second", "Third"): len(everybody)}

    def all_have_come() -> bool:
        shop.command("dead-letters", "redrive")
        return got(shop, everybody) == whole

    until(all_have_come, "not everybody got everything")
    shop.settle()
    shop.command("dead-letters", "redrive")
    shop.settle()
    assert got(shop, everybody) == whole
    assert shop.waiting("DeadLetterQueue") == (0, 0)
    assert shop.command("audit")["violations"] == []
