"""Telling: experiments as JSON for programs, and as a table for people."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from sojourn.core.values.exact import Json, JsonObject
from sojourn_cli.experimenting.chance import Difference, Share, difference
from sojourn_cli.experimenting.counting import Experiment
from sojourn_cli.tables import Figure

type Found = Iterable[tuple[Experiment, Mapping[str, Share]]]


class Line(NamedTuple):
    """A group as people read it; the first of an experiment has no difference."""

    journey: str
    version: int
    experiment: str
    group: str
    customers: int
    converted: int
    rate: str
    difference: str
    verdict: str


def as_json(found: Found) -> list[Json]:
    """Every experiment; rates and differences are shares from 0 to 1, with four decimals."""
    return [
        {
            "journey": experiment.journey,
            "version": experiment.version,
            "experiment": experiment.kind,
            "step": experiment.step or None,
            "groups": [_group(*row) for row in _compared(groups)],
        }
        for experiment, groups in found
    ]


def rows(found: Found) -> Iterator[Line]:
    """A row for each group; the first of an experiment is what the others are held against."""
    for experiment, groups in found:
        name = f"split {experiment.step}" if experiment.step else _NAMES[experiment.kind]
        for group, share, apart in _compared(groups):
            yield Line(
                experiment.journey,
                experiment.version,
                name,
                group,
                share.customers,
                share.converted,
                Figure(f"{100 * share.rate:.1f} %"),
                "" if apart is None else _points(apart),
                "" if apart is None else apart.verdict,
            )


_NAMES = {"holdout": "holdout", "control_group": "control group"}


def _compared(
    groups: Mapping[str, Share],
) -> Iterator[tuple[str, Share, Difference | None]]:
    """Each group, held against the first."""
    first = next(iter(groups))
    for name, share in groups.items():
        yield name, share, None if name == first else difference(share, groups[first])


def _group(name: str, share: Share, apart: Difference | None) -> JsonObject:
    found: JsonObject = {
        "group": name,
        "customers": share.customers,
        "converted": share.converted,
        "rate": _rounded(share.rate),
        "difference": None,
    }
    if apart is not None:
        found["difference"] = {
            "rate": _rounded(apart.rate),
            "low": _rounded(apart.low),
            "high": _rounded(apart.high),
            "verdict": apart.verdict,
        }
    return found


def _rounded(share: float) -> Decimal:
    return Decimal(f"{share:.4f}")


def _points(apart: Difference) -> str:
    """A difference in points of a hundred, with its bounds."""
    points, low, high = (f"{100 * each:+.1f}" for each in (apart.rate, apart.low, apart.high))
    return Figure(f"{points} ({low} to {high})")
