"""What SES tells of one e-mail, in the shapes of its documentation.

Amazon SES Developer Guide, "Examples of event data that Amazon SES publishes"; as EventBridge
delivers it, per the EventBridge event reference, "Amazon SES events".
"""

import json
from collections.abc import Mapping
from typing import Any

MAIL_AT = "2026-03-02T12:00:00.012Z"
AT = "2026-03-02T12:00:07.669Z"
EMAIL_ID = "EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000"
FEEDBACK_ID = "01000157c44f053b-61b59c11-9236-11e6-8f96-7be8aexample-000000"
AGENT = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_6) AppleWebKit/537.36"

ALL_OFF: Mapping[str, Any] = {"unsubscribeAll": True, "topicSubscriptionStatus": []}
ONE_OFF: Mapping[str, Any] = {
    "unsubscribeAll": False,
    "topicSubscriptionStatus": [
        {"topicName": "ExampleTopicName", "subscriptionStatus": "OptOut"},
        {"topicName": "OtherTopicName", "subscriptionStatus": "OptIn"},
    ],
}
ALL_ON: Mapping[str, Any] = {
    "unsubscribeAll": False,
    "topicSubscriptionStatus": [{"topicName": "ExampleTopicName", "subscriptionStatus": "OptIn"}],
}

DETAIL_TYPES = {
    "Send": "Email Sent",
    "Delivery": "Email Delivered",
    "DeliveryDelay": "Email Delivery Delayed",
    "Open": "Email Opened",
    "Click": "Email Clicked",
    "Bounce": "Email Bounced",
    "Complaint": "Email Complaint Received",
    "Reject": "Email Rejected",
    "Rendering Failure": "Email Rendering Failed",
    "Subscription": "Email Subscribed",
}

BODIES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "Send": ("send", {}),
    "Delivery": (
        "delivery",
        {
            "timestamp": AT,
            "processingTimeMillis": 11893,
            "recipients": ["recipient@example.com"],
            "smtpResponse": "250 2.6.0 Message received",
            "remoteMtaIp": "127.0.2.0",
            "reportingMTA": "mta.example.com",
        },
    ),
    "DeliveryDelay": (
        "deliveryDelay",
        {
            "timestamp": AT,
            "delayType": "TransientCommunicationFailure",
            "expirationTime": "2026-03-03T01:25:59.000Z",
            "delayedRecipients": [
                {
                    "emailAddress": "recipient@example.com",
                    "status": "4.4.1",
                    "diagnosticCode": "smtp; 421 4.4.1 Unable to connect to remote host",
                }
            ],
        },
    ),
    "Open": ("open", {"ipAddress": "192.0.2.1", "timestamp": AT, "userAgent": AGENT}),
    "Click": (
        "click",
        {
            "ipAddress": "192.0.2.1",
            "link": "https://shop.example/offer?a=1",
            "linkTags": {"samplekey0": ["samplevalue0"]},
            "timestamp": AT,
            "userAgent": AGENT,
        },
    ),
    "Bounce": (
        "bounce",
        {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [
                {
                    "emailAddress": "recipient@example.com",
                    "action": "failed",
                    "status": "5.1.1",
                    "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                }
            ],
            "timestamp": AT,
            "feedbackId": FEEDBACK_ID,
            "reportingMTA": "dsn; mta.example.com",
        },
    ),
    "Complaint": (
        "complaint",
        {
            "complainedRecipients": [{"emailAddress": "recipient@example.com"}],
            "timestamp": AT,
            "feedbackId": FEEDBACK_ID,
            "userAgent": "Amazon SES Mailbox Simulator",
            "complaintFeedbackType": "abuse",
            "arrivalDate": AT,
        },
    ),
    "Reject": ("reject", {"reason": "Bad content"}),
    "Rendering Failure": (
        "failure",
        {
            "errorMessage": "Attribute 'attributeName' is not present in the rendering data.",
            "templateName": "MyTemplate",
        },
    ),
    "Subscription": (
        "subscription",
        {
            "contactList": "ContactListName",
            "timestamp": AT,
            "source": "UnsubscribeHeader",
            "newTopicPreferences": ALL_OFF,
            "oldTopicPreferences": ALL_ON,
        },
    ),
}


def report(kind: str, tags: Mapping[str, str], **told: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """One report as EventBridge delivers it; ``told`` takes the place of what the example says."""
    section, body = BODIES[kind]
    return {
        "version": "0",
        "id": "12345678-1234-1234-1234-111122223333",
        "detail-type": DETAIL_TYPES[kind],
        "source": "aws.ses",
        "account": "123456789012",
        "time": "2026-03-02T12:00:08Z",
        "region": "us-east-1",
        "resources": ["arn:aws:ses:us-east-1:123456789012:configuration-set/sojourn"],
        "detail": {
            "eventType": kind,
            section: {**body, **told},
            "mail": {
                "timestamp": MAIL_AT,
                "source": "Sender Name <sender@example.com>",
                "sourceArn": "arn:aws:ses:us-east-1:123456789012:identity/sender@example.com",
                "sendingAccountId": "123456789012",
                "messageId": EMAIL_ID,
                "destination": ["recipient@example.com"],
                "headersTruncated": False,
                "headers": [{"name": "Subject", "value": "Message sent from Amazon SES"}],
                "commonHeaders": {"subject": "Message sent from Amazon SES"},
                "tags": {
                    "ses:operation": ["SendEmail"],
                    "ses:configuration-set": ["sojourn"],
                    "ses:from-domain": ["example.com"],
                    **{name: [value] for name, value in tags.items()},
                },
            },
        },
    }


def report_body(kind: str, tags: Mapping[str, str], **told: Any) -> str:  # noqa: ANN401 - JSON
    """The same as the body that the ingest queue holds."""
    return json.dumps(report(kind, tags, **told))
