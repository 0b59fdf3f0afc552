"""Exits and goals: examined on every stimulus, before anything moves."""

from tests.naive.asking import Doc, Happening, holds, look, names, same
from tests.naive.clock import duration
from tests.naive.nouns import Enrolment
from tests.naive.person import Person


class Leaving(Person):
    """A customer whose journeys end."""

    def _live(self) -> list[Enrolment]:
        return [one for one in self._in_order() if one.is_live]

    def _in_order(self) -> list[Enrolment]:
        return sorted(self.enrolments, key=lambda one: (*_rank(one.journey), one.number))

    def _exits(self, event: Happening | None, *, is_due: bool) -> list[tuple[str, Happening]]:
        enters: list[tuple[str, Happening]] = []
        for one in self._in_order():
            enters += self._examine(one, event)
            stay = duration(one.journey.get("max_stay", "P365D"))
            if is_due and one.is_live and self._fires(one, one.at + stay) <= self.now:
                self._leave(one, "expired")
        return enters

    def _examine(
        self, one: Enrolment, event: Happening | None, *, asks: bool | None = None
    ) -> list[tuple[str, Happening]]:
        """Whether a rule ends an enrolment, and whether its goal is reached.

        At entry events that overtook are for what asks for an event; the entering one, which is
        still at hand, for what asks for none.
        """
        enters: list[tuple[str, Happening]] = []
        if event is not None and event.own < one.by.own:
            event = None
        if one.is_live and self._ends_by_archive(one):
            self._leave(one, "archived")
        if one.is_live:
            for rule in one.journey.get("exit", []):
                if asks in {None, "event" in rule} and self._fits(rule, one, event):
                    self._leave(one, rule.get("outcome", "exited"))
                    if "enter" in rule and (event is None or not event.silent):
                        by = event or self._nothing()
                        enters.append((rule["enter"], by))
                    break
        goal = one.journey.get("goal")
        if (
            goal is not None
            and event is not None
            and asks is not False
            and one.converted_at is None
            and self._fits(goal, one, event)
            and ("within" not in goal or event.own < one.by.own + duration(goal["within"]))
        ):
            self._convert(one, event)
        return enters

    def _ends_by_archive(self, one: Enrolment) -> bool:
        present = self.files[one.journey["id"]]
        return present.get("status") == "archived" and present.get("on_archive") == "exit"

    def _convert(self, one: Enrolment, event: Happening) -> None:
        one.converted_at = self.now
        sent = [
            each
            for each in self.messages
            if each.enrolment is one
            and each.status == "sent"
            and each.decided_at is not None
            and each.decided_at <= event.own
        ]
        one.credited_to = max(sent, key=lambda each: each.turn).step if sent else None
        if one.is_live and one.journey["goal"].get("exit"):
            self._leave(one, "converted")

    def _fits(self, rule: Doc, one: Enrolment, event: Happening | None) -> bool:
        """Whether an event (or any stimulus, for a rule without) is what a rule asks for."""
        if "event" in rule and (event is None or event.name not in names(rule["event"])):
            return False
        view = self.view(one, event)
        return (
            holds(rule.get("where", {}), view)
            and ("segment" not in rule or holds(self.segments[rule["segment"]], view))
            and all(same(look(view, a), look(view, b)) for a, b in rule.get("match", {}).items())
        )

    def _leave(self, one: Enrolment, outcome: str) -> None:
        one.outcome, one.left_at, one.step, one.due = outcome, self.now, None, None
        for message in self.messages:
            if message.enrolment is one and message.status == "held":
                message.status, message.decided_at = "cancelled", self.now
                message.reasons = {f"exit {outcome}"}


def _rank(journey: Doc) -> tuple[int, str]:
    return -journey.get("priority", 50), journey["id"]
