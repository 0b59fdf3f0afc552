"""Counting: who was in which group of an experiment, and how many of each group converted.

An experiment is what customers are drawn for: the arms of a split, a journey's holdout, and the
control group. A customer counts once in a group of a version, however often she entered, and has
converted if one of these enrolments has: draws are hers, not her enrolments'. Whoever was drawn
counts, whatever came of her messages; else the groups were no more alike.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Literal

from sojourn.core.engine.walk import drawn_arm
from sojourn.core.nouns import noun
from sojourn.core.sending.release import in_control_group
from sojourn.core.state.customer import Customer, Enrolment
from sojourn.core.workspace.plan import Journey, Plan, Split
from sojourn_cli.experimenting.chance import Share
from sojourn_cli.simulation.clock import Life

type Kind = Literal["control_group", "holdout", "split"]

HELD_OUT, IN_JOURNEY = "held out", "in the journey"
CONTROL, OTHERS = "control group", "everybody else"


@noun
class Experiment:
    """What customers were drawn for; ``step`` is the split's.

    ``groups`` begin with the one that the others are held against.
    """

    journey: str
    version: int
    kind: Kind
    groups: tuple[str, ...]
    step: str = ""


type Counts = defaultdict[Experiment, defaultdict[str, list[int]]]
"""Customers and those who converted, by experiment and group."""


class Experiments:
    """Gathers every experiment of journeys that have a goal; ``journey`` is the one wanted."""

    def __init__(self, plan: Plan, journey: str | None = None) -> None:
        """Begin with nobody."""
        self._plan = plan
        self._journey = journey
        self._counts = _nobody()

    def look(self, _customer: str, life: Life) -> None:
        """See Gathering."""
        converted: dict[tuple[Experiment, str], bool] = {}
        for item in life.enrolments.values():
            journey = self._plan.versions[item.journey, item.version]
            if journey.goal is None or self._journey not in {None, item.journey}:
                continue
            for place in self._places(life.customer, item, journey):
                converted[place] = converted.get(place, False) or item.converted_at is not None
        for (experiment, group), has in converted.items():
            counts = self._counts[experiment][group]
            counts[0] += 1
            counts[1] += has

    def taken(self) -> list[tuple[Experiment, str, list[int]]]:
        """See Gathering."""
        found = [
            (experiment, group, counts)
            for experiment, groups in self._counts.items()
            for group, counts in groups.items()
        ]
        self._counts = _nobody()
        return found

    def add(self, piece: list[tuple[Experiment, str, list[int]]]) -> None:
        """See Gathering."""
        for experiment, group, (customers, converted) in piece:
            counts = self._counts[experiment][group]
            counts[0] += customers
            counts[1] += converted

    def found(self) -> Iterator[tuple[Experiment, dict[str, Share]]]:
        """Each experiment with the share of every group that converted."""
        for experiment in sorted(self._counts, key=self._order):
            counts = self._counts[experiment]
            yield (
                experiment,
                {name: Share(counts[name][1], counts[name][0]) for name in experiment.groups},
            )

    def _order(self, experiment: Experiment) -> tuple[str, int, str, int]:
        """By journey and version: the groups of the whole, then splits as the file has them."""
        steps = list(self._plan.versions[experiment.journey, experiment.version].steps)
        place = steps.index(experiment.step) if experiment.step else -1
        return experiment.journey, experiment.version, experiment.kind, place

    def _places(
        self, customer: Customer, item: Enrolment, journey: Journey
    ) -> Iterator[tuple[Experiment, str]]:
        """The experiments that an enrolment was drawn for, each with its group."""
        settings, version = self._plan.settings, (journey.id, journey.version)
        is_held_out = item.outcome == "held_out"
        if journey.entry.holdout:
            group = HELD_OUT if is_held_out else IN_JOURNEY
            yield Experiment(*version, "holdout", (HELD_OUT, IN_JOURNEY)), group
        if is_held_out:
            return
        if settings.control_group:
            group = CONTROL if in_control_group(customer, settings) else OTHERS
            yield Experiment(*version, "control_group", (CONTROL, OTHERS)), group
        for name in item.visits:
            step = journey.steps[name]
            if isinstance(step, Split):
                drawn = customer.draws.get(item.id) or customer.drawn_as(journey.id)
                arm = drawn_arm(step, journey.id, settings.draw(drawn))
                arm = _arm(step, arm, customer, item)
                yield Experiment(*version, "split", tuple(step.weights), name), arm


def _nobody() -> Counts:
    return defaultdict(lambda: defaultdict(lambda: [0, 0]))


def _arm(step: Split, drawn: str, customer: Customer, item: Enrolment) -> str:
    """The arm an enrolment took.

    It is the one she draws. Of who became one with another, a draw of an enrolment that is over may
    be kept no more; there it tells where she went.
    """
    if not customer.absorbed or step.targets[drawn] in item.visits:
        return drawn
    went = [arm for arm, target in step.targets.items() if target in item.visits]
    return went[0] if len(went) == 1 else drawn
