"""The functions, over fakes, decide what `sojourn simulate` decides, in random small workspaces."""

from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter, itemgetter

from hypothesis import assume, event, given
from hypothesis import strategies as st

from sojourn.core.state.decisions import Announcement, Record
from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import (
    DAY,
    MINUTE,
    SECOND,
    Duration,
    Instant,
    format_instant,
    parse_instant,
)
from sojourn.core.workspace.documents import plan_from
from sojourn.core.workspace.plan import Plan
from sojourn.language.workspace import load
from sojourn.runtime.live_plan import LivePlan
from sojourn_cli.simulation.clock import live
from sojourn_cli.simulation.lines import read_events
from sojourn_cli.simulation.run import simulate
from tests.core.engine.test_joins_agree import files
from tests.naive.examples import examples
from tests.naive.shops import crowded, happenings, workspaces
from tests.naive.steps import Doc
from tests.naive.test_agrees import lines_of
from tests.recording.agreeing import check_replay
from tests.runtime.given import Works

LASTS = 12 * DAY + 7
"""For how long a story is followed: what fell due at its very end might wait for a wake-up."""

QUARTER = 15 * MINUTE


def files_of(workspace: Doc) -> dict[str, Doc]:
    """The workspace's files, by path."""
    segments = {
        f"segments/{id_}.json": {"id": id_, "where": where}
        for id_, where in workspace["segments"].items()
    }
    journeys = {f"journeys/{id_}.json": doc for id_, doc in workspace["journeys"].items()}
    return {"settings.json": workspace["settings"], **segments, **journeys}


def plan_of(workspace: Doc) -> Plan | None:
    """The workspace as it is run; None when it has errors."""
    return load({path: dumps(doc).encode() for path, doc in files_of(workspace).items()}).plan


class Knowing(Works):
    """Functions that hear at once of what is published."""

    def live(self, max_age: Duration = 0) -> LivePlan:
        """See Works."""
        return super().live(max_age)


def lived(lines: list[Doc], until: Instant, *published: tuple[Instant, Doc]) -> Works:
    """What comes of events when they come to the functions, each at its instant.

    A workspace is published as soon as its instant has come.
    """
    works = Knowing(begin=received(lines[0]))
    comings = sorted([*published, *((received(line), line) for line in lines)], key=itemgetter(0))
    for at, together in groupby(comings, key=itemgetter(0)):
        works.come_to(at)
        for _, doc in together:
            if "journeys" in doc:
                files = files_of(doc)
                works.upload(dict.fromkeys(works.workspace.files) | files)
                works.look()
            else:
                works.ingest.take(envelope(doc))
        works.wait(0)
    works.wait(until - works.clock.now())
    assert works.dead_letters.letters == []
    return works


def on_the_second(story: list[Doc]) -> list[Doc]:
    """The same at whole seconds: wake-ups come on the second, and messages go when they come."""
    return [item | {"besides": int(item["besides"])} for item in story]


BESIDE = "message.delivered"
"""An event that the functions keep beside the inbox, unless a journey refers to it.

Which of it and a bounce of the same instant came first, they do not tell.
"""


def on_quarters_alone(story: list[Doc], quarters: int) -> list[Doc]:
    """The same, crowded, at full quarters of an hour: at the instants at which waits end too."""
    return [item | {"besides": int(item["name"] == BESIDE)} for item in crowded(story, quarters)]


def repeated(lines: list[Doc]) -> list[Doc]:
    """The same lines; what comes once more says what it said before."""
    first: dict[str, Doc] = {}
    for line in sorted(lines, key=received):
        first.setdefault(line["messageId"], line)
    return [
        first[line["messageId"]] | {"receivedAt": format_instant(received(line))} for line in lines
    ]


def received(line: Doc) -> Instant:
    """When a line was taken in."""
    return parse_instant(str(line.get("receivedAt", line["timestamp"])))


def looked(at: Instant) -> Doc:
    """An event that nothing refers to, by which somebody came."""
    stamps = {"messageId": "before", "timestamp": format_instant(at)}
    return {"type": "track", "userId": "c1", "event": "nobody.cares", **stamps}


def envelope(line: Doc) -> str:
    """A line as it comes from the bus: when it was received is when it comes."""
    detail = {name: value for name, value in line.items() if name != "receivedAt"}
    entry = {
        "id": line["messageId"],
        "detail-type": line["event"],
        "source": "shop",
        "time": line["timestamp"],
        "detail": detail,
    }
    return dumps(entry)


def decided(records: Iterable[Record]) -> list[Record]:
    """What was decided, in order; not what may be kept unread: who came twice, or is a machine."""
    return [record for record in records if record.what not in {"duplicate", "ignored"}]


def told_apart_once(records: Iterable[Record]) -> list[Record]:
    """What was decided; that somebody is another's once, the first time: ingest does not hand on
    what it knows.
    """
    found: dict[str, Record] = {}
    for number, record in enumerate(sorted(decided(records), key=attrgetter("at"))):
        is_apart = record.what == "not_joined"
        found.setdefault(f"{record.reason}" if is_apart else f"number {number}", record)
    return list(found.values())


def told_of(announcements: Iterable[Announcement]) -> list[Announcement]:
    """What was put on the bus about customers; not what publishing says."""
    return [each for each in announcements if each.customer]


stories = happenings.map(on_the_second) | st.builds(
    on_quarters_alone, happenings, st.sampled_from([1, 4, 20])
)


@examples(40)
@given(workspaces(), stories, st.none() | st.integers(0, 40))
def test_the_functions_decide_what_simulate_decides(
    workspace: Doc, story: list[Doc], quarters: int | None
) -> None:
    lines = repeated(lines_of(workspace, story))
    if quarters is not None:
        lines.insert(0, looked(received(lines[0]) - quarters * QUARTER))
    plan = plan_of(workspace)
    assume(plan is not None)
    assert plan is not None
    until = max(map(received, lines)) + LASTS
    file = read_events([dumps(line).encode() for line in lines])
    who = workspace["who"]
    life = live(plan, who, file.by_customer[who], until, reasons=True)
    works = lived(lines, until, (received(lines[0]), workspace))
    for record in life.records:
        event(record.what)
    assert decided(works.records(who)) == decided(life.records)
    assert told_of(works.bus.announced) == life.announcements
    contents = [life.contents[item.message.id] for item in life.settled if item.status == "sent"]
    mails = [(mail.subject, mail.text) for mail in works.mailer.sent.values()]
    assert mails == [(one.subject, one.text) for one in contents if one.subject is not None]
    texts = [text.text for text in works.texter.sent.values()]
    assert texts == [one.text for one in contents if one.subject is one.title is None]
    pushes = [(push.title, push.body) for push in works.pusher.sent.values()]
    assert set(pushes) == {(one.title, one.body) for one in contents if one.title is not None}


@examples(40)
@given(workspaces(), workspaces(), st.integers(0, 300), happenings)
def test_what_was_decided_under_two_plans_is_decided_again(
    one: Doc, other: Doc, quarter: int, story: list[Doc]
) -> None:
    lines = repeated(lines_of(one, story))
    until = max(map(received, lines)) + LASTS
    begin = received(lines[0])
    assume(plan_of(one) is not None)
    works = lived(lines, until, (begin, one), (begin + quarter * QUARTER, other))
    plans = {
        revision: plan_from(works.plans.documents(revision), revision)
        for revision in range(1, works.plans.stored().revision + 1)
    }
    event(f"plans: {len(plans)}")
    check_replay(works.mailboxes, works.history, one["who"], plans)


def of_many(messages: list[Doc], names: list[str]) -> list[Doc]:
    """Messages of people with several ids, each but once, as events of a random workspace.

    A duplicate that tells of a join is taken another way by ingest, which asks first whose it is;
    so each that tells who is who brings a trait.
    """
    first = {doc["messageId"]: doc for doc in reversed(messages)}
    lines = []
    for doc, name in zip(first.values(), names, strict=False):
        line = {key: value for key, value in doc.items() if value is not None}
        line["timestamp"] = format_instant(parse_instant(line["timestamp"]) // SECOND * SECOND)
        line["event"] = name if line["type"] == "track" else line["type"]
        line["properties"] = {"n": line.get("properties", {}).get("cart")}
        if line["type"] != "track" or line["context"]["externalIds"] or "anonymousId" in line:
            line["traits"] = {"seen": True, **line.get("traits", {})}
        lines.append(line)
    return sorted(lines, key=received)


@examples(40)
@given(workspaces(), files(), st.lists(st.sampled_from("aabc"), min_size=14, max_size=14))
def test_who_is_who_and_what_becomes_of_them_is_decided_alike(
    workspace: Doc, messages: list[Doc], names: list[str]
) -> None:
    lines = of_many(messages, names)
    plan = plan_of(workspace)
    assume(plan is not None)
    assert plan is not None
    until = max(map(received, lines)) + LASTS
    file = read_events([dumps(line).encode() for line in lines])
    assert file.refused == []
    simulation = simulate(plan, file, until, reasons=True)
    works = lived(lines, until, (received(lines[0]), workspace))
    for id_, life in simulation.lives.items():
        event(f"{len(life.customer.absorbed)} joined")
        found, expected = map(told_apart_once, (works.records(id_), life.records))
        assert sorted(map(repr, found)) == sorted(map(repr, expected))
        assert {works.directory.standing(other).id for other in life.customer.absorbed} <= {id_}
