"""Is everything set up? One line for each setting and counterpart, and what to mend."""

import asyncio
import base64
import binascii
import json
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, TextIO, TypeVar

from bot.domain.errors import Absent, Misread, SourceDown
from bot.domain.figures import some
from bot.domain.ids import REIGH
from bot.domain.redaction import redacted
from bot.domain.report import Outcome
from bot.domain.times import Window
from bot.gate.gate import Gate
from bot.manifest import SCOPES
from bot.queries.config import odd
from bot.settings import Settings
from bot.slack.checks import Check, Checked, slack_checks
from bot.sources import LogSearch, System
from bot.wiring import Wired

SECONDS: Final = 8.0
EARLIER_HOURS: Final = 720.0  # a month: what files hold that nobody writes any more
_SIGNS: Final = {True: "ok", False: "!!", None: "--"}
_MENDING: Final = {
    "clickhouse": "see CLICKHOUSE_URL and the settings after it",
    "supabase": "see SUPABASE_URL and SUPABASE_SERVICE_ROLE_KEY",
    "runpod": "see RUNPOD_API_KEY",
}
_EMPTY: Final = (
    "a new project, a key that row level security shows nothing, or for lines"
    " ENABLE_DB_LOGGING is off"
)

T = TypeVar("T")


async def doctor(settings: Settings, out: TextIO, *, seconds: float = SECONDS) -> int:
    """Write what is well and what to mend; return 0 when all that is configured works.

    Each check has *seconds*; they all run at the same time.
    """
    wired = Wired(settings)
    try:
        checks: dict[str, Check] = {**_own(settings), **_of_gate(wired.gate)}
        for name, system in wired.systems.items():
            if name in wired.present:
                checks |= _of_system(name, system)
        checks |= slack_checks(settings, SCOPES)
        found = await asyncio.gather(
            *(_bounded(what, check, seconds) for what, check in checks.items())
        )
    finally:
        await wired.close()
    every = [each for group in found for each in group]
    width = max(len(each.what) for each in every)
    out.writelines(redacted(_line(each, width)) + "\n" for each in every)
    bad = sum(each.well is False for each in every)
    absent = sum(each.well is None for each in every)
    project = settings.supabase_url and settings.supabase_key
    nothing = not project and settings.agents is None and settings.octo is None
    out.write(_verdict(bad, absent, nothing=nothing) + "\n")
    return Outcome.SOURCE_DOWN if bad or nothing else Outcome.ANSWERED


def _line(each: Checked, width: int) -> str:
    line = f"{_SIGNS[each.well]}  {each.what:<{width}}  {each.found}"
    return " ".join((line, f"→ {each.mend}")) if each.mend else line


def _verdict(bad: int, absent: int, *, nothing: bool) -> str:
    if nothing:
        return "\nnothing can be asked yet: set SUPABASE_URL and its service key first"
    if bad:
        return f"\n{bad} to mend: the lines that begin with !!"
    if absent:
        return f"\nall that is configured works; {absent} not configured"
    return "\nall is well"


async def _bounded(what: str, check: Check, seconds: float) -> Sequence[Checked]:
    try:
        async with asyncio.timeout(seconds):
            return await check()
    except TimeoutError:
        found = f"did not answer within {seconds:g} s"
    except Exception as error:  # noqa: BLE001  the other checks are worth their lines
        found = f"could not be checked ({type(error).__name__})"
    return (Checked(what=what, well=False, found=found, mend="try again"),)


# --- ourselves ----------------------------------------------------------------------


def _own(settings: Settings) -> Mapping[str, Check]:
    async def key() -> Sequence[Checked]:
        return (_key(settings),)

    async def port() -> Sequence[Checked]:
        return (await asyncio.to_thread(_port, settings.host, settings.port),)

    async def numbers() -> Sequence[Checked]:
        mend = "see config --explain"
        return tuple(
            Checked(what=name, well=False, found=wrong, mend=mend)
            for name, wrong in odd(settings.orchestrator)
        )

    return {
        "SUPABASE_SERVICE_ROLE_KEY": key,
        "DEBUG_BOT_PORT": port,
        "orchestrator's settings": numbers,
    }


def _key(settings: Settings) -> Checked:
    """Return what the key says of itself; whether it works, the tables tell."""
    what, text = "SUPABASE_SERVICE_ROLE_KEY", settings.supabase_key
    mend = "copy the service key from the project's API settings"
    if text is None:
        return Checked(what=what, well=None, found="not set", mend=mend)
    if text.startswith("sb_secret_"):
        return Checked(what=what, well=True, found="a secret key")
    claims = _claims(text)
    if claims is None:
        known = text.startswith("sb_publishable_")
        found = "a publishable key, which is shown no rows" if known else "no key"
        return Checked(what=what, well=False, found=found, mend=mend)
    role, expires = claims.get("role"), claims.get("exp")
    if isinstance(expires, int | float) and expires < time.time():
        return Checked(what=what, well=False, found="it has expired", mend=mend)
    well = role not in ("anon", "authenticated")
    shown = "" if well else ", which is shown no rows"
    found = f"role {role}{shown}"
    return Checked(what=what, well=well, found=found, mend="" if well else mend)


def _claims(token: str) -> Mapping[str, object] | None:
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, binascii.Error):
        return None
    return claims if isinstance(claims, dict) else None


def _port(host: str, port: int) -> Checked:
    what, where = "DEBUG_BOT_PORT", f"{host}:{port}"
    try:
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(address[0], address[1]) as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address[4])
    except OSError as error:
        found = f"{where} can't be listened on ({error.strerror or 'unknown host'})"
        mend = "stop what listens there, if it isn't this bot, or choose another"
        return Checked(what=what, well=False, found=found, mend=mend)
    return Checked(what=what, well=True, found=f"{where} is free")


# --- the gate -----------------------------------------------------------------------


def _of_gate(opens: Callable[[], Gate]) -> Mapping[str, Check]:
    async def policy() -> Sequence[Checked]:
        return (_policy(opens()),)

    async def ledger() -> Sequence[Checked]:
        return (await _ledger(opens()),)

    return {"DEBUG_BOT_POLICY": policy, "ledger": ledger}


def _policy(gate: Gate) -> Checked:
    what = "DEBUG_BOT_POLICY"
    try:
        policy = gate.rights.policy()
    except Misread as error:
        mend = error.hint or "until then nobody may change anything"
        found = error.message.removeprefix(f"{what}: ")
        return Checked(what=what, well=False, found=found, mend=mend)
    if not policy.source:
        found = "not set: in Slack nobody may change anything"
        return Checked(what=what, well=None, found=found)
    actions = {action for each in policy.allows for action in each.actions}
    roles = some(len(policy.roles), "role")
    found = f"{roles}, {some(len(actions), 'action')} allowed"
    return Checked(what=what, well=True, found=found)


async def _ledger(gate: Gate) -> Checked:
    try:
        frozen = await gate.frozen()
    except SourceDown as error:
        mend = error.hint
        return Checked(what="ledger", well=False, found=error.message, mend=mend)
    if frozen is not None:
        found = f"works; everything is frozen, by {frozen.who}"
        return Checked(what="ledger", well=True, found=found)
    return Checked(what="ledger", well=True, found="works")


# --- the systems --------------------------------------------------------------------


def _of_system(name: str, opens: Callable[[], System]) -> Mapping[str, Check]:
    day = Window.before(datetime.now(UTC), hours=24)

    async def tasks() -> str:
        counts = await opens().tasks.counts()
        total = sum(counts.values())
        found = f"{total:,} tasks" if total else _none("empty", name)
        try:
            await opens().tasks.running()
        except Absent as error:
            msg = f"{found}, and {error.message}"
            raise Absent(error.source, msg, hint=error.hint) from error
        return found

    async def workers() -> str:
        rows = (await opens().workers.fleet(day)).rows
        return f"{len(rows):,} workers not ended, or of the last 24 h"

    async def earlier() -> str:
        if opens().vocabulary.expires:
            return ""
        month = Window.before(datetime.now(UTC), hours=EARLIER_HOURS)
        rows = (await opens().logs.search(LogSearch(window=month), limit=1)).rows
        return f", the newest is of {rows[-1].at:%Y-%m-%d %H:%M:%SZ}" if rows else ""

    async def logs() -> str:
        found = await opens().logs.search(LogSearch(window=day), limit=1)
        if not found.rows:
            return _none(f"no line in the last 24 h{await earlier()}", name)
        return f"newest line {found.rows[-1].at:%Y-%m-%d %H:%M:%SZ}"

    async def pods() -> str:
        pods = await opens().pods.all()
        return f"{len(pods):,} pods, {sum(pod.running for pod in pods):,} running"

    questions: dict[str, Callable[[], Awaitable[str]]] = {
        f"{name} tasks": tasks,
        f"{name} workers": workers,
        f"{name} logs": logs,
        f"{name} pods": pods,
    }
    if name != REIGH:
        del questions[f"{name} pods"]
    checks = {what: _asking(what, question) for what, question in questions.items()}
    return {**checks, f"{name} settings": _naming(name, opens)}


def _naming(name: str, opens: Callable[[], System]) -> Check:
    async def check() -> Sequence[Checked]:
        try:
            every = await opens().named()
        except SourceDown:  # the questions tell it
            return ()
        return tuple(
            Checked(
                what=f"{name} {each.what}",
                well=not each.wrong,
                found=each.wrong or "works",
                mend=f"see {each.setting}" if each.wrong else "",
            )
            for each in every
        )

    return check


def _none(found: str, name: str) -> str:
    """Return that there is nothing, with what may be the cause of that."""
    return f"{found}: {_EMPTY}" if name == REIGH else found


def _asking(what: str, question: Callable[[], Awaitable[str]]) -> Check:
    async def check() -> Sequence[Checked]:
        try:
            return (Checked(what=what, well=True, found=await question()),)
        except Absent as error:
            return (
                Checked(what=what, well=None, found=error.message, mend=error.hint),
            )
        except SourceDown as error:
            mend = error.hint or _MENDING.get(error.source, "")
            found = f"{error.source} {error.message}"
            return (Checked(what=what, well=False, found=found, mend=mend),)

    return check
