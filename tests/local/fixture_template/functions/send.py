"""A mail for each new item with an address."""

import os
from typing import Any

import boto3

ses = boto3.client("sesv2")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    for record in event["Records"]:
        image = record["dynamodb"]["NewImage"]
        pk = image["pk"]["S"]
        if "poison" in image:
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
        if "raises" in image:
            raise ValueError(pk)
        ses.send_email(
            FromEmailAddress=os.environ["SENDER"],
            Destination={"ToAddresses": [image["address"]["S"]]},
            ConfigurationSetName=os.environ["CONFIGURATION_SET"],
            EmailTags=[{"Name": "pk", "Value": pk}],
            Content={
                "Simple": {
                    "Subject": {"Data": f"Hello {pk}"},
                    "Body": {"Text": {"Data": "text"}, "Html": {"Data": "<p>html</p>"}},
                    "Headers": [{"Name": "List-Unsubscribe", "Value": "<https://shop.example/u>"}],
                }
            },
        )
    return {"batchItemFailures": []}
