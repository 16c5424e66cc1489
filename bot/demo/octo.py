"""A made-up OctoLLM: what its services answer over HTTP, and what their lines tell.

Written from systems/octollm.md, 1B. `bot.demo.octo_server` answers on this machine;
`bot.demo.sick_octo` lets services fail. The same seed makes the same deployment.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from bot.demo.owed import MadeUp
from bot.demo.recorded import Recorded

ORCHESTRATOR: Final = "orchestrator"
REFLEX: Final = "reflex-layer"
ARMS: Final = ("coder", "judge")
SPAN: Final = timedelta(minutes=50)
SUBMITS: Final = 60
ENDED: Final = ("COMPLETED", "FAILED")
MORE_ARMS: Final = ("planner", *ARMS)
ABLE: Final = {
    "coder": ["code_generation", "debugging"],
    "judge": ["validation"],
    "planner": ["planning"],
}
WARM: Final = 0.7  # the share of goals that the cache knows
RESET: Final = timedelta(seconds=60)  # systems/octollm.md, 3B, 4: then one may try
SUCCESSES: Final = 3  # likewise: so many close the breaker
_LOGGERS: Final = {"reflex_client": "app.reflex_client", "database": "app.database"}


class Line(NamedTuple):
    """A line of a service's log."""

    at: datetime
    level: str
    event: str
    fields: dict[str, Any]
    service: str = ORCHESTRATOR


class Answer(NamedTuple):
    """What a GET is answered with; a text, or what JSON holds."""

    body: Any
    status: int = 200


class Way(NamedTuple):
    """What is true of one request, for `trace` to say the same."""

    services: tuple[str, ...]
    """By whom its lines were written, one after another."""
    slowest: str
    """Within which service, or from which to which, most time passed; or empty."""
    off: dict[str, tuple[timedelta, timedelta]]
    """How far clocks are ahead that its lines prove wrong, and how exactly."""
    cut: bool
    """Whether it broke off, so that no line tells how it ended."""


class Octo(MadeUp):
    """One deployment, healthy until something is planted.

    Args:
        now: the moment it is of; aware.
        seed: where chance begins.
        structured: whether the orchestrator's lines are the guide's JSON, or the
            code's own form.
        zone: of the host, for lines that bear none.
        warm: the share of goals that the reflex layer's cache knows.
        database: whether its database is set to be read, and holds what was submitted.
        arms: the arms that there are, by their names.
        opened_at: when the circuit breaker opened, if it did.
    """

    def __init__(  # noqa: PLR0913  each has its name at the call
        self,
        now: datetime,
        *,
        seed: int = 1,
        structured: bool = True,
        zone: str = "UTC",
        warm: float = WARM,
        database: bool = False,
        arms: Sequence[str] = ARMS,
        opened_at: datetime | None = None,
    ) -> None:
        super().__init__(now, seed=seed)
        self.opened_at = opened_at
        self._trials = 0
        self.structured = structured
        self.zone = ZoneInfo(zone)
        self.arms = tuple(arms)
        self.lines: list[Line] = []
        self.clocks: dict[str, timedelta] = {}
        """By how much a service's clock is ahead; of the others it is right."""
        self.rows: list[dict[str, Any]] | None = [] if database else None
        """Of the table `tasks`; None where no database is set."""
        self.results: list[dict[str, Any]] = []
        """Of the table `task_results`."""
        self.recorded: list[Recorded] = []
        """What Prometheus kept of the orchestrator; empty where there is none."""
        self.refusing: set[str] = set()
        """Services at whose addresses nobody listens."""
        self.answers: dict[str, dict[str, Answer]] = {
            name: self._well(name) for name in (ORCHESTRATOR, REFLEX, *self.arms)
        }
        """By service and path."""
        self.ways: dict[str, Way] = {}
        """The truth of requests that can be traced, by their ids."""
        for number in range(SUBMITS):
            ago = SPAN * (1 - (number + 0.5) / SUBMITS)
            self.submit(now - ago, cached=self.random.random() < warm)

    def say(
        self,
        at: datetime,
        level: str,
        event: str,
        *,
        service: str = ORCHESTRATOR,
        **fields: Any,
    ) -> None:
        """Write a line."""
        self.lines.append(Line(at, level, event, fields, service))

    def request(
        self,
        at: datetime,
        status: int = 200,
        *,
        path: str = "/ready",
        milliseconds: float = 7.4,
    ) -> None:
        """Write that a request was answered."""
        self.say(
            *(at, "info", "http.request"),
            method="POST" if path == "/submit" else "GET",
            path=path,
            status_code=status,
            duration_ms=milliseconds,
        )

    def reflex(
        self,
        at: datetime,
        *,
        pii: bool = False,
        bad: bool = False,
        milliseconds: int = 3,
    ) -> None:
        """Write in both logs that the reflex layer answered, by an id of its own."""
        id, call = self.id(), {"method": "POST", "uri": "/process"}
        answered = {**call, "status": 200, "duration_ms": milliseconds}
        for ago, message, told in (
            (milliseconds + 4, "Processing request", call),
            (4, "Request completed", answered),
        ):
            then = at - timedelta(milliseconds=ago)
            self.say(then, "info", message, service=REFLEX, request_id=id, **told)
        self.say(
            *(at, "info", "reflex_client.request_success"),
            request_id=id,
            status="Blocked" if bad else "Success",
            pii_detected=pii,
            injection_detected=bad,
            latency_ms=milliseconds + 6.1,
        )

    def submit(
        self,
        at: datetime,
        *,
        cached: bool = True,
        stored: bool = True,
        pii: bool = False,
    ) -> str:
        """Let a client submit a task; return the task's id."""
        task, request = self.id(), f"req-{self.random.getrandbits(24):06x}"
        about = {"task_id": task, "request_id": request}
        if self.opened_at and self.opened_at <= at < self.opened_at + RESET:
            self.turn_away(at, task)
            return task
        self._try(at)
        self.reflex(at, pii=pii)
        step = timedelta(milliseconds=3)
        passed = "task.passed_reflex_check"
        self.say(at + step, "info", passed, cache_hit=cached, **about)
        if stored:
            goal = {"goal": "Write a sorting function", **about}
            created = "database.task_created"
            self.say(at + 3 * step, "info", created, status="pending", **goal)
            self.say(at + 4 * step, "info", "task.submitted", priority="high", **goal)
            self.request(at + 5 * step, 202, path="/submit", milliseconds=25.2)
            self._keep(task, at)
        self.request(at + timedelta(seconds=9))
        return task

    def turn_away(self, at: datetime, task: str) -> None:
        """Let the open circuit breaker refuse a submit."""
        refused = "task.reflex_circuit_breaker_open"
        self.say(at, "error", "reflex_client.circuit_breaker_open")
        self.say(at, "error", refused, task_id=task)
        self.request(at, 503, path="/submit", milliseconds=2.1)

    def _try(self, at: datetime) -> None:
        """Let the circuit breaker turn by a submit that goes well, if it had opened."""
        if self.opened_at is None or at < self.opened_at + RESET:
            return
        self._trials += 1
        if self._trials == 1:
            before = at - timedelta(milliseconds=10)
            self.say(before, "info", "circuit_breaker.half_open", threshold=5)
        if self._trials == SUCCESSES:
            after, why = at + timedelta(milliseconds=1), "successful_recovery"
            self.say(after, "info", "circuit_breaker.closed", reason=why)

    def row(  # noqa: PLR0913  each has its name at the call
        self,
        status: str,
        at: datetime,
        *,
        id: str = "",
        changed: datetime | None = None,
        error: str | None = None,
        seconds: int = 300,
    ) -> str:
        """Store a task that was made then, with its result if it ended; return its id.

        *seconds* is what its budget allows. Without a database nothing is stored.
        """
        id = id or self.id()
        if self.rows is None:
            return id
        self.rows.append(
            {
                "id": id,
                "status": status,
                "budget": {"max_time_seconds": seconds},
                "created_at": at.isoformat(),
                "updated_at": (changed or at).isoformat(),
            }
        )
        if status in ENDED:
            took = ((changed or at) - at) / timedelta(milliseconds=1)
            result = {"error": error, "processing_time_ms": round(took)}
            self.results.append({"task_id": id, **result})
        return id

    def _keep(self, task: str, at: datetime) -> None:
        """Store a task as it is by now: it takes less than a minute."""
        ended = at + timedelta(seconds=self.random.uniform(5, 50))
        if ended > self.now:
            self.row("PENDING", at, id=task)
        else:
            self.row("COMPLETED", at, id=task, changed=ended)

    def uncaught(self, at: datetime, kind: str, error: str) -> None:
        """Write an exception that nobody caught: no line of a request goes with it."""
        what = "http.uncaught_exception"
        self.say(at, "error", what, error=error, error_type=kind)

    def log(self, service: str = ORCHESTRATOR) -> str:
        """Return a service's log by now."""
        ours = (it for it in self.lines if it.service == service and it.at <= self.now)
        written = sorted(ours, key=lambda it: it.at)
        off = self.clocks.get(service, timedelta(0))
        written = [each._replace(at=each.at + off) for each in written]
        form = self._json if self.structured else self._console
        if service != ORCHESTRATOR:
            form = _tracing if service == REFLEX else self._json
        return "".join(f"{form(each)}\n" for each in written)

    def write(self, folder: Path) -> None:
        """Write the log of each service that has any there, in a file of its name."""
        folder.mkdir(parents=True, exist_ok=True)
        for service in self.answers:
            if text := self.log(service):
                (folder / f"{service}.log").write_text(text)

    def _json(self, line: Line) -> str:
        own = line.event.partition(".")[0]
        return json.dumps(
            {
                **line.fields,
                "event": line.event,
                "logger": _LOGGERS.get(own, "app.main"),
                "level": line.level,
                "timestamp": _stamp(line.at),
            }
        )

    def _console(self, line: Line) -> str:
        at = f"{line.at.astimezone(self.zone):%Y-%m-%d %H:%M:%S}"
        said = " ".join(
            f"{name}={_shown(value)}" for name, value in sorted(line.fields.items())
        )
        return f"{at} [{line.level:9}] {line.event:30} {said}".rstrip()

    def _well(self, service: str) -> dict[str, Answer]:
        """Return what a healthy service answers."""
        health = {"status": "healthy", "version": "0.1.0"}
        if service == REFLEX:
            checks = {"redis": True, "config": True}
            ready = {"status": "ready", "ready": True, "checks": checks}
            return {"/health": Answer(health), "/ready": Answer(ready)}
        if service != ORCHESTRATOR:
            able = Answer({"capabilities": ABLE[service]})
            return {"/health": Answer(health), "/capabilities": able}
        return {
            "/health": Answer(health),
            "/ready": Answer({"ready": True, "checks": _checks()}),
            "/metrics": Answer(
                "process_resident_memory_bytes 1.2e+08\n"
                f"process_start_time_seconds {self.ago(hours=9).timestamp():.0f}\n"
            ),
        }

    def unready(self, **checks: bool) -> None:
        """Let the orchestrator say that it is not ready, and why."""
        error = {"ready": False, "checks": {**_checks(), **checks}}
        body = {"error": error, "request_id": self.id()}
        self.answers[ORCHESTRATOR]["/ready"] = Answer(body, 503)


def _checks() -> dict[str, bool]:
    return {"database": True, "reflex_layer": True}


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _tracing(line: Line) -> str:
    """Return a line as the reflex layer writes it (1B.5, d)."""
    return json.dumps(
        {
            "timestamp": _stamp(line.at),
            "level": line.level.upper(),
            "fields": {"message": line.event, **line.fields},
            "target": "reflex_layer::handlers",
        }
    )


def _shown(value: Any) -> str:
    """Return a value as structlog's console does: quoted only when it must be."""
    plain = isinstance(value, str) and value and not set(value) & set(" \t\n=\"'")
    return str(value) if plain else repr(value)
