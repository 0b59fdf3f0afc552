"""A whole run as text, by however many processes."""

from typing import Any

from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import HOUR, Instant
from sojourn.core.workspace.invariants import AtMost, Invariant
from sojourn.core.workspace.plan import Plan
from sojourn_cli.comparing.enrolments import Everybody
from sojourn_cli.invariants import Checks
from sojourn_cli.page.busiest import Busiest
from sojourn_cli.page.whole import Checked, page
from sojourn_cli.simulation.gathering import Several, gathered
from sojourn_cli.simulation.lines import read_events
from sojourn_cli.simulation.rows import Rows
from sojourn_cli.simulation.run import outset, told

COUNTS = (2, 3)
"""How many processes are tried beside one."""

RULES = (Invariant("one an hour", None, None, None, AtMost(1, HOUR)),)


def told_by(
    plan: Plan, lines: list[dict[str, Any]], until: Instant | None, processes: int
) -> list[str]:
    """Everything that is gathered from a history, and how far it was said to be."""
    file = read_events([dumps(line).encode() for line in lines])
    start = outset(plan, file, until)
    rows, checks, busiest, everybody = (
        Rows(),
        Checks(RULES, until, plan.settings),
        Busiest(),
        Everybody(),
    )
    wanted = Several(start.end, rows, checks, busiest, everybody)
    with gathered(start.lives, wanted, processes) as done:
        steps = list(done)
    assert steps[-1] == start.lives.count
    result = told(start, rows)
    assert rows.customers == len(everybody.enrolled)
    text = "".join(result.written({}))
    document = result.document()
    assert dumps(document) == text
    return [
        text,
        page("shop", document, busiest, plan, result.events, Checked(len(RULES), checks.broken)),
        repr(checks.broken),
        repr(everybody.enrolled),
    ]
