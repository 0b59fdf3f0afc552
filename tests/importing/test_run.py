"""An import over the runtime: what is there afterwards, and what was left alone."""

import json
from pathlib import Path

import pytest

from sojourn.core.errors import InvalidInput, Permanent, Unavailable
from sojourn.core.incoming.events import Incoming
from sojourn.core.limits import INBOX_EVENTS
from sojourn.core.values.instants import HOUR, parse_instant
from sojourn.runtime.incoming.intake import Intake
from sojourn.runtime.ports import Appended
from sojourn_cli.importing.checkpoint import Begun, Checkpoint, Tally
from sojourn_cli.importing.pace import TRIES
from tests.importing.given import Doc, Importer, event_of, everything, replays, write
from tests.runtime.given import Works, email, journey, settings
from tests.runtime.test_forgetting import finish

THANKS = journey("thanks", "order.placed")
WIN_BACK = journey(
    "win-back",
    "page.left",
    entry={"event": "page.left", "where": {"did": {"event": "order.placed", "count": {"gte": 2}}}},
)
GOLD = journey("gold", entry={"profile": {"tier": "gold"}})


def person(id_: str, **traits: object) -> Doc:
    return {"userId": id_, "traits": {"email": f"{id_}@example.com", **traits}}


def order(id_: str, day: int, **properties: object) -> Doc:
    return {
        "userId": id_,
        "event": "order.placed",
        "timestamp": f"2026-01-{day:02d}T10:00:00Z",
        "properties": {"order_id": f"{id_}-{day}", **properties},
    }


def test_what_is_imported_is_known_and_begins_nothing(tmp_path: Path) -> None:
    works = Works(THANKS, GOLD)
    rows = [person("ana", tier="gold", consent={"marketing": False}), order("ana", 3)]
    tally = Importer(works, write(tmp_path / "c.jsonl", *rows)).run()
    works.run()

    assert tally == Tally(row=2, rows=2, taken=2, events=2)
    found = everything(works, ["ana"])["ana"]
    assert found["profile"]["tier"] == "gold"
    assert not found["consents"]["marketing"].given
    assert {name for _, name, _ in found["events"]} == {"order.placed", "identify"}
    assert (found["journeys"], works.mailer.sent) == ([], {})
    works.wait(HOUR)
    assert works.mailer.sent == {}
    replays(works, ["ana"])


def test_whoever_wants_it_lets_the_import_begin_journeys(tmp_path: Path) -> None:
    works = Works(THANKS)
    path = write(tmp_path / "c.jsonl", person("ana"), order("ana", 3))
    Importer(works, path, silent=False).run()
    works.run()
    assert works.subjects() == ["Thank you"]


def test_a_condition_that_looks_back_finds_imported_history(tmp_path: Path) -> None:
    works = Works(WIN_BACK)
    path = write(tmp_path / "c.jsonl", person("ana"), order("ana", 3), order("ana", 4))
    Importer(works, path).run()
    works.run()
    works.event("page.left")
    works.run()
    assert works.subjects() == ["Thank you"]
    replays(works, ["ana"])


def test_history_nobody_refers_to_yet_is_found_by_a_later_journey(tmp_path: Path) -> None:
    works = Works()
    path = write(tmp_path / "c.jsonl", person("ana"), order("ana", 3), order("ana", 4))
    Importer(works, path).run()
    works.run()
    works.upload({"journeys/win-back.json": WIN_BACK})
    works.wait(HOUR)
    works.event("page.left")
    works.run()
    assert works.subjects() == ["Thank you"]


def test_what_is_newer_stays(tmp_path: Path) -> None:
    works = Works()
    works.identify(name="Ana", tier="gold")
    works.run()
    path = write(tmp_path / "c.jsonl", person("ana", name="Anna", tier="none", city="Durban"))
    Importer(works, path).run()
    works.run()
    profile = works.customer().profile()
    assert (profile["name"], profile["tier"], profile["city"]) == ("Ana", "gold", "Durban")


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    works = Works(THANKS)
    rows = [person("ana"), order("ana", 3), order("ana", 3), person("bob")]
    importer = Importer(works, write(tmp_path / "c.jsonl", *rows))
    first = importer.run()
    works.run()
    before = everything(works, ["ana", "bob"])

    second = importer.run()
    works.run()

    assert (first.taken, first.known, second.taken, second.known) == (4, 1, 4, 4)
    assert everything(works, ["ana", "bob"]) == before
    assert len(before["ana"]["events"]) == 2


def test_who_is_in_a_journey_leaves_it_by_what_happened_since(tmp_path: Path) -> None:
    nap = journey(
        "nap",
        "page.left",
        entry={"event": "page.left"},
        start="nap",
        steps={"nap": {"type": "wait", "for": "P1D", "next": "thank"}, "thank": email()},
        exit=[{"event": "order.placed", "outcome": "bought"}],
    )
    works = Works(nap)
    works.identify()
    works.event("page.left")
    works.run()
    since = {**order("ana", 3), "timestamp": "2026-03-02T12:00:01Z"}
    Importer(works, write(tmp_path / "c.jsonl", since)).run()
    works.run()
    assert works.customer().live() == ()


def test_identities_meet_as_if_the_rows_had_been_sent(tmp_path: Path) -> None:
    card = {"context": {"externalIds": [{"type": "loyalty", "id": "L1"}]}}
    till = {**order("", 3), **card}
    del till["userId"]
    works = Works(THANKS)
    rows = [
        till,
        {**person("ana"), **card},
        {
            "type": "alias",
            "userId": "ana",
            "previousId": "old",
            "timestamp": "2026-01-05T00:00:00Z",
        },
        person("old", city="Durban"),
    ]
    Importer(works, write(tmp_path / "c.jsonl", *rows)).run()
    works.run()
    found = everything(works, ["ana"])["ana"]
    assert found["absorbed"] == ["loyalty:L1", "old"]
    assert found["profile"]["city"] == "Durban"
    assert [name for _, name, _ in found["events"]].count("order.placed") == 1


def test_a_closed_channel_stays_closed(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("userId,email,channels.email\nana,ana@example.com,bounced\n")
    works = Works(THANKS)
    Importer(works, path).run()
    works.event("order.placed", order_id="1")
    works.run()
    assert works.outcomes() == [("thank", "suppressed", "channels.email bounced")]


def test_refused_rows_are_told_and_mended_ones_can_be_imported(tmp_path: Path) -> None:
    works = Works()
    path = tmp_path / "c.csv"
    path.write_text("userId,email,consent.marketing\nana,a@x.example,perhaps\nbob,b@x.example,no\n")
    importer = Importer(works, path)
    tally = importer.run()
    assert (tally.taken, tally.refused) == (1, 1)
    text = importer.refused.read_text(encoding="utf-8-sig")
    assert "ana,a@x.example,perhaps,2,consent.marketing: perhaps is neither yes nor no," in text

    mended = tmp_path / "mended.csv"
    mended.write_text(text.replace("perhaps", "no", 1), encoding="utf-8")
    assert Importer(works, mended).run().taken == 1
    works.run()
    assert not works.customer("ana").consents["marketing"].given


def test_refused_json_rows_can_be_imported_as_they_are_written(tmp_path: Path) -> None:
    path = write(tmp_path / "c.jsonl", {"userId": "ana", "event": "x"}, "{broken", "[1]")
    importer = Importer(Works(), path)
    assert importer.run().refused == 3
    again = Importer(Works(), importer.refused)
    assert again.run().refused == 3
    assert [line["import"]["reason"][:9] for line in _lines(importer.refused)] == [
        *("timestamp", "not JSON:", "a JSON ob"),
    ]
    assert _lines(importer.refused)[1]["import"]["text"] == "{broken"


def _lines(path: Path) -> list[Doc]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_whoever_was_forgotten_stays_so_by_any_of_her_ids(tmp_path: Path) -> None:
    card = {"context": {"externalIds": [{"type": "loyalty", "id": "L1"}]}}
    works = Works()
    Importer(works, write(tmp_path / "a.jsonl", {**person("ana"), **card})).run()
    works.run()
    finish(works)
    works.wait(HOUR)
    by_card = {**card, "traits": {"name": "Ana"}}
    path = write(tmp_path / "b.jsonl", person("ana", city="Durban"), person("bob"), by_card)
    importer = Importer(works, path)
    tally = importer.run()
    works.run()

    assert (tally.taken, tally.refused) == (1, 2)
    told = [line["import"] for line in _lines(importer.refused)]
    assert [(item["row"], "was forgotten" in item["reason"]) for item in told] == [
        *((1, True), (3, True)),
    ]
    assert {item["remedy"] for item in told} == {"take the row out: she asked to be forgotten"}
    assert "Durban" not in repr(works.mailboxes._items)


def test_a_look_beforehand_says_who_was_forgotten_and_writes_nothing() -> None:
    works = Works(settings=settings(identity={"nobody": ["till@*"]}))
    works.identify("ana")
    works.run()
    finish(works)
    works.wait(HOUR)
    before = len(works.mailboxes.changes)
    intake = Intake(works.mailboxes, works.directory, works.history, works.live())
    intake.check(event_of(person("bob")))
    with pytest.raises(InvalidInput, match="was forgotten"):
        intake.check(event_of(person("ana")))
    with pytest.raises(InvalidInput, match="is nobody's"):
        intake.check(event_of({"traits": {"email": "till@shop.example"}}))
    assert len(works.mailboxes.changes) == before


def test_what_the_table_refuses_for_good_is_a_refused_row(tmp_path: Path) -> None:
    works = Works()
    importer = Importer(works, write(tmp_path / "c.jsonl", person("ana"), person("bob")))
    take = importer.intake()

    def refusing(incoming: Incoming) -> Appended:
        if incoming.identities.user == "ana":
            raise Permanent("the table says no")
        return take(incoming)

    tally = importer.run(refusing)
    assert (tally.taken, tally.refused) == (1, 1)


def test_no_more_rows_a_second_than_asked_for(tmp_path: Path) -> None:
    rows = [person(f"c{number}") for number in range(100)]
    importer = Importer(Works(), write(tmp_path / "c.jsonl", *rows), rate=20)
    importer.run()
    assert importer.time.now == pytest.approx((100 - 10) / 20)
    assert max(importer.time.waits) <= 0.5


def test_what_was_slow_is_not_made_up_in_a_burst(tmp_path: Path) -> None:
    rows = [person(f"c{number}") for number in range(40)]
    importer = Importer(Works(), write(tmp_path / "c.jsonl", *rows), rate=20)
    take = importer.intake()

    def slow(incoming: Incoming) -> Appended:
        importer.time.now += 10 if incoming.identities.user == "c5" else 0
        return take(incoming)

    importer.run(slow)
    assert importer.time.now == pytest.approx(10 + 20 / 20)


def test_never_more_rows_are_held_than_a_block(tmp_path: Path) -> None:
    rows = [person(f"c{number}") for number in range(300)]
    importer = Importer(Works(), write(tmp_path / "c.jsonl", *rows), rate=50)
    taken: list[str | None] = []
    read_ahead: list[int] = []
    take = importer.intake()

    def watching(incoming: Incoming) -> Appended:
        taken.append(incoming.identities.user)
        done = importer.told[-1].rows if importer.told else 0
        read_ahead.append(len(taken) - done)
        return take(incoming)

    importer.run(watching)
    assert (len(taken), max(read_ahead)) == (300, 25)


def test_a_block_ends_early_when_its_rows_are_large(tmp_path: Path) -> None:
    rows = [{"userId": f"c{number}", "note": "x" * 900_000} for number in range(12)]
    importer = Importer(Works(), write(tmp_path / "c.jsonl", *rows), rate=1_000)
    assert importer.run().refused == 12
    assert [tally.rows for tally in importer.told] == [5, 10, 12]


def test_a_full_inbox_is_waited_for(tmp_path: Path) -> None:
    works = Works(THANKS)
    rows = [order("ana", 1, n=number) for number in range(INBOX_EVENTS + 50)]
    importer = Importer(works, write(tmp_path / "c.jsonl", *rows))
    pause = importer.time.pause

    def passing(seconds: float) -> None:
        pause(seconds)
        if seconds == pytest.approx(0.1):
            works.stream()

    importer.time.pause = passing  # type: ignore[method-assign]  # meanwhile evaluate works
    assert importer.run().taken == INBOX_EVENTS + 50


def test_who_stays_busy_stops_the_import_where_it_is(tmp_path: Path) -> None:
    works = Works()
    rows = [person(f"c{number}") for number in range(30)]
    importer = Importer(works, write(tmp_path / "c.jsonl", *rows), rate=20)
    take = importer.intake()
    tried: list[str | None] = []

    def busy(incoming: Incoming) -> Appended:
        if incoming.identities.user == "c15":
            tried.append("c15")
            raise Unavailable("throttled")
        return take(incoming)

    with pytest.raises(Unavailable, match="throttled"):
        importer.run(busy)
    assert (len(tried), importer.told[-1].row) == (TRIES, 10)
    assert importer.run() == Tally(row=30, rows=30, taken=30, known=5, events=30)


def test_rows_go_side_by_side_but_those_of_one_person_in_order(tmp_path: Path) -> None:
    works = Works(THANKS)
    rows = [
        *(order(f"c{number}", day) for day in range(1, 20) for number in range(5)),
        {**person("c1"), "context": {"externalIds": [{"type": "card", "id": "1"}]}},
        {**person("c2"), "context": {"externalIds": [{"type": "card", "id": "1"}]}},
    ]
    importer = Importer(works, write(tmp_path / "c.jsonl", *rows), rate=400)
    importer.run(*(importer.intake() for _ in range(4)))
    works.run()
    assert works.customer("c2").conflicts == {("card", "1"): True}
    orders = [
        event.at
        for change in works.mailboxes.changes
        for event in [waiting.event for waiting in change.after.inbox][-1:]
        if change.after.customer_id == "c1" and event.name == "order.placed"
    ]
    assert orders == sorted(orders)
    assert orders[0] == parse_instant("2026-01-01T10:00:00Z")


def test_an_import_of_another_file_stack_or_way_does_not_go_on_with_it(tmp_path: Path) -> None:
    path = tmp_path / "c.importing"
    Checkpoint(path, Begun("f", "s", {"as_of": "x"})).write(Tally(row=7))
    assert Checkpoint(path, Begun("f", "s", {"as_of": "x"})).read() == Tally(row=7)
    for begun, said in (
        (Begun("g", "s", {"as_of": "x"}), "the file was changed since its import stopped at row 7"),
        (Begun("f", "t", {"as_of": "x"}), "is of an import into another stack"),
        (Begun("f", "s", {"as_of": "y"}), "stopped at row 7 with other options"),
    ):
        with pytest.raises(InvalidInput, match=said):
            Checkpoint(path, begun).read()
    path.write_text("{}")
    with pytest.raises(InvalidInput, match="cannot be read"):
        Checkpoint(path, Begun("f", "s", {})).read()
