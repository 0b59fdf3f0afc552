"""Where no single change would do, an explanation says why."""

import pytest

from tests.explaining.given import as_json, journey, known, line
from tests.explaining.scenes import Scene, entry, go, mail

NO_SINGLE_CHANGE = {
    ("not_entered", "not (did bought (count gte 1)): it holds"): (
        Scene(entry(where={"not": {"did": {"event": "bought"}}}), [line("4", "bought"), go()]),
        "what was done cannot be undone",
    ),
    ("not_entered", "did bought (count eq 0): 1 times"): (
        Scene(entry(where={"did": {"event": "bought", "count": 0}}), [line("4", "bought"), go()]),
        "what was done cannot be undone",
    ),
    ("not_entered", "did bought (where event.n gte 3, count lt 1): 1 times"): (
        Scene(
            entry(
                where={
                    "did": {"event": "bought", "where": {"event.n": {"gte": 3}}, "count": {"lt": 1}}
                }
            ),
            [line("4", "bought", properties={"n": 4}), go()],
        ),
        "what was done cannot be undone",
    ),
    ("not_entered", "did bought (where profile.x eq 1, count gte 1): 0 times"): (
        Scene(entry(where={"did": {"event": "bought", "where": {"profile.x": 1}}}), [go()]),
        "1 time more with profile.x = 1 would be enough, but that rests on more than the event",
    ),
    ("not_entered", "reentry after_exit: still in it"): (
        Scene(
            {
                "j": journey(
                    entry={"event": "go", "reentry": {"mode": "after_exit", "max": 1}},
                    steps={"mail": {"type": "wait", "for": "P9D"}},
                )
            },
            [go("5"), go("6")],
        ),
        "and reentry max 1 stands behind that",
    ),
    ("not_entered", "reentry max 1: entered 1 times"): (
        Scene(entry(reentry={"mode": "always", "max": 1, "every": "P7D"}), [go("5"), go("6")]),
        "and reentry every, open again at 2026-01-12T09:00:00Z, stands behind that",
    ),
    ("not_entered", "profile.x between [5,3]: 4"): (
        Scene(entry(where={"profile.x": {"between": [5, 3]}}), [known(x=4), go()]),
        "no value would make this hold: profile.x is 5 to 3",
    ),
    ("not_entered", 'customer.id eq "bo": "ana"'): (
        Scene(entry(where={"customer.id": "bo"}), [known(), go()]),
        '"bo" would be enough, but nothing changes that',
    ),
    ("not_entered", 'channels.email.status eq "bounced": "ok"'): (
        Scene(entry(where={"channels.email.status": "bounced"}), [known(), go()]),
        '"bounced" would be enough, but that follows from the address and what became of messages',
    ),
    ("not_entered", 'event.channel eq "sms": "email"'): (
        Scene(
            {
                "j": journey(entry={"event": "message.sent", "where": {"event.channel": "sms"}}),
                "other": journey(),
            },
            [known(), go()],
        ),
        '"sms" would be enough, but that follows from what we did ourselves',
    ),
    ("message", "render: vars.code"): (
        Scene(mail(content={"subject": "S", "text": "{{ vars.code }}"}), [known(), go()]),
        "its step or a default in the template would have to give it a value",
    ),
}


@pytest.mark.parametrize(("what", "reason"), NO_SINGLE_CHANGE)
def test_where_no_single_change_would_do_it_says_why(what: str, reason: str) -> None:
    scene, why = NO_SINGLE_CHANGE[what, reason]
    blocked = scene.blocked(what, reason)
    assert as_json(blocked)["details"]["nearest"] == {"change": None, "why": why}
    assert blocked.explanation.endswith(f"; {why}.")
