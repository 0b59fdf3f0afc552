"""Passage: waits, entries, and going from step to step."""

from datetime import datetime, time, timedelta

from tests.naive.asking import MISSING, Doc, Happening, Json, View, holds, look, names, same, tested
from tests.naive.clock import as_date, as_instant, begin_of_day, duration, first_at, next_time, wall
from tests.naive.drawing import among, drawn, id_of
from tests.naive.leaving import Leaving
from tests.naive.nouns import NEVER, Enrolment, Message, Stimulus

MOST_LIVE = 101
"""How many journeys one customer can be in."""

LINKS = 100
"""The most links of a chain in one instant."""


type Change = tuple[Doc, ...] | None
"""Her traits before and after; before a join, each's of those who became one."""


class Passage(Leaving):
    """A customer who moves on; ``within`` so many journeys that entered one another."""

    within = 0

    def _cause(self, one: Enrolment, event: Happening | None, change: Change = None) -> bool:
        """Put a stimulus behind what is to be taken; the 101st link ends the enrolment instead."""
        if self.link >= LINKS:
            self._leave(one, "loop_limit")
            return False
        link, silent = self.link + 1, self.current.silent
        self.todo.append(Stimulus(event, link=link, change=change, silent=silent))
        return True

    def _wait(self, one: Enrolment, stimulus: Stimulus, change: Change) -> None:
        step = one.journey["steps"][one.step]
        event = stimulus.event
        if stimulus.outcome_of is not None and stimulus.outcome_of.enrolment is one:
            message = stimulus.outcome_of
            assert event is not None
            one.moved_by.add(event.id)
            self._walk(one, step.get("on", {}).get(message.status, step.get("next")), None)
        elif step["type"] == "wait_for" and event is not None and self._moves(one, event):
            pass
        elif step["type"] == "wait" and _rests_on(step, change):
            self._sleep(one)
        if stimulus.is_due and one.due is not None and self._fires(one, one.due) <= self.now:
            self._fire(one)

    def _moves(self, one: Enrolment, event: Happening) -> bool:
        """Whether an event moves who waits for it; then she is moved."""
        is_known = event.id == one.by.id or event.id in one.moved_by
        if event.own < one.by.own or is_known or event.silent:
            return False
        if one.onward:
            return False
        step = one.journey["steps"][one.step]
        for awaited in step["any"]:
            of = self._message_of(event)
            if not self._fits(awaited, one, event) or (
                "step" in awaited
                and (of is None or of.enrolment is not one or of.step != awaited["step"])
            ):
                continue
            target = awaited.get("next", step.get("next"))
            if self._is_paused(one):
                one.due, one.onward = self.now, [target]
                return True
            one.moved_by.add(event.id)
            self._walk(one, target, event)
            return True
        return False

    def _fire(self, one: Enrolment) -> None:
        step = one.journey["steps"][one.step]
        if one.onward:
            self._walk(one, one.onward[0], None)
        elif step["type"] == "wait_for":
            self._walk(one, step.get("on_timeout", step.get("next")), None)
        elif one.is_past:
            self._leave(one, "past")
        else:
            self._walk(one, step.get("next"), None)

    def _sleep(self, one: Enrolment) -> None:
        """Find the end of a wait: from when its `for` is over, or from now; go on when it came.

        One that was over before stays so: a pause may keep her there.
        """
        step = one.journey["steps"][one.step]
        assert one.since is not None
        if one.due is not None and one.due < self.now:
            return
        begin = max(self.now, one.since + duration(step.get("for", "PT0S")))
        until = step.get("until")
        before, one.due, one.is_past = one.due, begin, False
        if until is not None and "date" not in until:
            clock = time.fromisoformat(until["time"])
            one.due = next_time(begin, clock, until.get("weekdays", []), self.zone)
        elif until is not None:
            target = self._date(one, until)
            if target is None or target < begin:
                one.is_past = until.get("if_past") == "exit"
            else:
                one.due = target
        if one.due <= self.now < (before or NEVER) and not self._is_paused(one):
            self._fire(one)

    def _date(self, one: Enrolment, until: Doc) -> datetime | None:
        text = until["date"]
        is_path = text.split(".")[0] in {"profile", "entry", "vars"}
        value = look(self.view(one, None), text) if is_path else text
        day = as_date(value)
        span = duration(until.get("offset", "PT0S"))
        if day is not None:
            days = timedelta(days=span.days) if span % timedelta(days=1) == timedelta(0) else None
            if days is not None:
                day, span = day + days, timedelta(0)
            at: datetime | None = begin_of_day(day, self.zone) + span
        else:
            at = as_instant(value, self.zone)
            at = None if at is None else at + span
        if at is None or "time" not in until:
            return at
        clock = datetime.combine(wall(at, self.zone).date(), time.fromisoformat(until["time"]))
        return first_at(clock, self.zone)

    def _entries(
        self, event: Happening | None, change: Change, enters: list[tuple[str, Happening]]
    ) -> None:
        asked = dict(reversed(enters))
        crossed = {
            journey["id"] for journey in self.journeys if self._crosses(journey, event, change)
        }
        self._look_at_segments(event)
        for journey in self.journeys:
            if journey["id"] in asked:
                by = asked[journey["id"]]
                self._enter(journey, by, by.properties)
                continue
            by = event or self._nothing()
            view = self.view(None, event, by.properties)
            if journey["id"] in crossed and holds(journey["entry"].get("where", {}), view):
                self._enter(journey, by, by.properties)

    def _crosses(self, journey: Doc, event: Happening | None, change: Change) -> bool:
        """Whether a stimulus is one that lets somebody in."""
        entry = journey["entry"]
        view = self.view(None, event)
        if "segment" in entry:
            inside = holds(self.segments[entry["segment"]["id"]], view)
            was = entry["segment"]["id"] in self.members
            return inside != was and inside == (entry["segment"].get("on", "enter") == "enter")
        if "profile" in entry:
            held = [_traits_hold(entry["profile"], view, traits) for traits in change or ()]
            return held.count(True) == 1 and held[-1]
        return event is not None and event.name in names(entry["event"])

    def _look_at_segments(self, event: Happening | None) -> None:
        """Note in which of the segments that may let somebody in she is."""
        asked = [one for one in self.journeys if one.get("status") in {"live", "paused"}]
        for name in {one["entry"].get("segment", {}).get("id") for one in asked} - {None}:
            inside = holds(self.segments[name], self.view(None, event))
            (self.members.add if inside else self.members.discard)(name)

    def _is_open(self, entry: Doc) -> bool:
        after = as_instant(entry.get("after"), "UTC")
        until = as_instant(entry.get("until"), "UTC")
        return (after is None or after <= self.now) and (until is None or self.now < until)

    def _enter(self, journey: Doc, by: Happening, entry: Doc) -> None:
        if journey.get("status", "draft") != "live" or not self._is_open(journey["entry"]):
            return
        key_path = journey["entry"].get("key")
        event = Happening(by.id, by.name, by.own, by.taken, entry, {})
        key = None if key_path is None else look(self.view(None, event, entry), key_path)
        key = None if key is MISSING else key
        reentry = journey["entry"].get("reentry", {})
        mode = reentry.get("mode", "after_exit")
        past = [
            one
            for one in self.enrolments
            if one.journey["id"] == journey["id"] and (one.key is key is None or same(one.key, key))
        ]
        most = 1 if mode == "never" else reentry.get("max", len(past) + 1)
        inside = any(one.is_live for one in past)
        if len(past) >= most or (mode != "always" and inside):
            return
        if sum(each.is_live for each in self.enrolments) >= MOST_LIVE:
            return
        if past and "every" in reentry and self.now - past[-1].at < duration(reentry["every"]):
            return
        number = max((each.number for each in self.enrolments), default=0) + 1
        id_, drawn_as = (
            id_of("enrolment", self.id, journey["id"], number),
            self.drawn_as(journey["id"]),
        )
        one = Enrolment(id_, drawn_as, number, journey, key, by, self.now, entry)
        self.enrolments.append(one)
        if among(journey["entry"].get("holdout", 0), "holdout", journey["id"], drawn_as):
            one.outcome, one.left_at = "held_out", self.now
        enters: list[tuple[str, Happening]] = []
        for other in sorted(self.history, key=lambda each: (each.own, each.taken, each.id)):
            if other.own > by.own and other.id != by.id:
                enters += self._examine(one, other, asks=True)
        enters += self._examine(one, by if by.name else None, asks=False)
        if one.is_live:
            self._walk(one, journey["start"], by if by.name else None)
        for into, cause in enters:
            self._begin(into, cause, cause.properties)

    def _begin(self, id_: str, by: Happening, entry: Doc) -> None:
        """Enter a journey because a step or a rule of another says so: a link further."""
        if self.link >= LINKS:
            return
        self.within += 1
        self._enter(self._journey(id_), by, entry)
        self.within -= 1

    @property
    def link(self) -> int:
        """Which link of its chain is being taken."""
        return self.current.link + self.within

    def _journey(self, id_: str) -> Doc:
        found: Doc = next(each for each in self.journeys if each["id"] == id_)
        return found

    def _walk(self, one: Enrolment, target: str | None, event: Happening | None) -> None:
        """Go from step to step until one waits or the journey ends."""
        while True:
            one.due, one.is_past, one.onward = None, False, []
            if target is None:
                self._leave(one, "finished")
                return
            step = one.journey["steps"][target]
            if one.visits[target] >= step.get("max_visits", 100):
                self._leave(one, "loop_limit")
                return
            one.visits[target] += 1
            one.step, one.since = target, self.now
            if step["type"] in {"exit", "send", "wait", "wait_for"}:
                self._stay(one, step, event)
                return
            if not self._does(one, step, event):
                return
            target = self._after(one, step, event)

    def _stay(self, one: Enrolment, step: Doc, event: Happening | None) -> None:
        """Come to a step that is not gone past before something happens."""
        if step["type"] == "exit":
            self._leave(one, step.get("outcome", "finished"))
        elif step["type"] == "send":
            self._ask(one, step, event)
        elif step["type"] == "wait":
            self._sleep(one)
        else:
            if "timeout" in step:
                one.due = self.now + duration(step["timeout"])
            here = [each for each in self.history if each.taken == self.now]
            next((each for each in here if self._moves(one, each)), None)

    def _does(self, one: Enrolment, step: Doc, event: Happening | None) -> bool:
        """Do what a step does; whether she is still in the journey to go on."""
        if step["type"] == "update":
            before = self.profile()
            if not self._update(one, step, event):
                return True
            return self._cause(one, None, (before, self.profile()))
        if step["type"] == "emit":
            return self._emit(one, step, event)
        if step["type"] == "enter":
            given = self._values(one, step.get("with", {}), event)
            if self.link >= LINKS:
                self._leave(one, "loop_limit")
                return False
            self._begin(step["journey"], event or self._nothing(), given)
        return one.is_live

    def _after(self, one: Enrolment, step: Doc, event: Happening | None) -> str | None:
        if step["type"] == "branch":
            for way in step["branches"]:
                if holds(way["where"], self.view(one, event)):
                    return _target(way.get("next"))
            return _target(step.get("else"))
        if step["type"] == "split":
            names = one.journey["id"], one.step, step.get("salt", ""), one.drawn_as
            return _target(drawn(step["arms"], "split", *map(str, names)).get("next"))
        return _target(step.get("next"))

    def _values(self, one: Enrolment, given: Doc, event: Happening | None) -> dict[str, Json]:
        found = {name: self._value(one, value, event) for name, value in given.items()}
        return {name: value for name, value in found.items() if value is not MISSING}

    def _value(self, one: Enrolment, value: Json, event: Happening | None) -> Json:
        if isinstance(value, dict) and value.keys() == {"from"}:
            return look(self.view(one, event), value["from"])
        return value

    def _emit(self, one: Enrolment, step: Doc, event: Happening | None) -> bool:
        given = self._values(one, step.get("properties", {}), event)
        assert one.step is not None
        id_ = id_of("emit", self.id, one.id, one.step, one.visits[one.step])
        return self._cause(one, Happening(id_, step["event"], self.now, self.now, given, {}))

    def _update(self, one: Enrolment, step: Doc, event: Happening | None) -> bool:
        """Carry out an update; whether something is otherwise than before."""
        before = (self.profile(), self._words(), dict(one.vars))
        for path, value in step.get("set", {}).items():
            self._assign(one, path, self._value(one, value, event))
        for path, value in step.get("increment", {}).items():
            old = look(self.view(one, event), path)
            number = 0 if old is MISSING else old
            self._assign(one, path, number + value)
        for path in step.get("unset", []):
            self._assign(one, path, None)
            if path.startswith("profile.consent."):
                self._take_back(path.removeprefix("profile.consent."))
        return before != (self.profile(), self._words(), one.vars)

    def _assign(self, one: Enrolment, path: str, value: Json) -> None:
        place, _, name = path.partition(".")
        value = None if value is MISSING else value
        if place == "vars":
            one.vars[name] = value
        elif name.startswith("consent."):
            self._consent(name.removeprefix("consent."), value, self.now)
        else:
            self.traits[name] = (value, self.now)

    def _ask(self, one: Enrolment, step: Doc, event: Happening | None) -> None:
        assert one.step is not None
        self.messages.append(
            Message(
                id_of("message", self.id, one.id, one.step, one.visits[one.step]),
                one,
                one.step,
                step["channel"],
                step.get("category", one.journey.get("category", "marketing")),
                step.get("priority", one.journey.get("priority", 50)),
                self.now,
                self.now + duration(step.get("hold", "P1D")),
                self.now,
                self.link,
                given=self._values(one, step.get("with", {}), event),
            )
        )


def _target(name: Json) -> str | None:
    return None if name is None else str(name)


def _traits_hold(tests: Doc, view: View, traits: Doc) -> bool:
    return all(tested(traits.get(name, MISSING), test, view) for name, test in tests.items())


def _rests_on(step: Doc, change: Change) -> bool:
    """Whether a wait rests on a trait that is another by now, or on the zone."""
    if change is None:
        return False
    path = step.get("until", {}).get("date", "")
    before, after = change
    changed = {
        name
        for name in {*before, *after}
        if not same(before.get(name, MISSING), after.get(name, MISSING))
    }
    return "timezone" in changed or any(path == f"profile.{name}" for name in changed)
