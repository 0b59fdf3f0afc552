"""Every command stands on the page of commands, with its options as they are."""

from tests.explaining.commands_page import PAGE, current, helps, sections


def test_the_page_says_what_help_says() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert current(page) == page, "write it anew: python -m tests.explaining.commands_page"


def test_the_page_has_every_command() -> None:
    _, found = sections(PAGE.read_text(encoding="utf-8"))
    assert list(found) == list(helps())
    assert {"sojourn draw", "sojourn explain", "sojourn local up"} <= set(found)


def test_a_command_that_changed_or_came_is_noticed() -> None:
    page = current(PAGE.read_text(encoding="utf-8"))
    changed = page.replace("--result FILE", "--outcome FILE")
    assert changed != page
    assert current(changed) == page
    opening, found = sections(page)
    without = opening + "".join(
        f"## `{name}`\n\n{text}\n\n" for name, text in found.items() if name != "sojourn draw"
    )
    assert "## `sojourn draw`\n\n```text\nUsage: sojourn draw" in current(without)
