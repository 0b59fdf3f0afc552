"""Requests in an events file: a simulated forgetting forgets, as the deployed one does."""

import json
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sojourn.core.errors import InvalidInput
from sojourn.core.values.instants import DAY, HOUR, MINUTE, SECOND, format_instant
from sojourn.language.workspace import load
from sojourn_cli.main import main
from sojourn_cli.simulation.lines import read_events
from sojourn_cli.simulation.run import as_document, simulate
from tests.language.given import written
from tests.runtime.given import Doc, Works, email, journey, settings
from tests.runtime.test_forgetting import finish, rights

SUBJECT = "{{ customer.id }} {{ entry.n }}"
LATER = {"pause": {"type": "wait", "for": "PT2H", "next": "mail"}, "mail": email(SUBJECT)}
FILES: dict[str, Doc] = {
    "settings.json": settings(),
    "journeys/later.json": journey(
        "later",
        entry={"event": "order.placed", "reentry": {"mode": "always"}},
        start="pause",
        steps=LATER,
    ),
    "journeys/first.json": journey(
        "first",
        entry={"event": "order.placed", "reentry": {"mode": "never"}},
        start="mail",
        steps={"mail": email(f"first {SUBJECT}")},
    ),
}
HOMES = ("home", "HOME", "work")
USERS, VISITORS, CARDS = ("ana", "bea"), ("v1", "v2"), ("L1", "L2")


class Both:
    """The functions in memory, and the same lines for a file."""

    def __init__(self) -> None:
        self.works = Works(
            *(doc for name, doc in FILES.items() if name.startswith("journeys")),
            settings=FILES["settings.json"],
        )
        self.lines: list[Doc] = []

    def put(self, number: int, detail: Doc) -> None:
        at = format_instant(self.works.clock.now())
        name = str(detail.get("event", "alias"))
        entry = {"id": f"e{number}", "detail-type": name, "source": "shop", "time": at}
        self.lines.append({**entry, "detail": detail})
        self.works.ingest.take(json.dumps(self.lines[-1]))
        self.works.run()

    def ask(self, number: int, asked: str, customer: str) -> None:
        at = format_instant(self.works.clock.now())
        entry = {"id": f"r{number}", "detail-type": asked, "source": "desk", "time": at}
        self.lines.append({**entry, "detail": {"customer": customer}})
        request = json.dumps(self.lines[-1])
        if asked == "sojourn.forget":
            finish(self.works, request)
        else:
            with suppress(InvalidInput):
                rights(self.works).take(request)

    def simulated(self) -> Any:  # noqa: ANN401 - JSON
        plan = load(written(FILES)).plan
        assert plan is not None
        file = read_events([json.dumps(line).encode() for line in self.lines])
        return as_document(simulate(plan, file, self.works.clock.now()))


def whoever(draw: random.Random) -> Doc:
    own: Doc = {}
    if draw.random() < 0.5:
        own["userId"] = draw.choice(USERS)
    if draw.random() < 0.4:
        own["anonymousId"] = draw.choice(VISITORS)
    if not own or draw.random() < 0.3:
        cards = draw.sample(CARDS, draw.choice((1, 1, 2)))
        own["context"] = {"externalIds": [{"type": "card", "id": card} for card in cards]}
    return own


@pytest.mark.parametrize("shared", [0, 0.3])
@pytest.mark.parametrize("seed", range(40))
def test_who_was_forgotten_gets_in_a_simulation_what_she_gets_in_production(
    seed: int, shared: float
) -> None:
    draw, both = random.Random(seed), Both()
    for number in range(draw.randrange(6, 16)):
        if draw.random() < 0.3:
            asked = draw.choice(("forget", "forget", "lift", "export"))
            whom = draw.choice((*USERS, *VISITORS, "card:L1", "card:L2"))
            both.ask(number, f"sojourn.{asked}", whom)
        elif draw.random() < 0.1:
            user, previous = draw.choice((("ana", "bea"), ("bea", "ana"), ("ana", "v1")))
            both.put(number, {"type": "alias", "userId": user, "previousId": previous})
        elif draw.random() < shared:
            told = draw.choice(("message.complained", "message.unsubscribed", "message.bounced"))
            about: Doc = {"channel": "email", "bounce_type": "permanent"}
            both.put(number, {"event": told, "properties": about, **whoever(draw)})
        else:
            home = draw.choice(HOMES) if draw.random() < 3 * shared else str(number)
            traits = {"email": f"{home}@example.com"}
            said = {"event": "order.placed", "properties": {"n": number}, "traits": traits}
            both.put(number, {**said, **whoever(draw)})
        both.works.wait(draw.choice((MINUTE, HOUR, HOUR, 2 * DAY)) + (7 + number) * SECOND)
    both.works.wait(3 * HOUR)
    rows = [row for row in both.simulated()["messages"] if row["status"] == "sent"]
    assert sorted(row["subject"] for row in rows) == sorted(both.works.subjects())


@pytest.mark.parametrize("told", ["complained", "unsubscribed", "bounced"])
@pytest.mark.parametrize("known_before", [True, False])
def test_where_she_wanted_nothing_more_nobody_is_written_to(
    told: str, *, known_before: bool
) -> None:
    both, home = Both(), {"email": "home@example.com"}
    order = {"event": "order.placed", "properties": {"n": 1}}
    if known_before:
        both.put(0, {"type": "identify", "userId": "bea", "traits": {"email": "Home@example.com"}})
    both.put(1, {**order, "userId": "ana", "traits": home})
    about = {"channel": "email", "bounce_type": "permanent"}
    both.put(2, {"event": f"message.{told}", "userId": "ana", "properties": about})
    both.works.wait(MINUTE)
    both.ask(3, "sojourn.forget", "ana")
    both.works.wait(MINUTE)
    both.put(4, {**order, "userId": "bea", "traits": {} if known_before else home})
    both.put(5, {**order, "userId": "cleo", "traits": {"email": "another@example.com"}})
    both.works.wait(3 * HOUR)
    reason = f"channels.email {told}"
    rows = [row for row in both.simulated()["messages"] if row["customer"] == "bea"]
    assert [(row["status"], row["reason"]) for row in rows] == [("suppressed", reason)] * 2
    stored = [(status, reason) for _, status, reason in both.works.outcomes("bea")]
    assert stored == [("suppressed", reason)] * 2
    rows = [row for row in both.simulated()["messages"] if row["customer"] == "cleo"]
    assert [row["status"] for row in rows] == ["sent", "sent"]


def given(folder: Path, *lines: Doc) -> tuple[str, str]:
    """A workspace with a mail in two hours, and a file of events."""
    for name, content in written(FILES).items():
        path = folder / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    events = folder / "events.jsonl"
    events.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return str(folder / "shop"), str(events)


def ordered(clock: str, number: int, customer: str = "ana") -> Doc:
    return {
        "userId": customer,
        "event": "order.placed",
        "timestamp": f"2026-03-{clock}:00Z",
        "properties": {"n": number},
        "traits": {"email": f"{customer}@example.com"},
    }


def asked(clock: str, what: str, customer: object = "ana") -> Doc:
    at = f"2026-03-{clock}:00Z"
    detail = {"customer": customer}
    return {"source": "desk", "detail-type": f"sojourn.{what}", "time": at, "detail": detail}


def result(command: str, *arguments: str) -> Any:  # noqa: ANN401 - JSON
    done = CliRunner().invoke(main, [command, *arguments])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


STORY = (
    ordered("02T10:00", 1),
    asked("02T11:00", "export"),
    asked("02T11:00", "forget"),
    ordered("02T12:00", 2),
    asked("03T12:00", "lift"),
    asked("04T12:00", "lift"),
    ordered("04T13:00", 3),
)


def test_what_she_was_in_ends_and_she_comes_back_as_somebody_new(tmp_path: Path) -> None:
    workspace, events = given(tmp_path, *STORY)
    found = result("simulate", workspace, "--events", events)
    rows = [(row["journey"], row["exited_at"], row["outcome"]) for row in found["enrolments"]]
    assert rows == [
        ("first", "2026-03-02T10:00:00Z", "finished"),
        ("later", "2026-03-02T11:00:00Z", "forgotten"),
        ("first", "2026-03-04T13:00:00Z", "finished"),
        ("later", "2026-03-04T15:00:00Z", "finished"),
    ]
    assert [row["subject"] for row in found["messages"]] == ["first ana 1", "first ana 3", "ana 3"]
    assert found["refused"] == [
        {"line": 4, "reason": "ana: was forgotten at 2026-03-02T11:00:00Z"},
        {
            "line": 5,
            "reason": "customer: was forgotten lately; she may come back from"
            " 2026-03-04T00:00:00Z on",
        },
    ]
    same = result("diff", workspace, workspace, "--events", events)
    assert (same["totals"]["affected"], same["totals"]["messages"]) == (0, {"a": 3, "b": 3})


def test_a_message_that_is_held_is_cancelled(tmp_path: Path) -> None:
    quiet = {"quiet_hours": [{"from": "00:00", "to": "00:00"}]}
    workspace, events = given(tmp_path, *STORY[:3])
    (Path(workspace) / "settings.json").write_text(json.dumps(settings(**quiet)))
    (row,) = result("simulate", workspace, "--events", events)["messages"]
    assert (row["status"], row["reason"]) == ("quiet", "quiet_hours")
    closed = {"quiet_hours": [{"from": "08:00", "to": "15:00"}]}
    (Path(workspace) / "settings.json").write_text(json.dumps(settings(**closed)))
    (row,) = result("simulate", workspace, "--events", events)["messages"]
    assert (row["status"], row["reason"]) == ("cancelled", "exit forgotten")
    assert row["decided_at"] == "2026-03-02T11:00:00Z"


def test_it_is_explained_and_the_next_life_begins_anew(tmp_path: Path) -> None:
    workspace, events = given(tmp_path, *STORY)
    told = result("explain", workspace, "--events", events, "--customer", "ana")["entries"]
    said = {(entry["what"], entry["at"]): entry["explanation"] for entry in told}
    assert said["exited", "2026-03-02T11:00:00Z"] == (
        "Ended as forgotten: the customer was forgotten; without that request it would have gone"
        " on."
    )
    assert said["forgotten", "2026-03-02T11:00:00Z"] == (
        "Forgotten: what comes with an id of hers is not taken in any more."
    )
    assert [entry["at"] for entry in told if entry["journey"] == "first"][-1][:10] == "2026-03-04"
    workspace, events = given(tmp_path, *(line for line in STORY if line is not STORY[2]))
    found = result("simulate", workspace, "--events", events)
    assert ("later", "finished") in [
        (row["journey"], row["outcome"]) for row in found["enrolments"]
    ]
    assert found["refused"][0]["reason"].startswith("customer: was not forgotten")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (asked("02T11:00", "export", "bea"), "customer: nobody is known by this id"),
        (
            asked("02T11:00", "wipe"),
            'detail-type: "sojourn.wipe" is none of sojourn.forget, ',
        ),
        (asked("02T11:00", "forget", 7), 'detail: {"customer": ID} is wanted'),
        (asked("02T11:00", "forget") | {"time": 7}, "time: an RFC 3339 instant is wanted"),
        (asked("02T1", "forget"), "time: "),
        (asked("02T11:00", "export") | {"receivedAt": "now"}, "receivedAt: "),
    ],
)
def test_a_request_that_cannot_be_done_is_refused_with_the_reason(
    tmp_path: Path, line: Doc, reason: str
) -> None:
    workspace, events = given(tmp_path, STORY[0], line)
    found = result("simulate", workspace, "--events", events)
    (refused,) = found["refused"]
    assert refused["line"] == 2
    assert refused["reason"].startswith(reason)
    assert len(found["messages"]) == 2


def test_she_is_forgotten_by_any_id_that_she_is_known_by(tmp_path: Path) -> None:
    card = {"externalIds": [{"type": "email", "id": "Ana@Home.example"}]}
    first = {**ordered("02T10:00", 1), "context": card, "anonymousId": "v1"}
    for known_as in ("ana", "v1", "ana@home.example", "email:ANA@home.example"):
        workspace, events = given(tmp_path, first, asked("02T11:00", "forget", known_as))
        found = result("simulate", workspace, "--events", events)
        assert [row["outcome"] for row in found["enrolments"]] == ["finished", "forgotten"], (
            known_as
        )
        assert found["until"] == "2026-03-02T11:00:00Z"


def test_nothing_after_the_end_that_was_asked_for_is_forgotten(tmp_path: Path) -> None:
    workspace, events = given(tmp_path, *STORY[:3])
    until = ("--until", "2026-03-02T10:30:00Z")
    found = result("simulate", workspace, "--events", events, *until)
    assert [row["outcome"] for row in found["enrolments"]] == ["finished", None]
    everything = result("simulate", workspace, "--events", events)
    assert everything["until"] == "2026-03-02T11:00:00Z"
