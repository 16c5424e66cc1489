"""RunPod, asked through its own SDK: imported when first needed, called in a thread.

A pod record holds the worker's environment with its secrets. Only the fields named
here leave this module.
"""

import asyncio
import logging
import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any, Final, TypeVar

from bot.domain.errors import (
    NotAsked,
    NotConfigured,
    OutOfTime,
    Refused,
    SourceDown,
    Uncertain,
)
from bot.domain.excerpts import start_of
from bot.domain.pods import Pod, PodId
from bot.domain.redaction import redacted
from bot.sources.measuring import Observe, measured, unobserved
from bot.sources.patience import patience, within

SOURCE: Final = "runpod"
SECONDS: Final = 7.0  # the SDK's own limit is 30 s; an answer is due within 10 s
NAME_PREFIXES: Final = ("gpu-", "gpu_", "manual-gpu-")  # systems/reigh.md, 6

# The SDK pastes ids into its query text, where another letter could end the string.
_SAFE_ID: Final = re.compile(r"[a-z0-9]{1,64}")
_NAMED_AT: Final = re.compile(r"(?:manual-)?gpu[-_](\d{8})_(\d{6})")

_LOCKED: Final = "query lockedPods { myself { pods { id locked } } }"
_REASON: Final = 120  # characters of the cloud's own words
# What the SDK raises before anything has left this machine.
_UNSENT: Final = frozenset(
    {
        *("ModuleNotFoundError", "ImportError", "ConnectTimeout", "ProxyError"),
        *("MissingSchema", "InvalidSchema", "InvalidURL", "InvalidProxyURL"),
        *("InvalidHeader", "UnicodeEncodeError"),
    }
)

T = TypeVar("T")


class _Account:
    """An account, and how its cloud is asked."""

    def __init__(self, key: str | None, *, observe: Observe = unobserved) -> None:
        """Remember the key; nothing is imported or asked yet."""
        self._key = key
        self._observe = observe

    async def _call(self, ask: Callable[[Any], T]) -> T:
        if not self._key:
            raise NotConfigured(SOURCE, "RUNPOD_API_KEY")

        def work() -> T:
            runpod = _sdk()

            runpod.api_key = self._key
            return ask(runpod)

        seconds = patience(SECONDS)
        with measured(SOURCE, self._observe):
            try:
                async with asyncio.timeout(seconds):
                    return await _in_thread(work)
            except TimeoutError as error:
                msg = f"did not answer {within(seconds, SECONDS)}"
                raise OutOfTime(SOURCE, msg) from error
            except Exception as error:
                raise _explained(error) from error


class RunPod(_Account):
    """Fulfils `bot.sources.Pods`."""

    name_prefixes = NAME_PREFIXES

    async def all(self) -> Sequence[Pod]:
        """Return every pod of the account."""

        def ask(sdk: Any) -> object:
            return sdk.get_pods(api_key=self._key)

        return [_pod(record) for record in _records(await self._call(ask))]

    async def get(self, id: PodId) -> Pod | None:
        """Return the pod as it is now; None when there is no such pod any more."""
        _check(id)

        def ask(sdk: Any) -> object:
            return sdk.get_pod(id, api_key=self._key)

        answer = await self._call(ask)
        return None if answer is None else _pod(_record(answer))


class RunPodPower(_Account):
    """Fulfils `bot.sources.PodPower`."""

    async def locked(self) -> frozenset[PodId]:
        """Return the pods that are locked against changes."""

        def ask(sdk: Any) -> object:
            answer = sdk.api.graphql.run_graphql_query(_LOCKED, api_key=self._key)
            return answer["data"]["myself"]["pods"]

        return frozenset(
            PodId(record["id"])
            for record in _records(await self._call(ask))
            if record.get("locked") is True
        )

    async def terminate(self, id: PodId) -> None:
        """Ask that the pod be ended for good; only another look tells whether it is.

        The SDK's `terminate_pod` throws the answer away and would call a 429 or 503 in
        JSON a success. So its two halves are called here, and the answer is read.
        """
        _check(id)

        def ask(sdk: Any) -> object:
            write = sdk.api.mutations.pods.generate_pod_terminate_mutation
            answer = sdk.api.graphql.run_graphql_query(write(id), api_key=self._key)
            return answer["data"]["podTerminate"]  # null when all is well, but there

        try:
            await self._call(ask)
        except SourceDown as error:
            raise _of_a_change(error) from error.__cause__


def _check(id: PodId) -> None:
    if not _SAFE_ID.fullmatch(id):
        msg = "was not asked: a pod id holds other signs than a-z and 0-9"
        raise NotAsked(SOURCE, msg)


def _sdk() -> Any:
    """Return the SDK; importing it takes 1.5 s, which only pod commands should pay.

    It sets up the root logger for itself, which is not its to do.
    """
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    import runpod

    root.handlers[:] = handlers
    root.setLevel(level)
    return runpod


async def _in_thread(work: Callable[[], T]) -> T:
    """Return what *work* returns in a thread that no one waits for at the end.

    The event loop's own threads would hold a program back until the SDK gives up.
    """
    answer: Future[T] = Future()
    answer.set_running_or_notify_cancel()  # from here on nobody can cancel it

    def run() -> None:
        try:
            answer.set_result(work())
        except Exception as error:  # noqa: BLE001  it is raised where it is awaited
            answer.set_exception(error)

    Thread(target=run, name="runpod", daemon=True).start()
    return await asyncio.wrap_future(answer)


def _explained(error: Exception) -> SourceDown:
    """Return what an error of the SDK means.

    It has two errors of its own; whatever else an odd answer makes it raise (KeyError
    on 429 and 5xx, TypeError on nulls, decoding errors on HTML) means the same to us.
    """
    name = type(error).__name__
    if name == "AuthenticationError":
        hint = "is the key still valid, and may it read pods?"
        return SourceDown(SOURCE, "refused the key in RUNPOD_API_KEY", hint=hint)
    if name == "QueryError":
        said = start_of(redacted(str(error)), 120) or "without a reason"
        return SourceDown(SOURCE, f"refused the question: {said}")
    if name in ("ConnectionError", "ConnectTimeout", "ProxyError", "SSLError"):
        return SourceDown(SOURCE, "cannot be reached")
    if name in ("ReadTimeout", "Timeout"):
        return SourceDown(SOURCE, "did not answer in time")
    if name in ("ModuleNotFoundError", "ImportError"):
        return SourceDown(SOURCE, "cannot be asked: its SDK is not installed")
    if name in _UNSENT:
        return SourceDown(SOURCE, f"could not be asked ({name})")
    if name == "JSONDecodeError":
        return SourceDown(SOURCE, _no_json(_status(error)))
    if name == "KeyError":
        what = "answered without pods, as when it is asked too often or is in trouble"
        return SourceDown(SOURCE, what)
    return SourceDown(SOURCE, f"answered with an error instead of pods ({name})")


def _no_json(status: int) -> str:
    """Return what an answer means that is no JSON, by its HTTP status."""
    if status == 429:
        return "asks to be asked less often (429)"
    if status >= 400:
        return f"answered with HTTP status {status}"
    return "answered with text that is not JSON, as a gateway in trouble does"


def _status(error: Exception) -> int:
    """Return the HTTP status of the answer that the SDK could not read; 0 without one.

    The error does not hold it, but the SDK's function that read the answer does.
    """
    for frame, _ in traceback.walk_tb(error.__traceback__):
        status = getattr(frame.f_locals.get("response"), "status_code", None)
        if isinstance(status, int):
            return status
    return 0


def _of_a_change(error: SourceDown) -> SourceDown:
    """Return what an error means after a pod's end was asked for.

    Nobody may believe that nothing was done unless that is sure.
    """
    cause = error.__cause__
    if cause is None:  # as without a key
        return error
    name = type(cause).__name__
    if name == "AuthenticationError":
        hint = "is the key still valid, and may it change pods?"
        return SourceDown(SOURCE, error.message, hint=hint)
    if name == "QueryError":
        reason = " ".join(str(cause.args[0] or "").split())
        told = (
            f"said no: {start_of(reason, _REASON)}"
            if reason
            else "said no, without a reason"
        )
        return Refused(SOURCE, told)
    if _unsent(cause):
        return error
    says = isinstance(error, OutOfTime) or name == "JSONDecodeError"
    why = error.message if says else name
    return Uncertain(SOURCE, f"did not say whether it ended the pod ({why})")


def _unsent(error: BaseException) -> bool:
    """Tell whether it is sure that the request never left.

    `requests` calls a refused and a reset connection the same; only the reason inside
    says which it was.
    """
    name = type(error).__name__
    if name == "SSLError":
        return "CERTIFICATE_VERIFY_FAILED" in str(error)
    if name == "ConnectionError":
        reason = getattr(next(iter(error.args), None), "reason", None)
        return any(kind.__name__ == "NewConnectionError" for kind in type(reason).mro())
    return name in _UNSENT


def _records(answer: object) -> Sequence[Mapping[str, Any]]:
    if not isinstance(answer, list):
        msg = "answered something that is not a list of pods"
        raise SourceDown(SOURCE, msg)
    return [_record(each) for each in answer]


def _record(answer: object) -> Mapping[str, Any]:
    if not isinstance(answer, Mapping) or not isinstance(answer.get("id"), str):
        msg = "answered something that is not a pod"
        raise SourceDown(SOURCE, msg)
    return answer


def _pod(record: Mapping[str, Any]) -> Pod:
    name = record.get("name")
    status = record.get("desiredStatus")
    machine = record.get("machine")
    gpu = machine.get("gpuDisplayName") if isinstance(machine, Mapping) else None
    return Pod(
        id=PodId(record["id"]),
        name=name if isinstance(name, str) else "",
        status=status if isinstance(status, str) else "UNKNOWN",
        cost_per_hour_usd=_dollars(record.get("costPerHr")),
        uptime=_uptime(record),
        named_at=_named_at(name) if isinstance(name, str) else None,
        gpu=gpu if isinstance(gpu, str) else None,
    )


def _dollars(value: object) -> float | None:
    try:
        cost = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return cost if 0 <= cost < 1e6 else None


def _uptime(record: Mapping[str, Any]) -> timedelta | None:
    """Return how long it has run; a stopped or just started pod tells nothing."""
    seconds = record.get("uptimeSeconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    # Right after a start the number can be negative or 0.
    return timedelta(seconds=abs(seconds)) if 0 < abs(seconds) < 1e10 else None


def _named_at(name: str) -> datetime | None:
    found = _NAMED_AT.match(name)
    if not found:
        return None
    try:
        return datetime.strptime(found[1] + found[2], "%Y%m%d%H%M%S").replace(
            tzinfo=UTC
        )
    except ValueError:
        return None
