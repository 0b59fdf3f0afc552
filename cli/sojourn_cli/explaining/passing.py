"""Passing: what happened on the way through journeys, and to what is known of the customer."""

import re

from sojourn.core.state.decisions import Record
from sojourn.core.values.exact import JsonObject, dumps
from sojourn.core.values.instants import Duration, parse_instant
from sojourn.core.workspace.plan import (
    Branch,
    Emit,
    Enter,
    Exit,
    Send,
    Split,
    Step,
    Update,
    Wait,
    WaitFor,
)
from sojourn_cli.explaining.ending import explain_exited, explain_timeout
from sojourn_cli.explaining.nearest import Nearest, in_file, nearest, no_change
from sojourn_cli.explaining.obstacles import read_obstacle, say_met
from sojourn_cli.explaining.resting import no_rest
from sojourn_cli.explaining.saying import Said, said
from sojourn_cli.explaining.sending import share_of
from sojourn_cli.explaining.standing import Standing
from sojourn_cli.explaining.words import CHANNELS, condition_in_full, duration_in_words

_REFUSED = {
    r"profile is full: trait .+ does not fit": "fewer or shorter traits would leave room",
    r"trait consent is not an object of true and false": "such an object would be kept",
    r"consent (.+) is neither true nor false": "either would be kept",
    r"consent .+: at most \d+ are kept": "fewer categories would leave room",
    r"consent .+: a name of more than \d+ characters": "a shorter name would be kept",
    r"\S+: an address of \d+ bytes": "a shorter address would be kept",
    r"message\.\w+ names no channel": "with a channel it would be taken",
    r".+: vars full": "fewer or shorter vars would leave room",
    r".+: emitted events of \d+ (?:bytes|characters)": (
        "fewer or shorter properties would leave room"
    ),
    r"type mismatch": "a number there would be enough",
}
"""Reasons for which something was not kept, as patterns, and what would have been kept."""

_NOUNS: dict[type, str] = {
    Wait: "a wait",
    WaitFor: "a wait for an event",
    Branch: "a branch",
    Split: "a split",
    Update: "an update",
    Exit: "an exit",
}

_SENDS = {"email": "an e-mail", "sms": "an SMS", "push": "a push message"}

_SECOND = 2


def explain_passing(  # noqa: C901, PLR0912 - one case for each kind of record
    record: Record, standing: Standing
) -> Said | None:
    """What one record tells; None for one whose reason is not known here."""
    match record.what:
        case "profile":
            return _profile(record, standing)
        case "channel":
            details = record.details
            channel = CHANNELS.get(str(details.get("channel")), str(details.get("channel")))
            status = details.get("status")
            return said(f"The {channel} address is now marked as {status}: {record.reason}")
        case "duplicate":
            return said(f"Changed nothing: {record.reason}", no_change("a messageId counts once"))
        case "ignored":
            person = Nearest("without event.bot it would count", {"path": "event.bot", "to": None})
            return said(f"Changed nothing: {record.reason}", person)
        case "refused":
            return _refused(record)
        case "forgotten":
            return said("Forgotten: what comes with an id of hers is not taken in any more")
        case "joined":
            return _joined(record)
        case "not_joined":
            return said(
                f"{record.details.get('customer')} stays apart: {record.reason}",
                no_change("who was joined stays, and nobody is joined beyond a limit"),
            )
        case "identity_conflict":
            return said(
                f"Not known by an identity of another: {record.reason}",
                no_change("only an alias joins two users"),
            )
        case "entered":
            name = record.details.get("event")
            return said("Entered" if name is None else f"Entered on {name}")
        case "held_out":
            return _held_out(record, standing)
        case "step":
            return _step(record, standing)
        case "waiting":
            return _waiting(record, standing)
        case "timeout":
            return explain_timeout(record, standing)
        case "matched":
            return said(f"{record.details.get('event')} is what it waited for")
        case "branch":
            return _branch(record, standing)
        case "split":
            return said(f"Drawn into arm {record.details.get('arm')}, as always for this customer")
        case "update":
            return _update(record)
        case "exited":
            return explain_exited(record, standing)
        case "converted":
            credit = f"credited to {record.step}" if record.step else "credited to no message"
            return said(f"Reached its goal, {credit}")
        case _:
            return None


def _profile(record: Record, standing: Standing) -> Said:
    """The traits of the event, as they stand now."""
    known = []
    for name in str(record.details.get("names")).split(", "):
        if name == "consent":
            known += [
                f"consent to {category} {'given' if consent.given else 'refused'}"
                for category, consent in standing.consents.items()
                if consent.given is not None
            ]
            continue
        value = standing.trait(name)
        known.append(f"{name} {dumps(value)}" if value is not None else name)
    return said(f"Learned {', '.join(known)}")


def _update(record: Record) -> Said:
    """What was changed, and to what where that is short."""
    values = record.details.get("values")
    known = values if isinstance(values, dict) else {}
    told = []
    for name in str(record.details.get("changed")).split(", "):
        value = known.get(name)
        if name not in known:
            told.append(name)
        else:
            told.append(f"{name} (unset)" if value is None else f"{name} to {dumps(value)}")
    return said(f"Changed {', '.join(told)}")


def _joined(record: Record) -> Said:
    inside = record.details.get("enrolments")
    journeys = f", with what she was in: {inside}" if inside else ""
    return said(f"{record.details.get('customer')} turned out to be this customer{journeys}")


def _refused(record: Record) -> Said | None:
    reason = record.reason or ""
    for pattern, otherwise in _REFUSED.items():
        found = re.fullmatch(pattern, reason, re.DOTALL)
        if found is not None:
            change: JsonObject | None = None
            if found.groups():
                change = {"path": f"profile.consent.{found[1]}", "to": True}
            elif reason.endswith("names no channel"):
                change = {"path": "event.channel", "to": "email"}
            mismatch = "Not changed: only a number can be added to a number (type mismatch)"
            text = mismatch if reason == "type mismatch" else f"Not kept: {reason}"
            return said(text, Nearest(otherwise, change))
    return None


def _held_out(record: Record, standing: Standing) -> Said:
    journey = standing.journey_of(record)
    share = f" ({journey.entry.holdout} %)" if journey is not None else ""
    draw = standing.plan.settings.draw(standing.customer)
    drawn = share_of("holdout", record.journey or "", draw)
    file = f"journeys/{record.journey}.json"
    return said(
        f"Held out: the draw put the customer into the holdout{share}; she walks no step, and is"
        " followed for the goal",
        in_file(f"a holdout of {drawn} % would be without her", file, "entry.holdout", drawn),
    )


def _step(record: Record, standing: Standing) -> Said:
    visit = record.details.get("visit")
    again = f", visit {visit}" if isinstance(visit, int) and visit >= _SECOND else ""
    doing = _doing(standing.step_of(record))
    return said(f"Came to {record.step}{doing}{again}{no_rest(record, standing)}")


def _doing(step: Step | None) -> str:
    match step:
        case Send():
            return f" ({_SENDS.get(step.channel, step.channel)})"
        case Emit():
            return f" (emits {step.event})"
        case Enter():
            return f" (enters {step.journey})"
        case None:
            return ""
        case _:
            return f" ({_NOUNS[type(step)]})"


def _waiting(record: Record, standing: Standing) -> Said:
    """Until when, with what the customer's clock reads then where the wait is for that."""
    until = str(record.details.get("until"))
    at = parse_instant(until)
    length: Duration = at - record.at
    step = standing.step_of(record)
    is_local = isinstance(step, Wait) and step.until is not None
    clock = standing.clock_reads(at) if is_local else until
    return said(f"Waits {duration_in_words(length)}, until {clock}")


def _branch(record: Record, standing: Standing) -> Said:
    chosen, step = record.details.get("branch"), standing.step_of(record)
    if not isinstance(chosen, int):
        return _no_branch(record, step, standing)
    if not isinstance(step, Branch) or chosen >= len(step.branches):
        return said(f"Branch {chosen + 1} held")
    where = condition_in_full(step.branches[chosen].where)
    return said(f"Branch {chosen + 1} was the first that held: {where}")


def _no_branch(record: Record, step: Step | None, standing: Standing) -> Said:
    """What stood in the way of each branch, where the record tells."""
    found = record.details.get("obstacles")
    reasons = found if isinstance(found, list) else []
    arms = step.branches if isinstance(step, Branch) else ()
    told, changes = [], []
    for number, (reason, arm) in enumerate(zip(reasons, arms, strict=False), start=1):
        met = read_obstacle(arm.where, str(reason), standing.plan.segments)
        told.append(f"branch {number} because of {say_met(met) if met else reason}")
        changes += [] if met is None else [nearest(met, standing.moment(record.at))]
    if not told:
        return said("No branch held: else")
    change = next((item for item in changes if item.change is not None), None)
    return said(f"No branch held: else ({'; '.join(told)})", change)
