"""The limits that an explanation names are those by which messages were held, at every instant."""

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import event, given
from hypothesis import settings as examples

from sojourn.core.sending.caps import first_allowed
from sojourn.core.sending.quiet import first_open
from sojourn.core.state.customer import Customer, Message
from sojourn.core.values.instants import DAY, MINUTE, Instant
from sojourn.core.workspace.documents import plan_from
from sojourn.core.workspace.settings import Cap, Category, Settings
from sojourn_cli.explaining.limits import quiet_windows, use_of
from sojourn_cli.explaining.standing import Standing
from tests.core.sending.test_release_agrees import situations

type Situation = tuple[Message, Customer, Settings, Instant, str]


NO_JOURNEYS = plan_from({}, 1)
QUIET = Category("any", "none", obeys_caps=True, counts_toward_caps=True, quiet_hours=True)


def standing_of(customer: Customer, settings: Settings) -> Standing:
    found = Standing(customer.id, replace(NO_JOURNEYS, settings=settings))
    found.traits = dict(customer.traits)
    found.sends = list(customer.ledger)
    return found


@examples(max_examples=60)
@given(situations())
def test_quiet_hours_are_named_where_they_hold_and_nowhere_else(situation: Situation) -> None:
    message, customer, settings, now, _ = situation
    standing = standing_of(customer, settings)
    for moment in range(now, now + DAY, 15 * MINUTE):
        named = list(quiet_windows(standing, message.channel, moment))
        limit = first_open(settings, QUIET, message.channel, moment, standing.zone)
        event(f"{'quiet' if named else 'open'}")
        assert bool(named) is (limit is not None)


@examples(max_examples=60)
@given(situations())
def test_a_cap_is_full_where_it_holds_and_frees_when_it_lets_go(situation: Situation) -> None:
    message, customer, settings, now, _ = situation
    standing = standing_of(customer, settings)
    for cap in settings.caps:
        name = "news" if cap.categories is None else min(cap.categories)
        category = replace(QUIET, name=name)
        channel = message.channel if cap.channels is None else min(cap.channels)
        alone = replace(settings, caps=(cap,))
        frees = {use_of(cap, standing, now).frees_at or now, *_edges(cap, customer, now)}
        for moment in {now, *(at + more for at in frees for more in (-1, 0, 1) if at > now)}:
            ledger = customer.ledger
            limit = first_allowed(alone, category, channel, ledger, moment, standing.zone)
            use = use_of(cap, standing, moment)
            event(f"{'full' if use.full else 'free'}")
            assert use.full is (limit is not None)
            assert bool(use.counted) or not use.full or cap.maximum == 0
            assert use.frees_at == (None if limit is None else limit.until)


def _edges(cap: Cap, customer: Customer, now: Instant) -> Iterator[Instant]:
    """When a send is as long ago as the cap looks back."""
    spans = [span for span in (cap.window, cap.min_gap) if isinstance(span, int)]
    return (sent.at + span for sent in customer.ledger for span in spans if sent.at + span > now)
