"""Modals and the Home tab: opened, filled and published; what is gone is no fault."""

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.doors.payloads import mapping, text
from bot.slack.metrics import Metrics
from bot.slack.sending.refusals import Payload, TooFast, Unfit, Unsent, translated

log = logging.getLogger("bot.slack.doors.views")

View = dict[str, Any]

SECONDS: Final = 5.0
# People close a modal, open another tab, or take longer than a trigger lives.
_GONE: Final = frozenset(
    {
        "not_found",
        "view_not_found",
        "hash_conflict",
        "expired_trigger_id",
        "trigger_expired",
        "exchanged_trigger_id",
        "trigger_exchanged",
        "invalid_trigger_id",
        "not_enabled",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A view that Slack shows, and the hash that it has until it is changed."""

    id: str
    hash: str


class Views:
    """Shows views. Lives in one loop; never raises."""

    def __init__(self, client: AsyncWebClient, metrics: Metrics) -> None:
        """Show with the client's token."""
        self._client = client
        self._metrics = metrics

    async def open(self, trigger_id: str, view: View) -> Shown | None:
        """Open a modal; None when it can't be, or no longer."""

        async def send(view: Payload) -> View:
            found = await self._client.views_open(trigger_id=trigger_id, view=view)
            return _view(found)

        return await self._show("views.open", send, view)

    async def update(self, shown: Shown, view: View) -> Shown | None:
        """Change a view that is still as it was shown; None when it is not."""

        async def send(view: Payload) -> View:
            found = await self._client.views_update(
                view_id=shown.id, hash=shown.hash, view=view
            )
            return _view(found)

        return await self._show("views.update", send, view)

    async def publish(
        self, user: str, view: View, *, over: Shown | None = None
    ) -> Shown | None:
        """Show a person's Home tab, *over* the one that we showed last if it is given.

        None when it can't be shown, or another one was published meanwhile.
        """
        only = {} if over is None else {"hash": over.hash}

        async def send(view: Payload) -> View:
            found = await self._client.views_publish(user_id=user, view=view, **only)
            return _view(found)

        return await self._show("views.publish", send, view)

    async def close(self) -> None:
        """Let go of the connections."""
        if self._client.session is not None:
            await self._client.session.close()

    async def _show(
        self, method: str, send: Callable[[Payload], Awaitable[View]], view: View
    ) -> Shown | None:
        if self._client.session is None or self._client.session.closed:
            timeout = aiohttp.ClientTimeout(total=SECONDS)
            self._client.session = aiohttp.ClientSession(timeout=timeout)
        try:
            async with asyncio.timeout(SECONDS):
                found = await translated(functools.partial(send, view))
        except TimeoutError:
            error, why = "timeout", ""
        except TooFast:  # later would be too late
            error, why = "ratelimited", ""
        except Unsent as refused:
            error, why = refused.error, ""
        except Unfit as refused:
            error, why = refused.error, refused.why
        else:
            return Shown(id=text(found, "id"), hash=text(found, "hash"))
        self._metrics.count("refusals_total", error=error)
        level = logging.INFO if error in _GONE else logging.WARNING
        log.log(
            level,
            "a view was not shown",
            extra={"method": method, "error": error, "why": why or None},
        )
        return None


def _view(answer: Any) -> View:
    return dict(mapping(getattr(answer, "data", {}), "view"))
