"""The gateway of a hosted Supabase project: checks the key, serves /rest/v1.

What is behind it is a PostgREST (or our stand-in for one), which has no path
prefix and knows no API keys, only the roles in a JWT.

    python -m bot.demo.gateway --port 55600 --upstream http://127.0.0.1:55601
"""

import time
from collections.abc import AsyncIterator

import aiohttp
import jwt
from aiohttp import web
from yarl import URL

from bot.demo import faults
from bot.demo.ground import Ground

# Known to everybody who reads this, and good for nothing but a local stack.
SECRET = "the-local-stack-signs-with-this-and-nothing-else-does"  # noqa: S105
NEVER = 4102444800  # the year 2100: hosted keys last ten years
OPAQUE = {"sb_secret_local_stack": "service_role", "sb_publishable_local_stack": "anon"}
HOP_BY_HOP = frozenset(
    {
        *("host", "connection", "keep-alive", "transfer-encoding", "te", "upgrade"),
        *("content-length", "date", "server"),
    }
)
UPSTREAM = web.AppKey("upstream", str)
CLIENT = web.AppKey("client", aiohttp.ClientSession)


class Gateway(faults.Controls):
    """A running gateway: `url` is what SUPABASE_URL wants."""

    @classmethod
    def start(cls, ground: Ground, *, upstream: str, port: int = 0) -> "Gateway":
        """Start a gateway on *ground* before the PostgREST at *upstream*."""
        process, address = ground.start_module(
            *("bot.demo.gateway", "--upstream", upstream), port=port
        )
        gateway = cls(address, process)
        gateway.wait()
        return gateway


def key(role: str, *, secret: str = SECRET, expires: int = NEVER) -> str:
    """Return the API key of *role*: `anon`, `authenticated` or `service_role`."""
    claims = {"iss": "supabase", "role": role, "iat": 1700000000, "exp": expires}
    return jwt.encode(claims, secret, "HS256")


def application(*, upstream: str) -> web.Application:
    """Return the gateway before the PostgREST at *upstream*."""
    app = web.Application(client_max_size=64 * 2**20)
    app[UPSTREAM] = upstream.rstrip("/")
    app.cleanup_ctx.append(_client)
    faults.install(app)
    app.router.add_route("*", "/rest/v1", _rest)
    app.router.add_route("*", "/rest/v1/{path:.*}", _rest)
    app.router.add_route("*", "/{path:.*}", _no_route)
    return app


async def _client(app: web.Application) -> AsyncIterator[None]:
    connector = aiohttp.TCPConnector(limit=100)
    # PostgREST's own 8 s end a query; nothing here may end it earlier.
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, auto_decompress=False
    ) as session:
        app[CLIENT] = session
        yield


async def _rest(request: web.Request) -> web.StreamResponse:
    headers = {
        name: value
        for name, value in request.headers.items()
        if name.lower() not in HOP_BY_HOP
    }
    refused = _check_key(request, headers)
    if refused is not None:
        return refused
    where = request.app[UPSTREAM] + request.raw_path.removeprefix("/rest/v1")
    try:
        async with request.app[CLIENT].request(
            request.method,
            URL(where, encoded=True),
            headers=headers,
            data=await request.read() or None,
            allow_redirects=False,
        ) as answer:
            return web.Response(
                status=answer.status,
                body=await answer.read(),
                headers={
                    name: value
                    for name, value in answer.headers.items()
                    if name.lower() not in HOP_BY_HOP
                },
            )
    except aiohttp.ClientConnectionError:
        text = "An invalid response was received from the upstream server"
        return web.json_response({"message": text}, status=502)


def _check_key(
    request: web.Request, headers: dict[str, str]
) -> web.StreamResponse | None:
    """Return the refusal, or None; an opaque key is exchanged in *headers*."""
    given = request.headers.get("apikey")
    if not given:
        hint = "No `apikey` request header or url param was found."
        return _refuse("No API key found in request", hint)
    if given in OPAQUE:
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if bearer.strip() in ("", given):
            soon = int(time.time()) + 3600
            minted = key(OPAQUE[given], expires=soon)
            headers["Authorization"] = f"Bearer {minted}"
        return None
    try:
        jwt.decode(given, SECRET, algorithms=["HS256"], options={"verify_exp": False})
    except jwt.PyJWTError:
        hint = "Double check your Supabase `anon` or `service_role` API key."
        return _refuse("Invalid API key", hint)
    return None


def _refuse(message: str, hint: str) -> web.Response:
    return web.json_response({"message": message, "hint": hint}, status=401)


async def _no_route(_: web.Request) -> web.Response:
    text = "no Route matched with those values"
    return web.json_response({"message": text}, status=404)


def main() -> None:
    """Serve until ended."""
    parser = faults.arguments("A Supabase gateway for the local stack.")
    parser.add_argument("--upstream", required=True, help="address of a PostgREST")
    where = parser.parse_args()
    faults.run(application(upstream=where.upstream), where)


if __name__ == "__main__":
    main()
