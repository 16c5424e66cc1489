"""Numbers about this process, in Prometheus' text format."""

import threading
from collections.abc import Iterator
from typing import Final

_HELP: Final = {
    "debug_bot_questions_total": "Questions answered, by command, door and outcome.",
    "debug_bot_question_seconds": "Seconds from a question's arrival to its answer.",
    "debug_bot_source_seconds": "Seconds that questions to a source took, by outcome.",
    "debug_bot_presses_total": "Pressed buttons of offers, by outcome.",
    "debug_bot_jobs": "Questions and presses that are at work, or wait for it.",
    "debug_bot_duplicates_total": "Deliveries that were answered before.",
    "debug_bot_busy_total": "Questions turned away because too many waited.",
    "debug_bot_failures_total": "Questions on which the bot itself failed.",
    "debug_bot_refusals_total": "Messages that Slack did not take, by its reason.",
    "debug_bot_unsent_total": "Answers that reached nobody.",
    "debug_bot_waiting_messages": "Messages that wait for their turn, by method.",
    "debug_bot_wait_seconds": "Seconds that messages waited for it, by urgency.",
    "debug_bot_rate_limited_total": "Times Slack told us to wait (429), by method.",
    "debug_bot_collapsed_updates_total": "Updates that a later one made needless.",
    "debug_bot_left_out_total": "Messages dropped as too many waited, by urgency.",
    "debug_bot_pictures_total": "Pictures of answers, by outcome.",
    "debug_bot_unknown_total": "Messages of which Slack did not say if it took them.",
    "debug_bot_bad_requests_total": "Requests that were not Slack's, by status.",
}
_SUMMARIES: Final = frozenset(
    {"debug_bot_question_seconds", "debug_bot_source_seconds", "debug_bot_wait_seconds"}
)
_GAUGES: Final = frozenset({"debug_bot_jobs", "debug_bot_waiting_messages"})


class Metrics:
    """Counters and summaries; counted from several threads."""

    def __init__(self) -> None:
        """Start at nothing."""
        self._lock = threading.Lock()
        self._values: dict[tuple[str, str], float] = {}

    def count(self, name: str, *, amount: float = 1.0, **labels: str) -> None:
        """Add to `debug_bot_NAME`; labels must come from small sets."""
        pairs = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        key = (f"debug_bot_{name}", f"{{{pairs}}}" if pairs else "")
        with self._lock:
            self._values[key] = self._values.get(key, 0.0) + amount

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Add one duration to the summary `debug_bot_NAME`."""
        self.count(f"{name}_sum", amount=seconds, **labels)
        self.count(f"{name}_count", amount=1.0, **labels)

    def source(self, source: str, outcome: str, seconds: float) -> None:
        """Add one question to a source."""
        self.observe("source_seconds", seconds, source=source, outcome=outcome)

    def text(self) -> str:
        """Return everything as one page."""
        with self._lock:
            values = sorted(self._values.items())
        return "".join(_lines(values))


def _lines(values: list[tuple[tuple[str, str], float]]) -> Iterator[str]:
    for family, help in _HELP.items():
        kind = "gauge" if family in _GAUGES else "counter"
        kind = "summary" if family in _SUMMARIES else kind
        yield f"# HELP {family} {help}\n# TYPE {family} {kind}\n"
        names = (f"{family}_sum", f"{family}_count") if kind == "summary" else (family,)
        for (name, labels), value in values:
            if name in names:
                yield f"{name}{labels} {value:.6g}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
