"""Guards, each taken away: what the chaos has to find.

A mutant is one line of defence that is missing. It is alive when every promise still holds in all
seeds it is given: then nothing here would notice the loss of that guard.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from sojourn.core.course.forward import Course
from sojourn.core.course.settle import without_slot
from sojourn.core.engine.draft import Draft
from sojourn.core.engine.outcomes import proven_sent
from sojourn.core.errors import SojournError
from sojourn.core.incoming.identity import Whose
from sojourn.core.sending.release import Release, Send, release
from sojourn.core.state.customer import Customer, Event, Message
from sojourn.core.values.instants import DAY, HOUR, Instant
from sojourn.core.workspace.plan import Plan
from sojourn.core.workspace.settings import Category, Settings
from sojourn.fakes.mailboxes import FakeHistory, FakeMailboxes
from sojourn.fakes.queues import FakeBus, FakeDeadLetters, FakeWorkers
from sojourn.runtime import batches
from sojourn.runtime.customer.mailbox import Change, Mailbox, Save
from sojourn.runtime.decisions import deciding
from sojourn.runtime.decisions.deciding import body_of
from sojourn.runtime.incoming.intake import Intake
from sojourn.runtime.live_plan import LivePlan
from sojourn.runtime.messages import dispatch
from sojourn.runtime.messages.dispatch import Dispatch
from sojourn.runtime.ports import Appended
from tests.chaos import functions, parts

type Mutate = Callable[[pytest.MonkeyPatch], None]

_SAVE = FakeMailboxes.save
_APPEND = FakeMailboxes.append
_PASS = Dispatch._pass
_CATEGORY = Settings.category
_TAKE_INBOX = Course.take_inbox
_PLAN = LivePlan.plan
_NEXT_INDEX = deciding.next_index


# ---- The write -----------------------------------------------------------------------------------


def saves_ask_for_no_revision(patch: pytest.MonkeyPatch) -> None:
    """A save overwrites what somebody else decided meanwhile."""

    def save(self: FakeMailboxes, box: Mailbox, what: Save) -> Mailbox:
        return _SAVE(self, replace(box, revision=self.read(box.customer_id).revision), what)

    patch.setattr(FakeMailboxes, "save", save)


def saves_empty_the_inbox(patch: pytest.MonkeyPatch) -> None:
    """A save removes what it has not read as well."""

    def save(self: FakeMailboxes, box: Mailbox, what: Save) -> Mailbox:
        present = self.read(box.customer_id).inbox
        return _SAVE(self, box, replace(what, consumed=tuple(item.slot for item in present)))

    patch.setattr(FakeMailboxes, "save", save)


def claims_see_nothing_of_what_came_meanwhile(patch: pytest.MonkeyPatch) -> None:
    """A claim is stored whatever came into the inbox since it was read."""

    def save(self: FakeMailboxes, box: Mailbox, what: Save) -> Mailbox:
        return _SAVE(self, box, replace(what, undisturbed=False))

    patch.setattr(FakeMailboxes, "save", save)


def events_are_taken_again(patch: pytest.MonkeyPatch) -> None:
    """No id is remembered as seen."""
    patch.setattr(Draft, "has_seen", lambda _draft, _event: False)
    patch.setattr(Draft, "seen", lambda _draft: ((), None))


def long_journals_are_thrown_away(patch: pytest.MonkeyPatch) -> None:
    """What no longer fits the item is not kept elsewhere."""
    patch.setattr(FakeHistory, "keep_journal", lambda *_: None)


def events_that_nobody_refers_to_are_dropped(patch: pytest.MonkeyPatch) -> None:
    """What no journey cares about is not kept."""
    patch.setattr(FakeHistory, "keep", lambda *_: None)


# ---- The claim -----------------------------------------------------------------------------------


def claims_bind_nobody(patch: pytest.MonkeyPatch) -> None:
    """A claimed message is taken for lost at once."""
    patch.setattr(dispatch, "LEASE", -DAY)


def leases_never_end(patch: pytest.MonkeyPatch) -> None:
    """A message whose sender died stays claimed."""
    patch.setattr(dispatch, "LEASE", 400 * DAY)


def messages_in_flight_have_no_timer(patch: pytest.MonkeyPatch) -> None:
    """The timer index does not bring up who has a message in flight."""

    def next_index(customer: Customer, plan: Plan) -> Instant | None:
        messages = {id_: one for id_, one in customer.messages.items() if one.status == "held"}
        return _NEXT_INDEX(replace(customer, messages=messages), plan)

    patch.setattr(deciding, "next_index", next_index)


def who_rests_is_noted_nowhere(patch: pytest.MonkeyPatch) -> None:
    """Whoever waits for the end of a pause leaves the timer index without a note."""
    patch.setattr(FakeMailboxes, "note_rest", lambda *_: None)


def full_shards_are_left_to_nobody(patch: pytest.MonkeyPatch) -> None:
    """Wake passes over a shard with many, and nobody else looks at it."""
    patch.setattr(FakeWorkers, "look", lambda *_: None)


def marketing_in_doubt_goes_again(patch: pytest.MonkeyPatch) -> None:
    """The category is not asked whether a lost message is tried again."""

    def recover(self: Dispatch, course: Course, box: Mailbox, message: Message) -> None:
        self._put_back(course, box, message, dispatch.Answer(None, "lost"))

    patch.setattr(Dispatch, "_recover", recover)


def the_provider_is_not_heard(patch: pytest.MonkeyPatch) -> None:
    """Its own events about a message prove nothing."""
    patch.setattr(dispatch, "_tells_of", lambda *_: False)
    patch.setattr("sojourn.core.engine.evaluate.proven_sent", lambda *_: None)


def the_provider_is_not_heard_before_another_try(patch: pytest.MonkeyPatch) -> None:
    """Its events prove only what is in flight."""

    def proven(draft: Draft, stimulus: Any) -> Message | None:  # noqa: ANN401 - as the engine has it
        found = proven_sent(draft, stimulus)
        return found if found is not None and found.claimed_at is not None else None

    patch.setattr("sojourn.core.engine.evaluate.proven_sent", proven)


def reports_of_every_message_are_kept_and_not_heard(patch: pytest.MonkeyPatch) -> None:
    """Ingest puts them into the history, whatever they prove."""

    def keep(self: Intake, found: Whose, event: Event) -> Appended:
        self._history.keep(found.customer, event, is_user=found.is_user)
        return "appended"

    patch.setattr(Intake, "_keep_report", keep)


# ---- Caps and quiet hours ------------------------------------------------------------------------


def sends_do_not_count(patch: pytest.MonkeyPatch) -> None:
    """Nothing takes a slot of any cap."""

    def category(self: Settings, name: str) -> Category:
        return replace(_CATEGORY(self, name), counts_toward_caps=False)

    patch.setattr(Settings, "category", category)


def refusals_keep_their_slot(patch: pytest.MonkeyPatch) -> None:
    """A definite refusal does not give the slot back."""
    patch.setattr(dispatch, "without_slot", lambda customer, _message: customer)


def doubt_gives_the_slot_back(patch: pytest.MonkeyPatch) -> None:
    """A message that may have been sent no longer counts while it is tried again."""
    recover_in_turn = Dispatch._recover

    def recover(self: Dispatch, course: Course, box: Mailbox, message: Message) -> None:
        course.customer = without_slot(course.customer, message)
        recover_in_turn(self, course, box, message)

    patch.setattr(Dispatch, "_recover", recover)


def what_wakes_is_not_checked_again(patch: pytest.MonkeyPatch) -> None:
    """A message that was held goes when it wakes, whatever happened since."""

    def decide(message: Message, customer: Customer, settings: Settings, now: Instant) -> Release:
        if message.status == "held":
            return Send(customer.addresses(message.channel))
        return release(message, customer, settings, now)

    patch.setattr(dispatch, "release", decide)


def quiet_hours_are_not_read(patch: pytest.MonkeyPatch) -> None:
    """Every hour is open."""
    patch.setattr("sojourn.core.sending.release.first_open", lambda *_: None)


def what_was_claimed_goes_however_late(patch: pytest.MonkeyPatch) -> None:
    """Nobody looks at the clock between claiming a message and handing it over."""
    patch.setattr(Dispatch, "_may_still_go", lambda *_: True)
    patch.setattr(dispatch, "PROMPT", DAY)


# ---- Exits and order -----------------------------------------------------------------------------


def dispatch_does_not_look_into_the_inbox(patch: pytest.MonkeyPatch) -> None:
    """What waits is left to evaluate, also when a message is about to go."""

    def only_messages(
        self: Dispatch, box: Mailbox, answers: dict[str, Any], *, may_claim: bool
    ) -> Mailbox | None:
        return _PASS(self, replace(box, inbox=()), answers, may_claim=may_claim)

    patch.setattr(Dispatch, "_pass", only_messages)
    claims_see_nothing_of_what_came_meanwhile(patch)


def who_left_is_written_to(patch: pytest.MonkeyPatch) -> None:
    """Nobody asks whether the enrolment is still at the message's step."""
    patch.setattr(dispatch, "is_wanted", lambda *_: True)


def the_newest_comes_first(patch: pytest.MonkeyPatch) -> None:
    """Events are taken in the wrong order."""

    def take_inbox(self: Course, events: Sequence[Event], now: Instant, *_: object) -> None:
        for event in sorted(events, key=lambda item: item.received_at, reverse=True):
            self.take(event, max(event.received_at, self.customer.decided_at))
        _TAKE_INBOX(self, [], now)

    patch.setattr(Course, "take_inbox", take_inbox)


# ---- Plans ---------------------------------------------------------------------------------------


def dispatch_trusts_an_old_plan(patch: pytest.MonkeyPatch) -> None:
    """The plan is not looked up before a message goes."""
    patch.setitem(functions.PLAN_AGE, "dispatch", 12 * HOUR)


def nobody_asks_what_others_knew(patch: pytest.MonkeyPatch) -> None:
    """Who holds an older plan decides under it about what was decided under a newer one."""
    patch.setitem(functions.PLAN_AGE, "evaluate", 12 * HOUR)
    patch.setattr(LivePlan, "plan", lambda self, _at_least=0: _PLAN(self))


# ---- Batches, queues and the bus -----------------------------------------------------------------


def _all_done(*_: object, **__: object) -> dict[str, list[dict[str, str]]]:
    return {"batchItemFailures": []}


def failed_changes_are_acknowledged(patch: pytest.MonkeyPatch) -> None:
    """A record of the stream that failed does not come again."""

    def take_changes(*arguments: Any) -> Mapping[str, Any]:  # noqa: ANN401 - as batches has it
        batches.take_changes(*arguments)
        return _all_done()

    patch.setattr("tests.chaos.functions.take_changes", take_changes)


def failed_messages_are_acknowledged(patch: pytest.MonkeyPatch) -> None:
    """A message of a queue that failed does not come again."""

    def take_bodies(*arguments: Any) -> Mapping[str, Any]:  # noqa: ANN401 - as above
        batches.take_bodies(*arguments)
        return _all_done()

    patch.setattr("tests.chaos.functions.take_bodies", take_bodies)


def what_fails_directly_is_acknowledged(patch: pytest.MonkeyPatch) -> None:
    """An event that came by itself and was not taken is not put on the queue."""

    def take_alone(*arguments: Any) -> None:  # noqa: ANN401 - as above
        with suppress(SojournError):
            batches.take_alone(*arguments)

    patch.setattr("tests.chaos.functions.take_alone", take_alone)


def what_failed_directly_is_not_recognised(patch: pytest.MonkeyPatch) -> None:
    """From the queue it is refused as no event."""
    patch.setattr("sojourn.runtime.incoming.ingest._not_taken", lambda _entry: None)


def poison_is_swallowed(patch: pytest.MonkeyPatch) -> None:
    """What is no event goes nowhere."""
    patch.setattr(FakeDeadLetters, "put", lambda *_: None)


def decisions_are_not_announced(patch: pytest.MonkeyPatch) -> None:
    """What was decided does not reach the bus."""
    patch.setattr(FakeBus, "announce", lambda *_: None)


def what_the_stream_gave_up_is_not_read_back(patch: pytest.MonkeyPatch) -> None:
    """A redrive looks at the customers, and says nothing on the bus."""

    def again(changes: Sequence[Change]) -> list[str]:
        return [body_of(change.after.customer_id) for change in changes]

    patch.setattr("sojourn.runtime.decisions.announcing.again", again)


def batches_that_fail_are_not_split(patch: pytest.MonkeyPatch) -> None:
    """The stream's mapping gives up a whole batch for one record (BisectBatchOnFunctionError)."""
    patch.setattr(parts, "STREAM", replace(parts.STREAM, bisects=False))


MUTANTS: dict[Mutate, str] = {
    saves_ask_for_no_revision: "an event counts once",
    saves_empty_the_inbox: "no event is lost",
    events_are_taken_again: "an event counts once",
    long_journals_are_thrown_away: "no event is lost",
    events_that_nobody_refers_to_are_dropped: "no event is lost",
    claims_bind_nobody: "a message goes once",
    leases_never_end: "nobody is stuck",
    messages_in_flight_have_no_timer: "nobody is stuck",
    who_rests_is_noted_nowhere: "nobody is stuck",
    full_shards_are_left_to_nobody: "nobody is stuck",
    marketing_in_doubt_goes_again: "a message goes once",
    the_provider_is_not_heard: "a message goes once",
    sends_do_not_count: "caps and quiet hours hold",
    refusals_keep_their_slot: "a slot belongs to a send",
    doubt_gives_the_slot_back: "caps and quiet hours hold",
    what_wakes_is_not_checked_again: "caps and quiet hours hold",
    quiet_hours_are_not_read: "caps and quiet hours hold",
    what_was_claimed_goes_however_late: "caps and quiet hours hold",
    dispatch_does_not_look_into_the_inbox: "an exit is immediate",
    who_left_is_written_to: "an exit is immediate",
    the_newest_comes_first: "stimuli are taken in order",
    nobody_asks_what_others_knew: "a dead letter is nobody's mistake",
    failed_changes_are_acknowledged: "nobody is stuck",
    failed_messages_are_acknowledged: "no event is lost",
    what_fails_directly_is_acknowledged: "no event is lost",
    what_failed_directly_is_not_recognised: "a dead letter is nobody's mistake",
    poison_is_swallowed: "no event is lost",
    decisions_are_not_announced: "what is decided is announced",
    what_the_stream_gave_up_is_not_read_back: "what is decided is announced",
    batches_that_fail_are_not_split: "a poison record stops nobody else",
}
"""Each mutant and the promise it breaks."""

RARE: dict[Mutate, int] = {nobody_asks_what_others_knew: 600}
"""Mutants that break it in one seed of two hundred, and the seed from which to look."""

RACES: dict[Mutate, str] = {
    claims_see_nothing_of_what_came_meanwhile: "an exit is immediate",
    the_provider_is_not_heard_before_another_try: "a message goes once",
    reports_of_every_message_are_kept_and_not_heard: "a message goes once",
    dispatch_trusts_an_old_plan: "what is stopped sends nothing",
}
"""Mutants that show only when two things meet at one point; every point is gone through."""
