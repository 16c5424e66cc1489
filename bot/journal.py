"""The bot's own log: levels per component, JSON or console, nothing secret in it."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final

from bot.domain.redaction import redacted, redacted_value
from bot.settings import Settings
from bot.tracing import current

_STANDARD: Final = frozenset(vars(logging.LogRecord("", 0, "", 0, "", None, None))) | {
    "message",
    "asctime",
    "taskName",
}


def open_journal(settings: Settings) -> None:
    """Send the bot's log to standard error in the form that the settings ask for.

    Components are the parts below `bot.`: `slack`, `sources`, `dispatch`, …
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Redacting(as_json=settings.log_format == "json"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("bot").setLevel(settings.log_level)
    for component, level in settings.log_levels.items():
        logging.getLogger(f"bot.{component}").setLevel(level)
    # Bolt writes the whole raw body of a request whose signature is wrong.
    for noisy in ("slack_bolt", "slack_sdk", "httpx", "httpcore", "aiohttp.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class Redacting(logging.Formatter):
    """Writes one line per event: the event first, its fields after it."""

    def __init__(self, *, as_json: bool) -> None:
        """Choose JSON, or text for a console."""
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with its request and with every secret hidden."""
        given = {
            name: value
            for name, value in vars(record).items()
            if name not in _STANDARD and value is not None
        }
        if (request := current()) and "request_id" not in given:
            given = {"request_id": request, **given}
        at = datetime.fromtimestamp(record.created, UTC).isoformat(
            timespec="milliseconds"
        )
        at = at.replace("+00:00", "Z")
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        if self._as_json:
            event = {
                "at": at,
                "level": record.levelname,
                "component": record.name,
                "event": record.getMessage(),
                **given,
            }
            if trace:
                event["trace"] = trace
            # Twice: whole texts first, then what only a field's name gives away.
            line = json.dumps(
                redacted_value(event),
                default=lambda value: redacted(str(value)),
                ensure_ascii=False,
            )
            return redacted(line)
        pairs = " ".join(f"{name}={value}" for name, value in given.items())
        parts = (at, record.levelname, record.name, record.getMessage(), pairs)
        line = " ".join(part for part in parts if part)
        return redacted(f"{line}\n{trace}" if trace else line)
