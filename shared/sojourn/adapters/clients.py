"""Clients of AWS: one session, and how long and how often each client tries.

botocore's own session, as boto3 would only add to a cold start, and every client but the table's
made when it is first used (docs/decisions/0006-aws-clients.md). Parameters are not validated
before every call: mypy has checked them.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast

import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

if TYPE_CHECKING:
    from botocore.session import Session
    from types_boto3_dynamodb.client import DynamoDBClient
    from types_boto3_events.client import EventBridgeClient
    from types_boto3_lambda.client import LambdaClient
    from types_boto3_s3.client import S3Client
    from types_boto3_sesv2.client import SESV2Client
    from types_boto3_sns.client import SNSClient
    from types_boto3_sqs.client import SQSClient

NAME = "sojourn"
"""What the clients call themselves; botocore would put its own name together anew for each call, in
a tenth of the call's time."""

SERVICES = ["dynamodb", "events", "lambda", "s3", "sesv2", "sns", "sqs"]


def aws() -> "Session":
    """A session with the credentials and region of the environment, for the services used here."""
    session = botocore.session.get_session()
    session.register_component("data_loader", _ServicesUsed())
    return session


def dynamodb(session: "Session") -> "DynamoDBClient":
    """Three quick retries, after 50, 100 and 200 ms: whoever waits longer is a queue."""
    config = _config(4, "legacy", read_seconds=5)
    return cast("DynamoDBClient", session.create_client("dynamodb", config=config))


def patient_dynamodb(session: "Session") -> "DynamoDBClient":
    """Twelve retries, in three and a half minutes: a person who reads a whole table can wait.

    A page of a scan takes 128 read units, which a table of little capacity saves up meanwhile.
    """
    config = _config(13, "legacy")
    return cast("DynamoDBClient", session.create_client("dynamodb", config=config))


def sqs(session: "Session") -> "SQSClient":
    """Two retries: a text that is put twice is taken once."""
    return cast("SQSClient", _WhenUsed(session, "sqs", _config(3, "standard")))


def events(session: "Session") -> "EventBridgeClient":
    """Two retries: an event that is put twice has the same id."""
    return cast("EventBridgeClient", _WhenUsed(session, "events", _config(3, "standard")))


def functions(session: "Session") -> "LambdaClient":
    """Two retries: a shard that is looked at twice is no harm."""
    return cast("LambdaClient", _WhenUsed(session, "lambda", _config(3, "standard")))


def s3(session: "Session") -> "S3Client":
    """Two retries."""
    return cast("S3Client", _WhenUsed(session, "s3", _config(3, "standard")))


def ses(session: "Session") -> "SESV2Client":
    """One attempt: when the answer is lost, a second one would send a second e-mail."""
    return cast("SESV2Client", _WhenUsed(session, "sesv2", _config(1, "standard")))


def sns(session: "Session") -> "SNSClient":
    """One attempt, as for e-mail."""
    return cast("SNSClient", _WhenUsed(session, "sns", _config(1, "standard")))


def _config(
    attempts: int, mode: Literal["legacy", "standard"], *, read_seconds: int = 10
) -> Config:
    return Config(
        connect_timeout=2,
        read_timeout=read_seconds,
        retries={"total_max_attempts": attempts, "mode": mode},
        parameter_validation=False,
        tcp_keepalive=True,
        user_agent=NAME,
    )


class _ServicesUsed(Loader):
    """Knows the services used here, instead of looking through 400 folders for all there are."""

    def list_available_services(self, type_name: str) -> list[str]:
        """The same for every type of description."""
        del type_name
        return SERVICES


class _WhenUsed:
    """A client that is made when it is first used."""

    def __init__(self, session: "Session", service: str, config: Config) -> None:
        self._session = session
        self._service = service
        self._config = config

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - whichever the service's is
        return self._session.create_client(self._service, config=self._config)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as above
        return getattr(self._client, name)
