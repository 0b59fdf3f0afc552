"""What AWS answers, sorted by one question: can a retry help? For sends: was it sent?

Codes stand here bare: without the `Exception` that some services end them with, and without the
`AWS.SimpleQueueService.` that SQS begins some with.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProxyConnectionError,
)

from sojourn.core.errors import Conflict, Permanent, SojournError, Unavailable
from sojourn.runtime.messages.providers import Refused, Throttled, Unknown

CONFLICTS = frozenset(
    {
        *("ConditionalCheckFailed", "TransactionConflict", "ReplicatedWriteConflict"),
        "TransactionInProgress",
    }
)

PASSING = frozenset(
    {
        # Too much at once.
        *("ProvisionedThroughputExceeded", "RequestLimitExceeded", "Throttling", "Throttled"),
        *("RequestThrottled", "TooManyRequests", "SlowDown", "LimitExceeded", "KmsThrottled"),
        # Something of theirs broke.
        *("InternalServerError", "InternalFailure", "InternalError", "Internal"),
        *("ServiceUnavailable", "RequestTimeout", "OperationAborted"),
        # A transaction of which it is not said which part was refused.
        "TransactionCanceled",
        # Rights and credentials come and go: IAM takes seconds to spread, keys are renewed. Nothing
        # is wrong with what was asked, and somebody can put it right meanwhile.
        *("AccessDenied", "UnrecognizedClient", "ExpiredToken", "InvalidClientTokenId"),
        *("InvalidAccessKeyId", "MissingAuthenticationToken", "SignatureDoesNotMatch"),
        *("InvalidSignature", "IncompleteSignature", "RequestExpired", "RequestTimeTooSkewed"),
        *("InvalidSecurity", "KmsDisabled", "KmsInvalidState", "KmsNotFound", "KmsOptInRequired"),
        *("KmsAccessDenied", "KmsInvalidKeyUsage"),
        # A table, queue, bus or bucket that is being made.
        *("ResourceNotFound", "QueueDoesNotExist", "NonExistentQueue", "NoSuchBucket"),
    }
)
"""A retry can help; where it does not, the queue's own bound takes the work to the dead letters."""

HOPELESS = frozenset(
    {
        *("Validation", "Serialization", "ItemCollectionSizeLimitExceeded"),
        *("InvalidMessageContents", "UnsupportedOperation", "InvalidAddress", "InvalidArgument"),
        *("TooManyEntriesInBatchRequest", "EmptyBatchRequest", "BatchEntryIdsNotDistinct"),
        *("BatchRequestTooLong", "InvalidBatchEntryId", "InvalidParameterValue", "MalformedDetail"),
        *("InvalidObjectState", "InvalidRequest", "InvalidWriteOffset", "TooManyParts"),
        *("EncryptionTypeMismatch", "EntityTooLarge", "KeyTooLongError", "NoSuchKey"),
        *("NotAuthorizedForSource", "NotAuthorizedForDetailType", "InvalidAccountId"),
        "IdempotentParameterMismatch",
    }
)
"""The same request is refused for ever."""

REFUSED = frozenset(
    {
        # SES. A suspended account is suspended for good; a paused one is not.
        *("MessageRejected", "BadRequest", "AccountSuspended"),
        # SNS.
        *("InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "OptedOut"),
        *("EndpointDisabled", "UserError"),
        # Both.
        *("Validation", "Serialization", "RequestEntityTooLarge", "MalformedQueryString"),
    }
)
"""The provider will never take this message."""

NOT_NOW = frozenset(
    {
        *("TooManyRequests", "LimitExceeded", "Throttling", "Throttled", "RequestThrottled"),
        *("RequestLimitExceeded", "SendingPaused", "KMSThrottling"),
        # Ours to put right: a sender's domain, an application's certificate for push, rights,
        # credentials, the clock, a configuration set that is missing.
        *("MailFromDomainNotVerified", "PlatformApplicationDisabled"),
        *("AuthorizationError", "AccessDenied", "NotFound", "ExpiredToken", "UnrecognizedClient"),
        *("InvalidClientTokenId", "MissingAuthenticationToken", "SignatureDoesNotMatch"),
        *("InvalidSignature", "IncompleteSignature", "RequestExpired", "InvalidSecurity"),
        *("KMSDisabled", "KMSInvalidState", "KMSNotFound", "KMSOptInRequired", "KMSAccessDenied"),
        *("OptInRequired", "NotAuthorized"),
    }
)
"""The provider did not take the message; it may take it later."""

UNCLEAR = frozenset({"InternalFailure", "InternalError", "ServiceUnavailable", "RequestTimeout"})
"""The provider may have taken the message before it failed."""

_NEVER_SENT = (
    EndpointConnectionError,
    ConnectTimeoutError,
    ProxyConnectionError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
)
_NOTHING = "None"
"""DynamoDB's word for a part of a transaction that nothing was wrong with."""

_BAD_REQUEST = 400
_TIMED_OUT = 408
_TOO_MANY = 429
_THEIR_FAULT = 500


def code_of(error: ClientError) -> str:
    """The service's code for an error, bare."""
    # Of an error in XML whose code is empty, botocore makes None.
    return _plain(error.response.get("Error", {}).get("Code") or "")


def message_of(error: ClientError) -> str:
    """The service's own words for an error."""
    return error.response.get("Error", {}).get("Message") or ""


def refused_image(error: ClientError) -> Mapping[str, Any] | None:
    """The item that a condition failed on, when it was asked for; None when there is none."""
    found: Mapping[str, Any] | None = error.response.get("Item")  # type: ignore[assignment]
    return found or None


def too_large(error: ClientError) -> bool:
    """Whether a write failed because the item would pass DynamoDB's 400 KB."""
    return code_of(error) == "Validation" and "item size" in message_of(error).lower()


@contextmanager
def translating(doing: str) -> Iterator[None]:
    """Raise what AWS answers as an error of ours; ``doing`` goes on: "while ..."."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise translated(error, doing) from error


def translated(error: ClientError | BotoCoreError, doing: str) -> SojournError:
    """Our error for one of AWS's: Conflict, Unavailable or Permanent."""
    if not isinstance(error, ClientError):
        return Unavailable(f"no answer while {doing}: {error}")
    code = _reason(error) or code_of(error)
    return sorted_error(code, _status(error), f"while {doing}: {message_of(error)}")


def cancelled(error: ClientError | BotoCoreError) -> list[str]:
    """Why each part of a transaction was refused, `None` of those that were not.

    Of any other error nothing is known of the parts: it is one that no part is to blame for.
    """
    if not isinstance(error, ClientError) or code_of(error) != "TransactionCanceled":
        return [_NOTHING]
    reasons: Any = error.response.get("CancellationReasons", [])
    return [str(reason.get("Code", _NOTHING)) for reason in reasons] or [_NOTHING]


def _reason(error: ClientError) -> str | None:
    """What cancelled a transaction, as a code that stands alone: what no retry can help first."""
    codes = [code.removesuffix("Error") for code in cancelled(error) if code != _NOTHING]
    return next((code for code in codes if code in HOPELESS), next(iter(codes), None))


def sorted_error(code: str, status: int, text: str) -> SojournError:
    """Our error for a code; the HTTP status sorts a code that is not listed here."""
    code = _plain(code)
    text = f"{code or f'HTTP {status}'} {text}"
    if code in CONFLICTS:
        return Conflict(text)
    if code in HOPELESS:
        return Permanent(text)
    if code in PASSING or status >= _THEIR_FAULT or status in {_TOO_MANY, _TIMED_OUT}:
        return Unavailable(text)
    return Permanent(text)


def send_answer(error: ClientError | BotoCoreError) -> Refused | Throttled | Unknown:
    """What became of a message whose hand-over failed. In doubt it is Unknown, never sent again."""
    if not isinstance(error, ClientError):
        return Throttled(str(error)) if isinstance(error, _NEVER_SENT) else Unknown(str(error))
    code, status = code_of(error), _status(error)
    text = f"{code or f'HTTP {status}'}: {message_of(error)}"
    if code in UNCLEAR or status >= _THEIR_FAULT or status == _TIMED_OUT:
        return Unknown(text)
    if code in REFUSED or (code not in NOT_NOW and status == _BAD_REQUEST):
        return Refused(text)
    return Throttled(text)


def _plain(code: str) -> str:
    return code.rpartition(".")[2].removesuffix("Exception")


def _status(error: ClientError) -> int:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
