"""A double of RunPod: GraphQL at /graphql, REST at /v2.

GraphQL is checked and answered by graphql-core against runpod.graphql, so that a
field the service lacks is refused here too. REST answers can be checked against
RunPod's own OpenAPI document. Besides faults (see `bot.demo.faults`):

    POST   /_pods   the pods, as fields of `bot.demo.pods.Pod`; replaces all
    GET    /_pods   the ids of those that are left

    python -m bot.demo.runpod_double --port 55620 [--openapi FILE]
"""

import asyncio
import dataclasses
import importlib.util
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.demo import faults
from bot.demo.ground import Ground, Unavailable
from bot.demo.pods import Pod, exited, volume

INSTALLED = importlib.util.find_spec("graphql") is not None  # by the extra `demo`

KEY = "rpa_LOCALSTACK"
SCHEMA = Path(__file__).with_name("runpod.graphql")
GPU_TYPES: tuple[dict[str, Any], ...] = (
    {
        "id": "NVIDIA GeForce RTX 4090",
        "displayName": "RTX 4090",
        "memoryInGb": 24,
        "secureCloud": True,
        "communityCloud": True,
        "maxGpuCount": 8,
        "securePrice": 0.69,
        "communityPrice": 0.34,
        "lowestPrice": {
            "minimumBidPrice": 0.2,
            "uninterruptablePrice": 0.34,
            "stockStatus": "High",
        },
    },
)
# The limits RunPod's own document gives as its example.
RATE = {
    "RateLimit": '"minute";r=59;t=60',
    "RateLimit-Policy": '"minute";q=60;w=60, "hour";q=3000;w=3600',
}


class RunpodDouble(faults.Controls):
    """A running double: `url` is what RUNPOD_API_BASE_URL wants."""

    key = KEY

    @classmethod
    def start(
        cls, ground: Ground, *, port: int = 0, openapi: Path | None = None
    ) -> "RunpodDouble":
        """Start it on *ground*, checking each REST answer against *openapi*.

        Raises:
            Unavailable: graphql-core is not installed.
        """
        if not INSTALLED:
            msg = "graphql-core is not installed; pip install 'debug-bot[demo]'"
            raise Unavailable(msg)
        checked = () if openapi is None else ("--openapi", str(openapi.resolve()))
        process, address = ground.start_module(
            "bot.demo.runpod_double", *checked, port=port
        )
        double = cls(address, process)
        double.wait()
        return double

    def load(self, *pods: Pod) -> None:
        """Let these be all the pods of the account."""
        self._post("/_pods", [_to_json(pod) for pod in pods])

    def left(self) -> frozenset[str]:
        """Return the ids of the pods that are not terminated."""
        return frozenset(self._get("/_pods"))


class Account:
    """The account's pods, as both interfaces see and change them."""

    def __init__(self) -> None:
        self.pods: dict[str, Pod] = {}
        self.balance = 31.4

    def stop(self, pod: Pod, now: datetime) -> Pod:
        """Stop its container; the pod stays and its volume is paid for."""
        return self._put(pod, status="EXITED", last_status_change=exited(now))

    def resume(self, pod: Pod, now: datetime) -> Pod:
        """Start its container again."""
        return self._put(pod, status="RUNNING", started_at=now, last_status_change=None)

    def terminate(self, pod: Pod) -> None:
        """Remove it for good."""
        del self.pods[pod.id]

    def rent(self, asked: dict[str, Any], now: datetime) -> Pod:
        """Add a running pod."""
        pod = Pod(
            id=f"rented{len(self.pods):08d}",
            name=asked.get("name") or "rented",
            gpu=asked.get("gpuTypeId") or GPU_TYPES[0]["id"],
            created_at=now,
            started_at=now,
        )
        return self._put(pod)

    def _put(self, pod: Pod, **changes: Any) -> Pod:
        changed = dataclasses.replace(pod, **changes)
        self.pods[pod.id] = changed
        return changed


class Root:
    """What graphql-core asks for each root field; names are the schema's."""

    def __init__(self, account: Account, now: datetime) -> None:
        self._account = account
        self._now = now

    def myself(self, _: Any) -> dict[str, Any]:
        """Return the owner of the key, with all pods."""
        pods = [pod.as_graphql(self._now) for pod in self._account.pods.values()]
        running = [pod for pod in pods if pod["desiredStatus"] == "RUNNING"]
        return {
            "id": "user_local",
            "email": "ops@example.test",
            "pubKey": "",
            "clientBalance": self._account.balance,
            "spendLimit": 80.0,
            "currentSpendPerHr": round(sum(pod["costPerHr"] for pod in running), 4),
            "pods": pods,
            "networkVolumes": [volume("agv6w2qcg7", "EU-RO-1")],
        }

    def pod(self, _: Any, input: dict[str, Any] | None = None) -> Any:
        """Return one pod, None when there is none with that id."""
        found = self._account.pods.get((input or {}).get("podId", ""))
        return found and found.as_graphql(self._now)

    def gpuTypes(  # noqa: N802
        self, _: Any, input: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Return the kinds of GPU on offer."""
        wanted = (input or {}).get("id")
        return [kind for kind in GPU_TYPES if wanted in (None, kind["id"])]

    def podStop(self, _: Any, input: dict[str, Any]) -> Any:  # noqa: N802
        """Stop a pod."""
        pod = self._account.stop(self._find(input), self._now)
        return pod.as_graphql(self._now)

    def podResume(self, _: Any, input: dict[str, Any]) -> Any:  # noqa: N802
        """Start a stopped pod."""
        pod = self._account.resume(self._find(input), self._now)
        return pod.as_graphql(self._now)

    def podTerminate(self, _: Any, input: dict[str, Any]) -> None:  # noqa: N802
        """Terminate a pod, unless it is locked."""
        pod = self._find(input)
        if pod.locked:
            msg = "pod is locked"
            raise ValueError(msg)
        self._account.terminate(pod)

    def podFindAndDeployOnDemand(  # noqa: N802
        self, _: Any, input: dict[str, Any] | None = None
    ) -> Any:
        """Rent a pod."""
        return self._account.rent(input or {}, self._now).as_graphql(self._now)

    def _find(self, input: dict[str, Any]) -> Pod:
        found = self._account.pods.get(input["podId"])
        if found is None:
            # The service's own wording is not published.
            msg = "pod not found"
            raise ValueError(msg)
        return found


ACCOUNT = web.AppKey("account", Account)
SCHEMAS: web.AppKey[Any] = web.AppKey("schema", object)
OPENAPI = web.AppKey("openapi", dict)


def application(*, openapi: Path | None = None) -> web.Application:
    """Return the double with no pods."""
    from graphql import build_schema  # noqa: PLC0415 - who holds it needs no schema

    app = web.Application()
    app[ACCOUNT] = Account()
    app[SCHEMAS] = build_schema(SCHEMA.read_text())
    app[OPENAPI] = {} if openapi is None else json.loads(openapi.read_text())
    faults.install(app)
    app.middlewares.append(_authorised)
    app.add_routes(
        [
            web.post("/graphql", _graphql),
            web.get("/v2/pods", _list),
            web.get("/v2/pods/{id}", _get),
            web.delete("/v2/pods/{id}", _delete),
            web.post("/v2/pods/{id}/action", _act),
            web.get("/v2/pods/{id}/logs", _logs),
            web.post("/_pods", _set_pods),
            web.get("/_pods", _left),
        ]
    )
    return app


@web.middleware
async def _authorised(
    request: web.Request, handler: faults.Handler
) -> web.StreamResponse:
    given = request.headers.get("Authorization")
    if request.path.startswith("/_") or given == f"Bearer {KEY}":
        return await handler(request)
    if request.path.startswith("/v2"):
        detail = "invalid bearer token" if given else "missing bearer token"
        return _problem(401, "Unauthorized", detail)
    return web.json_response({"errors": [{"message": "Unauthorized"}]}, status=401)


async def _graphql(request: web.Request) -> web.Response:
    from graphql import graphql as execute  # noqa: PLC0415 - who holds it needs none

    body = await request.json()
    query = body.get("query", "")
    if "__schema" in query or "__type(" in query:
        code = {"code": "GRAPHQL_VALIDATION_FAILED"}
        text = "GraphQL introspection is not allowed"
        error = {"message": text, "extensions": code}
        return web.json_response({"errors": [error]}, status=400)
    result = await execute(
        request.app[SCHEMAS],
        query,
        root_value=Root(request.app[ACCOUNT], _now()),
        variable_values=body.get("variables"),
        operation_name=body.get("operationName"),
    )
    answer: dict[str, Any] = {}
    if result.errors:
        answer["errors"] = [
            {"message": error.message, "path": error.path} for error in result.errors
        ]
    if result.data is not None:
        answer["data"] = result.data
    return web.json_response(answer, status=400 if result.data is None else 200)


async def _list(request: web.Request) -> web.Response:
    now = _now()
    pods = [pod.as_rest(now) for pod in request.app[ACCOUNT].pods.values()]
    return _answer(request, "ListPodsResponse", {"pods": pods})


async def _get(request: web.Request) -> web.Response:
    return _answer(request, "Pod", _find(request).as_rest(_now()))


async def _delete(request: web.Request) -> web.Response:
    pod = _find(request)
    if pod.locked:
        return _problem(409, "Conflict", "pod is locked")
    request.app[ACCOUNT].terminate(pod)
    return web.Response(status=204, headers=RATE)


async def _act(request: web.Request) -> web.Response:
    account, pod, now = request.app[ACCOUNT], _find(request), _now()
    action = (await request.json()).get("action")
    if action not in {"start", "stop", "restart", "terminate"}:
        return _problem(422, "Unprocessable Entity", f"unknown action {action}")
    if action not in pod.actions or (pod.locked and action != "start"):
        why = "locked" if pod.locked else f"in status {pod.status}"
        return _problem(
            409, "Conflict", f"action {action} is not allowed, pod is {why}"
        )
    if action == "terminate":
        account.terminate(pod)
        return web.Response(status=204, headers=RATE)
    change = account.stop if action == "stop" else account.resume
    return _answer(request, "Pod", change(pod, now).as_rest(now))


async def _logs(request: web.Request) -> web.StreamResponse:
    """Send the last lines; the stream of a running pod then stays open."""
    pod = _find(request)
    tail = int(request.query.get("tail", 100))
    since = request.headers.get("Last-Event-ID") or request.query.get("since", "")
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream",
            "Cache-Control": "no-cache",
            "X-Accel-Buffering": "no",
            **RATE,
        }
    )
    await response.prepare(request)
    wanted = request.query.get("source", "container") == "container"
    lines = list(enumerate(pod.logs))[-tail:] if wanted else []
    for number, line in lines:
        at = f"{pod.start + timedelta(seconds=number):%Y-%m-%dT%H:%M:%SZ}"
        event = f"{at}/{number:012d}"
        if event <= since or at < since[:20]:
            continue
        data = json.dumps({"ts": at, "source": "container", "line": line})
        await response.write(f"id: {event}\ndata: {data}\n\n".encode())
    while pod.running:
        await asyncio.sleep(15)
        await response.write(b": still here\n\n")
    return response


def _find(request: web.Request) -> Pod:
    pod = request.app[ACCOUNT].pods.get(request.match_info["id"])
    if pod is None:
        text = json.dumps(
            {"title": "Not Found", "status": 404, "detail": "pod not found"}
        )
        raise web.HTTPNotFound(text=text, content_type="application/problem+json")
    return pod


def _answer(request: web.Request, name: str, value: dict[str, Any]) -> web.Response:
    """Return *value*, checked as the schema *name* when there is a document."""
    document = request.app[OPENAPI]
    if document:
        from jsonschema import Draft202012Validator  # noqa: PLC0415 - for tests

        schema = {
            "$ref": f"#/components/schemas/{name}",
            "components": document["components"],
        }
        Draft202012Validator(schema).validate(value)
    return web.json_response(value, headers=RATE)


def _problem(status: int, title: str, detail: str) -> web.Response:
    return web.json_response(
        {"title": title, "status": status, "detail": detail},
        status=status,
        content_type="application/problem+json",
        headers=RATE,
    )


async def _set_pods(request: web.Request) -> web.Response:
    pods = [_from_json(fields) for fields in await request.json()]
    request.app[ACCOUNT].pods = {pod.id: pod for pod in pods}
    return web.json_response({"ok": True})


async def _left(request: web.Request) -> web.Response:
    return web.json_response(list(request.app[ACCOUNT].pods))


def _to_json(pod: Pod) -> dict[str, Any]:
    fields = dataclasses.asdict(pod)
    for name in ("created_at", "started_at"):
        fields[name] = fields[name] and fields[name].isoformat()
    return fields


def _from_json(fields: dict[str, Any]) -> Pod:
    for name in ("created_at", "started_at"):
        given = fields.get(name)
        if isinstance(given, str):
            fields[name] = datetime.fromisoformat(given).astimezone(UTC)
    return Pod(**{**fields, "logs": tuple(fields.get("logs", ()))})


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


def main() -> None:
    """Serve until ended."""
    parser = faults.arguments("A double of RunPod for the local stack.")
    parser.add_argument("--openapi", type=Path, help="check REST answers against it")
    where = parser.parse_args()
    faults.run(application(openapi=where.openapi), where)


if __name__ == "__main__":
    main()
