"""Sending: why a message was sent, held, not sent or cancelled, and what would have changed it."""

from sojourn.core.course.settle import LOST
from sojourn.core.state.customer import ADDRESS_TRAITS
from sojourn.core.state.decisions import Record
from sojourn.core.values.exact import Json, JsonObject
from sojourn.core.values.ids import chance
from sojourn.core.values.instants import Instant, format_duration, format_instant, parse_instant
from sojourn.core.workspace.plan import Send
from sojourn.core.workspace.settings import Cap
from sojourn_cli.explaining.ending import undoing
from sojourn_cli.explaining.limits import Use, quiet_windows, say_cap, use_of
from sojourn_cli.explaining.nearest import Nearest, at_instant, in_file, no_change
from sojourn_cli.explaining.saying import Said, said
from sojourn_cli.explaining.standing import Standing
from sojourn_cli.explaining.words import CHANNELS, duration_in_words

SETTINGS = "settings.json"

_ITS_OWN_SAY = no_change("what the provider answers is its own")

_MALFORMED = "what stands there is no "
"""How the reason begins when an address was refused before a provider was called."""


def explain_hold(record: Record, standing: Standing) -> Said | None:
    """Why a message waits, and until when."""
    until = str(record.details["until"])
    put_back = _put_back(record.reason or "")
    if put_back is not None:
        again = at_instant(f"it is tried again at {until}", parse_instant(until))
        return said(f"Held: {put_back}", again)
    limit = _limit(record, standing)
    if limit is None:
        return None
    clause, use = limit
    frees = use is not None and use.frees_at == parse_instant(until)
    then = f"{record.reason} frees at {until}" if frees else f"the first instant allowed is {until}"
    return said(f"Held: {clause}", at_instant(then, parse_instant(until)), _details_of(use))


def _put_back(reason: str) -> str | None:
    """Why a message that was on its way is held again, in words; None for any other reason."""
    kind, _, rest = reason.partition(": ")
    if kind == "throttled":
        return f"the provider did not take it now: {rest}"
    if kind == "late":
        return "it was not handed over in time, so it is decided once more"
    if reason == LOST:
        return f"{LOST}, and this category is sent again on a doubt"
    return None


def _details_of(use: Use | None) -> JsonObject:
    return {} if use is None else use.details()


def _limit(record: Record, standing: Standing) -> tuple[str, Use | None] | None:
    """The rule that a reason names, in words, with a cap's use; None for a reason of no limit."""
    reason = record.reason or ""
    channel = str(record.details.get("channel"))
    if reason in {"quiet_hours", "closed"}:
        windows = list(quiet_windows(standing, channel, record.at))
        clock = standing.clock_reads(record.at)
        named = " and ".join(windows) or reason.replace("_", " ")
        return f"{named}; it was {clock}", None
    if not reason.startswith("cap "):
        return None
    cap = _cap(standing, reason.removeprefix("cap "))
    if cap is None:
        return f"{reason} left no room", None
    use = use_of(cap, standing, record.at)
    return say_cap(use), use


def _cap(standing: Standing, name: str) -> Cap | None:
    return next((cap for cap in standing.plan.settings.caps if cap.name == name), None)


def explain_message(record: Record, standing: Standing) -> Said | None:
    """What became of a message, and why; None for a reason that is not known here."""
    match record.details.get("outcome"):
        case "sent":
            return _sent(record, standing)
        case "capped" | "quiet":
            return _limited(record, standing)
        case "suppressed":
            return _suppressed(record, standing)
        case "no_consent":
            return _no_consent(record, standing)
        case "no_address":
            return _no_address(record)
        case "failed":
            return _failed(record)
        case "cancelled":
            return _cancelled(record, standing)
        case _:
            return None


def _sent(record: Record, standing: Standing) -> Said:
    category = standing.plan.settings.category(standing.category_of(record))
    channel = str(record.details.get("channel"))
    held = standing.hold_of(record)
    reasons = []
    if held is not None:
        reasons.append(f"held by {held.rule} since {record.details.get('requested_at')}")
    if category.consent == "none":
        reasons.append(f"{category.name} needs no consent")
    else:
        given = standing.consents.get(category.name)
        known = category.consent == "opt_in" or (given is not None and given.given)
        reasons.append(f"consent to {category.name} {'given' if known else 'not refused'}")
    if not category.quiet_hours:
        reasons.append("quiet hours do not apply")
    elif standing.plan.settings.quiet_hours or standing.plan.settings.closed:
        reasons.append(f"not quiet at {standing.clock_reads(record.at)}")
    uses = [
        use_of(cap, standing, record.at)
        for cap in standing.plan.settings.caps
        if category.obeys_caps
        and (cap.channels is None or channel in cap.channels)
        and (cap.categories is None or category.name in cap.categories)
    ]
    if not category.obeys_caps:
        reasons.append("no cap applies")
    rooms = [_room(use) for use in uses]
    if rooms:
        reasons.append(f"room under {', '.join(rooms)}")
    caps: list[Json] = [use.details() for use in uses]
    return said(f"Sent: {'; '.join(reasons)}", details={"caps": caps})


def _room(use: Use) -> str:
    if use.cap.maximum is None:
        return f"cap {use.cap.name}"
    return f"cap {use.cap.name} ({len(use.counted)} of {use.cap.maximum} used)"


def _limited(record: Record, standing: Standing) -> Said | None:
    limit = _limit(record, standing)
    if limit is None:
        return None
    clause, use = limit
    outcome = record.details["outcome"]
    text = f"Not sent ({outcome}): {clause}; {_patience(record, standing)}"
    at = standing.first_allowed(record)
    if at is None:
        return said(text, _never_free(use, standing), _details_of(use))
    frees = use is not None and use.frees_at == at
    return said(text, _later_or_longer(record, standing, at, frees=frees), _details_of(use))


def _never_free(use: Use | None, standing: Standing) -> Nearest:
    """What would help against a cap that lets nothing through, if it is that."""
    if use is None or use.cap.maximum != 0:
        return no_change("no instant within 400 days is known at which it would be allowed")
    place = standing.plan.settings.caps.index(use.cap)
    return in_file("a max of 1 would be enough", SETTINGS, f"caps[{place}].max", 1)


def _patience(record: Record, standing: Standing) -> str:
    """How long its step lets a message be held."""
    step = standing.step_of(record)
    if not isinstance(step, Send):
        return "it could not be held so long"
    if step.on_limit == "skip":
        return "its step does not hold (on_limit skip)"
    deadline = parse_instant(str(record.details["requested_at"])) + step.hold
    held = duration_in_words(step.hold)
    return f"its step holds for {held}, until {format_instant(deadline)}"


def _later_or_longer(record: Record, standing: Standing, at: Instant, *, frees: bool) -> Nearest:
    """When it would have been let go, and the hold of its step that reaches that."""
    text = format_instant(at)
    then = f"{record.reason} frees at {text}" if frees else f"the first instant allowed is {text}"
    step = standing.step_of(record)
    hold = at - parse_instant(str(record.details["requested_at"]))
    later = at_instant(then, at)
    if not isinstance(step, Send):
        return later
    file, place = f"journeys/{record.journey}.json", f"steps.{step.name}"
    if step.on_limit == "hold":
        words = f"{then}, which a hold of {duration_in_words(hold)} would reach"
        longer = in_file(words, file, f"{place}.hold", format_duration(hold))
    elif hold <= step.hold:
        words = f"{then}, which on_limit hold would reach"
        longer = in_file(words, file, f"{place}.on_limit", "hold")
    else:
        return later
    return Nearest(longer.text, later.change, (longer.change or {},))


def _suppressed(record: Record, standing: Standing) -> Said | None:
    reason = record.reason or ""
    settings = standing.plan.settings
    if reason == "control_group":
        share = settings.control_group
        drawn = share_of("control_group", settings.draw(standing.customer))
        return said(
            f"Not sent (suppressed): the customer is of the control group ({share} %), which gets"
            " no message of a category that obeys caps; the draw does not change",
            in_file(f"a group of {drawn} % would be without her", SETTINGS, "control_group", drawn),
        )
    path, _, status = reason.partition(" ")
    channel = path.removeprefix("channels.")
    if channel not in CHANNELS or not status:
        return None
    text = f"Not sent (suppressed): the {CHANNELS[channel]} address is marked as {status}"
    known = standing.channels.get(channel)
    if known is not None and known.status == status:
        text += f", since {format_instant(known.since)} ({known.fact})"
    if status != "unsubscribed":
        trait = ADDRESS_TRAITS[channel]
        needs: JsonObject = {"exists": True, "ne": standing.trait(trait)}
        another: JsonObject = {"path": f"profile.{trait}", "needs": needs}
        return said(text, Nearest("a new address would be ok", another))
    category = standing.category_of(record)
    return said(text, _consent(f"a newer consent to {category} would be enough", category))


def share_of(*parts: str) -> int:
    """The largest whole per cent of a draw that is still without this customer."""
    return chance(*parts) * 100 >> 64


def _consent(text: str, category: str) -> Nearest:
    return Nearest(text, {"path": f"profile.consent.{category}", "to": True})


def _no_consent(record: Record, standing: Standing) -> Said | None:
    if not (record.reason or "").startswith("consent "):
        return None
    category = (record.reason or "").removeprefix("consent ")
    last = standing.consents.get(category)
    word = None if last is None else last.given
    if last is not None and word is False:
        text = f"consent to {category} was refused at {format_instant(last.at)}"
    elif word is None and standing.plan.settings.category(category).consent == "opt_in":
        text = f"{category} is sent only with consent, and none was given"
    else:
        text = f"consent to {category} was refused"  # before the records that are kept
    return said(
        f"Not sent (no_consent): {text}",
        _consent(f"the trait consent with {category} true would be enough", category),
    )


def _no_address(record: Record) -> Said | None:
    channel = str(record.details.get("channel"))
    if channel not in ADDRESS_TRAITS:
        return None
    path = f"profile.{ADDRESS_TRAITS[channel]}"
    return said(
        f"Not sent (no_address): {path} was missing",
        Nearest("a value for it would be enough", {"path": path, "needs": {"exists": True}}),
    )


def _failed(record: Record) -> Said | None:
    kind, _, rest = (record.reason or "").partition(": ")
    match kind:
        case "render" if " " not in rest:
            return said(
                f"Not sent (failed): the template names {rest}, which was missing and has no"
                " default",
                _value_for(rest),
            )
        case "render":
            return said(
                f"Not sent (failed): the template could not be rendered: {rest}",
                no_change("the template itself would have to change"),
            )
        case "refused" if rest.startswith(_MALFORMED):
            path = f"profile.{ADDRESS_TRAITS[str(record.details.get('channel'))]}"
            what = rest.removeprefix(_MALFORMED)
            return said(
                f"Not sent (failed): what stands in {path} is no {what}",
                no_change("an address of the right form would be enough"),
            )
        case "refused":
            return said(f"Not sent (failed): the provider refused it: {rest}", _ITS_OWN_SAY)
        case "limit":
            return said(
                f"Not sent (failed): with what its step reads for the template there would be"
                f" {rest}, more than is kept",
                no_change("less to read, or fewer messages that wait, would leave room"),
            )
        case "throttled":
            return said(
                f"Not sent (failed): the provider did not take it as long as it could be held:"
                f" {rest}",
                _ITS_OWN_SAY,
            )
        case "late":
            return said(
                "Not sent (failed): it could not be handed over in time as long as it could be"
                " held",
                no_change("it would have gone had the stack not been slow"),
            )
        case "unknown":
            return said(
                "Not sent (failed): the provider's answer was lost, and this category is not sent"
                " again on a doubt",
                _ITS_OWN_SAY,
            )
        case _:
            return None


def _cancelled(record: Record, standing: Standing) -> Said | None:
    if (record.reason or "").partition(" ")[0] != "exit":
        return None
    outcome = (record.reason or "").removeprefix("exit").strip()
    held = standing.hold_of(record)
    waiting = f" while it was held by {held.rule} until {held.until}" if held is not None else ""
    ended = f"the journey ended as {outcome}" if outcome else "the journey had ended"
    end = standing.ended.get(record.enrolment or "")
    kept = None if end is None else undoing(end[0], standing)
    but_for = no_change("it would have gone but for that end")
    return said(f"Cancelled: {ended}{waiting}", kept or but_for)


def _value_for(path: str) -> Nearest:
    """A value for what a template names, where somebody outside gives it."""
    text = "a value for it or a default would be enough"
    if path.partition(".")[0] not in {"profile", "entry"}:
        return no_change("its step or a default in the template would have to give it a value")
    return Nearest(text, {"path": path, "needs": {"exists": True}})
