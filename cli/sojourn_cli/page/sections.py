"""Sections: the parts of the page, each from a part of the result."""

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sojourn.core.state.customer import Event
from sojourn.core.values.exact import Json, JsonObject
from sojourn.core.values.instants import format_instant, parse_instant
from sojourn.core.workspace.plan import Journey, Send
from sojourn_cli.comparing.enrolments import Fate, once
from sojourn_cli.comparing.pressure import Pressure
from sojourn_cli.drawing.counts import Counts, read_counts
from sojourn_cli.drawing.reading import diagram_of
from sojourn_cli.drawing.svg import to_svg
from sojourn_cli.experimenting.telling import Found, rows
from sojourn_cli.explaining.words import counted, duration_in_words
from sojourn_cli.invariants import Broken
from sojourn_cli.page import charts, counting
from sojourn_cli.page.busiest import Seen
from sojourn_cli.page.counting import Row
from sojourn_cli.page.markup import Html, element, joined
from sojourn_cli.page.timeline import Entry, timeline

MOST_OPEN = 10
"""Timelines that are open from the beginning: those of the busiest customers."""

MOST_ENTRIES = 60
"""Of each customer's timeline."""

MOST_LINES = 100
"""Of breaches and of refused lines."""


def journeys(document: JsonObject, plan_journeys: Mapping[tuple[str, int], Journey]) -> Html:
    """A card for each version that somebody entered: its funnel, its end, its picture."""
    rows: list[Row] = list(document["enrolments"])  # type: ignore[arg-type]
    entered = Counter((row["journey"], row["version"]) for row in rows)
    versions = Counter(name for name, _ in entered)
    cards = [
        _journey(document, journey, is_one_of_several=versions[journey.id] > 1)
        for place, journey in sorted(plan_journeys.items())
        if entered[place]
    ]
    quiet = sorted({name for name, _ in plan_journeys} - versions.keys())
    if quiet:
        cards.append(element("p", f"Nobody entered: {', '.join(quiet)}.", class_="soft"))
    return joined(element("h2", "Journeys", id="journeys"), *cards)


def _journey(document: JsonObject, journey: Journey, *, is_one_of_several: bool) -> Html:
    own: JsonObject = {name: _of_version(document, name, journey) for name in _COUNTED}
    counts = read_counts(own, journey.id, tuple(journey.steps))
    known_as = f"{journey.id}, version {journey.version}" if is_one_of_several else journey.id
    whole = max([counts.enrolments, *(visits.entered for visits in counts.steps.values())])
    outcomes = _outcomes(document, journey)
    lines = (
        charts.row(
            f"{name} · {step.channel}" if isinstance(step, Send) else name,
            {"email": visits.left, "held": visits.inside},
            whole,
            f"{visits.entered:,}",
            outcomes.get(name) or (f"{visits.inside:,} still inside" if visits.inside else None),
        )
        for name, step in journey.steps.items()
        if (visits := counts.steps.get(name)) is not None
    )
    return element(
        "div",
        element("h3", journey.name, " ", element("span", known_as, class_="soft")),
        element("p", *_ends(counts, journey), class_="chips"),
        element("h4", "How many came to each step", class_="small"),
        *lines,
        element(
            "details",
            element("summary", "The journey as a picture"),
            charts.scrolled(f"Picture of {journey.id}", _picture(journey, counts)),
        ),
        class_="card",
    )


_COUNTED = ("funnel", "enrolments")


def _of_version(document: JsonObject, name: str, journey: Journey) -> list[Json]:
    """The rows of one version, whether it is the newest or not."""
    rows: list[Row] = list(document[name])  # type: ignore[arg-type]
    return [
        dict(row)
        for row in rows
        if (row["journey"], row["version"]) == (journey.id, journey.version)
    ]


def _ends(counts: Counts, journey: Journey) -> Iterator[Html]:
    inside = counts.enrolments - sum(counts.outcomes.values())
    yield element("span", f"{counts.enrolments:,} entered", class_="chip")
    if journey.goal is not None:
        share = f"{100 * counts.converted / counts.enrolments:.1f}".removesuffix(".0")
        yield element("span", f"{counts.converted:,} converted ({share} %)", class_="chip")
    for outcome, number in counts.outcomes.items():
        yield element("span", f"{outcome} {number:,}", class_="chip")
    if inside:
        yield element("span", f"still inside {inside:,}", class_="chip")


def _outcomes(document: JsonObject, journey: Journey) -> dict[str, str]:
    """What became of the messages of each step."""
    found: dict[str, Counter[str]] = {}
    messages: list[Row] = list(document["messages"])  # type: ignore[arg-type]
    for row in messages:
        if (row["journey"], row["version"]) == (journey.id, journey.version):
            found.setdefault(row["step"], Counter())[row["status"]] += 1
    return {
        step: ", ".join(f"{number:,} {status}" for status, number in _first_sent(statuses))
        for step, statuses in found.items()
    }


def _first_sent(statuses: Counter[str]) -> list[tuple[str, int]]:
    return sorted(statuses.items(), key=lambda item: (item[0] != "sent", -item[1], item[0]))


def _picture(journey: Journey, counts: Counts) -> Html:
    """The drawing, apart from the page: its styles and names stay its own."""
    drawn = b64encode(to_svg(diagram_of(journey, counts)).encode()).decode("ascii")
    words = f"The journey {journey.id}: its steps and ways, with how many took them"
    return element("img", src=f"data:image/svg+xml;base64,{drawn}", alt=words)


def messages(rows: Sequence[Row]) -> Html:
    """What became of messages, by channel and reason."""
    found = counting.by_outcome(rows)
    most = max((number for *_, number in found), default=1)
    lines = (
        charts.row(
            f"{channel} {status}" + (f": {reason}" if reason else ""),
            {channel if status == "sent" else "held": number},
            most,
            f"{number:,}",
        )
        for channel, status, reason, number in found
    )
    nothing = None if found else element("p", "No message was asked for.", class_="soft")
    return joined(
        element("h2", "Messages by channel and reason", id="messages"),
        element("div", nothing, *lines, class_="card"),
    )


def pressure(rows: Sequence[Row], customers: int, rules: Mapping[str, Pressure]) -> Html:
    """How much there was, when, for whom; and what caps and quiet hours did about it."""
    sent = counting.sent(rows)
    span, bars = counting.over_time(sent)
    parts: list[Html] = []
    if bars:
        parts += [
            element("h3", f"Messages sent per {span} (UTC)", class_="small"),
            charts.over_time(bars, span),
        ]
    parts += [
        element("h3", "Messages per customer", class_="small"),
        charts.histogram(counting.per_customer(sent, customers), "messages"),
    ]
    days = counting.per_customer_and_day(sent)
    if days:
        parts += [
            element("h3", "Messages per customer, on days with at least one", class_="small"),
            charts.histogram(days, "a day"),
        ]
    if rules:
        columns = ("rule", "held", "for, in all", "longest", "dropped")
        lines = (
            (
                name,
                f"{rule.held:,}",
                _time(rule.held_time),
                _time(rule.longest),
                f"{rule.dropped:,}",
            )
            for name, rule in sorted(rules.items())
        )
        name = "Caps and quiet hours"
        parts += [
            element("h3", name, class_="small"),
            charts.table(name, columns, lines, 4),
        ]
    return joined(
        element("h2", "Message pressure", id="pressure"), element("div", *parts, class_="card")
    )


def _time(microseconds: int) -> str:
    return duration_in_words(microseconds) if microseconds else ""


def experiments(found: Found) -> Html:
    """How many of each group converted, and whether the difference may be chance."""
    lines = (
        (
            f"{row.journey}, version {row.version}: {row.experiment}",
            *(row.group, row.verdict, f"{row.customers:,}", f"{row.converted:,}"),
            *(row.rate, row.difference),
        )
        for row in rows(found)
    )
    columns = ("experiment", "group", "verdict", "customers", "converted", "rate", "difference")
    told = (
        "Each group is held against the first of its experiment. Of a recording this is what they"
        " came to in production; of other events nothing was caused by these messages, so what"
        " differs is chance."
    )
    return joined(
        element("h2", "Experiments", id="experiments"),
        element(
            "div",
            element("p", told, class_="soft"),
            charts.table("Experiments", columns, lines, 4),
            class_="card",
        ),
    )


def customers(document: JsonObject, lives: Mapping[str, Seen], count: int) -> Html:
    """A timeline for each of the busiest customers of so many; who is left out is counted."""
    enrolments: list[Row] = list(document["enrolments"])  # type: ignore[arg-type]
    been = _by_customer(enrolments, lives)
    until = parse_instant(str(document["until"]))
    cards = (
        _customer(
            name,
            lives[name].messages,
            once(lives[name].events, until),
            been[name],
            is_open=place < MOST_OPEN,
        )
        for place, name in enumerate(lives)
    )
    rest = count - sum(seen.lives for seen in lives.values())
    told = f"{len(lives):,} customers, who was sent most first. Times are in UTC."
    if rest:
        told += (
            f" {rest:,} more, who got the least, are left out:"
            " sojourn explain --customer tells of anybody."
        )
    return joined(
        element("h2", "Customers", id="customers"),
        element("p", told, class_="soft"),
        element("p", "Only the timelines that were open are printed.", class_="soft paper"),
        element("input", id="find", type="search", hidden=True, placeholder="Find a customer",
                aria_label="Find a customer"),
        element("p", id="found", class_="soft", role="status"),
        *cards,
    )  # fmt: skip


def _by_customer(rows: Iterable[Row], names: Iterable[str]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {name: [] for name in names}
    for row in rows:
        if row["customer"] in found:
            found[row["customer"]].append(row)
    return found


def _customer(
    name: str,
    messages: Sequence[Fate],
    events: Iterable[Event],
    enrolments: Sequence[Row],
    *,
    is_open: bool,
) -> Html:
    entries = timeline(events, messages, enrolments)
    sent = sum(fate.sent_at is not None for fate in messages)
    tally = f"{sent:,} sent, {len(messages) - sent:,} not"
    more = len(entries) - MOST_ENTRIES
    return element(
        "details",
        element("summary", element("b", name), element("span", tally, class_="tally")),
        element("ol", *map(_entry, entries[:MOST_ENTRIES]), class_="line"),
        element("p", f"and {more:,} more", class_="soft") if more > 0 else None,
        class_="customer",
        data_customer=name,
        open=is_open,
    )


_VERBS = {
    "entered": "entered ",
    "exited": "left ",
    "finished": "left ",
    "converted": "converted in ",
    "sent": "sent ",
    "unsent": "not sent ",
}


def _entry(entry: Entry) -> Html:
    verb = _VERBS.get(entry.kind, "")
    more = element("span", entry.more, class_="soft") if entry.more else None
    return element(
        "li",
        element("time", format_instant(entry.at).replace("T", " ").removesuffix("Z")),
        element("span", element("b", verb, entry.what), more),
        class_=f"k-{entry.kind}",
    )


def broken(found: Sequence[Broken], rules: int) -> Html:
    """Which invariants were broken, by whom, when."""
    told = f"{counted(rules, 'invariant')}: "
    told += f"broken {counted(len(found), 'time')}." if found else "none was broken."
    if len(found) > MOST_LINES:
        told += f" The first {MOST_LINES} are shown."
    lines = (
        (
            item.breach.invariant,
            item.customer,
            format_instant(item.breach.at),
            ", ".join(f"{sent.journey}/{sent.step}" for sent in item.breach.messages),
            item.breach.because,
        )
        for item in found[:MOST_LINES]
    )
    columns = ("invariant", "customer", "at", "messages", "because")
    return joined(
        element("h2", "Invariants", id="invariants"),
        element(
            "div",
            element("p", told),
            charts.table("Broken invariants", columns, lines) if found else None,
            class_="card",
        ),
    )


def refused(rows: Sequence[Row]) -> Html:
    """Lines of the events file that are no events."""
    verb = "was" if len(rows) == 1 else "were"
    told = f"{counted(len(rows), 'line')} of the events file {verb} refused."
    if len(rows) > MOST_LINES:
        told += f" The first {MOST_LINES} are shown."
    lines = ((f"{row['line']}", row["reason"]) for row in rows[:MOST_LINES])
    return joined(
        element("h2", "Refused lines", id="refused"),
        element(
            "div",
            element("p", told),
            charts.table("Refused lines", ("line", "reason"), lines),
            class_="card",
        ),
    )
