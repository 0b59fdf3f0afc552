"""The program that is the emulated AWS: MiniStack with our changes, and an end.

Runs under MiniStack's own interpreter. It binds free ports of 127.0.0.1, writes them to
`emulator.json` in its folder, and ends on SIGTERM, after its lifetime, or when one of its own
threads breaks.
"""

import argparse
import asyncio
import functools
import json
import logging
import os
import random
import signal
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

from sojourn_cli.local.controls import Controls
from sojourn_cli.local.emulator import MiniStack, install, load
from sojourn_cli.local.gateway import Gateway
from sojourn_cli.local.server import serve
from sojourn_cli.local.shortcut import Shortcut

logger = logging.getLogger("sojourn.local")

ACCOUNT = "000000000000"
ENDED_SECONDS = 10.0  # after which an end that hangs is forced


def settings(port: int, region: str) -> dict[str, str]:
    """The environment variables MiniStack reads; AWS_ENDPOINT_URL reaches the functions too."""
    return {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": region,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "LOG_LEVEL": "WARNING",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
    }


class Emulator:
    """The server and everything that lives as long as it."""

    def __init__(self, home: Path, region: str, lifetime_seconds: float) -> None:
        """Bind a free port of loopback."""
        self._home = home
        self._region = region
        self._ends_at = time.time() + lifetime_seconds
        self._over = asyncio.Event()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def run(self) -> None:
        """Serve until told to end."""
        loop = asyncio.get_running_loop()
        for ending in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(ending, self._over.set)
        loop.call_later(self._ends_at - time.time(), self._over.set)
        threading.excepthook = functools.partial(self._broken, loop)
        port = self._socket.getsockname()[1]
        os.environ.update(settings(port, self._region))
        ministack = load()
        mappings, started = install(ministack, self._home / "packages")
        controls = Controls(ministack, mappings, started, ACCOUNT, self._region)
        app = Shortcut(ministack.app.app, ministack)
        gateway = Gateway(app, controls.recorder, controls.faults, controls.table(), controls.crash)
        self._announce(port)
        try:
            await serve(gateway, self._socket, self._over)
        finally:
            self._end(ministack)

    def _announce(self, port: int) -> None:
        state = {
            "pid": os.getpid(),
            "endpoint": f"http://127.0.0.1:{port}",
            "region": self._region,
            "ends_at": self._ends_at,
        }
        building = self._home / "emulator.json.building"
        building.write_text(json.dumps(state), encoding="utf-8")
        building.rename(self._home / "emulator.json")

    def _end(self, ministack: MiniStack) -> None:
        forced = threading.Timer(ENDED_SECONDS, os._exit, (1,))
        forced.daemon = True
        forced.start()
        ministack.runtime.reset()

    def _broken(self, loop: asyncio.AbstractEventLoop, failure: threading.ExceptHookArgs) -> None:
        """A thread ended with an exception: say so; end if it was one the streams depend on."""
        name = failure.thread.name if failure.thread else "a thread"
        if failure.exc_value is not None:
            logger.error("%s broke", name, exc_info=failure.exc_value)
        if name.startswith("sojourn-"):
            loop.call_soon_threadsafe(self._over.set)


def main(arguments: list[str]) -> None:
    """Run until the end; arguments as `--help` says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the folder of this emulator")
    parser.add_argument("--region", required=True)
    parser.add_argument("--max-minutes", type=float, required=True, help="its lifetime")
    options = parser.parse_args(arguments)
    temporary = options.home / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    os.environ["TMPDIR"] = tempfile.tempdir = str(temporary)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("sojourn").setLevel(logging.INFO)
    # MiniStack names what it does with some ten random numbers a call. The system's let another
    # thread take the interpreter each time; nothing here is a secret.
    os.urandom = random.Random(os.urandom(32)).randbytes  # noqa: S311 - as said
    asyncio.run(Emulator(options.home, options.region, options.max_minutes * 60).run())


if __name__ == "__main__":
    main(sys.argv[1:])
