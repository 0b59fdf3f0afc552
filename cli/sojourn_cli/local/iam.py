"""Where MiniStack's IAM refuses what AWS allows, corrected: a template for AWS runs unchanged.

Under `AUTH=true` MiniStack takes an operation's name for its action, knows no resource for a mail
being sent and no partition of a table, and has its own services call each other without TLS. AWS:

- has no action for SQS batches: `SendMessageBatch` is `sqs:SendMessage`, and so on (SQS developer
  guide, "Amazon SQS API permissions");
- checks a send on the identity that sends and on the configuration set (Service Authorization
  Reference, "Amazon SES v2"), and a raw message as `ses:SendRawEmail`;
- tells a condition on `dynamodb:LeadingKeys` which partitions a call names (DynamoDB developer
  guide, "Using IAM policy conditions for fine-grained access control");
- has its services reach a queue over TLS, so a policy that refuses everything else lets them in.

Imports nothing of the project: the launcher calls it under MiniStack's interpreter.
"""

import importlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from email.utils import parseaddr
from types import ModuleType
from typing import Any

BATCHES = {
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}
_EQUALS = re.compile(r"([#\w]+)\s*=\s*(:\w+)")
SENDS = {"/v2/email/outbound-emails", "/v2/email/outbound-bulk-emails"}


def correct_iam() -> None:
    """Correct the IAM of the MiniStack in this process; call it once, before it serves."""
    _correct_batches()
    _correct_sends()
    _correct_partitions()
    _correct_transport()


def _correct_batches() -> None:
    actions = importlib.import_module("ministack.core.iam_actions")
    named: Callable[..., str | None] = actions.extract_iam_action

    def extract_iam_action(*request: Any) -> str | None:  # noqa: ANN401 - MiniStack's own arguments
        action = named(*request)
        return action and BATCHES.get(action, action)

    actions.extract_iam_action = extract_iam_action  # type: ignore[attr-defined]


def _correct_sends() -> None:
    app = importlib.import_module("ministack.app")
    responses = importlib.import_module("ministack.core.responses")
    ses_v2 = importlib.import_module("ministack.services.ses_v2")
    unaware = app._enforce_ses_v2  # noqa: SLF001 - where it decides

    def enforce_ses_v2(  # noqa: PLR0913 - MiniStack's own arguments
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        query: Mapping[str, Any],
        request_id: str,
    ) -> Any:  # noqa: ANN401 - MiniStack's answer, or none when the call is allowed
        mail = _sent(method, path, body)
        if mail is None:
            return unaware(method, path, headers, body, query, request_id)
        raw = "Raw" in mail.get("Content", {})
        region = app.extract_region(headers, query)
        owner = f"arn:aws:ses:{region}:{responses.get_account_id()}"
        for arn in resources(mail, owner, lambda name: _is_identity(ses_v2, name)):
            denial = app._enforce_data_plane(  # noqa: SLF001 - likewise
                "sesv2",
                "ses:SendRawEmail" if raw else "ses:SendEmail",
                headers,
                query,
                request_id,
                resource_arn=arn,
                named_resource=arn,
            )
            if denial:
                return denial
        return None

    app._enforce_ses_v2 = enforce_ses_v2  # type: ignore[attr-defined]  # noqa: SLF001 - likewise


def _correct_partitions() -> None:
    actions = importlib.import_module("ministack.core.iam_actions")
    dynamodb = importlib.import_module("ministack.services.dynamodb")
    unaware: Callable[[bytes], dict[str, Any]] = actions.dynamodb_service_context

    def partition_of(table: str, index: str | None) -> str | None:
        """The attribute that is the partition's, of a table or of an index of it."""
        known = dynamodb._tables.get(table.rpartition("/")[2])  # noqa: SLF001 - the only list of them
        if known is None:
            return None
        indexes = known["GlobalSecondaryIndexes"]
        schema = next((each["KeySchema"] for each in indexes if each["IndexName"] == index), None)
        keys = known["KeySchema"] if schema is None else schema
        return str(next(key["AttributeName"] for key in keys if key["KeyType"] == "HASH"))

    def dynamodb_service_context(body: bytes) -> dict[str, Any]:
        leading = leading_keys(body, partition_of)
        return {**unaware(body), **({"dynamodb:LeadingKeys": leading} if leading else {})}

    actions.dynamodb_service_context = dynamodb_service_context  # type: ignore[attr-defined]


def leading_keys(body: bytes, partition_of: Callable[[str, str | None], str | None]) -> list[str]:
    """The partitions that a call to one table names; ``partition_of`` tells an attribute's name."""
    try:
        call = json.loads(body)
    except ValueError:
        return []
    if not isinstance(call, dict) or not isinstance(call.get("TableName"), str):
        return []
    attribute = partition_of(call["TableName"], call.get("IndexName"))
    key = call.get("Key", call.get("Item"))
    if key is None:
        names = call.get("ExpressionAttributeNames", {})
        values = call.get("ExpressionAttributeValues", {})
        terms = _EQUALS.findall(call.get("KeyConditionExpression", ""))
        key = {names.get(name, name): values.get(value, {}) for name, value in terms}
    return [str(value) for value in key.get(attribute, {}).values()]


def _correct_transport() -> None:
    """Outside of a request, which says itself how it came, it is a service that calls."""
    evaluator = importlib.import_module("ministack.core.iam_evaluator")
    origin = ContextVar("ministack_request_origin", default=("127.0.0.1", True))
    evaluator._request_origin = origin  # type: ignore[attr-defined]  # noqa: SLF001 - likewise


def _sent(method: str, path: str, body: bytes) -> dict[str, Any] | None:
    """What a request sends; none when it does something else, or cannot be read."""
    if method != "POST" or path.rstrip("/") not in SENDS:
        return None
    try:
        mail = json.loads(body)
    except ValueError:
        return None
    return mail if isinstance(mail, dict) else None


def _is_identity(ses_v2: ModuleType, name: str) -> bool:
    return name in ses_v2._identities or name in ses_v2._v1_identities  # noqa: SLF001 - the only list of them


def resources(
    mail: Mapping[str, Any], owner: str, is_identity: Callable[[str], bool]
) -> Iterator[str]:
    """The ARNs that a send is checked on; `owner` is `arn:aws:ses:<region>:<account>`.

    The identity is the sender's address if that is one, else the nearest domain above it that is.
    """
    address = parseaddr(mail.get("FromEmailAddress", ""))[1]
    domain = address.rpartition("@")[2].lower().split(".")
    names = [address, *(".".join(domain[start:]) for start in range(len(domain)))]
    identity = next(filter(is_identity, names), address)
    yield mail.get("FromEmailAddressIdentityArn") or f"{owner}:identity/{identity}"
    if configuration_set := mail.get("ConfigurationSetName"):
        yield f"{owner}:configuration-set/{configuration_set}"
