"""What a provider answers to a message handed over, sorted by one question: was it sent?

Codes stand here bare, as in `translation.py`. Only dispatch needs this module.
"""

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

from sojourn.adapters.translation import THEIR_FAULT, TIMED_OUT, code_of, message_of, status_of
from sojourn.runtime.messages.providers import Refused, Throttled, Unknown

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

_BAD_REQUEST = 400


def send_answer(error: ClientError | BotoCoreError) -> Refused | Throttled | Unknown:
    """What became of a message whose hand-over failed. In doubt it is Unknown, never sent again."""
    if not isinstance(error, ClientError):
        return Throttled(str(error)) if isinstance(error, _NEVER_SENT) else Unknown(str(error))
    code, status = code_of(error), status_of(error)
    text = f"{code or f'HTTP {status}'}: {message_of(error)}"
    if code in UNCLEAR or status >= THEIR_FAULT or status == TIMED_OUT:
        return Unknown(text)
    if code in REFUSED or (code not in NOT_NOW and status == _BAD_REQUEST):
        return Refused(text)
    return Throttled(text)
