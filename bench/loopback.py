"""AWS on loopback, for one client at a time: it answers what a function's first event asks."""

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

from bench.nulled import NulledBus, NulledTable


class Loopback:
    """The server: ``table`` answers for DynamoDB, ``asked`` counts the requests by operation."""

    def __init__(self, table: NulledTable) -> None:
        """Listen on a free port."""
        self.asked: Counter[str] = Counter()
        self._operations: dict[str, Callable[..., dict[str, Any]]] = {
            "GetItem": table.get_item,
            "PutEvents": NulledBus().put_events,
            "Query": table.query,
            "UpdateItem": table.update_item,
        }
        self.server = HTTPServer(("127.0.0.1", 0), self._answering())

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, operation: str, request: dict[str, Any]) -> bytes:
        """Count and answer a request."""
        self.asked[operation] += 1
        return json.dumps(self._operations[operation](**request), default=_binary).encode()

    def _answering(self) -> type[BaseHTTPRequestHandler]:
        loopback = self

        class Answering(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"  # a connection a request: the next process need not wait

            def do_POST(self) -> None:
                operation = self.headers["X-Amz-Target"].rpartition(".")[2]
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                body = loopback.answer(operation, request)
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing of each request."""

        return Answering


def _binary(value: bytes) -> str:
    return b64encode(value).decode("ascii")


@contextmanager
def serving(loopback: Loopback) -> Iterator[None]:
    """Answer requests meanwhile."""
    thread = Thread(target=loopback.server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        loopback.server.shutdown()
        thread.join()
        loopback.server.server_close()
