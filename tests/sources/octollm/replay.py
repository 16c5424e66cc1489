"""A local server that gives the recorded answers of tests/samples/octollm again."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.sources.octollm.samples import METRICS, rows


@dataclass(frozen=True, slots=True)
class Given:
    """What is answered: a status, a body, and how long that takes."""

    body: Any
    status: int = 200
    seconds: float = 0.0


@dataclass(slots=True)
class Replay:
    """The server's address and its answers by path, which a test may change."""

    url: str
    answers: dict[str, Given] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


def recorded() -> dict[str, Given]:
    """Return the first recorded answer of each path that was got, and the metrics."""
    found: dict[str, Given] = {}
    for row in rows("http_responses.jsonl"):
        if row["method"] == "GET":
            found.setdefault(row["path"], Given(row["body"], row["status"]))
    return {**found, "/metrics": Given(METRICS.read_text())}


@contextmanager
def replaying(**answers: Given) -> Iterator[Replay]:
    """Serve what was recorded, unless *answers* are given, by path without slash."""
    given = {f"/{path}": each for path, each in answers.items()}
    replay = Replay("", given or recorded())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            replay.asked.append(self.path)
            absent = Given({"detail": "Not Found"}, 404)
            given = replay.answers.get(self.path, replay.answers.get(path, absent))
            time.sleep(given.seconds)
            text = isinstance(given.body, str)
            held = (given.body if text else json.dumps(given.body)).encode()
            self.send_response(given.status)
            self.send_header("content-length", str(len(held)))
            self.end_headers()
            self.wfile.write(held)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    replay.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield replay
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
