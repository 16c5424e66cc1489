"""Any report at all, for hypothesis: what no handler would make, and worse."""

import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from bot.domain.findings import Confidence, Finding, Severity, Status, Subject
from bot.domain.logs import LogLine
from bot.domain.report import (
    Ask,
    Choice,
    Facts,
    Gap,
    Outcome,
    Read,
    RedButton,
    Report,
    Table,
    Text,
    Timeline,
)
from bot.domain.times import Window

EXAMPLES = settings(
    max_examples=60,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

NASTY = (
    "",
    " ",
    "\n\n",
    "<!channel> <@U01ALICE> <#C01> <https://evil.example|here>",
    "`` ` ```code``` *bold* _it_ ~s~ :bomb: &amp; & < >",
    "\x1b[31mred\x1b[0m \x1b]8;;https://x\x07link\x1b]8;;\x07 \x07\x00\x9b1m",
    "\u202eevil\u202c \u2066x\u2069 \u200bzero\ufeff \ud800 lone",
    "a\tb\r\nc\rd\u2028e\x0bf\x85g",
    "👨‍👩‍👧‍👦🏳️‍🌈🇩🇪👍🏽e\u0301",
    "مرحبا بالعالم שלום",
    "g" * 200,
    "&<>" * 700,
    '"\\' * 2000,
    "語" * 3000,
    "😀" * 3000,
    "e" + "\u0301" * 3000,
    "line\n" * 900,
    "2026-01-31T10:00:00Z 2026-13-31 10:00:00Z `2026-01-31 10:00:00Z`",
    "0001-01-01T00:00:00Z",
)
texts = st.sampled_from(NASTY) | st.text(max_size=40)
times = st.sampled_from(
    [
        datetime(1, 1, 2, tzinfo=UTC),
        datetime(9999, 12, 30, tzinfo=UTC),
        datetime(2026, 1, 31, 12, 0, 0, 5, tzinfo=UTC),
    ]
) | st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
cells = texts | times | st.none() | st.booleans() | st.integers() | st.floats()
sizes = st.sampled_from([0, 1, 2, 3, 7, 25, 150])

findings = st.builds(
    Finding,
    rule=texts,
    severity=st.sampled_from(Severity),
    confidence=st.sampled_from(Confidence),
    title=texts,
    subject=st.builds(Subject, kind=texts, id=texts),
    evidence=st.lists(texts, max_size=8).map(tuple),
    remedy=texts,
    ask=texts,
)


def _many(kind: st.SearchStrategy[list[Any]]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Repeat the few things drawn up to a number drawn: big, and cheap to make."""
    return st.builds(
        lambda few, most: tuple((few * most)[:most]) if few else (), kind, sizes
    )


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    kinds = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", "?"]),
                texts,
                texts,
            ),
            min_size=1,
            max_size=5,
        )
    )
    start = draw(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001
    step = timedelta(seconds=draw(st.sampled_from([0.0, 1.5, 4000.0, 90000.0])))
    owner = draw(st.none() | texts)
    lines = []
    for number in range(draw(st.sampled_from([0, 1, 5, 45, 400, 3000]))):
        level, source, words = kinds[number * number % len(kinds)]
        lines.append(
            LogLine(
                at=start.replace(tzinfo=UTC) + number * step,
                level=level,
                source=source,
                message=words,
                worker_id=owner,  # type: ignore[arg-type]
            )
        )
    return Timeline(title=draw(texts), lines=tuple(lines))


@st.composite
def tables(draw: st.DrawFn) -> Table:
    width = draw(st.sampled_from([0, 1, 2, 5, 9, 25]))
    header = tuple(draw(st.lists(texts, min_size=width, max_size=width)))
    few = draw(
        st.lists(st.lists(cells, min_size=width, max_size=width).map(tuple), max_size=3)
    )
    most = draw(sizes)
    rows = tuple((few * most)[:most])
    return Table(title=draw(texts), header=header, rows=rows)


sections = st.one_of(
    timelines(),
    tables(),
    st.builds(
        Facts, title=texts, rows=_many(st.lists(st.tuples(texts, cells), max_size=3))
    ),
    st.builds(Text, title=texts, text=texts, quoted=st.booleans()),
)

offer_ids = st.text(
    string.ascii_letters + string.digits + "_-", min_size=22, max_size=22
)
red_buttons = st.builds(
    RedButton,
    offer_id=offer_ids,
    label=texts,
    question=texts,
    warning=texts,
    choices=_many(
        st.lists(st.builds(Choice, label=texts, description=texts), max_size=3)
    ),
)

reports = st.builds(
    Report,
    summary=texts,
    status=st.sampled_from(Status),
    findings=_many(st.lists(findings, max_size=4)),
    sections=_many(st.lists(sections, max_size=5)),
    asks=st.lists(st.builds(Ask, label=texts, words=texts), max_size=8).map(tuple),
    red_button=st.none() | red_buttons,
    window=st.none()
    | st.builds(lambda a, b: Window(since=min(a, b), until=max(a, b)), times, times),
    truncated=st.booleans(),
    notes=st.lists(texts, max_size=12).map(tuple),
    gaps=st.lists(
        st.builds(Gap, source=texts, reason=texts, failed=st.booleans()), max_size=14
    ).map(tuple),
    reads=st.lists(st.builds(Read, source=texts, at=times), max_size=14).map(tuple),
    outcome=st.sampled_from(Outcome),
    hint=texts,
    words=texts,
    as_json=st.sampled_from([False, False, False, True]),
    generated_at=st.none() | times,
    request_id=texts,
)


@st.composite
def plans(draw: st.DrawFn) -> Report:
    """Return a report that offers something."""
    return replace(draw(reports), red_button=draw(red_buttons), as_json=False)
