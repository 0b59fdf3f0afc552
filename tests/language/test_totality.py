"""Whatever a workspace holds, checking it ends, in findings or a plan, and never in a crash."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from sojourn.core.values.exact import dumps, loads_object
from sojourn.language.accepting import accept
from sojourn.language.decoding import FILE_BYTES
from sojourn.language.files import read_folder
from sojourn.language.findings import MOST_FINDINGS, Code
from sojourn.language.workspace import load
from sojourn_cli.simulation.lines import read_events
from sojourn_cli.simulation.run import as_document, simulate
from tests.language.given import BASE, HELLO, base, written

EXAMPLE = Path(__file__).parents[2] / "examples" / "shop"
SHOP: dict[str, Any] = {
    name: json.loads(content) if name.endswith(".json") else content
    for name, content in read_folder(EXAMPLE).items()
    if name.startswith(("journeys/", "templates/", "settings"))
}
STEPS: list[Any] = [
    {"type": "wait", "until": {"date": "profile.birthday", "offset": "-P7D", "time": "09:00"}},
    {"type": "branch", "branches": [{"where": {"event.a": {"gt": 5}}, "next": "end"}]},
    {"type": "split", "arms": [{"name": "a", "weight": 1, "next": "end"}]},
    {"type": "update", "set": {"vars.a": {"from": "event.b"}}, "unset": ["profile.c"]},
    {"type": "emit", "event": "x", "properties": {"a": {"from": "vars.a"}}},
    {"type": "enter", "journey": "other", "with": {"a": 1}},
    {"type": "send", "channel": "push", "content": {"title": "{{ x }}", "data": {"a": 1}}},
]
VALUES: list[Any] = [
    *(None, True, 0, 1, -1, 1.5, 10**40, "", " ", "x", "P1D", "end", "greet", "event.a", "\x00"),
    *("2026-01-31", "09:00", "{{ event.x }}", "{% if", "a" * 70, "mon", "email", "live", "é\u2028"),
    *([], {}, [[]], [{}], [None], {"": {}}, {"from": "event.a"}, {"eq": 1}, {"all": [{}]}),
    *({"not": {"segment": "regulars"}}, {"did": {"event": "x"}}, {"profile.a": {"within": "P1D"}}),
    *STEPS,
]
KEYS = st.sampled_from(
    [
        *("next", "type", "where", "event", "steps", "start", "exit", "entry", "any", "on", "with"),
        *("id", "caps", "html_file", "text", "match", "segment", "content", "a", "\n", "a b", '"'),
    ]
)


def places(value: object) -> list[Any]:
    """Every object and list in a document."""
    found = [value] if isinstance(value, dict | list) else []
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return found + [place for item in inner for place in places(item)]


def damage(draw: st.DrawFn, documents: dict[str, Any]) -> None:
    """Change one value anywhere."""
    names = sorted(name for name, document in documents.items() if isinstance(document, dict))
    document = documents[draw(st.sampled_from(names))]
    place = draw(st.sampled_from(places(document)))
    value = copy.deepcopy(draw(st.sampled_from(VALUES)))
    if isinstance(place, list):
        place.insert(draw(st.integers(0, len(place))), value)
    elif place and draw(st.booleans()):
        key = draw(st.sampled_from(sorted(place)))
        if draw(st.booleans()):
            del place[key]
        else:
            place[key] = value
    else:
        place[draw(KEYS)] = value


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    documents: dict[str, Any] = copy.deepcopy(draw(st.sampled_from([BASE, SHOP])))
    for _ in range(draw(st.integers(1, 3))):
        damage(draw, documents)
    return documents


@settings(max_examples=400)
@given(damaged())
def test_a_damaged_workspace_is_findings_or_a_plan(documents: dict[str, Any]) -> None:
    workspace = load(written(documents))
    event(f"ok: {workspace.ok}")
    for finding in workspace.findings:
        assert finding.code in Code
        assert finding.message.isprintable()
        assert finding.path.isprintable()
    assert workspace.ok is (workspace.plan is not None)
    assert workspace.ok is all(item.severity == "warning" for item in workspace.findings)
    if workspace.documents is not None:
        assert loads_object(dumps(workspace.documents)) == workspace.documents


@settings(max_examples=60)
@given(damaged())
def test_publishing_what_is_damaged_takes_over_what_is_right_and_no_more(
    documents: dict[str, Any],
) -> None:
    live = written(BASE)
    accepted = accept(live, written(documents))
    event(f"refused: {bool(accepted.refused)}")
    assert load(accepted.files).ok
    for name in accepted.refused:
        assert accepted.files.get(name) == live.get(name)
        assert any(finding.severity == "error" for finding in accepted.findings[name])


EVENTS = (EXAMPLE / "events.jsonl").read_bytes().splitlines()[:12]


def scalars(value: object) -> list[Any]:
    """Every value in a document that is no object and no list."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = [] if isinstance(value, dict | list) else [value]
    return found + [each for item in inner for each in scalars(item)]


LIKE: list[Any] = [*scalars([doc for doc in SHOP.values() if isinstance(doc, dict)]), *VALUES]


@st.composite
def altered(draw: st.DrawFn) -> dict[str, Any]:
    """The shop with one value in place of another of its type."""
    documents: dict[str, Any] = copy.deepcopy(SHOP)
    names = sorted(name for name, document in documents.items() if isinstance(document, dict))
    place = draw(st.sampled_from(places(documents[draw(st.sampled_from(names))])).filter(bool))
    keys = sorted(place) if isinstance(place, dict) else range(len(place))
    key = draw(st.sampled_from(keys))
    like = [value for value in LIKE if type(value) is type(place[key])]
    place[key] = copy.deepcopy(draw(st.sampled_from(like or VALUES)))
    return documents


@settings(max_examples=40)
@given(altered())
def test_what_is_altered_and_accepted_runs(documents: dict[str, Any]) -> None:
    plan = load(written(documents)).plan
    event(f"accepted: {plan is not None}")
    if plan is not None:
        file = read_events(EVENTS, plan.sources)
        assert dumps(as_document(simulate(plan, file)))


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.sampled_from(VALUES),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=5), inner),
    max_leaves=10,
)
FILES = st.dictionaries(
    st.sampled_from([*BASE, "journeys/x.json", "sources/a.json", "y", "templates/c.html"])
    | st.text(max_size=9),
    st.binary(max_size=60) | ANY_JSON.map(lambda doc: json.dumps(doc).encode()),
    max_size=5,
)


@settings(max_examples=200)
@given(FILES)
def test_any_files_are_findings_or_a_plan(files: dict[str, bytes]) -> None:
    workspace = load(files)
    assert workspace.ok is (workspace.plan is not None)


@pytest.mark.parametrize(
    "content",
    [
        b'{"steps": {' + b",".join(b'"s%d": 5' % n for n in range(60_000)) + b"}}",
        b'{"steps": {"a": {' + b",".join(b'"k%d": 5' % n for n in range(60_000)) + b"}}}",
        b'{"entry": {"where": {' + b",".join(b'"k%d": 5' % n for n in range(60_000)) + b"}}}",
        b'{"entry": {"event": [' + b",".join(b'"k%d"' % n for n in range(90_000)) + b"]}}",
        b'{"exit": [' + b",".join([b"{}"] * 200_000) + b"]}",
        b'{"a": {' + b",".join(b'"k": %d' % n for n in range(60_000)) + b"}}",
        b'{"name": "' + b"x" * 990_000 + b'"}',
        b"[" * 400_000 + b"]" * 400_000,
    ],
    ids=["steps", "keys", "condition", "names", "rules", "duplicates", "text", "depth"],
)
def test_a_file_of_one_megabyte_is_bounded(content: bytes) -> None:
    assert len(content) <= FILE_BYTES
    found = load({**base(), "journeys/hello.json": content}).findings
    assert 0 < len(found) <= 2 * MOST_FINDINGS
    assert max(len(item.message) for item in found) < 500


def test_a_large_journey_that_is_right_is_a_plan() -> None:
    steps: dict[str, Any] = {
        f"s{n}": {
            "type": "branch",
            "branches": [{"where": {"event.total": {"gte": n}}, "next": f"s{n + 1}"}],
            "else": f"s{n + 1}",
        }
        for n in range(999)
    }
    steps["s999"] = {"type": "exit"}
    files = base(journeys__hello=HELLO | {"start": "s0", "steps": steps})
    workspace = load(files)
    assert workspace.ok
    assert workspace.findings == ()


def test_conditions_within_conditions_are_proved_as_far_as_it_goes() -> None:
    condition: dict[str, Any] = {"event.a": 1}
    for _ in range(10):
        condition = {"any": [condition, {"all": [condition]}]}
    never = {"event.b": {"gt": 2, "lt": 1}}
    entry = {"event": "go", "where": {"all": [condition, never]}}
    workspace = load(base(journeys__hello=HELLO | {"entry": entry}))
    assert workspace.ok
    assert [item.path for item in workspace.findings] == ["entry.where.all[1].event.b"]
