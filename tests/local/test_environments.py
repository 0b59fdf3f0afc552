"""Functions run as on Lambda, in real processes."""

import io
import json
import os
import socket
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from sojourn_cli.local.environments import Environment, Host, Packages, owner_of

type Make = Callable[..., Environment]


def packed(files: Mapping[str, str]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        for name, text in files.items():
            target.writestr(name, text)
    return archive.getvalue()


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Environment] = []

    def environment(
        code: str, layers: tuple[Mapping[str, str], ...] = (), **config: object
    ) -> Environment:
        host = Host(
            packages=Packages(tmp_path / "packages"),
            credentials=lambda _: {"AWS_ACCESS_KEY_ID": "ASIA", "AWS_SECRET_ACCESS_KEY": "secret"},
            layer=packed,
            region=lambda _: "eu-west-1",
        )
        described = {
            "FunctionName": "probe",
            "FunctionArn": "arn:probe",
            "Handler": "handler.handler",
            "Runtime": "python3.13",
            "Layers": list(layers),
            "Timeout": 20,
            **config,
        }
        made.append(Environment("probe", described, packed({"handler.py": code}), host))
        return made[-1]

    yield environment
    for one in made:
        one.kill()


def test_the_result_is_what_the_handler_returns(make: Make) -> None:
    environment = make("def handler(event, context): return {'twice': event['n'] * 2}")
    answer = environment.invoke({"n": 21}, "r1")
    assert (answer["status"], answer["result"]) == ("ok", {"twice": 42})


def test_the_environment_stays_warm(make: Make) -> None:
    environment = make("import os\ndef handler(event, context): return os.getpid()")
    first, second = environment.invoke({}, "r1"), environment.invoke({}, "r2")
    assert (first["cold_start"], second["cold_start"]) == (True, False)
    assert first["result"] == second["result"] == environment.pid


def test_an_exception_is_reported_and_leaves_the_environment_alive(make: Make) -> None:
    environment = make(
        "def handler(event, context):\n    if event: raise KeyError('gone')\n    return 'well'"
    )
    assert environment.invoke({}, "r1")["result"] == "well"
    pid = environment.pid
    failed = environment.invoke({"n": 1}, "r2")
    assert (failed["status"], failed["error"], failed["type"]) == ("error", "'gone'", "KeyError")
    assert "line 2, in handler" in failed["trace"]
    assert environment.invoke({}, "r3")["result"] == "well"
    assert environment.pid == pid


def test_a_result_that_is_not_json_is_an_error(make: Make) -> None:
    environment = make("def handler(event, context): return {1, 2}")
    answer = environment.invoke({}, "r1")
    assert (answer["status"], answer["type"]) == ("error", "TypeError")


def test_a_timeout_ends_the_environment(make: Make) -> None:
    environment = make(
        "import threading\n"
        "def handler(event, context):\n"
        "    print('before', flush=True)\n"
        "    threading.Event().wait(event['seconds'])\n",
        Timeout=1,
    )
    answer = environment.invoke({"seconds": 60}, "r1")
    assert answer["error"] == "Task timed out after 1.00 seconds"
    assert answer["log"] == "before"
    assert environment.pid is None
    assert environment.invoke({"seconds": 0}, "r2")["cold_start"]


def test_a_death_is_an_error_and_the_next_invocation_begins_anew(make: Make) -> None:
    environment = make(
        "import os, signal\n"
        "def handler(event, context):\n"
        "    if event: os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert environment.invoke({"die": 1}, "r1")["error"].endswith("signal: SIGKILL")
    assert environment.invoke({}, "r2")["cold_start"]


def test_the_log_of_an_invocation_is_complete_and_its_own(make: Make) -> None:
    environment = make(
        "import sys\n"
        "def handler(event, context):\n"
        "    for n in range(event['n']): print('out', n)\n"
        "    print('err', file=sys.stderr, end='')\n"
    )
    first, second = environment.invoke({"n": 200}, "r1"), environment.invoke({"n": 0}, "r2")
    assert sorted(first["log"].splitlines()) == sorted([f"out {n}" for n in range(200)] + ["err"])
    assert second["log"] == "err"


def test_the_log_has_the_runtimes_handler_and_format(make: Make) -> None:
    code = (
        "import logging\n"
        "def handler(event, context):\n"
        "    logging.getLogger('shop').info('to %s', 'ana')\n"
        "    logging.getLogger('shop').debug('unseen')\n"
        "    try: 1 / 0\n"
        "    except ZeroDivisionError: logging.exception('failed')\n"
    )
    written = {"LogFormat": "JSON", "ApplicationLogLevel": "INFO"}
    told, failed = map(
        json.loads, make(code, LoggingConfig=written).invoke({}, "r1")["log"].splitlines()
    )
    assert (told["level"], told["message"], told["logger"]) == ("INFO", "to ana", "shop")
    assert told["requestId"] == "r1"
    assert (failed["errorType"], failed["errorMessage"]) == (
        "ZeroDivisionError",
        "division by zero",
    )
    text = make(code).invoke({}, "r2")["log"].splitlines()[0]
    assert text.startswith("[ERROR]\t20")
    assert text.endswith("Z\tr2\tfailed")


def test_a_module_that_cannot_be_loaded_says_why(make: Make) -> None:
    with pytest.raises(RuntimeError, match="no_such_module"):
        make("import no_such_module").invoke({}, "r1")


def test_the_function_comes_before_the_layers(make: Make) -> None:
    layers = (
        {"python/first.py": "HERE = 'first layer'", "python/handler.py": "raise SystemExit"},
        {"python/lib/python3.13/site-packages/second.py": "HERE = 'second layer'"},
    )
    environment = make(
        "import first, second\ndef handler(event, context): return [first.HERE, second.HERE]",
        layers,
    )
    assert environment.invoke({}, "r1")["result"] == ["first layer", "second layer"]


def test_packages_are_unpacked_once(make: Make, tmp_path: Path) -> None:
    code = "def handler(event, context): return __file__"
    one, other = make(code), make(code)
    assert one.invoke({}, "r1")["result"] == other.invoke({}, "r1")["result"]
    assert len(list((tmp_path / "packages").iterdir())) == 1


def test_the_variables_are_lambdas_and_the_functions_own(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_HOST", "1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", "http://127.0.0.1:1")
    environment = make(
        "import os\ndef handler(event, context): return dict(os.environ)",
        Environment={"Variables": {"TABLE_NAME": "customers", "AWS_REGION": "not mine to set"}},
    )
    seen = environment.invoke({}, "r1")["result"]
    assert seen["TABLE_NAME"] == "customers"
    assert seen["AWS_REGION"] == "eu-west-1"
    assert seen["AWS_ACCESS_KEY_ID"] == "ASIA"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "probe"
    assert seen["AWS_ENDPOINT_URL_SNS"] == "http://127.0.0.1:1"
    assert "SECRET_OF_THE_HOST" not in seen


def test_the_context_tells_who_is_asked_and_how_much_time_is_left(make: Make) -> None:
    environment = make(
        "def handler(event, context):\n"
        "    return [context.aws_request_id, context.invoked_function_arn,\n"
        "            context.function_name, context.get_remaining_time_in_millis()]\n"
    )
    answer = environment.invoke({}, "r1", invoked_function_arn="arn:probe:live")
    *who, left = answer["result"]
    assert who == ["r1", "arn:probe:live", "probe"]
    assert 0 < left <= 20_000


def test_the_trace_of_an_invocation_ends_with_it(make: Make) -> None:
    environment = make(
        "import os\ndef handler(event, context): return os.environ.get('_X_AMZN_TRACE_ID')"
    )
    assert environment.invoke({}, "r1", trace_id="Root=1")["result"] == "Root=1"
    assert environment.invoke({}, "r2")["result"] is None


def test_large_events_and_answers_pass(make: Make) -> None:
    environment = make("def handler(event, context): return event")
    event = {"text": "ü" * 3_000_000}
    assert environment.invoke(event, "r1")["result"] == event


def test_the_owner_of_a_connection_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        other: int = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", other)) as client, server.accept()[0]:
            own: int = client.getsockname()[1]
            mine = os.getpid() if Path("/proc/net/tcp").exists() else None
            assert owner_of((own, other), iter([os.getpid()])) == mine
            assert owner_of((own, other), iter([])) is None
            assert owner_of((own, own), iter([os.getpid()])) is None


def test_events_are_passed_as_they_are(make: Make) -> None:
    environment = make("def handler(event, context): return event")
    events: list[object] = [None, [], "text", 0, {"Records": [{"a": [1.5, True, None]}]}]
    for event in events:
        assert json.dumps(environment.invoke(event, "r")["result"]) == json.dumps(event)
