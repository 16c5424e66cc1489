"""What the strict front remembers, and what it can be told."""

import time
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bot.demo.slack_views import ViewBook

RESPONSE_URL_USES = 5
RESPONSE_URL_S = 30 * 60
TRIGGER_S = 3.0
BURST = 4  # messages a channel takes at once before "one a second" holds


@dataclass(slots=True, kw_only=True)
class Options:
    """How strict the front is; a test may relax what it isn't about."""

    rate: float = 1.0
    """Seconds between messages to a channel; 0 for no limit."""
    ack_seconds: float = 3.0
    """How long Slack waits for an acknowledgement."""
    retry_seconds: tuple[float, ...] = (0.0, 60.0, 300.0)
    """When an event that failed over HTTP is sent again."""
    public: bool = False
    """Whether apps may post where they aren't members (chat:write.public)."""
    missing_scopes: tuple[str, ...] = ()
    """Scopes the workspace did not grant."""
    request_url: str = ""
    """Where the app in events mode listens."""
    usergroups: dict[str, list[str]] = field(default_factory=dict)
    ratelimited: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Method (`*` for any; `response_url`, `upload`) → the share of its calls that are
    answered 429, evenly spread, and the seconds of their Retry-After."""


@dataclass(slots=True, kw_only=True)
class ResponseUrl:
    """Where an answer to a response_url goes."""

    bot: str
    channel: str
    user: str
    message_ts: str | None
    thread_ts: str | None
    made: float
    uses: int = 0


@dataclass(slots=True, kw_only=True)
class Kept:
    """A message as the bot meant it, before it was made drawable."""

    text: str
    blocks: list[dict[str, Any]] | None
    ephemeral_to: str | None = None
    metadata: dict[str, Any] | None = None


class Memory:
    """All that outlives one request."""

    def __init__(self) -> None:
        self.options = Options()
        self.sent: list[dict[str, Any]] = []
        self.notes: list[dict[str, Any]] = []
        self.kept: dict[tuple[str, str], Kept] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.joined: set[tuple[str, str]] = set()
        self.uploads: dict[str, str] = {}
        self._calls: Counter[str] = Counter()
        self.views = ViewBook()
        self.spare_trigger: str | None = None
        """One that local-slack knows; it takes the same one for half an hour."""
        self._triggers: dict[str, float] = {}
        self._pulled: dict[str, str] = {}
        self._chosen: dict[tuple[str, str], dict[str, Any]] = {}
        self._next: dict[tuple[str, str], float] = {}

    def forget(self) -> None:
        """Forget everything but the options."""
        options = self.options
        self.__init__()  # type: ignore[misc]
        self.options = options

    def note(self, what: str, **about: Any) -> None:
        """Write down something Slack would not tell the bot."""
        self.notes.append({"what": what, **about})

    def record(
        self, method: str, channel: str | None, ts: str | None, payload: dict[str, Any]
    ) -> None:
        """Remember what the bot sent, to the letter."""
        self.sent.append(
            {"method": method, "channel": channel, "ts": ts, "payload": payload}
        )

    def too_fast(self, bot: str, channel: str) -> bool:
        """Return whether this message comes too soon, and count it if not."""
        if not self.options.rate:
            return False
        key, now = (bot, channel), time.monotonic()
        due = self._next.get(key, 0.0)
        if now < due:
            return True
        earliest = now - (BURST - 1) * self.options.rate
        self._next[key] = max(due, earliest) + self.options.rate
        return False

    def put_off(self, method: str) -> float | None:
        """Return for how long this call is put off, None when it isn't."""
        limits = self.options.ratelimited
        share, seconds = limits.get(method) or limits.get("*") or (0.0, 0.0)
        self._calls[method] += 1
        calls = self._calls[method]
        return seconds if int(calls * share) > int((calls - 1) * share) else None

    def new_response_url(self, **about: Any) -> str:
        """Return the id of a fresh response_url."""
        id = uuid.uuid4().hex
        self.response_urls[id] = ResponseUrl(made=time.monotonic(), **about)
        return id

    def use_response_url(self, id: str) -> ResponseUrl | str:
        """Return where the answer goes, or why it doesn't."""
        found = self.response_urls.get(id)
        if found is None or time.monotonic() - found.made > RESPONSE_URL_S:
            return "expired_url"
        found.uses += 1
        return "used_url" if found.uses > RESPONSE_URL_USES else found

    def new_trigger(self, id: str, user: str) -> None:
        """Start the three seconds of a trigger that *user* pulled."""
        self._triggers[id] = time.monotonic()
        self._pulled[id] = user

    def puller(self, id: str) -> str:
        """Return who pulled the trigger."""
        return self._pulled.get(id, "")

    def use_trigger(self, id: str) -> str | None:
        """Return why the trigger does not work, None when it does."""
        made = self._triggers.get(id)
        if made is None:
            return "invalid_trigger_id"
        if made < 0:
            return "exchanged_trigger_id"
        if time.monotonic() - made > TRIGGER_S:
            return "expired_trigger_id"
        self._triggers[id] = -1.0
        return None

    def chosen(
        self,
        message: tuple[str, str],
        blocks: Iterable[dict[str, Any]],
        actions: Iterable[dict[str, Any]],
    ) -> dict[str, Any]:
        """Return what is chosen in all of the message's elements, now that it is so."""
        made = self._chosen.setdefault(message, {})
        for action in actions:
            found = {name: it for name, it in action.items() if name.startswith("sel")}
            if any(it is not None for it in found.values()):
                block = made.setdefault(str(action.get("block_id")), {})
                block[action.get("action_id")] = {"type": action["type"], **found}
        values: dict[str, Any] = {}
        for block in blocks:
            for element in block.get("elements", []):
                if not isinstance(element, dict):
                    continue
                id, name = str(block.get("block_id")), element.get("action_id")
                held = made.get(id, {}).get(name)
                if held is None and element.get("type") == "checkboxes":
                    first = element.get("initial_options", [])
                    held = {"type": "checkboxes", "selected_options": first}
                if held is not None:
                    values.setdefault(id, {})[name] = held
        return values

    def original(self, channel: str, message: dict[str, Any]) -> dict[str, Any]:
        """Return *message* with the text and blocks its bot meant."""
        kept = self.kept.get((channel, str(message.get("ts"))))
        if kept is None:
            return message
        meant = {
            **message,
            "text": kept.text,
            "blocks": kept.blocks,
            "metadata": kept.metadata,
        }
        return {name: value for name, value in meant.items() if value is not None}


def with_ids(blocks: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return blocks with the ids Slack makes up for those that have none."""
    return [
        block if block.get("block_id") else {**block, "block_id": uuid.uuid4().hex[:5]}
        for block in blocks
    ]
