"""Telling: a difference for people, on a terminal or in a pull request.

What changed in total comes first, then each journey, then each step and why, then the limits, then
who sees most of it.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from sojourn.core.nouns import noun
from sojourn.core.values.instants import Duration, format_instant
from sojourn_cli.comparing.difference import (
    KINDS,
    NOTHING,
    Change,
    Counts,
    Difference,
    Ended,
    total,
)
from sojourn_cli.comparing.enrolments import Fate
from sojourn_cli.comparing.pressure import Pressure
from sojourn_cli.explaining.words import counted, duration_in_words, listed
from sojourn_cli.tables import Figure, is_number

MOST_STEPS = 20
MOST_CUSTOMERS = 10
MOST_CHANGES = 5
"""Of each customer; JSON has every change of everybody."""

NEVER = "not asked for"
_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]#|<>~&"})


@noun
class Panel:
    """A table: its title, its columns and its rows."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


def summary(difference: Difference) -> tuple[str, ...]:
    """What changed in total, in two sentences."""
    counts = difference.counts
    affected, known = len(difference.customers), counted(difference.known, "customer")
    if not affected:
        first = f"No message differs, for any of {known}."
    else:
        told = ", ".join(f"{counts[None, kind]} {kind}" for kind in KINDS)
        first = f"{affected} of {known} would see a difference: messages {told}."
    a, b = (total(side.journeys.values()) for side in (difference.a, difference.b))
    second = (
        f"Messages sent {_change(a.messages, b.messages)},"
        f" enrolments {_change(a.enrolments, b.enrolments)},"
        f" conversions {_change(a.conversions, b.conversions)};"
        f" {counted(difference.same, 'message')} the same."
    )
    return first, second


def panels(difference: Difference) -> Iterator[Panel]:
    """The tables, without those that would be empty."""
    counts = difference.counts
    journeys = tuple(_journey(difference, counts, name) for name in difference.journeys)
    columns = ("journey", "enrolments", "conversions", "messages", *KINDS)
    steps = tuple(_steps(difference))
    rules = tuple(_rule(difference, name) for name in difference.rules)
    changes = tuple(_changes(difference))
    for panel in (
        Panel("journeys", columns, journeys),
        Panel("what changes, and why", ("step", "change", "a", "b", "messages"), steps),
        Panel("caps and quiet hours", ("rule", "held", "for", "longest", "dropped"), rules),
        Panel("most affected customers", ("customer", "change", "message", "a", "b"), changes),
    ):
        if panel.rows:
            yield panel


def left_out(difference: Difference) -> str | None:
    """What the tables do not show, if anything."""
    shown = difference.most_affected[:MOST_CUSTOMERS]
    customers = len(difference.customers) - len(shown)
    changes = sum(max(len(difference.customers[name]) - MOST_CHANGES, 0) for name in shown)
    steps = len(difference.steps) - MOST_STEPS
    parts = [
        f"{counted(steps, 'rarer change')} of steps" if steps > 0 else "",
        f"{counted(changes, 'change')} of these customers" if changes else "",
        counted(customers, "customer") if customers else "",
    ]
    told = [part for part in parts if part]
    return f"Not shown: {listed(told)}; --format json has everything." if told else None


def _journey(difference: Difference, counts: Counts, name: str) -> tuple[object, ...]:
    a, b = difference.a.tally(name), difference.b.tally(name)
    return (
        name,
        _change(a.enrolments, b.enrolments),
        _change(a.conversions, b.conversions),
        _change(a.messages, b.messages),
        *(counts[name, kind] or None for kind in KINDS),
    )


def _steps(difference: Difference) -> Iterator[tuple[object, ...]]:
    for step, later in difference.steps[:MOST_STEPS]:
        name = f"{step.journey}/{step.step}"
        ends = dict.fromkeys(map(_shift, (later[0], later[-1])))
        kind = " to ".join(ends) if step.kind == "moved" else step.kind
        a, b = (_ended(ended, step.instead) for ended in (step.a, step.b))
        yield name, kind, a, b, len(later)


def _ended(ended: Ended, instead: str | None) -> str:
    if ended is None:
        return f"{NEVER} ({instead})"
    status, reason = ended
    return f"{status} ({reason})" if reason else status


def _rule(difference: Difference, name: str) -> tuple[object, ...]:
    a, b = (side.pressure.get(name, NOTHING) for side in (difference.a, difference.b))
    return (
        name,
        _change(a.held, b.held),
        _times(a, b, "held_time"),
        _times(a, b, "longest"),
        _change(a.dropped, b.dropped),
    )


def _times(a: Pressure, b: Pressure, name: str) -> str:
    before, after = (
        duration_in_words(getattr(side, name)) if side.held else "-" for side in (a, b)
    )
    return before if before == after else f"{before} → {after}"


def _change(before: int, after: int) -> Figure:
    same = before == after
    return Figure(before if same else f"{before} → {after} ({after - before:+})")


def _changes(difference: Difference) -> Iterator[tuple[str, ...]]:
    for name in difference.most_affected[:MOST_CUSTOMERS]:
        for change in islice(difference.customers[name], MOST_CHANGES):
            fate = change.fate
            message = f"{fate.journey}/{fate.step} ({fate.channel})"
            a, b = (_fate(item, change.pair.instead) for item in (change.pair.a, change.pair.b))
            yield name, _kind(change), message, a, b


def _kind(change: Change) -> str:
    if change.kind == "moved":
        return _shift(change.pair.later)
    if change.kind == "changed":
        return f"other {' and '.join(change.pair.differs)}"
    return change.kind


def _shift(later: Duration) -> str:
    return f"{duration_in_words(abs(later))} {'later' if later > 0 else 'earlier'}"


def _fate(fate: Fate | None, instead: str | None) -> str:
    if fate is None:
        return _ended(None, instead)
    at = "" if fate.decided_at is None else f" {format_instant(fate.decided_at)}"
    return _ended((f"{fate.status}{at}", fate.reason), instead)


def as_markdown(difference: Difference, notes: Sequence[str]) -> str:
    """The whole as Markdown for a pull request; names stand as they are, never as markup."""
    blocks = ["### What this change would have done", *map(_plain, summary(difference))]
    blocks += map(_plain, notes)
    for panel in panels(difference):
        rules = ["---:" if is_number(cells) else "---" for cells in zip(*panel.rows, strict=True)]
        head = [_row(panel.columns), f"| {' | '.join(rules)} |"]
        blocks += [f"#### {panel.title.capitalize()}", "\n".join((*head, *map(_row, panel.rows)))]
    more = left_out(difference)
    if more is not None:
        blocks.append(_plain(more))
    return "\n\n".join(blocks) + "\n"


def _row(cells: Sequence[object]) -> str:
    texts = ("" if cell is None else str(cell) for cell in cells)
    return "| " + " | ".join(map(_plain, texts)) + " |"


def _plain(text: str) -> str:
    """Text that Markdown leaves alone: no markup, no mention of anybody, one line."""
    return " ".join(text.split()).translate(_MARKS).replace("@", "@\N{ZERO WIDTH NON-JOINER}")
