"""Update steps: what they make of the profile, of consent and of the enrolment's variables.

Values are read when the step is reached; then `set`, `increment` and `unset` are done in this
order. What changes something is a stimulus of its own.
"""

from decimal import Decimal

from sojourn.core.engine.draft import Draft
from sojourn.core.engine.profile import (
    differs,
    put_consent,
    put_consents,
    put_trait,
    take_consent_back,
)
from sojourn.core.engine.scope import DraftScope
from sojourn.core.engine.stimuli import Change
from sojourn.core.limits import NUMBER_DIGITS, VARS_CHARS
from sojourn.core.matching.conditions import SHOWN_CHARS
from sojourn.core.state.customer import Enrolment
from sojourn.core.values.exact import Json, add, dumps, is_number
from sojourn.core.values.paths import MISSING, Found, Missing, Path
from sojourn.core.workspace.plan import Update


def update(draft: Draft, enrolment: Enrolment, step: Update, scope: DraftScope) -> bool:
    """Do an update step; False when its change would be one link too many for its chain.

    A value that is set again is newer than before, even when it stays the same.
    """
    wanted = _wanted(draft, enrolment, step, scope)
    changed = [path for path, value in wanted.items() if differs(_present(scope, path), value)]
    if changed and draft.chain_is_full():
        return False
    before = draft.customer
    for path, value in wanted.items():
        _assign(draft, draft.enrolments[enrolment.id], path, value)
    if changed:
        _record(draft, enrolment, step, {path: wanted[path] for path in changed})
        draft.caused(Change(before, draft.customer))
    return True


def _record(draft: Draft, enrolment: Enrolment, step: Update, changed: dict[Path, Json]) -> None:
    """Record which paths changed, with their values where those are short."""
    if not draft.reasons:
        return
    names = ", ".join(".".join(path) for path in changed)
    short: dict[str, Json] = {
        ".".join(path): value for path, value in changed.items() if len(dumps(value)) <= SHOWN_CHARS
    }
    draft.record("update", enrolment=enrolment, step=step.name, changed=names, values=short)


def _wanted(
    draft: Draft, enrolment: Enrolment, step: Update, scope: DraftScope
) -> dict[Path, Json]:
    """What the step makes of each path; None unsets.

    What cannot be added is left as it is, and so is a consent that is given no clear word.
    """
    wanted: dict[Path, Json] = {}
    for path, value in step.set:
        found = scope.read(value)
        if path[:2] == ("profile", "consent") and path[2:] and not isinstance(found, bool):
            reason = f"consent {path[2]} is neither true nor false"
            draft.record("refused", enrolment=enrolment, step=step.name, reason=reason)
        else:
            wanted[path] = None if isinstance(found, Missing) else found
    for path, value in step.increment:
        total = _sum(wanted.get(path, scope.value(path)), scope.read(value))
        if total is None:
            draft.record("refused", enrolment=enrolment, step=step.name, reason="type mismatch")
        else:
            wanted[path] = total
    return wanted | dict.fromkeys(step.unset)


def _sum(now: Found, by: Found) -> int | Decimal | None:
    """The exact sum, a missing value counting as 0; None when it is none or cannot be kept."""
    base = 0 if now is None or isinstance(now, Missing) else now
    if not (is_number(base) and is_number(by)):
        return None
    total = add(base, by)
    return total if len(Decimal(total).as_tuple().digits) <= NUMBER_DIGITS else None


def _present(scope: DraftScope, path: Path) -> Found:
    """What stands at a path now; of consent what was said, not what holds without a word."""
    match path:
        case ("profile", "consent", category):
            said = scope.customer.consent(category)
            return MISSING if said is None else said
        case _:
            return scope.value(path)


def _assign(draft: Draft, enrolment: Enrolment, path: Path, value: Json) -> None:
    match path:
        case ("vars", *names):
            table = _put(dict(enrolment.vars), tuple(names), value)
            if len(dumps(table)) > VARS_CHARS or not _is_room(draft, enrolment, table):
                draft.record("refused", enrolment=enrolment, reason=f"{'.'.join(path)}: vars full")
            else:
                draft.alter(enrolment, vars=table)
        case (_, "consent"):
            put_consents(draft, value, draft.now, source=f"journey {enrolment.journey}")
        case (_, "consent", category):
            _assign_consent(draft, enrolment.journey, category, value)
        case _:
            _, name, *inner = path
            before = draft.customer.traits.get(name)
            now = before.value if before is not None else None
            table = dict(now) if isinstance(now, dict) else {}
            whole = _put(table, tuple(inner), value) if inner else value
            put_trait(draft, name, whole, max(draft.now, before.at if before is not None else 0))


def _is_room(draft: Draft, enrolment: Enrolment, table: dict[str, Json]) -> bool:
    """Whether an enrolment may hold a table of variables in place of its own."""
    enrolments, messages = draft.enrolments, draft.messages
    before: Json = dict(enrolment.vars)
    return draft.holding.take((table,), enrolments, messages, before) is None


def _assign_consent(draft: Draft, journey: str, category: str, value: Json) -> None:
    before = draft.customer.consents.get(category)
    at = max(draft.now, before.at if before is not None else 0)
    if value is None:
        take_consent_back(draft, category, at, source=f"journey {journey}")
    else:
        put_consent(draft, category, value, at, source=f"journey {journey}")


def _put(table: dict[str, Json], names: Path, value: Json) -> dict[str, Json]:
    """The table with a value at nested names; None removes it."""
    name, *inner = names
    if inner:
        below = table.get(name)
        table[name] = _put(dict(below) if isinstance(below, dict) else {}, tuple(inner), value)
    elif value is None:
        table.pop(name, None)
    else:
        table[name] = value
    return table
