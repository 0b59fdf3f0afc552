"""HTTP as a function URL hands it over (AWS Lambda Developer Guide, "Lambda function URLs")."""

from typing import Any

import pytest

from sojourn.adapters.http import answer_to, request_from
from sojourn.runtime.preferences.requests import Request, Response


def invocation(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A request as Lambda gives it."""
    return {
        "version": "2.0",
        "rawPath": "/abc.def",
        "rawQueryString": "",
        "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        "requestContext": {"http": {"method": "POST", "path": "/abc.def"}},
        "body": "a=1",
        "isBase64Encoded": False,
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "body"),
    [
        ({}, b"a=1"),
        ({"body": "YT0x", "isBase64Encoded": True}, b"a=1"),
        ({"body": None}, b""),
        ({"body": "ü"}, "ü".encode()),
    ],
)
def test_a_request_is_read(changes: dict[str, Any], body: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert request_from(invocation(**changes)) == Request("POST", "/abc.def", headers, body)


def test_a_request_without_body_and_headers_is_read() -> None:
    bare = invocation()
    for name in ("body", "headers", "isBase64Encoded"):
        del bare[name]
    assert request_from(bare) == Request("POST", "/abc.def")


def test_an_answer_is_written_and_one_to_head_has_no_body() -> None:
    said = Response(200, "<p>", {"X": "1"})
    assert answer_to(Request("GET", "/"), said) == {
        "statusCode": 200,
        "headers": {"X": "1"},
        "body": "<p>",
    }
    assert answer_to(Request("HEAD", "/"), said)["body"] == ""
