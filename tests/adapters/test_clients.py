"""Clients: what they cost at the start, and how often they try."""

import importlib
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from sojourn.adapters import clients
from sojourn.adapters.clock import SystemClock
from tests.adapters.answers import answering, refused, said

if TYPE_CHECKING:
    from botocore.session import Session


def test_the_clock_counts_microseconds() -> None:
    before = time.time_ns() // 1_000
    assert before <= SystemClock().now() <= time.time_ns() // 1_000


def test_whoever_sends_tries_once(plain_session: "Session") -> None:
    made: dict[str, Any] = {
        "dynamodb": clients.dynamodb(plain_session),
        "events": clients.events(plain_session),
        "s3": clients.s3(plain_session),
        "ses": clients.ses(plain_session),
        "sns": clients.sns(plain_session),
        "sqs": clients.sqs(plain_session),
    }
    retries = {name: client.meta.config.retries for name, client in made.items()}
    attempts = {name: each["total_max_attempts"] for name, each in retries.items()}
    assert attempts == {"dynamodb": 4, "events": 3, "s3": 3, "ses": 1, "sns": 1, "sqs": 3}


def test_whoever_reads_a_whole_table_waits_for_its_capacity(
    plain_session: "Session", monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time.sleep", waited.append)
    client = clients.patient_dynamodb(plain_session)
    refusal = refused(400, "ProvisionedThroughputExceededException")
    with answering(client, *[refusal] * 12, said(200, {"Items": [], "Count": 0})):
        assert client.scan(TableName="table")["Items"] == []
    assert waited == sorted(waited)
    assert 3 * 60 < sum(waited) < 4 * 60


def test_clients_go_by_one_name_that_need_not_be_made_for_each_call(
    plain_session: "Session",
) -> None:
    said = []

    def note(request: Any, **_: object) -> None:  # noqa: ANN401 - botocore's
        said.append(request.headers["User-Agent"])
        raise ConnectionAbortedError

    client = clients.dynamodb(plain_session)
    client.meta.events.register("before-send", note)
    with pytest.raises(ConnectionAbortedError):
        client.list_tables()
    assert said == [clients.NAME.encode()]


def test_a_client_is_made_once_and_only_when_it_is_used(
    plain_session: "Session", monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    create = plain_session.create_client

    def noted(service: str, **options: Any) -> object:  # noqa: ANN401 - whatever there is
        made.append(service)
        return create(service, **options)

    monkeypatch.setattr(plain_session, "create_client", noted)
    queue = clients.sqs(plain_session)
    assert made == []
    assert queue.meta.region_name == queue.meta.region_name == "us-east-1"
    assert made == ["sqs"]


def test_no_function_pays_for_boto3_pydantic_or_type_stubs() -> None:
    program = (
        "import sys; import sojourn.adapters.mailboxes, sojourn.adapters.plans,"
        " sojourn.adapters.sqs, sojourn.adapters.events, sojourn.adapters.ses,"
        " sojourn.adapters.sns, sojourn.adapters.s3, sojourn.adapters.clock;"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert "botocore" in loaded
    assert loaded & {"boto3", "pydantic", "liquid", "moto", "types_boto3_dynamodb"} == set()


ENVIRONMENT = {
    "CONFIGURATION_SET": "set",
    "DEAD_LETTER_QUEUE_URL": "https://dead",
    "DISPATCH_QUEUE_URL": "https://dispatch",
    "EVENT_BUS_NAME": "bus",
    "EVENT_RETENTION_DAYS": "400",
    "INGEST_QUEUE_URL": "https://ingest",
    "PREFERENCES_URL": "https://preferences/",
    "SENDER_EMAIL": "hello@shop.example",
    "TABLE_NAME": "table",
    "WAKE_FUNCTION_NAME": "shop-wake",
    "WAKE_QUEUE_URL": "https://wake",
    "WORKSPACE_BUCKET": "workspace",
}


@pytest.mark.parametrize(
    "function", ["dispatch", "evaluate", "ingest", "preferences", "publish", "rights", "wake"]
)
@pytest.mark.usefixtures("plain_session")
def test_each_function_is_wired_from_its_environment(function: str) -> None:
    wire = importlib.import_module(f"sojourn.adapters.wiring.{function}").wire
    assert wire(ENVIRONMENT)
    with pytest.raises(KeyError):
        wire({})
