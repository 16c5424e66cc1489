"""The picture of a worker's life: its states, its lines, its loads and its tasks."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.domain.charts import Lane, Lanes, Mark, Span, Tone, runs
from bot.domain.excerpts import cut
from bot.domain.figures import some
from bot.domain.logs import LogLine
from bot.domain.marks import LOADED, PROMOTED, SWITCH_BEGUN, SWITCH_ENDED, UP
from bot.domain.report import Chart
from bot.domain.tasks import Task, TaskPhase
from bot.domain.times import Window, spoken, stamp
from bot.domain.workers import STARTUP, Pulse, Worker, WorkerPhase

SILENCE: Final = timedelta(minutes=5)  # systems/reigh.md, F32: no line for so long
_REASON: Final = 60
_LONGEST: Final = 44  # characters of an id that a line of the title holds
_PAD: Final = 0.05  # of the width, after the end of a life

_LOADED: Final = (*LOADED, SWITCH_ENDED)
_LOAD_FAILED: Final = "Model switch failed"
_UNLOADED: Final = "MODEL UNLOAD:"
_TASKS: Final = {
    TaskPhase.DONE: (Tone.GOOD, "done"),
    TaskPhase.FAILED: (Tone.BAD, "failed"),
    TaskPhase.RUNNING: (Tone.BUSY, "in progress"),
}
_OTHER: Final = (Tone.PAST, "other")
_QUIET: Final = ((Tone.PAST, "quiet, idle"), (Tone.DOUBT, "silent at work"))
_COLUMNS: Final = 200  # errors closer than one of these are one mark
_CUT: Final = 8  # characters of a task's id in the lines of agents
_PASSED_OVER: Final = ("Skipping ", "Lost race: ", "Lock timeout: ")
_TAKEN: Final = (Tone.DOUBT, "no longer its own")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Life:
    """What the picture is of; *own* are the worker's lines, None where unread."""

    worker: Worker
    tasks: Sequence[Task]
    own: Sequence[LogLine] | None
    up_at: datetime | None
    since: datetime
    until: datetime
    now: datetime

    @property
    def over(self) -> bool:
        """Tell whether it has failed or ended."""
        return self.worker.phase in (WorkerPhase.FAILED, WorkerPhase.ENDED)

    @property
    def end(self) -> datetime:
        """The last moment of which anything is known."""
        return _end(self.worker, self.own or (), self.now)


@dataclass(slots=True, kw_only=True)
class _Load:
    """A model that was being loaded, and from *loaded* on held, *until* another."""

    model: str
    begun: datetime
    until: datetime
    loaded: datetime | None = None
    ended: str = "load not ended"


def life_chart(
    worker: Worker,
    tasks: Sequence[Task],
    lines: Sequence[LogLine] | None,
    window: Window,
) -> Chart:
    """Return the worker's life, or as much of it as the window holds.

    *lines* are its own and those that name it, oldest first; None where they were
    not read. A heartbeat leaves no trace but the time of the last one, so its lines,
    which travel with heartbeats, stand for them.
    """
    now = window.until
    own = (
        None if lines is None else [each for each in lines if each.writer == worker.id]
    )
    over = worker.phase in (WorkerPhase.FAILED, WorkerPhase.ENDED)
    end = _end(worker, own or (), now)
    born = min(worker.created_at, end)
    since = born if end <= window.since else max(born, window.since)
    pad = max((end - since) * _PAD, timedelta(seconds=30))
    until = min(end + pad, now) if over else end
    life = _Life(
        worker=worker,
        tasks=tasks,
        own=own,
        up_at=_up_at(worker, lines or ()),
        since=since,
        until=max(until, since + timedelta(minutes=1)),
        now=now,
    )
    work = tuple(_tasks(life))
    spans = [span for lane in work for span in lane.spans]
    heard = tuple(_lines(life, spans))
    lanes = (_state(life), *heard, *_loads(life), *work)
    return Chart(
        title=f"The life of {_called(worker)}",
        alt=_alt(life, heard),
        since=life.since,
        until=life.until,
        panels=(Lanes(lanes=lanes),),
        marks=tuple(_marks(life)),
        notes=tuple(_notes(life, window)),
    )


def _called(worker: Worker) -> str:
    """Return its id; of one too long for a line what stands first and last."""
    id = worker.id
    return id if len(id) <= _LONGEST else f"{id[: _LONGEST - 13]}…{id[-12:]}"


def _last_sign(worker: Worker, own: Sequence[LogLine], now: datetime) -> datetime:
    """Return the last moment of which anything is on record; now while it lives."""
    if worker.phase not in (WorkerPhase.FAILED, WorkerPhase.ENDED):
        return now
    known = (
        worker.created_at,
        worker.last_heartbeat_at,
        worker.error_at,
        worker.terminated_at,
        own[-1].at if own else None,
    )
    return min(max(at for at in known if at is not None), now)


def _end(worker: Worker, own: Sequence[LogLine], now: datetime) -> datetime:
    """Return where its picture ends.

    One that failed and was not ended may be billed for: some of the time since is
    shown, but not days of it.
    """
    last = _last_sign(worker, own, now)
    if worker.phase is WorkerPhase.FAILED:
        last += max((last - worker.created_at) / 3, timedelta(minutes=10))
    return min(last, now)


def _up_at(worker: Worker, lines: Iterable[LogLine]) -> datetime | None:
    """Return when its program came up, or else when it was promoted."""
    for mark, own in ((UP, True), (PROMOTED, False)):
        for line in lines:
            if (line.writer == worker.id) is own and mark in line.message:
                return line.at
    return worker.promoted_at


def _state(life: _Life) -> Lane:
    """Return starting, alive, silent, given up, and what came after, in order."""
    worker, beat = life.worker, life.worker.last_heartbeat_at
    ends = [at for at in (worker.error_at, worker.terminated_at) if at is not None]
    back = max(ends) if ends and not life.over else None
    last = (worker.terminated_at or life.end) if life.over else life.end
    stop = min((*ends, last))
    spans = []
    begun = life.up_at or (worker.created_at if beat else None)
    if life.up_at is not None:
        spans.append(_span(worker.created_at, life.up_at, Tone.CALM, "starting"))
    if begun is None:
        spans.append(_unborn(life, stop))
    else:
        lost = beat is not None and back is None and _lost(life)
        seen = min(max(beat, begun), stop) if lost and beat is not None else stop
        spans.append(_span(begun, seen, Tone.BUSY, "alive"))
        if stop > seen:
            brief = _short(stop - seen)
            words = f"{brief} without a beat"
            spans.append(_span(seen, stop, Tone.DOUBT, words, brief=brief))
    if worker.error_at is not None:
        calm = worker.benign_end
        words = "scaled down" if calm else "given up"
        tone = Tone.PAST if calm else Tone.BAD
        spans.append(_span(worker.error_at, back or last, tone, words))
    if back is not None:
        spans.append(_span(back, last, Tone.DOUBT, "alive again"))
    return Lane(
        name=f"state: {worker.status}",
        spans=tuple(span for span in spans if span.until > span.since),
        # A start is mostly too short for its name.
        keys=((Tone.CALM, "starting"),) * (life.up_at is not None),
    )


def _unborn(life: _Life, stop: datetime) -> Span:
    since = life.worker.created_at
    if life.over:
        return _span(since, stop, Tone.DOUBT, "never came up")
    tone = Tone.DOUBT if stop - since > STARTUP else Tone.CALM
    return _span(since, stop, tone, "not up yet", open=True)


def _lost(life: _Life) -> bool:
    """Tell whether its heartbeat is late, or has ended."""
    return life.over or life.worker.pulse(life.now) is not Pulse.HEALTHY


def _span(  # noqa: PLR0913  each has its name at the call
    since: datetime,
    until: datetime,
    tone: Tone,
    label: str,
    *,
    brief: str = "",
    open: bool = False,
) -> Span:
    return Span(
        since=since,
        until=max(since, until),
        tone=tone,
        label=label,
        brief=brief,
        open=open,
    )


def _lines(life: _Life, work: Iterable[Span]) -> Iterator[Lane]:
    """Yield when it wrote, its errors, and the silences: at work one is worth a look.

    An idle worker writes nothing.
    """
    own = life.own
    if not own:
        return
    heard = runs((line.at for line in own), SILENCE)
    spans = [Span(since=first, until=last, tone=Tone.CALM) for first, last in heard]
    ends = [first for first, _ in heard[1:]]
    if life.now - heard[-1][1] > SILENCE and not life.over:
        ends.append(life.now)
    busy = [(span.since, span.until) for span in work]
    for (_, last), after in zip(heard, ends, strict=False):
        at_work = any(
            min(after, until) - max(last, since) > SILENCE for since, until in busy
        )
        tone = Tone.DOUBT if at_work else Tone.PAST
        brief = _short(after - last)
        spans.append(Span(since=last, until=after, tone=tone, label=brief, brief=brief))
    errors = [line.at for line in own if line.alarming]
    column = (life.until - life.since) / _COLUMNS
    marks = tuple(
        Mark(at=first + (last - first) / 2, tone=Tone.BAD)
        for first, last in runs(errors, column)
    )
    keys = [(Tone.CALM, some(len(own), "line"))]
    tones = {span.tone for span in spans}
    keys += [pair for pair in _QUIET if pair[0] in tones]
    if errors:
        keys.append((Tone.BAD, some(len(errors), "error")))
    yield Lane(
        name="its lines",
        spans=tuple(sorted(spans, key=lambda span: span.since)),
        marks=marks,
        keys=tuple(keys),
    )


def _short(span: timedelta) -> str:
    """Return the span in its largest unit alone."""
    return " ".join(spoken(span).split()[:2])


def _loads(life: _Life) -> Iterator[Lane]:
    """Yield each load of a model, and how long the model then stayed."""
    own = life.own or ()
    loads = _models(own, life.end)
    if not loads:
        return
    spans = []
    for load in loads:
        if load.loaded is None:
            words = f"{load.model}: {load.ended}"
            until = min(load.until, _last_alive(life, own[-1]))
            spans.append(_span(load.begun, until, Tone.BAD, words, open=True))
        else:
            spans.append(_span(load.begun, load.loaded, Tone.BUSY, "load"))
            spans.append(_span(load.loaded, load.until, Tone.CALM, load.model))
    keys = [(Tone.BUSY, some(len(loads), "load")), (Tone.CALM, "model held")]
    if unfinished := sum(load.loaded is None for load in loads):
        keys.append((Tone.BAD, f"{unfinished:,} without an end"))
    yield Lane(name="models", spans=tuple(spans), keys=tuple(keys))


def _last_alive(life: _Life, line: LogLine) -> datetime:
    """Return when one that is over last beat or wrote, at the latest *line*; else now.

    A load without an end ended with it at the latest.
    """
    if not life.over:
        return life.end
    return max(life.worker.last_heartbeat_at or line.at, line.at)


def _models(own: Iterable[LogLine], end: datetime) -> list[_Load]:
    found: list[_Load] = []
    for line in own:
        last = found[-1] if found and found[-1].until == end else None
        if SWITCH_BEGUN in line.message:
            model = line.message.rsplit(" to ", 1)[-1].strip()
            found.append(_Load(model=model, begun=line.at, until=end))
        elif last and any(mark in line.message for mark in _LOADED):
            last.loaded = last.loaded or line.at
            continue
        elif last and last.loaded is None and _LOAD_FAILED in line.message:
            last.ended = "load failed"
        elif _UNLOADED not in line.message:
            continue
        if last:
            last.until = line.at
    return found


def _tasks(life: _Life) -> Iterator[Lane]:
    """Yield its tasks, and those of its lines that its rows no longer name."""
    spans: list[tuple[Span, str]] = []
    heard: dict[str, tuple[datetime, datetime]] = {}
    whole: dict[str, str] = {task.id[:_CUT]: task.id for task in life.tasks}
    for line in life.own or ():
        if line.task_id is not None and not line.message.startswith(_PASSED_OVER):
            id = whole.get(line.task_id, line.task_id)
            first, _ = heard.get(id, (line.at, line.at))
            heard[id] = first, line.at
    for task in life.tasks:
        begun, last = heard.pop(task.id, (None, None))
        begun = task.started_at or begun
        if begun is None or begun > life.until:
            continue
        tone, word = _TASKS.get(task.phase, _OTHER)
        ended = task.processed_at
        if task.phase is not TaskPhase.RUNNING:
            ended = ended or task.updated_at or last
        brief = task.id[:8]
        span = _span(
            begun,
            ended or life.end,
            tone,
            f"{brief} {task.task_type}",
            brief=brief,
            open=ended is None,
        )
        spans.append((span, word))
    for id, (first, last) in heard.items():
        tone, word = _TAKEN
        label, brief = f"{id[:8]} by its lines", id[:8]
        spans.append((_span(first, last, tone, label, brief=brief), word))
    if not spans:
        return
    spans = [pair for pair in spans if pair[0].until >= life.since]
    known = dict.fromkeys((*_TASKS.values(), _OTHER, _TAKEN))
    words = [word for _, word in spans]
    yield Lane(
        name="tasks",
        spans=tuple(sorted((span for span, _ in spans), key=lambda each: each.since)),
        keys=tuple(
            (tone, f"{words.count(word):,} {word}")
            for tone, word in known
            if word in words
        ),
    )


def _marks(life: _Life) -> Iterator[Mark]:
    worker = life.worker
    if worker.last_heartbeat_at is not None and _lost(life):
        yield Mark(at=worker.last_heartbeat_at, tone=Tone.DOUBT, label="last heartbeat")
    if worker.error_at is not None:
        why = cut(worker.error_reason or "no reason given", _REASON)
        tone = Tone.PAST if worker.benign_end else Tone.BAD
        yield Mark(at=worker.error_at, tone=tone, label=f"given up: {why}")
    if worker.terminated_at is not None:
        yield Mark(at=worker.terminated_at, tone=Tone.PAST, label="terminated")


def _notes(life: _Life, window: Window) -> Iterator[str]:
    worker = life.worker
    if life.own is None:
        yield "its lines were not read: neither silences nor model loads can be shown"
    elif not life.own:
        yield "no line of the window is its own"
    elif life.tasks == ():
        yield "no task names it now: those taken from it are gone from its rows"
    if worker.created_at < life.since:
        yield f"made {stamp(worker.created_at)}, before this picture begins"
    elif worker.created_at < window.since:
        yield f"its lines are shown from {stamp(window.since)} on"
    if worker.last_heartbeat_at is None:
        yield "it never beat"
    else:
        yield "of heartbeats only the last is on record; lines travel with them"
    used, whole = worker.vram_used_mb, worker.vram_total_mb
    if used is not None and whole:
        yield f"VRAM, when it last beat: {used / 1024:.1f} of {whole / 1024:.1f} GB"
    if life.over and worker.error_at is None and worker.terminated_at is None:
        yield f"when it became {worker.status} is not on record"


def _alt(life: _Life, lines: Iterable[Lane]) -> str:
    """Return the main figures: how long, how it stands, its tasks, its silences."""
    worker = life.worker
    last = _last_sign(worker, life.own or (), life.now)
    age = spoken(max(last - worker.created_at, timedelta(0)))
    lived = "lived" if life.over else "has lived"
    counts = [
        f"{number:,} {word}"
        for phase, (_, word) in _TASKS.items()
        if (number := sum(task.phase is phase for task in life.tasks))
    ]
    beat = worker.last_heartbeat_at
    parts = [
        f"{worker.id} {lived} {age} and is {worker.status}",
        f"tasks: {', '.join(counts) or 'none'}",
        f"last heartbeat {stamp(beat)}" if beat else "it never beat",
    ]
    silences = [
        span for lane in lines for span in lane.spans if span.tone is Tone.DOUBT
    ]
    if silences:
        worst = max(silences, key=lambda span: span.until - span.since)
        lasted = spoken(worst.until - worst.since)
        parts.append(f"silent at work for {lasted} from {stamp(worst.since)} on")
    return "; ".join(parts) + "."
