"""Which message of one run is the same message of the other."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from sojourn_cli.comparing.enrolments import Enrolled, Fate
from sojourn_cli.comparing.pairing import Pair, pairs


def fate(step: str, at: int, status: str = "sent", **more: str) -> Fate:
    words = {"journey": "j", "channel": "email", "category": "marketing", **more}
    subject = words.pop("subject", "Hello")
    return Fate(
        **words,
        step=step,
        status=status,
        reason=None,
        requested_at=at,
        decided_at=at,
        subject=subject,
        body="text",
        holds=(),
    )


def enrolment(
    *messages: Fate, event: str = "", key: str = "null", at: int = 0, journey: str = "j"
) -> Enrolled:
    return Enrolled(journey, key, event, at, converted=False, messages=messages)


def told(
    before: Sequence[Enrolled], after: Sequence[Enrolled]
) -> list[tuple[str | None, int, int]]:
    """Each pair as its kind and the instants of both, -1 where there is none."""
    return [
        (
            pair.kind,
            -1 if pair.a is None else pair.a.requested_at,
            -1 if pair.b is None else pair.b.requested_at,
        )
        for pair in pairs(before, after)
    ]


def test_enrolments_of_one_event_belong_together_whatever_their_times() -> None:
    before = [enrolment(fate("s", 1), event="e1"), enrolment(fate("s", 11), event="e2", at=10)]
    after = [enrolment(fate("s", 15), event="e2", at=14)]
    assert told(before, after) == [("moved", 11, 15), ("lost", 1, -1)]


def test_an_enrolment_between_two_others_moves_neither() -> None:
    before = [enrolment(fate("s", at), event=f"e{at}", at=at) for at in (1, 21)]
    after = [enrolment(fate("s", at + 1), event=f"e{at}", at=at) for at in (1, 11, 21)]
    assert told(before, after) == [("moved", 1, 2), ("moved", 21, 22), ("gained", -1, 12)]


def test_enrolments_without_an_event_go_by_key_and_beginning_then_by_key() -> None:
    before = [enrolment(fate("s", 1), key='"x"', at=1), enrolment(fate("s", 5), key='"y"', at=5)]
    after = [enrolment(fate("s", 2), key='"y"', at=2), enrolment(fate("s", 1), key='"x"', at=1)]
    assert told(before, after) == [("same", 1, 1), ("moved", 5, 2)]


def test_enrolments_of_two_journeys_or_keys_are_never_one() -> None:
    a = enrolment(fate("s", 1), event="e1")
    for b in (
        enrolment(fate("s", 1, journey="k"), event="e1", journey="k"),
        enrolment(fate("s", 1), event="e2", key='"x"'),
    ):
        assert [kind for kind, _, _ in told([a], [b])] == ["lost", "gained"]


def test_the_second_visit_of_a_step_is_the_second() -> None:
    before = [enrolment(fate("s", 1), fate("t", 2), fate("s", 3), event="e")]
    after = [enrolment(fate("s", 1), fate("s", 4), fate("s", 9), event="e")]
    assert told(before, after) == [
        ("same", 1, 1),
        ("moved", 3, 4),
        ("lost", 2, -1),
        ("gained", -1, 9),
    ]


def test_a_status_that_changed_gains_or_loses() -> None:
    def kind(a: str, b: str) -> str | None:
        (pair,) = pairs([enrolment(fate("s", 1, a))], [enrolment(fate("s", 1, b))])
        return pair.kind

    assert kind("sent", "capped") == "lost"
    assert kind("quiet", "sent") == "gained"
    assert kind("capped", "quiet") is None
    assert kind("sent", "sent") == "same"


def test_what_reads_otherwise_is_named() -> None:
    before = [enrolment(fate("s", 1), event="e")]
    (pair,) = pairs(before, [enrolment(fate("s", 1, subject="Hi", channel="sms"), event="e")])
    assert (pair.kind, pair.differs) == ("changed", ("channel", "subject"))
    (pair,) = pairs(before, [enrolment(fate("s", 9, subject="Hi"), event="e")])
    assert (pair.kind, pair.differs, pair.later) == ("moved", ("subject",), 8)
    assert Pair(fate("s", 1), None).differs == ()
    assert Pair(fate("s", 1), None).later == 0


fates = st.builds(
    fate, st.sampled_from("st"), st.integers(0, 9), st.sampled_from(["sent", "quiet"])
)
histories = st.lists(
    st.builds(
        lambda messages, event, key, at: enrolment(*messages, event=event, key=key, at=at),
        st.lists(fates, max_size=3),
        st.sampled_from(["", "e1", "e2"]),
        st.sampled_from(["1", "2"]),
        st.integers(0, 2),
    ),
    max_size=5,
)


@given(histories, histories)
def test_every_message_is_in_one_pair(before: list[Enrolled], after: list[Enrolled]) -> None:
    found = list(pairs(before, after))
    for side, history in (("a", before), ("b", after)):
        messages = [id(item) for enrolment in history for item in enrolment.messages]
        paired = [id(getattr(pair, side)) for pair in found if getattr(pair, side) is not None]
        assert sorted(paired) == sorted(messages)
    assert all(
        pair.a.step == pair.b.step for pair in found if pair.a is not None and pair.b is not None
    )


@given(histories, histories)
def test_the_other_way_round_what_was_gained_is_lost(
    before: list[Enrolled], after: list[Enrolled]
) -> None:
    other = {"gained": "lost", "lost": "gained"}
    forth = [pair.kind for pair in pairs(before, after)]
    back = [other.get(str(pair.kind), pair.kind) for pair in pairs(after, before)]
    assert sorted(map(str, forth)) == sorted(map(str, back))


@given(histories)
def test_a_history_is_the_same_as_itself(history: list[Enrolled]) -> None:
    assert {pair.kind for pair in pairs(history, history)} <= {"same", None}
