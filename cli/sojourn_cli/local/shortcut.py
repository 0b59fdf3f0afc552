"""A short way for the calls that functions make over and over.

MiniStack asks some thirty questions about every request before its service sees it, and reads the
caller's policies anew: that is half of a call's time. Whoever was let through a moment ago, with
the same operation on the same resources, is let through again; that a call is the caller's own, its
signature says each time. IAM on AWS remembers longer. Whatever is not as usual goes MiniStack's own
way, which also says what is wrong with it.
"""

# ruff: noqa: SLF001 - MiniStack has no other door

import calendar
import functools
import hashlib
import hmac
import json
import logging
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

from sojourn_cli.local.gateway import App, Message, Receive, Scope, Send, read_body, replayed
from sojourn_cli.local.mappings import Untyped

logger = logging.getLogger("sojourn.local")

REMEMBERED_SECONDS = 5.0
MOST_SKEW_SECONDS = 240.0  # AWS refuses what is five minutes off, MiniStack says how
SES_PATH = "/v2/email/outbound-emails"
SIGNED = re.compile(
    rb"AWS4-HMAC-SHA256 Credential=([^/,]+)/(\d{8})/([^/,]+)/([^/,]+)/aws4_request, *"
    rb"SignedHeaders=([^,]+), *Signature=([0-9a-f]{64})"
)
STAMP = re.compile(rb"\d{8}T\d{6}Z")
READS = re.compile(rb"\w+\.(Batch)?(Describe|Get|List|Query|Receive|Scan)\w*")
MUST_BE_SIGNED = {b"host", b"x-amz-date"}

type Names = Callable[[Mapping[str, Any]], tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Kind:
    """An operation that may go the short way, and what of its request policies look at."""

    service: str
    module: str
    names: Names


def _of(*fields: str) -> Names:
    return lambda request: tuple(request.get(field) for field in fields)


def _buses(request: Mapping[str, Any]) -> tuple[object, ...]:
    return tuple(sorted({str(entry.get("EventBusName")) for entry in request["Entries"]}))


KINDS = {
    **{
        f"DynamoDB_20120810.{name}".encode(): Kind(
            "dynamodb", "dynamodb", _of("TableName", "IndexName")
        )
        for name in ("GetItem", "PutItem", "Query", "UpdateItem")
    },
    b"AmazonSQS.SendMessageBatch": Kind("sqs", "sqs", _of("QueueUrl")),
    b"AWSEvents.PutEvents": Kind("events", "eventbridge", _buses),
}
MAIL = Kind(
    "sesv2",
    "ses_v2",
    _of("FromEmailAddress", "FromEmailAddressIdentityArn", "ConfigurationSetName"),
)


@dataclass(frozen=True, slots=True)
class SignedCall:
    """A request that says whose it is."""

    kind: Kind
    path: str
    headers: Mapping[bytes, bytes]
    body: bytes
    parts: tuple[bytes, ...]
    key: tuple[object, ...]

    def is_signed_with(self, secret: str) -> bool:
        """Whether the signature is the one that the secret makes (Signature Version 4)."""
        _, day, region, service, names, signature = self.parts
        lines = [b"%s:%s" % (name, self.headers.get(name, b"")) for name in names.split(b";")]
        digest = hashlib.sha256(self.body).hexdigest().encode()
        canonical = b"\n".join([b"POST", self.path.encode(), b"", *lines, b"", names, digest])
        scope = b"/".join([day, region, service, b"aws4_request"])
        hashed = hashlib.sha256(canonical).hexdigest().encode()
        text = b"\n".join([b"AWS4-HMAC-SHA256", self.headers[b"x-amz-date"], scope, hashed])
        made = hmac.digest(signing_key(secret, day, region, service), text, "sha256").hex()
        return hmac.compare_digest(made.encode(), signature)

    def is_of(self, now: float) -> bool:
        """Whether it was signed about now."""
        stamp = self.headers[b"x-amz-date"]
        if STAMP.fullmatch(stamp) is None:
            return False
        year, month, day, hour, minute, second = (
            int(stamp[start:end])
            for start, end in ((0, 4), (4, 6), (6, 8), (9, 11), (11, 13), (13, 15))
        )
        at = calendar.timegm((year, month, day, hour, minute, second))
        return stamp[:8] == self.parts[1] and abs(now - at) < MOST_SKEW_SECONDS


@functools.lru_cache(maxsize=256)
def signing_key(secret: str, day: bytes, region: bytes, service: bytes) -> bytes:
    """The key of a day, region and service, as Signature Version 4 derives it."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, b"aws4_request"):
        key = hmac.digest(key, part, "sha256")
    return key


def signed_call(kind: Kind, scope: Scope, headers: Mapping[bytes, bytes], body: bytes) -> Any:  # noqa: ANN401 - see below
    """What a request of a kind says of itself; `None` when it is not as functions make it."""
    parts = SIGNED.fullmatch(headers.get(b"authorization", b""))
    unusual = (b"content-encoding", b"x-amz-content-sha256", b"transfer-encoding")
    if parts is None or b"x-amz-date" not in headers or any(name in headers for name in unusual):
        return None
    if not MUST_BE_SIGNED.issubset(parts[5].split(b";")):
        return None
    try:
        request = json.loads(body)
        names = kind.names(request)
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    key = (
        *parts.groups()[:4:2],
        headers.get(b"x-amz-security-token"),
        headers.get(b"x-amz-target"),
        headers.get(b"x-forwarded-proto"),
        names,
    )
    return SignedCall(kind, scope["path"], headers, body, parts.groups(), key)


@dataclass(frozen=True, slots=True)
class Allowed:
    """A caller who was let through, and under what MiniStack served the call."""

    until: float
    secret: str
    account: str
    region: str
    arn: str


class Shortcut:
    """An ASGI application before MiniStack's."""

    def __init__(self, app: App, ministack: Untyped, now: Callable[[], float] = time.time) -> None:
        """Stand before `app`; `ministack` has its modules."""
        self._app = app
        self._ministack = ministack
        self._now = now
        self._allowed: dict[tuple[object, ...], Allowed] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, the short way where that is safe."""
        kind, headers = self._kind(scope)
        if kind is None:
            if READS.fullmatch(headers.get(b"x-amz-target", b"")) is None:
                # It may change who is allowed what.
                self._allowed.clear()
            await self._app(scope, receive, send)
            return
        body = await read_body(receive)
        call = signed_call(kind, scope, headers, body)
        allowed = None if call is None else self._allowed.get(call.key)
        if allowed is not None and self._holds(call, allowed):
            await self._serve(call, allowed, scope, send)
        else:
            await self._long_way(call, scope, replayed(body, receive), send)

    @staticmethod
    def _kind(scope: Scope) -> tuple[Kind | None, dict[bytes, bytes]]:
        """What a request asks for, if that may go the short way, and its header fields."""
        if scope["type"] != "http":
            return None, {}
        headers = dict(scope["headers"])
        usual = scope["method"] == "POST" and not scope["query_string"]
        if not usual or len(headers) != len(scope["headers"]):
            return None, headers
        if scope["path"] == SES_PATH:
            return MAIL, headers
        kind = KINDS.get(headers.get(b"x-amz-target", b"")) if scope["path"] == "/" else None
        return kind, headers

    def _holds(self, call: SignedCall, allowed: Allowed) -> bool:
        now = self._now()
        return (
            now < allowed.until
            and call.is_of(now)
            and call.is_signed_with(allowed.secret)
            and not self._ministack.app._get_reset_lock().locked()
        )

    async def _long_way(
        self, call: SignedCall | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Let MiniStack answer, and remember whom it let through."""
        status = 0

        async def heard(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self._app(scope, receive, heard)
        if call is not None and status == 200:  # noqa: PLR2004 - done, so allowed
            known = self._examined(call)
            if known is not None:
                self._allowed[call.key] = known

    def _examined(self, call: SignedCall) -> Allowed | None:
        """Under what a call was let through; `None` where a policy looks deeper than at its names.

        Runs in the context that MiniStack left behind. Of these services only SQS keeps policies of
        its resources, and asks them itself.
        """
        evaluator, responses = self._ministack.iam_evaluator, self._ministack.responses
        account, access_key = responses.get_account_id(), call.parts[0].decode()
        credential = evaluator.resolve_credential(access_key, account)
        principal = evaluator.resolve_principal(access_key, account)
        if not getattr(principal, "policies", None) or _names_contents(principal):
            return None
        return Allowed(
            self._now() + REMEMBERED_SECONDS,
            credential.secret_access_key,
            account,
            responses.get_region(),
            principal.arn,
        )

    async def _serve(self, call: SignedCall, allowed: Allowed, scope: Scope, send: Send) -> None:
        """Ask the service itself."""
        evaluator, responses = self._ministack.iam_evaluator, self._ministack.responses
        address = scope["client"][0]
        responses._request_account_id.set(allowed.account)
        responses._request_region.set(allowed.region)
        responses.set_request_client_ip(address)
        evaluator._request_caller_arn.set(allowed.arn)
        secure = call.headers.get(b"x-forwarded-proto") == b"https"
        evaluator.pin_request_origin(address, secure)
        named = {name.decode(): value.decode("latin-1") for name, value in call.headers.items()}
        module = getattr(self._ministack, call.kind.module)
        try:
            status, fields, content = await module.handle_request(
                "POST", call.path, named, call.body, {}
            )
        except Exception as error:
            # As MiniStack has it: one request's fault must not end the others.
            logger.exception("%s broke", call.kind.service)
            told = {"__type": "InternalError", "message": str(error)}
            status, fields, content = 500, {"Content-Type": "application/json"}, json.dumps(told)
        responses.fix_error_content_type(call.kind.service, status, fields)
        responses.fix_success_content_type(call.kind.service, status, fields)
        text = content if isinstance(content, bytes) else content.encode()
        fields |= {"x-amzn-requestid": str(uuid.uuid4()), "date": _date(int(self._now()))}
        fields["content-length"] = str(len(text))
        start = [(name.lower().encode(), str(value).encode()) for name, value in fields.items()]
        await send({"type": "http.response.start", "status": status, "headers": start})
        await send({"type": "http.response.body", "body": text, "more_body": False})


def _names_contents(principal: Untyped) -> bool:
    """Whether a policy's condition asks for more than who calls, when and from where."""
    layers = [principal.policies, *principal.limits]
    conditions = [
        statement.conditions for layer in layers for document in layer for statement in document
    ]
    return any(
        not key.lower().startswith("aws:")
        for condition in conditions
        for block in condition.values()
        for key in block
    )


@functools.lru_cache(maxsize=2)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
