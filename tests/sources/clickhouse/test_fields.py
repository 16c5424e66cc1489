from typing import Any, Final

import pytest

from bot.domain.line_fields import LineField, line_field
from bot.domain.times import Window
from bot.sources import LogSearch
from bot.sources.clickhouse.fields import of_field
from bot.sources.clickhouse.octollm import OctoEngineLogs
from tests.engines import Kept
from tests.world import NOW, a_line, ago

HOUR: Final = Window(since=ago(hours=1), until=NOW)
HOSTILE: Final = "a:Array(String)} OR 1 = 1 OR level IN {b"


@pytest.mark.parametrize("name", ["level", "event", "task_id", "status_code", "a.b"])
def test_nothing_that_was_typed_stands_in_a_condition(name: str) -> None:
    """Neither a value nor a name."""
    found = of_field(LineField(name, "=", HOSTILE), name="field_0")

    assert "1 = 1" not in found.text
    assert found.values["field_0"] == (HOSTILE.lower(),)


@pytest.mark.parametrize("name", ["goal", "value", "detail.matched_text", "examples"])
@pytest.mark.parametrize("sign", ["=", ">", "<"])
def test_what_people_wrote_is_not_guessed_at(name: str, sign: Any) -> None:
    """It is hidden where lines are shown, so no line has it."""
    assert of_field(LineField(name, sign, "4111"), name="field_0").text == "0"


FIELDS: Final[tuple[dict[str, Any], ...]] = (
    {"event": "http.request", "status_code": 503, "duration_ms": 3010.5},
    {"event": "http.request", "status_code": 202, "latency_ms": 12},
    {"event": "task.failed", "error_code": "Timeout", "arm": "coder", "ok": True},
    {"event": "task.failed", "error_type": "Timeout", "priority": "HIGH"},
    {
        "event": "said",
        "detail": '{"code": 7, "deep": {"er": "Yes"}}',
        "matched_text": 4,
    },
    {"event": "said", "empty": None, "status_code": "1e3", "level": "odd"},
)


@pytest.mark.clickhouse
@pytest.mark.parametrize(
    "asked",
    [
        *(["status_code=503"], ["status_code>202"], ["duration_seconds>1"]),
        *(["duration_seconds<1"], ["error_kind=timeout"], ["arm=coder"]),
        *(["event=http.request", "status_code=202"], ["priority=high"], ["ok=true"]),
        *(["level=warning"], ["service=orchestrator"], ["nothing=1"], ["logger=x"]),
        *(["status_code=503.0"], ["status_code<203"], ["Status_code=503"]),
        *(["detail.code=7"], ["detail.code>6"], ["detail.deep.er=yes"]),
        *(["empty=null"], ["level=odd"], ["event=SAID"], ["level=warn"]),
        *(["matched_text=4"], ["matched_text>3"], ["level=" + HOSTILE]),
    ],
)
async def test_fields_are_asked_of_the_engine_as_of_lines(
    kept: Kept, asked: list[str]
) -> None:
    """What it finds is what fits, for each field and for several."""
    logs = OctoEngineLogs(kept.engine)
    lines = [
        a_line(
            held["event"], id=f"{n}", source="orchestrator", source_id="app",
            worker_id=None, level="WARNING" if n else "INFO",
            fields={name: value for name, value in held.items() if name != "event"},
        )
        for n, held in enumerate(FIELDS)
    ]  # fmt: skip
    kept.insert("octollm", lines)
    fields = tuple(map(line_field, asked))

    every = await logs.search(LogSearch(window=HOUR), limit=10)
    found = await logs.search(LogSearch(window=HOUR, fields=fields), limit=10)

    fitting = [line for line in every.rows if all(it.fits(line) for it in fields)]
    assert [line.id for line in found.rows] == [line.id for line in fitting]
    none = ("nothing", "logger", "Status", "matched", "level=warn", f"level={HOSTILE}")
    rarely = asked[0].startswith(none) and asked != ["level=warning"]
    assert bool(fitting) is not rarely
