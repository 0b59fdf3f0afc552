"""The emulated AWS with a small stack deployed behaves as AWS where the product relies on it."""

import json
import os
import re
import shlex
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from sojourn_cli.local import process
from sojourn_cli.local import stack as stacks
from sojourn_cli.local.home import Home
from sojourn_cli.local.stack import LocalStack, Wanted

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("local")]

TEMPLATE = Path(__file__).parent / "fixture_template" / "template.yaml"
WANTED = Wanted(template=TEMPLATE, stack="tiny", sender="shop@shop.example", max_minutes=10)
SOON = 30.0

type Client = Any  # of boto3, known by its service alone


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with stacks.running(tmp_path_factory.mktemp("aws"), WANTED) as stack:
        yield stack


@pytest.fixture(autouse=True)
def _calm(stack: LocalStack) -> Iterator[None]:
    yield
    stack.clear_faults()


class Shop:
    """A test's own corner of the stack: its items and mails carry its name."""

    def __init__(self, stack: LocalStack, name: str) -> None:
        self.stack = stack
        self.name = name
        self.events = stack.client("events")
        self.table = stack.outputs["TableName"]
        self.dynamodb = stack.client("dynamodb")

    def put(self, *details: dict[str, Any]) -> None:
        entries = [
            {
                "Source": "shop",
                "DetailType": "order.placed",
                "EventBusName": self.stack.outputs["EventBusName"],
                "Detail": json.dumps(detail | {"pk": f"{self.name}-{detail['pk']}"}),
            }
            for detail in details
        ]
        assert self.events.put_events(Entries=entries)["FailedEntryCount"] == 0

    def mails(self, *pks: str) -> list[dict[str, Any]]:
        """The mails of this test, once each of these items has one that was accepted."""
        wanted = {f"{self.name}-{pk}" for pk in pks}

        def complete(messages: list[dict[str, Any]]) -> bool:
            taken = {m["tags"].get("pk") for m in messages if m["accepted"]}
            return wanted <= taken

        found = self.stack.wait_for(complete, SOON)
        return [m for m in found if str(m["tags"].get("pk")).startswith(f"{self.name}-")]

    def item(self, pk: str) -> dict[str, Any] | None:
        key = {"pk": {"S": pk}}
        found = self.dynamodb.get_item(TableName=self.table, Key=key, ConsistentRead=True)
        item: dict[str, Any] | None = found.get("Item")
        return item


@pytest.fixture
def shop(stack: LocalStack, request: pytest.FixtureRequest) -> Shop:
    return Shop(stack, request.node.name.removeprefix("test_")[:40].replace("[", "_").strip("]"))


def until[T](look: Callable[[], T | None]) -> T:
    """What `look` finds, as soon as it finds something."""
    ends_at = time.monotonic() + SOON
    while time.monotonic() < ends_at:
        if found := look():
            return found
        threading.Event().wait(0.02)
    raise TimeoutError(f"nothing in {SOON} s")


def dead_letters(stack: LocalStack) -> list[dict[str, Any]]:
    sqs, url = stack.client("sqs"), stack.outputs["DeadLetterQueueUrl"]
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
    messages: list[dict[str, Any]] = received.get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return messages


def test_an_event_becomes_a_mail(shop: Shop) -> None:
    shop.put({"pk": "ana", "address": "ana@shop.example"})
    [mail] = shop.mails("ana")
    assert mail["to"] == ["ana@shop.example"]
    assert mail["headers"] == {"List-Unsubscribe": "<https://shop.example/u>"}
    assert mail["configuration_set"] == "tiny-mail"


def test_poison_passes_and_its_neighbours_are_done(stack: LocalStack, shop: Shop) -> None:
    address = "ana@shop.example"
    shop.put(
        {"pk": "one", "address": address},
        {"pk": "reported", "address": address, "poison": True},
        {"pk": "two", "address": address},
        {"pk": "raised", "address": address, "raises": True},
        {"pk": "three", "address": address},
    )
    sent = {mail["tags"]["pk"] for mail in shop.mails("one", "two", "three")}
    assert sent == {f"{shop.name}-{pk}" for pk in ("one", "two", "three")}
    given_up: list[dict[str, Any]] = []

    def both() -> bool:
        given_up.extend(json.loads(message["Body"]) for message in dead_letters(stack))
        return len(given_up) == 2

    until(both)
    # Two environments may take them off the queue at once: which came first is not known.
    assert {failure["requestContext"]["condition"] for failure in given_up} == {
        "RetryAttemptsExhausted"
    }
    assert [failure["DDBStreamBatchInfo"]["batchSize"] for failure in given_up] == [1, 1]
    errors = [failure["responseContext"].get("functionError") for failure in given_up]
    assert Counter(errors) == {None: 1, "Unhandled": 1}


def test_a_slow_reader_of_the_stream_holds_up_no_other(stack: LocalStack, shop: Shop) -> None:
    shop.put({"pk": "slow", "slow": True})
    until(lambda: any("Dawdle" in name for name in stack.activity()["by_function"]))
    shop.put({"pk": "quick", "address": "ana@shop.example"})
    shop.mails("quick")
    assert any("Dawdle" in name for name in stack.activity()["by_function"])
    shop.put({"pk": "slow-done"})
    until(lambda: not any("Dawdle" in name for name in stack.activity()["by_function"]))


def test_a_failed_queue_message_holds_up_no_other_and_ends_as_a_dead_letter(
    stack: LocalStack, shop: Shop
) -> None:
    sqs, url = stack.client("sqs"), stack.outputs["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "3"})
    shop.put({"pk": "bad", "refuse": True}, {"pk": "good", "address": "ana@shop.example"})
    shop.mails("good")
    [letter] = until(lambda: dead_letters(stack))
    assert json.loads(letter["Body"])["detail"]["pk"] == f"{shop.name}-bad"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})


def test_a_delayed_message_arrives_when_it_is_due(stack: LocalStack, shop: Shop) -> None:
    body = json.dumps({"source": "shop", "time": "now", "detail": {"pk": f"{shop.name}-later"}})
    sqs, url = stack.client("sqs"), stack.outputs["QueueUrl"]
    sent_at = time.time()
    sqs.send_message(QueueUrl=url, MessageBody=body, DelaySeconds=2)
    until(lambda: shop.item(f"{shop.name}-later"))
    assert time.time() - sent_at >= 2


def test_a_rule_sends_only_where_the_queues_policy_lets_it(stack: LocalStack, shop: Shop) -> None:
    shop.put({"pk": "ana", "address": "ana@shop.example"})
    shop.mails("ana")
    asked = {"QueueUrl": stack.outputs["ClosedQueueUrl"], "AttributeNames": ["All"]}
    attributes = stack.client("sqs").get_queue_attributes(**asked)["Attributes"]
    assert attributes["ApproximateNumberOfMessages"] == "0"


def as_function(stack: LocalStack, service: Literal["dynamodb", "s3"]) -> Client:
    """A client with what the function Take may do."""
    name = stack.outputs["TakeFunction"]
    role = stack.client("lambda").get_function_configuration(FunctionName=name)["Role"]
    assumed = stack.client("sts").assume_role(RoleArn=role, RoleSessionName="probe")["Credentials"]
    return boto3.client(
        service,
        endpoint_url=stack.endpoint,
        region_name=stack.region,
        aws_access_key_id=assumed["AccessKeyId"],
        aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"],
    )


def test_a_functions_role_binds_it(stack: LocalStack) -> None:
    dynamodb, table = as_function(stack, "dynamodb"), stack.outputs["TableName"]
    dynamodb.put_item(TableName=table, Item={"pk": {"S": "probe"}})
    with pytest.raises(ClientError, match="AccessDenied"):
        dynamodb.scan(TableName=table)


def test_a_tls_only_bucket_lets_functions_in_and_plain_requests_not(
    stack: LocalStack, shop: Shop
) -> None:
    shop.put({"pk": "file", "upload": True, "address": "ana@shop.example"})
    shop.mails("file")
    bucket, key = stack.outputs["WorkspaceBucketName"], f"{shop.name}-file"
    s3 = as_function(stack, "s3")
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"uploaded"

    def plainly(request: AWSRequest, **_others: object) -> None:
        request.headers["X-Forwarded-Proto"] = "http"

    s3.meta.events.register("before-send.s3", plainly)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_object(Bucket=bucket, Key=key)


def test_ses_reports_over_the_default_bus(stack: LocalStack, shop: Shop) -> None:
    shop.put({"pk": "ana", "address": "ana@shop.example"})
    [mail] = shop.mails("ana")
    assert stack.feedback(mail["message_id"], "bounce", bounce_type="permanent")
    item = until(lambda: shop.item(f"report-Bounce-{shop.name}-ana"))
    report = json.loads(item["report"]["S"])
    assert report["bounce"]["bounceType"] == "Permanent"
    assert report["mail"]["messageId"] == mail["message_id"]


def test_what_no_event_destination_asks_for_is_not_reported(stack: LocalStack, shop: Shop) -> None:
    shop.put({"pk": "ana", "address": "ana@shop.example"})
    [mail] = shop.mails("ana")
    assert not stack.feedback(mail["message_id"], "open")


def test_the_mailbox_simulator_bounces_by_itself(shop: Shop) -> None:
    shop.put({"pk": "sim", "address": "bounce@simulator.amazonses.com"})
    shop.mails("sim")
    assert until(lambda: shop.item(f"report-Bounce-{shop.name}-sim"))


def test_putting_events_as_aws_is_refused_as_on_aws(stack: LocalStack) -> None:
    entry = {"Source": "aws.ses", "DetailType": "Email Bounced", "Detail": "{}"}
    answer = stack.client("events").put_events(Entries=[entry])
    assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"


@pytest.mark.parametrize("kind", ["error", "throttle"])
def test_a_failing_provider_is_asked_again(stack: LocalStack, shop: Shop, kind: str) -> None:
    stack.faults({"match": {"service": "ses", "text": shop.name}, "kind": kind, "times": 1})
    shop.put({"pk": "ana", "address": "ana@shop.example"})
    assert [mail["accepted"] for mail in shop.mails("ana")] == [False, True]
    assert stack.clear_faults() == [1]


def test_a_crash_after_the_call_is_seen_as_lambda_would_leave_it(
    stack: LocalStack, shop: Shop
) -> None:
    stack.faults({"match": {"service": "ses", "text": shop.name}, "kind": "crash", "times": 1})
    shop.put({"pk": "ana", "address": "ana@shop.example"})

    def twice(messages: list[dict[str, Any]]) -> bool:
        return [m["tags"]["pk"] for m in messages].count(f"{shop.name}-ana") == 2

    mails = [m for m in stack.wait_for(twice, SOON) if m["tags"]["pk"] == f"{shop.name}-ana"]
    assert [(m["accepted"], m["fault"]) for m in mails] == [(True, "crash"), (True, None)]


@pytest.mark.parametrize("kind", ["error", "throttle", "drop_answer"])
def test_a_failing_table_is_written_in_the_end(stack: LocalStack, shop: Shop, kind: str) -> None:
    match = {"service": "dynamodb", "operation": "PutItem", "text": shop.name}
    stack.faults({"match": match, "kind": kind, "times": 1})
    shop.put({"pk": "ana", "address": "ana@shop.example"})
    shop.mails("ana")
    assert stack.clear_faults() == [1]


def test_asking_again_for_what_runs_changes_nothing(stack: LocalStack) -> None:
    said: list[str] = []
    assert stacks.up(stack.home, WANTED, said.append) == stack
    assert re.fullmatch(r"it runs already, and ends by itself in \d+ minutes", said[0])
    assert said[1:] == ["ready"]
    with stacks.running(stack.home, WANTED) as same:
        assert same == stack
    assert stack.activity()["stream_lanes"] == 2


@pytest.mark.parametrize(
    "address", ["hello@karoo.example", "Shop <a@b.shop.test>", "a@example.com"]
)
def test_a_sender_that_nobody_can_own_needs_no_verification(
    stack: LocalStack, address: str
) -> None:
    assert send_from(stack, address)["MessageId"]


def test_a_sender_that_somebody_can_own_has_to_be_verified(stack: LocalStack) -> None:
    with pytest.raises(ClientError, match="Email address is not verified"):
        send_from(stack, "hello@sojourn-shop.com")


def test_a_sender_named_while_it_runs_is_verified_too(stack: LocalStack) -> None:
    wanted = replace(WANTED, verified=("late.com", "one@address.com"))
    assert stacks.up(stack.home, wanted, lambda _: None) == stack
    assert send_from(stack, "hello@late.com")["MessageId"]
    assert send_from(stack, "one@address.com")["MessageId"]
    with pytest.raises(ClientError, match="Email address is not verified"):
        send_from(stack, "two@address.com")


def send_from(stack: LocalStack, address: str) -> dict[str, Any]:
    text = {"Data": "Hi"}
    answer: dict[str, Any] = stack.client("sesv2").send_email(
        FromEmailAddress=address,
        Destination={"ToAddresses": ["ana@shop.example"]},
        Content={"Simple": {"Subject": text, "Body": {"Text": text}}},
    )
    return answer


def test_a_shell_that_reads_its_variables_talks_to_it(stack: LocalStack) -> None:
    sojourn = Path(sys.executable).parent / "sojourn"
    command = [str(sojourn), "local", "env", "--home", str(stack.home)]
    script = f'eval "$({shlex.join(command)})"; env'
    given = {"PATH": os.environ["PATH"], "AWS_PROFILE": "another"}
    shell = subprocess.run(["bash", "-c", script], env=given, capture_output=True, check=True)
    lines = dict(line.split("=", 1) for line in shell.stdout.decode().splitlines() if "=" in line)
    assert stack.env.items() <= lines.items()
    assert "AWS_PROFILE" not in lines
    told = subprocess.run([*command, "--format", "json"], capture_output=True, check=True)
    assert json.loads(told.stdout) == stack.env


def test_after_a_reset_everything_is_empty_and_still_works(stack: LocalStack, shop: Shop) -> None:
    shop.put({"pk": "before", "upload": True, "address": "ana@shop.example"})
    shop.mails("before")
    stack.reset()
    assert stack.recorded() == []
    assert stack.client("dynamodb").scan(TableName=shop.table)["Count"] == 0
    bucket = stack.outputs["WorkspaceBucketName"]
    assert stack.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    shop.put({"pk": "after", "address": "ana@shop.example"})
    assert [mail["tags"]["pk"] for mail in shop.mails("after")] == [f"{shop.name}-after"]


def test_nothing_is_left_when_it_ends(tmp_path: Path) -> None:
    with stacks.running(tmp_path, WANTED) as stack:
        shop = Shop(stack, "end")
        shop.put({"pk": "ana", "address": "ana@shop.example"})
        shop.mails("ana")
        if Path("/proc/self/cwd").exists():
            assert [pid for pid in Path("/proc").glob("[0-9]*") if works_in(pid, tmp_path)]
    assert stacks.find(tmp_path) is None
    with pytest.raises(OSError, match="refused"):
        urlopen(Request(stack.endpoint), timeout=SOON)  # noqa: S310 - our own loopback address
    assert [pid for pid in Path("/proc").glob("[0-9]*") if works_in(pid, tmp_path)] == []


def works_in(pid: Path, folder: Path) -> bool:
    """Whether a process has its working directory below a folder, as the emulator's all have."""
    try:
        return (pid / "cwd").readlink().is_relative_to(folder)
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False


def test_it_ends_by_itself(tmp_path: Path) -> None:
    home = Home(tmp_path)
    process.start(home, "us-east-1", max_minutes=0.05)
    until(lambda: home.running() is None)
