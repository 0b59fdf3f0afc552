"""`make demo`: set up, deploy, publish, play, account; ends by itself."""

import json
import re
import tempfile
from io import StringIO
from pathlib import Path

import click
from rich.console import Console

from sojourn.language.workspace import load
from sojourn_cli.demo.account import Account, account_of, latencies
from sojourn_cli.demo.play import play, publish_workspace, settle, warm_up
from sojourn_cli.demo.screen import show
from sojourn_cli.demo.stories import DAY_HOUR, read_stories, workspace_at_demo_speed, zone_now
from sojourn_cli.local.home import PROJECT, LocalError
from sojourn_cli.local.stack import LocalStack, Wanted, running
from sojourn_cli.output import PLAIN_WIDTH, console

SHOP = PROJECT / "examples" / "shop"
MOST_MINUTES = 5.0
FONTS = '"Fira Code", "DejaVu Sans Mono", Menlo, Consolas, monospace'


def wanted() -> Wanted:
    """The stack the stories are played on; SES knows the shop's sender."""
    return Wanted(
        stack="sojourn-demo",
        sender="hello@karoo.example",
        max_minutes=MOST_MINUTES,
    )


def titles() -> dict[str, str]:
    """What each customer's story shows."""
    text = (SHOP / "demo" / "expected.json").read_text(encoding="utf-8")
    return {name: told["story"] for name, told in json.loads(text)["customers"].items()}


def perform(stack: LocalStack, out: Console) -> Account:
    """Publish the shop at demo speed, play every story, and gather the account."""
    stories = read_stories(SHOP / "demo" / "stories.jsonl")
    files = workspace_at_demo_speed(SHOP)
    plan = load(files).plan
    if plan is None:
        raise LocalError("examples/shop at demo speed has errors")
    out.print(f"publishing {len(files)} files of examples/shop at demo speed")
    publish_workspace(stack, files)
    out.print("starting every function once")
    warm_up(stack, zone_now(DAY_HOUR))
    out.print(f"playing {len(stories)} lines of story\n")
    played = play(stack, stories, out)
    settle(stack, played, out)
    return account_of(stack, played, plan)


def without_fonts(picture: str) -> str:
    """A picture that fetches no font from elsewhere: the reader's own will do."""
    picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)
    picture = re.sub(r"\s*<!--.*?-->", "", picture)
    return picture.replace("Fira Code, monospace", FONTS)


@click.command()
@click.option(
    "--svg",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    default=None,
    help="Also write the last screen as a picture.",
)
def main(svg: Path | None) -> None:
    """Play the example's stories on an emulated AWS and say who got what, and why."""
    out = console()
    with (
        tempfile.TemporaryDirectory(prefix="sojourn-demo-") as folder,
        running(Path(folder), wanted(), out.print) as stack,
    ):
        account = perform(stack, out)
    show(out, account, latencies(account), titles())
    if svg is not None:
        picture = Console(record=True, width=PLAIN_WIDTH, file=StringIO())
        show(picture, account, latencies(account), titles())
        text = without_fonts(picture.export_svg(title="make demo"))
        svg.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
