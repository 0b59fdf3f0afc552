"""Proving: runs every proof over the documents that are right, and collects what they say."""

from collections.abc import Collection, Iterator, Mapping

from sojourn.core.workspace.journeys import read_journey
from sojourn.core.workspace.plan import Journey, Send
from sojourn.core.workspace.reading import read_condition
from sojourn.core.workspace.settings_file import read_settings
from sojourn.language.crossing import Library
from sojourn.language.documents import Document
from sojourn.language.findings import Located, Place, Problem
from sojourn.language.proofs import conditions, knowledge, ripening, sending, waiting
from sojourn.language.proofs.holding import Effort
from sojourn.language.proofs.knowledge import Domains


def proofs(library: Library, wrong: Mapping[str, Collection[Place]]) -> Iterator[Located]:
    """Everything that can be proved of the documents; ``wrong`` are files with errors, and where.

    Of a journey with errors only what its conditions say by themselves, away from the errors, is
    proved: its ways are not known. What refers to other files with errors is not known.
    """
    right = {
        kind: {name: item for name, item in library.of(kind).items() if item.file not in wrong}
        for kind in ("segments", "journeys")
    }
    segments = {
        name: read_condition(item.plain["where"], "where")
        for name, item in right["segments"].items()
    }
    for document in right["segments"].values():
        for problem in conditions.in_segment(document.plain, segments, Effort()):
            yield document.file, problem
    journeys = {
        name: read_journey({**item.plain, "id": name}) for name, item in right["journeys"].items()
    }
    for name, journey in journeys.items():
        document = right["journeys"][name]
        domains = knowledge.inside(journey)
        problems = (
            *conditions.in_journey(document.plain, domains, segments, Effort()),
            *ripening.in_entry(journey, segments),
            *waiting.in_journey(document.plain, journey),
            *waiting.closed_doors(journey, journeys),
            *_variables(document, journey, domains, library),
            *_never_sent(journey, library, wrong),
        )
        for problem in problems:
            yield document.file, problem
    for document in library.journeys.values():
        if document.file in wrong:
            places = wrong[document.file]
            for problem in conditions.in_wrong_journey(document.plain, segments, Effort()):
                if not any(_meet(problem.place, place) for place in places):
                    yield document.file, problem


def _meet(one: Place, other: Place) -> bool:
    """Whether one place lies within the other; the whole file is no place."""
    shorter = min(len(one), len(other))
    return shorter > 0 and one[:shorter] == other[:shorter]


def _variables(
    document: Document, journey: Journey, domains: Domains, library: Library
) -> Iterator[Problem]:
    for step in journey.steps.values():
        if not isinstance(step, Send):
            continue
        if step.template is None:
            place: Place = ("steps", step.name, "content")
            sources = [item for item in document.sources if item.place[: len(place)] == place]
            yield from sending.unset_variables(step, sources, domains, None)
        else:
            template = library.templates[step.template]
            sources = [item for item in template.sources if item.place[0] == step.channel]
            yield from sending.unset_variables(step, sources, domains, template.file)


def _never_sent(journey: Journey, library: Library, wrong: Collection[str]) -> Iterator[Problem]:
    settings = library.settings
    if settings is None or settings.file not in wrong:
        doc = settings.plain if settings is not None else {}
        yield from sending.never_sent(journey, read_settings(doc))
