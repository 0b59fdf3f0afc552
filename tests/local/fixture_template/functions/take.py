"""Events of the bus and reports of SES, from the queue into the table."""

import json
import os
from typing import Any

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
bucket = boto3.resource("s3").Bucket(os.environ["BUCKET_NAME"])


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    failures = []
    for record in event["Records"]:
        body = json.loads(record["body"])
        if body["source"] == "aws.ses":
            mail = body["detail"]["mail"]
            key = f"report-{body['detail']['eventType']}-{mail['tags']['pk'][0]}"
            table.put_item(Item={"pk": key, "report": json.dumps(body["detail"])})
        elif body["detail"].get("refuse"):
            failures.append({"itemIdentifier": record["messageId"]})
        else:
            if body["detail"].get("upload"):
                bucket.put_object(Key=body["detail"]["pk"], Body=b"uploaded")
            table.put_item(Item={"at": body["time"], **body["detail"]})
    return {"batchItemFailures": failures}
