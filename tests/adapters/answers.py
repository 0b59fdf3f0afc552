"""Answers of AWS that moto does not give: refusals, failures and lost answers."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError

type Answer = Callable[[AWSPreparedRequest], AWSResponse]


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self._content


def said(status: int, body: object) -> Answer:
    """A JSON body, or XML that is given as text."""
    content = (body if isinstance(body, str) else json.dumps(body)).encode()
    return lambda request: AWSResponse(request.url, status, HTTPHeaders(), _Body(content))


def refused(status: int, code: str, message: str = "why") -> Answer:
    """An error in JSON."""
    return said(status, {"__type": code, "code": code, "message": message})


def opted_out(*, has: bool) -> Answer:
    """What SNS says of a number that is asked about."""
    name = "CheckIfPhoneNumberIsOptedOut"
    told = f"<{name}Result><isOptedOut>{str(has).lower()}</isOptedOut></{name}Result>"
    return said(200, f"<{name}Response>{told}</{name}Response>")


def lost(error: Exception) -> Answer:
    """No answer, but this error of botocore's."""

    def respond(_: AWSPreparedRequest) -> AWSResponse:
        raise error

    return respond


@contextmanager
def answering(client: BaseClient, *answers: Answer) -> Iterator[list[AWSPreparedRequest]]:
    """Answer each request in turn, without moto; gives the requests."""
    waiting = list(answers)
    requests = []

    def respond(request: AWSPreparedRequest, **_: object) -> Any:  # noqa: ANN401 - botocore's stubs want None
        requests.append(request)
        return waiting.pop(0)(request)

    client.meta.events.register("before-send", respond)
    try:
        yield requests
    finally:
        client.meta.events.unregister("before-send", respond)
    assert waiting == [], "fewer requests were sent than there are answers"


@contextmanager
def refusing(client: BaseClient, operation: str, code: str, message: str) -> Iterator[None]:
    """Refuse the next call of an operation; moto does not hear of it."""
    event = f"before-call.{client.meta.service_model.service_id.hyphenize()}.{operation}"

    def respond(**_: object) -> Any:  # noqa: ANN401 - botocore's stubs want None
        client.meta.events.unregister(event, respond)
        error = {"Code": code, "Message": message}
        metadata = {"HTTPStatusCode": 400}
        return AWSResponse("", 400, HTTPHeaders(), _Body(b"")), {
            "Error": error,
            "ResponseMetadata": metadata,
        }

    client.meta.events.register(event, respond)
    yield


@contextmanager
def losing_the_answer(client: BaseClient, of: bytes = b"") -> Iterator[None]:
    """Let moto do what the next request that holds these bytes asks, and lose the answer."""
    happened: list[AWSPreparedRequest] = []

    def respond(request: AWSPreparedRequest, **_: object) -> None:
        if not happened and of in (request.body or b""):
            happened.append(request)
            raise ConnectionClosedError(endpoint_url=request.url)

    client.meta.events.register_last("before-send", respond)
    try:
        yield
    finally:
        client.meta.events.unregister("before-send", respond)
    assert happened, "no request was sent"
