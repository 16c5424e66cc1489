"""Draws every kind of answer as Slack would: `make screenshots`.

The answers are real: the desk's, on the demo's incidents and their counterparts. What
no incident holds (logs of thousands of lines, hostile texts) comes from the samples
that the formatters are tested with. Some are drawn on a narrow window as well.

`make screenshots ARGS="agents-health octollm-trace"` draws these alone, which need no
counterparts, and leaves the page as it is.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser

from bot.demo.incident import Truth, make_incident
from bot.demo.plays import ON_AGENTS, OctoPlay, RigPlay
from bot.demo.stack import Stack
from bot.demo.workspace import ALICE, OPS, TEAM
from bot.domain.access import Caller, Door
from bot.domain.report import Ask, Chart, Report
from bot.settings import Settings
from bot.wiring import Wired
from formatters import alerts, blocks, digests
from formatters.chart import png
from formatters.home import Home, home
from formatters.live import live
from formatters.packing import Message
from tests.chromium import a_browser
from tests.formatters import samples
from tests.formatters.notices import a_closed, a_flood, a_notice
from tests.formatters.test_digests import a_digest
from tests.gate.people import FakePeople, a_person
from tests.witnesses.witnesses import drawn

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "docs" / "answers"
PAGE: Final = ROOT / "docs" / "answers.md"
LIFE: Final = ROOT / "docs" / "life.png"  # the README shows it
WIDE: Final = 760
NARROW: Final = 390
TALLEST: Final = 1800
"""Of a longer one the top is shown, and the page says so."""
COLOURS: Final = 128
FURTHER: Final = ("agents-health", "octollm-trace")
ALSO: Final = frozenset(
    {"health", "task-failed", "worker-died", "plan", "hostile", "alert", "watch"}
    | {*FURTHER}
)
"""Drawn narrow as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What Slack shows at one time."""

    name: str
    title: str
    about: str
    messages: Sequence[Message]
    chart: Chart | None = None


def _of(name: str, words: str, about: str, report: Report) -> Picture:
    head, *thread = blocks.verdict(report), *blocks.investigation(report)
    return Picture(
        name=name,
        title=f"/debug {words}",
        about=about,
        messages=blocks.whole(report) if report.private else (head, *thread),
        chart=report.chart,
    )


def questions(truth: Truth) -> Iterator[tuple[str, str, str]]:
    """Yield name, words and what it shows, in the order of a night."""
    yield "health", "health", "Is the system well?"
    yield "task-failed", f"task {truth.failed_task}", "A task that failed by itself"
    child = truth.cascade_children[0]
    yield "task-cascade", f"task {child}", "A task that fell with another"
    yield "task-stuck", f"task {truth.stuck_task}", "A task that does not move"
    yield "worker-died", f"worker {truth.loading_worker}", "How a worker died"
    yield "worker-well", f"worker {truth.living_workers[0]}", "A worker that is well"
    yield "workers", "workers", "All workers: how they die"
    yield "tasks", "tasks", "All tasks: counts, timings, failures"
    yield "queue", "queue", "What waits, and why nobody takes it"
    yield "orphans", "orphans", "Tasks whose worker is gone"
    yield "orchestrator", "orchestrator", "Does it scale?"
    yield "runpod", "runpod", "Pods against rows, and what is wasted"
    yield "plan", "runpod terminate", "A plan, with its red button"
    yield "logs", "logs --level ERROR --limit 20", "A search in the logs"
    yield "report", "report --hours 6", "An incident, written up"
    yield "config", "config --explain", "What the settings mean together"
    yield "audit", "audit", "Who did what"
    yield "whoami", "whoami", "What you may do here"
    yield "help", "help", "What can be asked"
    yield "not-found", "task ffffffff", "Something that does not exist"
    yield "misread", "helth --hours never", "Words that are wrong"


def made_up() -> Iterator[Picture]:
    """Yield what no incident holds."""
    for name, about, report in (
        ("gap", "A source that is down", samples.supabase_down()),
        ("long", "A log of 5,000 lines", samples.crashed_worker(lines=5000)),
        ("hostile", "Hostile texts, long ids, odd scripts", samples.hostile()),
    ):
        yield _of(name, report.words, about, report)


def further() -> Sequence[Picture]:
    """Return an answer of each of the other systems, which need no counterparts."""
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as held:
        root, folder = Path(held) / "rig", Path(held) / "octollm"
        rig, octo = RigPlay(now, root), OctoPlay(now, folder)
        rig.beat(now)
        state = {"DEBUG_BOT_STATE_URL": f"sqlite:///{held}/state.sqlite3"}
        settings = {**RigPlay.settings(root), **octo.settings, **state}
        followed = next(words for words in octo.questions if words.startswith("trace"))
        asked = (
            (f"health {ON_AGENTS}", "Are the agents well?"),
            (followed, "Where did a request's time go?"),
        )
        try:
            reports = asyncio.run(_told(Settings.of(settings), [it for it, _ in asked]))
        finally:
            octo.close()
    return [
        _of(name, words, about, report)
        for name, (words, about), report in zip(FURTHER, asked, reports, strict=True)
    ]


async def _told(settings: Settings, asked: Sequence[str]) -> list[Report]:
    wired = Wired(settings)
    caller = Caller(door=Door.SLASH, user_id=ALICE, channel_id=OPS)
    try:
        return [
            await wired.desk.answer(words.split(), caller, datetime.now(UTC))
            for words in asked
        ]
    finally:
        await wired.close()


def unasked(told: Mapping[str, Report]) -> Iterator[Picture]:
    """Yield what comes without a question, or keeps itself current."""
    for name, title, about, shown in (
        ("watch", "/debug watch health", "A message kept current", _live(told)),
        ("home", "the Home tab", "Where one begins", _home(told)),
    ):
        yield Picture(name=name, title=title, about=about, messages=(shown,))
    for name, about, found in (
        ("alert", "A problem that nobody asked about", alerts.notice(a_notice())),
        ("alert-over", "The same message later", alerts.notice(a_closed())),
        ("alert-flood", "Five hundred problems", alerts.notice(a_flood(500))),
        ("digest", "Each morning", digests.digest(a_digest())),
    ):
        yield Picture(name=name, title="#alerts", about=about, messages=(found,))


def _live(told: Mapping[str, Report]) -> Message:
    state = "as of 2026-01-31 12:03:10Z, every 10 s until 2026-01-31 12:33:00Z"
    return live(told["health"], state, asks=(Ask(label="Stop", words="watch stop"),))


def _home(told: Mapping[str, Report]) -> Message:
    now = told["health"].generated_at or datetime.now(UTC)
    recent = (f"task {told['task-failed'].arguments['id']}", "queue")
    view = home(
        Home(now=now, health=told["health"], rights=told["whoami"], recent=recent)
    )
    return Message(blocks=tuple(view["blocks"]), text="")


async def _asked(settings: Settings, truth: Truth) -> list[Picture]:
    team = TEAM["teamId"]
    caller = Caller(door=Door.SLASH, user_id=ALICE, team_id=team, channel_id=OPS)
    wired = Wired(
        settings,
        people=FakePeople(persons={ALICE: a_person(ALICE, team_id=team, name="Alice")}),
        home_team=lambda: team,
    )
    try:
        told = {}
        found = []
        for name, words, about in questions(truth):
            report = await wired.desk.answer(words.split(), caller, datetime.now(UTC))
            told[name] = report
            found.append(_of(name, words, about, report))
        return [*found, *unasked(told)]
    finally:
        await wired.close()


def pictures() -> Sequence[Picture]:
    """Return all answers."""
    with Stack(slack=False) as stack:
        assert stack.postgres is not None
        incident = make_incident(datetime.now(UTC))
        incident.fleet.load(stack.postgres, stack.runpod)
        os.environ.update(stack.environment)
        found = asyncio.run(_asked(Settings.read(), incident.truth))
    return [*found, *further(), *made_up()]


def _draw_all(shown: Sequence[Picture]) -> None:
    with a_browser() as browser:
        _draw(browser, shown, WIDE, "")
        _draw(browser, [each for each in shown if each.name in ALSO], NARROW, "-narrow")


def _draw(browser: Browser, shown: Sequence[Picture], width: int, suffix: str) -> None:
    """Draw all of them on one page, and take a picture of each."""
    page = browser.new_page(viewport={"width": width, "height": 600})
    page.set_content(
        drawn(
            [
                {
                    "title": each.title,
                    "messages": [{"blocks": said.blocks} for said in each.messages],
                }
                for each in shown
            ]
        )
    )
    for each, part in zip(shown, page.locator("body > section").all(), strict=True):
        box = part.bounding_box()
        assert box is not None
        clip = {**box, "height": min(box["height"], TALLEST)}
        path = FOLDER / f"{each.name}{suffix}.png"
        page.screenshot(path=path, full_page=True, clip=clip)  # type: ignore[arg-type]
        _shrink(path)
    page.close()


def _shrink(path: Path) -> None:
    """Keep so many colours as a page of text needs: a third of the bytes."""
    with Image.open(path) as drawn_page:
        few = drawn_page.convert("RGB").quantize(COLOURS)
    few.save(path, optimize=True)


def _chart(shown: Picture) -> Iterator[str]:
    """Draw the answer's own picture, if it has one; yield the line that shows it."""
    chart = shown.chart
    if chart is None or not chart.panels:
        return
    path = FOLDER / f"{shown.name}-chart.png"
    path.write_bytes(png(chart))
    if shown.name == "worker-died":
        shutil.copy(path, LIFE)
    yield f"![{chart.alt}](answers/{path.name})"


def main(names: Sequence[str] = ()) -> int:
    """Draw all answers and write the page that shows them, or draw some of FURTHER."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    if names:
        _draw_all([each for each in further() if each.name in names])
        return 0
    for old in FOLDER.glob("*.png"):
        old.unlink()
    lines = [
        "# Answers",
        "",
        "Every kind of answer, as `make screenshots` drew it.",
        "",
    ]
    # Before the browser's loop runs, as they have one of their own.
    shown = pictures()
    _draw_all(shown)
    for each in shown:
        lines += [f"## {each.about}", "", f"`{each.title}`", ""]
        names = [each.name, f"{each.name}-narrow"][: 1 + (each.name in ALSO)]
        lines += [f"![{each.about}](answers/{name}.png)" for name in names]
        lines += [*_chart(each), ""]
    PAGE.write_text("\n".join(lines))
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
