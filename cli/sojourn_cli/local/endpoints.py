"""Devices and telephone numbers, as SNS has them: MiniStack names the ones otherwise, and knows
nothing of the others.

An endpoint's ARN has `endpoint/` where its application's has `app/`. One that is disabled refuses
what is published to it, and so does one that is not there (SNS API reference, `Publish`). A number
that has opted out refuses nothing: what is published to it is taken, and reaches nobody.

Imports nothing of the project: the launcher calls it under MiniStack's interpreter.
"""

import importlib
from typing import Any
from urllib.parse import parse_qs

OPTED_OUT: set[str] = set()
"""Numbers that have opted out of text messages."""


def correct_endpoints() -> None:
    """Correct the SNS of the MiniStack in this process; call it once, before it serves."""
    sns: Any = importlib.import_module("ministack.services.sns")
    known = sns._platform_endpoints  # noqa: SLF001 - the only list of them
    create, publish = sns._create_platform_endpoint, sns._publish  # noqa: SLF001 - where it answers
    told = sns._p  # noqa: SLF001 - its reader of parameters

    def create_platform_endpoint(params: Any) -> Any:  # noqa: ANN401 - MiniStack's own
        status, headers, body = create(params)
        for arn in [arn for arn in known if ":app/" in arn]:
            named = arn.replace(":app/", ":endpoint/")
            known[named] = {**known.pop(arn), "arn": named}
        arn = body.partition(b"<EndpointArn>")[2].partition(b"</EndpointArn>")[0]
        return status, headers, body.replace(arn, arn.replace(b":app/", b":endpoint/"))

    def publish_to(params: Any) -> Any:  # noqa: ANN401 - MiniStack's own
        target = told(params, "TargetArn") or ""
        if ":endpoint/" in target:
            endpoint = known.get(target)
            if endpoint is None:
                reason = "No endpoint found for the target arn specified"
                why = f"Invalid parameter: TargetArn Reason: {reason}"
                return sns._error("InvalidParameter", why, 400)  # noqa: SLF001 - as above
            if endpoint["attributes"].get("Enabled", "true").lower() == "false":
                return sns._error("EndpointDisabled", "Endpoint is disabled", 400)  # noqa: SLF001
        return publish(params)

    sns._create_platform_endpoint = create_platform_endpoint  # noqa: SLF001 - as above
    sns._publish = publish_to  # noqa: SLF001 - as above
    _know_opted_out(sns)


def _know_opted_out(sns: Any) -> None:  # noqa: ANN401 - MiniStack's own
    """Let SNS answer whether a number has opted out."""
    unaware = sns.handle_request

    async def handle_request(*request: Any) -> Any:  # noqa: ANN401 - MiniStack's own
        asked = parse_qs(request[3].decode("utf-8", "replace"))
        if asked.get("Action") != ["CheckIfPhoneNumberIsOptedOut"]:
            return await unaware(*request)
        has = str(asked.get("phoneNumber", [""])[0] in OPTED_OUT).lower()
        name = "CheckIfPhoneNumberIsOptedOut"
        told = f"<{name}Result><isOptedOut>{has}</isOptedOut></{name}Result>"
        return sns._xml(200, f"{name}Response", told)  # noqa: SLF001 - as above

    sns.handle_request = handle_request
