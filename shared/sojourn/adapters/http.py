"""HTTP as a Lambda function URL hands it over (payload format 2.0) and wants it answered."""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from sojourn.runtime.preferences.requests import Request, Response


def request_from(event: Mapping[str, Any]) -> Request:
    """The request in an invocation's event."""
    body = event.get("body") or ""
    return Request(
        method=event["requestContext"]["http"]["method"],
        path=event["rawPath"],
        headers={name.lower(): value for name, value in event.get("headers", {}).items()},
        body=b64decode(body) if event.get("isBase64Encoded") else body.encode(),
    )


def answer_to(request: Request, response: Response) -> dict[str, Any]:
    """The invocation's answer; one to HEAD has no body."""
    return {
        "statusCode": response.status,
        "headers": dict(response.headers),
        "body": "" if request.method == "HEAD" else response.body,
    }
