"""What `validate` proves of random workspaces, `simulate` never shows to be wrong."""

import json
from dataclasses import replace

from hypothesis import assume, event, given

from sojourn.core.values.exact import dumps
from sojourn.language.findings import Finding
from sojourn.language.proofs.most import WINDOWS, most_messages
from sojourn.language.workspace import load
from sojourn_cli.simulation.clock import Life, live
from sojourn_cli.simulation.lines import read_events
from tests.language.test_proofs_never_wrong import refutes
from tests.naive.examples import examples
from tests.naive.shops import happenings, workspaces
from tests.naive.steps import Doc
from tests.naive.test_agrees import lines_of
from tests.naive.test_functions_agree import LASTS, files_of, received

PROOFS = {
    "always-true",
    "closed-journey",
    "event-is-gone",
    "exit-comes-first",
    "impossible-condition",
    "never-sent",
    "no-way-out",
    "swallowed-branch",
    "unset-variable",
    "wait-past-max-stay",
}


def part_of(life: Life, journey: str) -> Life:
    """A life as one journey saw it."""
    enrolments = {id_: one for id_, one in life.enrolments.items() if one.journey == journey}
    return replace(
        life,
        enrolments=enrolments,
        settled=[item for item in life.settled if item.message.enrolment in enrolments],
        records=[record for record in life.records if record.enrolment in enrolments],
    )


def sent_into(workspace: Doc) -> set[str]:
    """The journeys into which others lead, by a step or an exit rule: no `where` is asked then."""
    journeys = workspace["journeys"].values()
    steps = [step for journey in journeys for step in journey["steps"].values()]
    rules = [rule for journey in journeys for rule in journey.get("exit", [])]
    by_step = {step["journey"] for step in steps if step["type"] == "enter"}
    return by_step | {rule["enter"] for rule in rules if "enter" in rule}


def is_refuted(finding: Finding, life: Life, elsewhere: set[str], journeys: Doc) -> bool:
    """Whether what happened shows a finding about a journey to be wrong.

    Who is in one that may be entered from ``elsewhere`` shows nothing about its entry, and what was
    sent nothing about a name that its text reads on a way not taken.
    """
    if not finding.file.startswith("journeys/") or finding.code not in PROOFS:
        return False
    about = finding.because[0] if finding.code == "closed-journey" else finding.file
    journey = about.removeprefix("journeys/").removesuffix(".json")
    part = part_of(life, journey)
    if finding.code == "closed-journey":
        return bool(part.enrolments)
    if finding.path.startswith("entry") and journey in elsewhere:
        return False
    if finding.code == "unset-variable":
        content = journeys[journey]["steps"][finding.path.split(".")[1]]["content"]
        return "{%" not in json.dumps(content) and refutes(finding, part)
    return refutes(finding, part)


def busiest(life: Life, journey: str | None, per: str) -> int:
    """The most messages that she got in any window, of one journey or of all."""
    sent = [
        item.decided_at
        for item in life.settled
        if item.status == "sent" and journey in {None, item.message.journey}
    ]
    return max((sum(0 <= other - at < WINDOWS[per] for other in sent) for at in sent), default=0)


def stays_in_her_zone(workspace: Doc, story: list[Doc]) -> bool:
    """Whether nothing changes her zone."""
    return "profile.timezone" not in json.dumps(
        [journey["steps"] for journey in workspace["journeys"].values()]
    ) and not any("timezone" in item["traits"] for item in story)


@examples(40)
@given(workspaces(), happenings)
def test_what_is_proved_is_never_refuted(workspace: Doc, story: list[Doc]) -> None:
    loaded = load({path: dumps(doc).encode() for path, doc in files_of(workspace).items()})
    plan = loaded.plan
    assume(plan is not None)
    assert plan is not None
    lines = lines_of(workspace, story)
    file = read_events([dumps(line).encode() for line in lines])
    until = max(map(received, lines)) + LASTS
    who = workspace["who"]
    life = live(plan, who, file.by_customer[who], until, reasons=True)
    elsewhere = sent_into(workspace)
    for finding in loaded.findings:
        event(finding.code.value)
        assert not is_refuted(finding, life, elsewhere, workspace["journeys"]), finding
    if not stays_in_her_zone(workspace, story):
        return
    for most in most_messages(plan.current.values(), plan.settings):
        found = busiest(life, most.journey, most.per)
        event(f"{most.per}: {'unbounded' if most.count is None else found == most.count}")
        assert most.count is None or found <= most.count, most
