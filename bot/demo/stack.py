"""The local stack: a queue, a RunPod and a Slack on this machine, and nothing else.

    with Stack() as stack:
        stack.environment   # the settings that point a bot at it

By hand, on fixed ports, until Ctrl-C:

    python -m bot.demo.stack
"""

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

from bot.demo.gateway import Gateway, key
from bot.demo.ground import LOOPBACK, Ground, Unavailable, free_port
from bot.demo.local_slack import LocalSlack
from bot.demo.postgres import Postgres
from bot.demo.postgrest import MODULES, Postgrest
from bot.demo.rest_stand_in import RestStandIn
from bot.demo.runpod_double import RunpodDouble
from bot.demo.slack_front import SlackFront
from bot.demo.workspace import HTTP_APP, SOCKET_APP, App

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where the parts listen on loopback; 0 is any free port."""

    gateway: int = 0
    rest: int = 0
    runpod: int = 0
    slack: int = 0
    front: int = 0


POLICY: Final = Path(__file__).with_name("policy.toml")

# Next to each other and rarely taken, so that a demo looks the same each time.
FIXED = Ports(gateway=55600, rest=55601, slack=55610, front=55613, runpod=55620)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A part that can't be had here, and what to do about it."""

    part: str
    reason: str


class Stack:
    """Starts any of its parts on entry, and ends them on exit.

    What can't be had is named in `missing` and left out; its attribute is then
    None. Nothing outlives the process that holds the stack.

    Args:
        postgres: the database, behind PostgREST and a gateway.
        runpod: the double of RunPod, with no pods.
        slack: local-slack behind the strict front.
        ports: where they listen.
        modules: the folder npm put the binaries in.
        request_url: where an app in events mode listens.
        openapi: RunPod's document to check the double's REST answers against.
        stand_in: use our stand-in even when there is a PostgREST.
        progress: is told, from several threads, what has been started.
    """

    def __init__(  # noqa: PLR0913 - each has a default
        self,
        *,
        postgres: bool = True,
        runpod: bool = True,
        slack: bool = True,
        ports: Ports | None = None,
        modules: Path = MODULES,
        request_url: str = "",
        openapi: Path | None = None,
        stand_in: bool = False,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        self.postgres: Postgres | None = None
        self.rest: Postgrest | RestStandIn | None = None
        self.gateway: Gateway | None = None
        self.runpod: RunpodDouble | None = None
        self.slack: LocalSlack | None = None
        self.front: SlackFront | None = None
        self._wanted = {"postgres": postgres, "runpod": runpod, "slack": slack}
        self._ports = ports or Ports()
        self._modules = modules
        self._request_url = request_url
        self._openapi = openapi
        self._stand_in = stand_in
        self._progress = progress or (lambda _: None)
        self._ground = Ground()
        self._missing: list[Missing] = []
        self._started = 0.0

    def __enter__(self) -> Self:
        """Start the wanted parts, at the same time where they don't need each other."""
        self._started = time.monotonic()
        self._ground.__enter__()
        try:
            self._start()
        except BaseException:
            self._ground.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End all parts at once."""
        self.stop()

    def stop(self) -> None:
        """End all parts at once; a second call does nothing."""
        self._ground.__exit__(None, None, None)

    @property
    def missing(self) -> Sequence[Missing]:
        """Return what was wanted and can't be had here."""
        return tuple(self._missing)

    @property
    def environment(self) -> dict[str, str]:
        """Return the settings that point a bot at what is running.

        The Slack ones are those of the app in Socket Mode.
        """
        settings = self._of(SOCKET_APP)
        if self.front is not None:
            settings["SLACK_APP_TOKEN"] = SOCKET_APP.app_token
        return settings

    @property
    def http_environment(self) -> dict[str, str]:
        """Return the same for the app in events mode, called at the request URL."""
        return self._of(HTTP_APP)

    def _of(self, app: App) -> dict[str, str]:
        folder = self._ground.folder
        settings = {
            "DEBUG_BOT_STATE_URL": f"sqlite:///{folder}/ledger.sqlite3",
            "DEBUG_BOT_POLICY": str(POLICY),
        }
        if self.gateway is not None:
            settings["SUPABASE_URL"] = self.gateway.url
            settings["SUPABASE_SERVICE_ROLE_KEY"] = key("service_role")
        if self.runpod is not None:
            settings["RUNPOD_API_KEY"] = self.runpod.key
            settings["RUNPOD_API_BASE_URL"] = self.runpod.url
        if self.front is not None:
            settings["SLACK_BOT_TOKEN"] = app.bot_token
            settings["SLACK_SIGNING_SECRET"] = app.signing_secret
            settings["SLACK_API_URL"] = self.front.api_url
        return settings

    def _start(self) -> None:
        with ThreadPoolExecutor() as pool:
            work: list[Future[None]] = []
            if self._wanted["postgres"]:
                work += self._start_queue(pool)
            if self._wanted["slack"]:
                work += self._start_slack(pool)
            if self._wanted["runpod"]:
                work.append(pool.submit(self._start_runpod))
            for future in work:
                future.result()
        if self.rest is None and self.gateway is not None:
            self.gateway.stop()
            self.gateway = None
        if self.slack is None and self.front is not None:
            self.front.stop()
            self.front = None

    def _start_queue(self, pool: ThreadPoolExecutor) -> list[Future[None]]:
        try:
            number = free_port(self._ports.rest)
        except Unavailable as error:
            self._missing.append(Missing(part="postgrest", reason=str(error)))
            number = free_port()

        def database() -> None:
            self.postgres = self._try("postgres", lambda: Postgres.start(self._ground))
            if self.postgres is not None:
                self._start_rest(self.postgres, number)

        def gateway() -> None:
            upstream = f"http://{LOOPBACK}:{number}"
            port = self._ports.gateway
            self.gateway = self._try(
                "gateway",
                lambda: Gateway.start(self._ground, upstream=upstream, port=port),
            )

        return [pool.submit(database), pool.submit(gateway)]

    def _start_rest(self, postgres: Postgres, number: int) -> None:
        uri = postgres.uri_of("authenticator")
        if not self._stand_in:
            self.rest = self._try(
                "postgrest",
                lambda: Postgrest.start(
                    self._ground, uri=uri, modules=self._modules, port=number
                ),
            )
        if self.rest is None:
            self.rest = self._try(
                "rest stand-in",
                lambda: RestStandIn.start(self._ground, uri=uri, port=number),
            )

    def _start_slack(self, pool: ThreadPoolExecutor) -> list[Future[None]]:
        # Each has to know the other's address before either runs.
        try:
            slack = free_port(self._ports.slack)
            front = free_port(self._ports.front)
        except Unavailable as error:
            self._missing.append(Missing(part="slack", reason=str(error)))
            return []

        def workspace() -> None:
            self.slack = self._try(
                "slack",
                lambda: LocalSlack.start(
                    self._ground,
                    request_url=f"http://{LOOPBACK}:{front}/_deliver",
                    modules=self._modules,
                    port=slack,
                ),
            )

        def manners() -> None:
            self.front = self._try(
                "slack front",
                lambda: SlackFront.start(
                    self._ground,
                    upstream=f"http://{LOOPBACK}:{slack}",
                    request_url=self._request_url,
                    port=front,
                ),
            )

        return [pool.submit(workspace), pool.submit(manners)]

    def _start_runpod(self) -> None:
        self.runpod = self._try(
            "runpod",
            lambda: RunpodDouble.start(
                self._ground, port=self._ports.runpod, openapi=self._openapi
            ),
        )

    def _try(self, part: str, start: Callable[[], T]) -> T | None:
        """Return the started part, None when it can't be had."""
        try:
            started = start()
        except Unavailable as error:
            self._missing.append(Missing(part=part, reason=str(error)))
            self._progress(f"{part}: {error}")
            return None
        seconds = time.monotonic() - self._started
        self._progress(f"{part}: ready after {seconds:.1f} s")
        return started


def main() -> None:
    """Hold the whole stack on fixed ports until Ctrl-C; print its settings."""
    with Stack(ports=FIXED, progress=_say) as stack:
        _say(json.dumps(stack.environment, indent=2))
        if stack.slack is not None:
            _say(f"Slack: {stack.slack.url}")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            _say("stopped")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
