"""Samples: a mapping that does not do what it is for is found before it goes live."""

import json
from pathlib import Path
from typing import Any

import pytest

from sojourn.core.values.exact import dumps, loads_object
from sojourn.language.accepting import accept
from sojourn.language.files import read_folder
from sojourn.language.mapping import Mappings
from sojourn.language.tolerant import as_object
from sojourn.language.workspace import load
from sojourn_cli.simulation.lines import read_events
from sojourn_cli.simulation.run import as_document, simulate
from tests.language.given import base, findings, told

EXAMPLE = Path(__file__).parents[2] / "examples" / "sources"
TILL: dict[str, Any] = {
    "id": "till",
    "match": {"source": ["till"], "detail": {"kind": ["sale"]}},
    "map": {"userId": "detail.customer", "properties.total": "to_number(detail.total)"},
    "samples": ["samples/sale.json"],
}
SALE: dict[str, Any] = {
    "id": "1",
    "time": "2026-01-05T09:00:00Z",
    "source": "till",
    "detail-type": "sale",
    "detail": {"kind": "sale", "customer": "ana", "total": "5.00"},
}


def files(sample: object = SALE, **fields: Any) -> dict[str, bytes]:  # noqa: ANN401 - JSON
    content = sample if isinstance(sample, bytes) else json.dumps(sample).encode()
    return {**base(sources__till=TILL | fields), "sources/samples/sale.json": content}


def detail(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {**SALE, "detail": SALE["detail"] | fields}


def test_a_mapping_that_works_has_no_findings_and_goes_into_the_plan() -> None:
    workspace = load(files())
    assert workspace.findings == ()
    assert workspace.plan is not None
    assert workspace.plan.sources == ({key: TILL[key] for key in ("id", "match", "map")},)


@pytest.mark.parametrize(
    ("sample", "expected", "words"),
    [
        (detail(kind="refund"), "sample-mismatch samples[0]", "detail.kind does not fit `refund`"),
        ({"source": "till"}, "sample-mismatch samples[0]", "detail.kind does not fit what is"),
        (detail(customer=None), "bad-sample samples[0]", "userId: missing"),
        ({**SALE, "time": 5}, "bad-sample samples[0]", "time: an RFC 3339 instant"),
        (b"{", "not-json samples[0]", "samples/sale.json"),
        (b"[]", "wrong-type samples[0]", "one JSON object"),
    ],
)  # fmt: skip
def test_a_sample_that_fails_is_named_with_its_reason(
    sample: object, expected: str, words: str
) -> None:
    (found,) = findings(files(sample))
    assert f"{found.file}: {found.code.value} {found.path}" == f"sources/till.json: {expected}"
    assert words in found.message


def test_an_expression_that_fails_is_named_at_its_field() -> None:
    (found,) = findings(files(map={"userId": "detail.customer", "traits.n": "sum(detail.total)"}))
    assert (found.code.value, found.path) == ("bad-sample", "map.traits.n")


def test_a_sample_that_is_not_there_is_named() -> None:
    assert told(base(sources__till=TILL)) == ["sources/till.json: unknown-file samples[0]"]


def test_samples_are_not_tried_on_a_source_that_is_wrong_itself() -> None:
    assert told(files(b"{", map={"userId": 5})) == ["sources/till.json: wrong-type map.userId"]


def test_a_sample_that_an_earlier_source_takes_is_a_warning() -> None:
    first = {"id": "a", "match": {"source": [{"prefix": "t"}]}, "map": {"userId": "detail.x"}}
    broken = {"id": "b", "match": {"source": []}, "map": {"userId": "detail.x"}}
    other = {"id": "c", "match": {"source": ["shop"]}, "map": {"userId": "detail.x"}}
    docs = base(sources__a=first, sources__b=broken, sources__c=other, sources__till=TILL)
    found = findings({**docs, "sources/samples/sale.json": json.dumps(SALE).encode()})
    assert [(item.file, item.code.value, item.severity) for item in found] == [
        ("sources/b.json", "bad-pattern", "error"),
        ("sources/till.json", "sample-taken", "warning"),
    ]


def test_a_sample_that_becomes_wrong_keeps_its_source_as_it_was() -> None:
    accepted = accept(files(), files(detail(kind="refund")))
    assert accepted.refused == {"sources/samples/sale.json"}
    assert set(as_object(accepted.documents["sources"])) == {"till"}


def test_the_example_is_right_and_each_of_its_samples_is_a_customers_event() -> None:
    workspace = load(read_folder(EXAMPLE))
    assert workspace.findings == ()
    assert workspace.plan is not None
    mappings = Mappings(workspace.plan.sources)
    found = {}
    for sample in sorted((EXAMPLE / "sources" / "samples").iterdir()):
        incoming = mappings.parse(loads_object(sample.read_bytes()), None)
        who = incoming.identities
        known = (("userId", who.user),) if who.user else who.external
        found[sample.stem] = (incoming.event.name, dict(known))
    assert found == {
        "segment-identify": ("identify", {"userId": "ana"}),
        "segment-track": ("cart.abandoned", {"userId": "ana"}),
        "shopify-orders-create": (
            "order.placed",
            {"shopify": "115310627314723954", "email": "ana@example.com"},
        ),
        "stripe-checkout-completed": (
            "stripe checkout.session.completed",
            {"email": "ana@example.com"},
        ),
        "stripe-customer-created": (
            "stripe customer.created",
            {"stripe": "cus_123", "email": "ana@example.com"},
        ),
        "zendesk-agent-assignment-changed": (
            "Support Ticket: Agent Assignment Changed",
            {"zendesk": "20978392"},
        ),
    }


def test_what_segment_sends_is_canonical_with_or_without_its_mapping() -> None:
    workspace = load(read_folder(EXAMPLE))
    assert workspace.plan is not None
    for name in ("segment-track", "segment-identify"):
        entry = loads_object((EXAMPLE / "sources" / "samples" / f"{name}.json").read_bytes())
        mapped, bare = (
            Mappings(found).parse(entry, None) for found in (workspace.plan.sources, ())
        )
        assert mapped.event == bare.event
        assert mapped.identities.user == bare.identities.user


def test_the_shops_order_by_e_mail_address_stops_the_cart_of_segments_user() -> None:
    plan = load(read_folder(EXAMPLE)).plan
    assert plan is not None
    names = ("segment-identify", "segment-track", "shopify-orders-create")
    samples: list[Any] = [
        json.loads((EXAMPLE / "sources" / "samples" / f"{name}.json").read_bytes())
        for name in names
    ]
    for number, entry in enumerate(samples):
        at = f"2026-05-11T09:{15 * number:02d}:00Z"
        entry["detail"] |= {"timestamp": at, "receivedAt": at}
    samples[2]["detail"]["payload"]["created_at"] = "2026-05-11T09:30:00Z"
    lines = [json.dumps(entry).encode() for entry in samples]
    for number, expected in ((3, []), (2, ["sent"])):
        file = read_events(lines[:number], plan.sources)
        found: Any = json.loads(dumps(as_document(simulate(plan, file))))
        assert [item["status"] for item in found["messages"]] == expected
        assert {item["customer"] for item in found["enrolments"]} == {"ana"}
