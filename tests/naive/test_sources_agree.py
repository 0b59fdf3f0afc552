"""Events in a source's own shape, mapped, decide what the same events decide as they are."""

from hypothesis import assume, event, given
from hypothesis import strategies as st

from sojourn.core.values.exact import dumps
from sojourn.core.workspace.plan import Plan
from sojourn.language.workspace import load
from sojourn_cli.simulation.lines import read_events
from sojourn_cli.simulation.run import as_document, simulate
from tests.naive.examples import examples
from tests.naive.shops import happenings, workspaces
from tests.naive.steps import Doc
from tests.naive.test_agrees import lines_of
from tests.naive.test_functions_agree import LASTS, files_of, plan_of, received

SOURCES: dict[str, Doc] = {
    "till": {
        "userId": "detail.who",
        "messageId": "detail.slip.number",
        "timestamp": "detail.slip.at",
        "event": "detail.what",
        "properties": "detail.goods[0]",
        "traits": "detail.card",
    },
    "desk": {
        "userId": "join('', [detail.who])",
        "messageId": "id",
        "timestamp": "time",
        "event": '"detail-type"',
        "properties.n": "detail.goods[0].n",
        "properties": "detail.goods | [0]",
        "traits": "detail.card",
        "context.locale": {"value": "en"},
    },
}
"""What becomes of an entry of each source, field by field."""


def mapped(workspace: Doc) -> Plan | None:
    """The workspace as it is run, with these sources; None when it has errors."""
    sources = {
        f"sources/{name}.json": {"id": name, "match": {"source": [name]}, "map": fields}
        for name, fields in SOURCES.items()
    }
    files = {**files_of(workspace), **sources}
    return load({path: dumps(doc).encode() for path, doc in files.items()}).plan


def foreign(line: Doc, source: str) -> Doc:
    """The same event as a source tells it, in an entry of its own."""
    return {
        "id": line["messageId"],
        "source": source,
        "detail-type": line["event"],
        "time": line["timestamp"],
        "receivedAt": line.get("receivedAt", line["timestamp"]),
        "detail": {
            "who": line["userId"],
            "what": line["event"],
            "slip": {"number": line["messageId"], "at": line["timestamp"]},
            "goods": [line.get("properties", {})],
            "card": line.get("traits", {}),
        },
    }


@examples(15)
@given(workspaces(), happenings, st.sampled_from(list(SOURCES)))
def test_what_is_mapped_decides_what_it_decides_unmapped(
    workspace: Doc, story: list[Doc], source: str
) -> None:
    plan, with_sources = plan_of(workspace), mapped(workspace)
    assume(plan is not None)
    assert plan is not None
    assert with_sources is not None
    lines = lines_of(workspace, [item | {"silent": False} for item in story])
    until = max(map(received, lines)) + LASTS
    ours = read_events([dumps(line).encode() for line in lines])
    theirs = read_events(
        [dumps(foreign(line, source)).encode() for line in lines], with_sources.sources
    )
    assert theirs.refused == ours.refused == []
    found = as_document(simulate(with_sources, theirs, until))
    event(f"messages {bool(found['messages'])}")
    assert found == as_document(simulate(plan, ours, until))
