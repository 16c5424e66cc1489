"""Answers on this machine as the services of a made-up OctoLLM would."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

from bot.demo.ground import LOOPBACK
from bot.demo.octo import ORCHESTRATOR, REFLEX, Answer, Octo
from bot.demo.recorded import series

NOBODY: Final = f"http://{LOOPBACK}:9"  # where nobody listens
PROMETHEUS: Final = "prometheus"


class _Server(ThreadingHTTPServer):
    request_queue_size = 64  # an answer asks for all at once; of more than 5 some wait


@contextmanager
def served(octo: Octo) -> Iterator[str]:
    """Answer for all services below one address until the block ends; yield it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer as the service whose name the path begins with."""
            asked, _, words = self.path.partition("?")
            _, service, path = asked.split("/", 2)
            known = octo.answers.get(service, {})
            if service == PROMETHEUS:
                [query] = parse_qs(words)["query"]
                told = series(octo.recorded, query.partition("[")[0])
                known = {f"/{path}": Answer(told)}
            answer = known.get(f"/{path}", Answer({"detail": "Not Found"}, 404))
            held = answer.body
            body = held if isinstance(held, str) else json.dumps(held)
            self.send_response(answer.status)
            self.send_header("content-length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = _Server((LOOPBACK, 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://{LOOPBACK}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def settings(octo: Octo, url: str, folder: Path) -> dict[str, str]:
    """Return the settings that point a bot at the deployment, its logs in *folder*."""

    def at(service: str) -> str:
        return NOBODY if service in octo.refusing else f"{url}/{service}"

    recorded = {"OCTOLLM_PROMETHEUS_URL": f"{url}/{PROMETHEUS}"}
    return {
        **(recorded if octo.recorded else {}),
        "OCTOLLM_URL": at(ORCHESTRATOR),
        "OCTOLLM_REFLEX_URL": at(REFLEX),
        "OCTOLLM_ARMS": ",".join(f"{name}={at(name)}" for name in octo.arms),
        "OCTOLLM_LOG_GLOBS": ",".join(
            f"{name}={folder / name}.log" for name in octo.answers
        ),
        "OCTOLLM_TZ": str(octo.zone),
    }
