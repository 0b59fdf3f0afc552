"""The emulated AWS with a stack deployed, for the command line, the demonstration and the tests."""

import json
import os
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from sojourn_cli.local import deploy, process
from sojourn_cli.local.home import PROJECT, Deployed, Home, LocalError, Running

ACCESS_KEY = "test"  # the emulated account's root, whom no policy binds
READY_SECONDS = 20.0
LOOK_SECONDS = 0.02
ANSWER_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to deploy, and for how long it may run at most."""

    template: Path = PROJECT / "template.yaml"
    stack: str = "sojourn"
    sender: str = "shop@shop.example"
    verified: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    region: str = "us-east-1"
    max_minutes: float = 120.0


@dataclass(frozen=True, slots=True)
class LocalStack:
    """A stack in an emulated AWS."""

    home: Path
    endpoint: str
    region: str
    stack: str
    outputs: Mapping[str, str]

    @property
    def recorder(self) -> str:
        """Where `GET recorded`, `POST feedback` and the other controls are."""
        return f"{self.endpoint}/_sojourn"

    @property
    def env(self) -> dict[str, str]:
        """The environment variables with which every AWS tool talks to it."""
        return variables_of(self.endpoint, self.region)

    def client(self, service: str) -> Any:  # noqa: ANN401 - which one, its name says
        """A boto3 client of the account's root, whatever this process's own environment says."""
        return deploy.client_of(self.env, service)

    def recorded(self, after: int = 0, wait_seconds: float = 0.0) -> list[dict[str, Any]]:
        """Mails and text messages handed to SES and SNS, as they came, numbered above `after`."""
        query = urllib.parse.urlencode({"after": after, "wait": wait_seconds})
        found: list[dict[str, Any]] = _ask("GET", f"{self.recorder}/recorded?{query}")
        return found

    def wait_for(
        self, wanted: Callable[[list[dict[str, Any]]], bool], seconds: float
    ) -> list[dict[str, Any]]:
        """The recorded messages once they are as `wanted`.

        TimeoutError, naming the last of them, when they never are.
        """
        until = time.monotonic() + seconds
        pause = threading.Event()
        messages = self.recorded()
        while not wanted(messages):
            left = until - time.monotonic()
            if left <= 0:
                seen = [
                    (message["channel"], message["to"], message["accepted"]) for message in messages
                ]
                raise TimeoutError(
                    f"after {seconds} s there were {len(seen)} messages: {seen[-20:]}"
                )
            last = messages[-1]["number"] if messages else 0
            messages += self.recorded(last, left)
            pause.wait(LOOK_SECONDS)  # so that a burst is fetched in few pieces
        return messages

    def forget_recorded(self) -> None:
        """Begin an empty record."""
        _ask("DELETE", f"{self.recorder}/recorded")

    def faults(self, *rules: Mapping[str, Any]) -> None:
        """Make calls of any service fail from now on, as `sojourn_cli.local.faults` says."""
        for rule in rules:
            _ask("POST", f"{self.recorder}/faults", rule)

    def clear_faults(self) -> list[int]:
        """Let every call pass; how often each rule has struck."""
        struck: list[int] = _ask("DELETE", f"{self.recorder}/faults")["struck"]
        return struck

    def opt_out(self, number: str) -> None:
        """Let a telephone number opt out of text messages."""
        _ask("POST", f"{self.recorder}/opt-out", {"number": number})

    def feedback(self, message_id: str, kind: str, **told: str) -> bool:
        """Let SES report `kind` of a recorded mail: `bounce`, `complaint`, `delivery`, `click` ...

        `feedback.event_of` says what may be told beside. False when no event destination of the
        mail's configuration set asks for it.
        """
        asked = {"message_id": message_id, "kind": kind, **told}
        return bool(_ask("POST", f"{self.recorder}/feedback", asked)["published"])

    def emit(self, event: Mapping[str, Any]) -> None:
        """Put an event on the default bus as a service of AWS does, whatever its source."""
        _ask("POST", f"{self.recorder}/event", event)

    def activity(self) -> dict[str, Any]:
        """How many lanes read table streams, and which functions run now."""
        status: dict[str, Any] = _ask("GET", f"{self.recorder}/status")
        return status

    def reset(self) -> None:
        """Empty tables, queues, buckets and records; what is deployed stays, its functions cold."""
        _ask("POST", f"{self.recorder}/reset")


def variables_of(endpoint: str, region: str) -> dict[str, str]:
    """The environment of every AWS tool that is to talk to an emulated account."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": ACCESS_KEY,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }


def up(folder: Path, wanted: Wanted, progress: Callable[[str], None]) -> LocalStack:
    """Start the emulator unless it runs, deploy unless it is deployed so, and return once all of it
    listens. What was started for a deployment that fails or is interrupted is ended with it.
    """
    home = Home(folder)
    with home.locked():
        running = home.running()
        if running is not None:
            minutes = max(running.ends_at - time.time(), 0) / 60
            progress(f"it runs already, and ends by itself in {minutes:.0f} minutes")
            return _deployed(home, running, wanted, progress)
        progress("starting the emulated AWS")
        running = process.start(home, wanted.region, wanted.max_minutes)
        try:
            return _deployed(home, running, wanted, progress)
        except BaseException:
            process.stop(home)
            raise


def _deployed(
    home: Home, running: Running, wanted: Wanted, progress: Callable[[str], None]
) -> LocalStack:
    if not wanted.template.exists():
        raise LocalError(f"there is no template {wanted.template}")
    variables = variables_of(running.endpoint, running.region)
    _verify(variables, (parseaddr(wanted.sender)[1], *wanted.verified))
    parameters = {"SenderEmail": wanted.sender, **wanted.parameters}
    made_of = json.dumps([deploy.digest(wanted.template), sorted(parameters.items())])
    known = home.deployed()
    if known is None or (known.stack, known.made_of) != (wanted.stack, made_of):
        progress("building")
        built = deploy.build(wanted.template)
        progress(f"deploying {wanted.stack}")
        log = home.folder / "deploy.log"
        outputs = deploy.deploy(built, wanted.stack, parameters, variables, log)
        known = Deployed(wanted.stack, made_of, outputs)
        home.remember(known)
    stack = _of(home, running, known)
    _until_listening(stack)
    progress("ready")
    return stack


def _of(home: Home, running: Running, known: Deployed) -> LocalStack:
    return LocalStack(
        home=home.folder,
        endpoint=running.endpoint,
        region=running.region,
        stack=known.stack,
        outputs=known.outputs,
    )


def _verify(variables: Mapping[str, str], identities: Sequence[str]) -> None:
    ses = deploy.client_of(variables, "sesv2")
    for identity in dict.fromkeys(identities):
        with suppress(ses.exceptions.AlreadyExistsException):
            ses.create_email_identity(EmailIdentity=identity)


def _until_listening(stack: LocalStack) -> None:
    """Wait until every table stream that feeds a function is read; queues are polled at once."""
    until = time.monotonic() + READY_SECONDS
    pause = threading.Event()
    while stack.activity()["streams_unread"]:
        if time.monotonic() > until:
            raise LocalError(f"the table streams are not read; see {Home(stack.home).log}")
        pause.wait(LOOK_SECONDS)


def find(folder: Path) -> LocalStack | None:
    """The stack that runs in a folder."""
    home = Home(folder)
    running, known = home.running(), home.deployed()
    return None if running is None or known is None else _of(home, running, known)


def down(folder: Path) -> bool:
    """End what runs in a folder; false when nothing did."""
    home = Home(folder)
    with home.locked():
        return process.stop(home)


@contextmanager
def running(
    folder: Path, wanted: Wanted, progress: Callable[[str], None] = lambda _: None
) -> Iterator[LocalStack]:
    """A stack for as long as the block lasts, shared with whoever else asks for the same folder
    meanwhile.

    The last to leave ends it; a process that dies inside no longer counts.
    """
    home = Home(folder)
    holder = home.folder / "holders" / f"{os.getpid()}-{uuid.uuid4().hex}"
    with home.locked():
        holder.parent.mkdir(exist_ok=True)
        holder.touch()
    try:
        yield up(folder, wanted, progress)
    finally:
        with home.locked():
            holder.unlink(missing_ok=True)
            if not any(_is_alive(other) for other in holder.parent.iterdir()):
                process.stop(home)


def _is_alive(holder: Path) -> bool:
    try:
        os.kill(int(holder.name.partition("-")[0]), 0)
    except ProcessLookupError:
        return False
    return True


def _ask(method: str, url: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
    """One request to the emulator's own controls."""
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, content, method=method)  # noqa: S310 - our own loopback address
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            reason = error.read().decode("utf-8", "replace")
        raise LocalError(f"{method} {url}: {error.code}: {reason}") from error
    except urllib.error.URLError as error:
        raise LocalError(f"the emulated AWS at {url} does not answer: {error.reason}") from error
