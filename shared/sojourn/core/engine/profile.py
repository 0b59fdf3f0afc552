"""What we know of the customer: traits and consents, each by its own time.

An older value overwrites nothing newer; of two with one time the later taken stays.
"""

from collections.abc import Mapping

from sojourn.core.engine.draft import Draft
from sojourn.core.limits import (
    CATEGORY_CHARS,
    CONSENT_TEXT_BYTES,
    CONSENTS,
    PROFILE_BYTES,
    SOURCE_CHARS,
    WORDING_CHARS,
)
from sojourn.core.matching.comparisons import same
from sojourn.core.state.customer import Consent, Event, Trait
from sojourn.core.values.exact import Json, dumps
from sojourn.core.values.instants import DAY, Duration, Instant
from sojourn.core.values.paths import Found, Missing

AHEAD: Duration = DAY
"""How far a consent may be dated ahead; beyond it, it counts from when it was taken. Else one by a
clock that is years ahead would outlast every refusal and unsubscription until then."""


def fold_traits(draft: Draft, event: Event) -> bool:
    """Merge an event's traits into the profile; whether anything changed."""
    changed = False
    for name, value in event.traits.items():
        if name == "consent":
            source = event.properties.get("consent_source")
            told = source if isinstance(source, str) and source else event.name
            words = event.properties.get("consent_wording")
            changed |= put_consents(draft, value, event.at, source=told, words=words)
        else:
            changed |= put_trait(draft, name, value, event.at)
    if changed:
        draft.record("profile", names=", ".join(event.traits))
    return changed


def put_trait(draft: Draft, name: str, value: Json, at: Instant) -> bool:
    """Set a trait (None: unset it) as known at an own time; whether anything changed."""
    traits = draft.customer.traits
    before = traits.get(name)
    if before is not None and before.at > at:
        return False
    after = {**traits, name: Trait(value, at)}
    grows = before is None or value is not None
    if grows and _bytes_of(after) > PROFILE_BYTES:
        draft.record("refused", reason=f"profile is full: trait {_cut(name)} does not fit")
        return False
    draft.change(traits=after)
    return differs(before.value if before is not None else None, value)


def _bytes_of(traits: Mapping[str, Trait]) -> int:
    return sum(_size(name) + _size(trait.value) for name, trait in traits.items())


def _size(value: Json) -> int:
    text = value if isinstance(value, str) else dumps(value)
    return len(text.encode("utf-8", "surrogatepass"))


def put_consents(
    draft: Draft, value: Json, at: Instant, *, source: str, words: Json = None
) -> bool:
    """Merge consents by category; ``words`` are a text, or one for each category."""
    if not isinstance(value, dict):
        draft.record("refused", reason="trait consent is not an object of true and false")
        return False
    changed = False
    for category, given in value.items():
        wording = words.get(category) if isinstance(words, dict) else words
        said = wording if isinstance(wording, str) else ""
        changed |= put_consent(draft, category, given, at, source=source, wording=said)
    return changed


def put_consent(  # noqa: PLR0913 - what consent consists of
    draft: Draft, category: str, given: Json, at: Instant, *, source: str, wording: str = ""
) -> bool:
    """Set the consent to one category as given at an own time; whether anything changed."""
    if not isinstance(given, bool):
        draft.record("refused", reason=f"consent {_cut(category)} is neither true nor false")
        return False
    if len(category) > CATEGORY_CHARS:
        reason = f"consent {_cut(category)}: a name of more than {CATEGORY_CHARS} characters"
        draft.record("refused", reason=reason)
        return False
    if given and at > draft.now + AHEAD:
        at = draft.now
    said = Consent(given, at, source[:SOURCE_CHARS], wording[:WORDING_CHARS])
    return _keep(draft, category, said)


def _cut(name: str) -> str:
    """A category's or a trait's name as a reason has it: an event may bring one of any length."""
    return name if len(name) <= CATEGORY_CHARS else f"{name[:CATEGORY_CHARS]}…"


def take_consent_back(draft: Draft, category: str, at: Instant, *, source: str) -> None:
    """Know no word of hers about a category, nor any that is older and comes later."""
    _keep(draft, category, Consent(None, at, source[:SOURCE_CHARS]))


def _keep(draft: Draft, category: str, said: Consent) -> bool:
    consents = draft.customer.consents
    before = consents.get(category)
    if before is not None and before.at > said.at:
        return False
    if before is None and len(consents) >= CONSENTS:
        draft.record("refused", reason=f"consent {category}: at most {CONSENTS} are kept")
        return False
    draft.change(consents=with_texts({**consents, category: said}))
    return (None if before is None else before.given) is not said.given


def with_texts(consents: Mapping[str, Consent]) -> Mapping[str, Consent]:
    """Consents with the sources and wordings that there is room for, the newest first."""
    sizes = {name: len(f"{item.source}{item.wording}".encode()) for name, item in consents.items()}
    size = sum(sizes.values())
    if size <= CONSENT_TEXT_BYTES:
        return consents
    kept = dict(consents)
    by_age = sorted(kept, key=lambda name: kept[name].at, reverse=True)
    while size > CONSENT_TEXT_BYTES:
        name = by_age.pop()
        size -= sizes[name]
        kept[name] = Consent(kept[name].given, kept[name].at)
    return kept


def differs(before: Found, after: Found) -> bool:
    """Whether a value became another; null is missing, and true is not 1."""
    absent = before is None or isinstance(before, Missing)
    if after is None or isinstance(after, Missing):
        return not absent
    return absent or not same(before, after)
