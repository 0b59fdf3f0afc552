"""The shape of settings, segments, templates and sources: one wrong value, one finding."""

from typing import Any

import pytest

from tests.language.given import (
    BASE,
    HELLO,
    LEAVE_OUT,
    SEGMENT,
    TEMPLATE,
    base,
    changed,
    findings,
    settings,
    told,
    written,
)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("timezone", "Europe/Pariss"), "unknown-zone timezone"),
        (("timezone", 2), "wrong-type timezone"),
        (("senders", "email", "hello"), "bad-sender senders.email"),
        (("senders", "sms", "My shop"), "bad-sender senders.sms"),
        (("senders", "sms", "12345"), "bad-sender senders.sms"),
        (("senders", "sms", "BookshopOnline"), "bad-sender senders.sms"),
        (("senders", "email", "Zoë <zoë@shop.example>"), "bad-sender senders.email"),
        (("senders", "email", "a@shop.example, b@shop.example"), "bad-sender senders.email"),
        (("senders", "email", "Shop <a@shop.example> too"), "bad-sender senders.email"),
        (("senders", "reply_to", "Shop <a@b@shop.example>"), "bad-sender senders.reply_to"),
        (("senders", "email", 5), "wrong-type senders.email"),
        (("senders", "push", "x"), "unknown-key senders.push"),
        (("categories", "news", "consent", "maybe"), "unknown-value categories.news.consent"),
        (("categories", "my news", {}), "bad-id categories.my news"),
        (("categories", 5), "wrong-type categories"),
        (("caps", 0, "max", ""), "wrong-type caps[0].max"),
        (("caps", 0, "max", None), "wrong-type caps[0].max"),
        (("caps", 0, "max", 401), "out-of-range caps[0].max"),
        (("caps", 0, "max", -1), "out-of-range caps[0].max"),
        (("caps", 0, {}), "missing-key caps[0]"),
        (("caps", 0, "max", LEAVE_OUT), "missing-key caps[0].max"),
        (("caps", 0, "per", LEAVE_OUT), "missing-key caps[0].per"),
        (("caps", 0, "per", "calendar_year"), "bad-duration caps[0].per"),
        (("caps", 0, "per", "PT0S"), "out-of-range caps[0].per"),
        (("caps", 0, "per", 7), "wrong-type caps[0].per"),
        (("caps", 0, "channels", ["emial"]), "unknown-channel caps[0].channels[0]"),
        (("caps", 0, "categories", ["newz"]), "unknown-category caps[0].categories[0]"),
        (("caps", 1, {"name": "weekly", "min_gap": "PT4H"}), "duplicate-name caps[1].name"),
        (("quiet_hours", 0, "to", "24:00"), "bad-time quiet_hours[0].to"),
        (("quiet_hours", 0, "to", LEAVE_OUT), "missing-key quiet_hours[0].to"),
        (("closed", [{"from": "2026-12-26", "to": "2026-12-25"}]), "out-of-range closed[0].to"),
        (("closed", [{"from": "2026-13-01", "to": "2026-12-25"}]), "bad-instant closed[0].from"),
        (("closed", [{"from": 1, "to": "2026-12-25"}]), "wrong-type closed[0].from"),
        (("control_group", 100.5), "out-of-range control_group"),
        (("control_grup", 1), "unknown-key control_grup"),
    ],
)
def test_settings_wrong_in_one_place(change: tuple[Any, ...], expected: str) -> None:
    expected = f"settings.json: {expected}"
    found = told(settings(*change))
    assert [line for line in found if line.split()[1] == expected.split()[1]] == [expected]


def test_settings_can_be_rich_or_none_at_all() -> None:
    rich = {
        "$schema": "../schemas/settings.schema.json",
        "senders": {
            "sms": "SHOP",
            "email": "Shop, Inc. <hello@müller.example>",
            "reply_to": '"Zoë: Ben" <hello@shop.example>',
        },
        "caps": [
            {"max": 0, "per": "calendar_month", "channels": ["sms"], "categories": ["marketing"]},
            {"min_gap": "PT4H"},
        ],
        "quiet_hours": [{"from": "20:00", "to": "20:00", "weekdays": ["sun"], "channels": ["sms"]}],
        "closed": [{"from": "2026-12-25", "to": "2026-12-25", "channels": ["email"]}],
        "control_group": 5.5,
    }
    assert told(base(settings=rich)) == []
    assert told(base(settings=LEAVE_OUT)) == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            base(segments__regulars=changed(SEGMENT, "where", LEAVE_OUT)),
            "segments/regulars.json: missing-key where",
        ),
        (
            base(segments__regulars=changed(SEGMENT, "nme", 1)),
            "segments/regulars.json: unknown-key nme",
        ),
        (base(templates__hello={}), "templates/hello.json: missing-key"),
        (
            base(templates__hello=changed(TEMPLATE, "emial", {})),
            "templates/hello.json: unknown-key emial",
        ),
        (
            base(templates__hello=changed(TEMPLATE, "email", "html_file", 3)),
            "templates/hello.json: wrong-type email.html_file",
        ),
        (
            base(templates__hello=changed(TEMPLATE, "email", "html_file", "a\tb")),
            "templates/hello.json: bad-text email.html_file",
        ),
        (
            base(templates__hello=changed(TEMPLATE, "email", "html_file", "../a.html")),
            "templates/hello.json: bad-text email.html_file",
        ),
        (
            base(templates__hello=changed(TEMPLATE, "email", "html_file", "/a.html")),
            "templates/hello.json: bad-text email.html_file",
        ),
        (
            base(templates__hello=changed(TEMPLATE, "email", "mjml_file", "a.mjml")),
            "templates/hello.json: unknown-file email.mjml_file",
        ),
        (base(templates__hello=changed(TEMPLATE, "push", {"body": "Hi", "data": {"a": [1]}})), ""),
    ],
)
def test_segments_and_templates_wrong_in_one_place(files: dict[str, bytes], expected: str) -> None:
    lines = told(files)
    code = expected.split()[1] if expected else ""
    assert [line for line in lines if code in line.split()] == ([expected] if expected else [])


SOURCE = {
    "id": "till",
    "match": {"source": ["till"]},
    "map": {"userId": "detail.customer", "type": {"value": "track"}, "properties.total": "a || b"},
    "samples": ["till.sample.json"],
}
SAMPLE = (
    b'{"id": "1", "time": "2026-01-05T09:00:00Z", "source": "till", "detail-type": "sale",'
    b' "detail": {"customer": "ana"}}'
)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ((), []),
        (("map", {}), ["empty map"]),
        (("map", []), ["wrong-type map"]),
        (("map", "usrId", "a"), ["unknown-key map.usrId"]),
        (("map", "context.", "a"), ["bad-path map.context."]),
        (("map", "userId", "a.[*"), ["bad-expression map.userId"]),
        (("map", "userId", ""), ["bad-expression map.userId"]),
        (("map", "userId", "(" * 500), ["bad-expression map.userId"]),
        (("map", "userId", "a" * 1001), ["bad-expression map.userId"]),
        (("map", "userId", "lower(a)"), ["bad-expression map.userId"]),
        (("map", "userId", 5), ["wrong-type map.userId"]),
        (("match", {}), ["empty match"]),
        (("match", "till"), ["wrong-type match"]),
        (("match", {"source": "till"}), ["bad-pattern match.source"]),
        (
            ("match", {"source": [], "detail": {"n": [{"numeric": [">"]}]}}),
            ["bad-pattern match.source", "bad-pattern match.detail.n[0].numeric"],
        ),
        (("id", "shop"), ["id-mismatch id"]),
    ],
)
def test_sources_are_checked(change: tuple[Any, ...], expected: list[str]) -> None:
    source = changed(SOURCE, *change) if change else SOURCE
    sample = {"sources/till.sample.json": SAMPLE}
    found = told({**base(sources__till=source), **sample})
    assert sorted(found) == sorted(f"sources/till.json: {line}" for line in expected)


def test_every_finding_is_said_at_once() -> None:
    files = written(
        {
            **BASE,
            "journeys/hello.json": HELLO | {"priority": "x", "status": "on", "start": "wiat"},
            "settings.json": {"timezone": "Nowhere", "caps": [{}]},
            "segments/regulars.json": b"{",
        }
    )
    assert {(item.file, item.code.value) for item in findings(files)} == {
        ("journeys/hello.json", "wrong-type"),
        ("journeys/hello.json", "unknown-value"),
        ("journeys/hello.json", "missing-target"),
        ("settings.json", "unknown-zone"),
        ("settings.json", "missing-key"),
        ("segments/regulars.json", "not-json"),
    }


def test_names_of_the_wrong_type_are_passed_over_where_names_are_looked_up() -> None:
    assert told(settings("caps", 0, "categories", [5])) == [
        "settings.json: wrong-type caps[0].categories[0]"
    ]
    source = changed(SOURCE, "samples", [5])
    assert told(base(sources__till=source)) == ["sources/till.json: wrong-type samples[0]"]


def test_a_number_that_is_not_whole_is_named() -> None:
    [finding] = findings(settings("caps", 0, "max", 1.5))
    assert finding.message == "a whole number is wanted, not 1.5"
