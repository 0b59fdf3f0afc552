"""What AWS answers, sorted by one question: can a retry help?

Codes stand here bare: without the `Exception` that some services end them with, and without the
`AWS.SimpleQueueService.` that SQS begins some with. Whether a message was sent is another question:
`handing_over.py`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeGuard

from botocore.exceptions import BotoCoreError, ClientError

from sojourn.core.errors import Conflict, Permanent, SojournError, Unavailable

CONDITION_FAILED = "ConditionalCheckFailed"

CONFLICTS = frozenset(
    {
        *(CONDITION_FAILED, "TransactionConflict", "ReplicatedWriteConflict"),
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

_NOTHING = "None"
"""DynamoDB's word for a part of a transaction that nothing was wrong with."""

TIMED_OUT = 408
_TOO_MANY = 429
THEIR_FAULT = 500


def code_of(error: ClientError) -> str:
    """The service's code for an error, bare."""
    # Of an error in XML whose code is empty, botocore makes None.
    return _plain(error.response.get("Error", {}).get("Code") or "")


def status_of(error: ClientError) -> int:
    """The HTTP status of an error; 0 when there is none."""
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)


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


def condition_failed(error: ClientError | BotoCoreError) -> TypeGuard[ClientError]:
    """Whether a write was not made because its condition did not hold."""
    return isinstance(error, ClientError) and code_of(error) == CONDITION_FAILED


@contextmanager
def translating(doing: str) -> Iterator[None]:
    """Raise what AWS answers as an error of ours; ``doing`` goes on: "while ..."."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise translated(error, doing) from error


@contextmanager
def writing_unless_refused(doing: str) -> Iterator[None]:
    """Likewise for a write that need not be made: that its condition did not hold is no error."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        if not condition_failed(error):
            raise translated(error, doing) from error


def translated(error: ClientError | BotoCoreError, doing: str) -> SojournError:
    """Our error for one of AWS's: Conflict, Unavailable or Permanent."""
    if not isinstance(error, ClientError):
        return Unavailable(f"no answer while {doing}: {error}")
    code = _reason(error) or code_of(error)
    return sorted_error(code, status_of(error), f"while {doing}: {message_of(error)}")


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
    if code in PASSING or status >= THEIR_FAULT or status in {_TOO_MANY, TIMED_OUT}:
        return Unavailable(text)
    return Permanent(text)


def _plain(code: str) -> str:
    return code.rpartition(".")[2].removesuffix("Exception")
