"""Reports as the desk makes them, for tests and for reference pictures."""

from datetime import UTC, datetime, timedelta

from bot.domain.findings import Confidence, Finding, Severity, Status, Subject, ranked
from bot.domain.logs import LogLine
from bot.domain.report import (
    Ask,
    Facts,
    Gap,
    Outcome,
    Read,
    Report,
    Table,
    Text,
    Timeline,
)
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.domain.workers import WorkerId

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
DAY = Window.before(NOW, hours=24)
WORKER = WorkerId("gpu-20260131_093012-5e1f7a90")
TASK = TaskId("4f2a91c0-7d3e-4b8a-9c55-0e6d2f1a8b34")

TRACEBACK = """Traceback (most recent call last):
  File "/workspace/wan2gp/worker.py", line 412, in process_task
    latents = pipeline(prompt, num_frames=task.frames, guidance_scale=5.0)
  File "/workspace/wan2gp/pipelines/i2v.py", line 188, in __call__
    noise = self.transformer(latents, timestep, encoder_hidden_states)
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.63 GiB. GPU 0 has a \
total capacity of 23.64 GiB of which 1.12 GiB is free."""


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def a_line(message: str, *, at: datetime = NOW, **more: object) -> LogLine:
    values: dict[str, object] = {"level": "INFO", "source": "worker", **more}
    return LogLine(at=at, message=message, **values)  # type: ignore[arg-type]


def a_finding(**more: object) -> Finding:
    values: dict[str, object] = {
        "rule": "cuda-oom",
        "severity": Severity.CRITICAL,
        "confidence": Confidence.CONFIRMED,
        "title": "the GPU ran out of memory",
        "subject": Subject(kind="task", id=TASK),
        "evidence": ("2.63 GiB asked for, 1.12 GiB free",),
        "remedy": "requeue it for a worker with more memory",
        **more,
    }
    return Finding(**values)  # type: ignore[arg-type]


def asked(summary: str, *, words: str, **more: object) -> Report:
    values: dict[str, object] = {
        "command": words.split(maxsplit=1)[0],
        "words": words,
        "system": "reigh",
        "generated_at": NOW,
        "window": DAY,
        "request_id": "q7f3k2m9",
        "reads": (Read(source="supabase", at=ago(seconds=1)),),
        **more,
    }
    return Report(summary=summary, **values)  # type: ignore[arg-type]


def failed_task() -> Report:
    """A task that ran out of memory on its GPU."""
    tell = [
        (5400, "INFO", "edge_function", f"claim-next-task: {TASK} claimed by {WORKER}"),
        (5398, "INFO", "worker", "Processing task (type: wan_2_2_i2v)"),
        (5391, "INFO", "worker", "Model wan_2_2_i2v_lightning already loaded"),
        (5340, "WARNING", "worker", "VRAM usage at 91% (21.5 of 23.6 GiB)"),
        (5262, "ERROR", "worker", TRACEBACK),
        (5261, "ERROR", "worker", "Task failed: CUDA out of memory"),
        (5260, "INFO", "edge_function", "update-task-status: Failed"),
    ]
    lines = tuple(
        a_line(
            words,
            at=ago(seconds=seconds),
            level=level,
            source=source,
            task_id=TASK,
            worker_id=WORKER,
        )
        for seconds, level, source, words in tell
    )
    return asked(
        "Task `4f2a91c0` failed 1 h 27 min ago: the GPU ran out of memory.",
        words=f"task {TASK}",
        status=Status.CRITICAL,
        findings=(
            a_finding(
                evidence=(
                    "2026-01-31 10:32:18Z: 2.63 GiB asked for, 1.12 GiB is free",
                    "it failed 2 other `wan_2_2_i2v` since 2026-01-31 09:58:40Z",
                ),
                remedy="requeue it for a worker of the 80 GB tier, or lower "
                "`num_frames` (161)",
                ask=f"worker {WORKER}",
            ),
            a_finding(
                rule="same-error",
                severity=Severity.WARNING,
                confidence=Confidence.LIKELY,
                title="3 tasks failed alike on this worker",
                evidence=("4f2a91c0, 91be77d2 and c03d5518 ended with the same error",),
                remedy="look at the worker before more tasks land on it",
                ask=f"worker {WORKER}",
            ),
        ),
        sections=(
            Facts(
                title="Task",
                rows=(
                    ("Id", TASK),
                    ("Type", "wan_2_2_i2v"),
                    ("Status", "Failed"),
                    ("Worker", WORKER),
                    ("Attempts", 2),
                    ("Created", ago(hours=1, minutes=41)),
                    ("Started", ago(hours=1, minutes=30)),
                    ("Ended", ago(hours=1, minutes=27, seconds=40)),
                    ("In the queue", "11 min"),
                    ("Running", "2 min 20 s"),
                    ("Output", None),
                ),
            ),
            Text(title="Error as recorded", text=TRACEBACK, quoted=True),
            Timeline(title="Timeline", lines=lines),
        ),
        asks=(
            Ask(label="The worker", words=f"worker {WORKER}"),
            Ask(label="Its logs", words=f"logs --task {TASK}"),
            Ask(label="Same failures", words="tasks --status Failed --hours 6"),
        ),
        gaps=(
            Gap(
                source="runpod",
                reason="not configured: RUNPOD_API_KEY is not set",
                failed=False,
            ),
        ),
    )


def crashed_worker(lines: int = 5000) -> Report:
    """A worker that wrote many lines and then nothing more."""
    steps = []
    for number in range(lines):
        at = ago(seconds=(lines - number) * 1.5 + 240)
        words = f"Step {number % 50}/50 of a segment, {1.2 + number % 7 / 10:.1f} s/it"
        level = "INFO"
        if number % 900 == 899:
            level, words = "ERROR", "Upload failed: HTTP 502 from storage, attempt 1"
        elif number % 700 == 699:
            level, words = "WARNING", "Heartbeat took 4.8 s"
        steps.append(a_line(words, at=at, level=level, worker_id=WORKER))
    end = [
        (238, "WARNING", "VRAM usage at 97% (22.9 of 23.6 GiB)"),
        (236, "ERROR", "CUDA error: an illegal memory access was encountered"),
        (235, "CRITICAL", "Worker loop stopped: RuntimeError('CUDA error')"),
    ]
    steps += [
        a_line(words, at=ago(seconds=seconds), level=level, worker_id=WORKER)
        for seconds, level, words in end
    ]
    return asked(
        f"Worker `{WORKER}` died 3 min 55 s ago: a CUDA error ended its main loop.",
        words=f"worker {WORKER}",
        status=Status.CRITICAL,
        findings=(
            a_finding(
                rule="crashed",
                title="the worker crashed with a CUDA error",
                subject=Subject(kind="worker", id=WORKER),
                evidence=(
                    "last line at 2026-01-31 11:56:05Z: RuntimeError('CUDA error')",
                    "no heartbeat since 2026-01-31 11:56:01Z, 3 min 59 s ago",
                ),
                remedy="let the orchestrator replace it; its task is requeued then",
            ),
            a_finding(
                rule="task-in-progress",
                severity=Severity.WARNING,
                confidence=Confidence.POSSIBLE,
                title="its task is still marked In Progress",
                evidence=("4f2a91c0 has been In Progress for 22 min",),
                remedy="watch it: it is orphaned after 5 min without a heartbeat",
                ask=f"task {TASK}",
            ),
        ),
        sections=(
            Facts(
                title="Worker",
                rows=(
                    ("Status", "active"),
                    ("Created", ago(hours=2, minutes=29, seconds=48)),
                    ("Last heartbeat", ago(minutes=3, seconds=59)),
                    ("Pod", "x7k2p9q1m4"),
                    ("Volume", "Peter"),
                    ("Memory", "24 GB"),
                ),
            ),
            Table(
                title="Its tasks",
                header=("Task", "Type", "Status", "Started", "Took (s)"),
                rows=(
                    ("4f2a91c0", "wan_2_2_i2v", "In Progress", ago(minutes=22), None),
                    ("91be77d2", "wan_2_2_i2v", "Complete", ago(minutes=40), 812.4),
                    ("c03d5518", "qwen_image", "Failed", ago(minutes=52), 31.25),
                ),
            ),
            Timeline(title="Timeline", lines=tuple(steps)),
        ),
        asks=(
            Ask(label="Its task", words=f"task {TASK}"),
            Ask(label="Did it start well?", words=f"worker {WORKER} --startup"),
            Ask(label="Health", words="health"),
        ),
        reads=(
            Read(source="supabase", at=ago(seconds=1)),
            Read(source="runpod", at=ago(seconds=12)),
        ),
    )


def sick_system() -> Report:
    """Health with twelve findings, and one source down."""
    severities = [Severity.CRITICAL] * 2 + [Severity.WARNING] * 7 + [Severity.INFO] * 3
    findings = tuple(
        a_finding(
            rule=f"rule-{number}",
            severity=severity,
            confidence=list(Confidence)[number % 3],
            title=[
                "2 pods run without a worker: 0.88 USD an hour",
                "the orchestrator has not finished a cycle for 9 min",
                "4 workers beat slowly",
            ][number % 3],
            subject=Subject(kind="system", id="reigh"),
            evidence=(f"seen {number + 1} times since 2026-01-31 09:12:44Z",),
            remedy="look: `orchestrator --hours 2`",
        )
        for number, severity in enumerate(severities)
    )
    return asked(
        "2 critical problems: pods cost 0.88 USD an hour for nothing, and the "
        "orchestrator stands still since 2026-01-31 11:51:02Z.",
        words="health --hours 24",
        status=Status.CRITICAL,
        findings=ranked(findings),
        sections=(
            Facts(
                title="Now",
                rows=(
                    ("Workers healthy", 3),
                    ("Workers ageing", 4),
                    ("Workers stale", 1),
                    ("Tasks queued", 1284),
                    ("Errors in the last hour", 57),
                    ("Failure rate", 0.1275),
                    ("Orchestrator last seen", ago(minutes=9)),
                ),
            ),
            Table(
                title="Workers",
                header=(
                    "Worker",
                    "Status",
                    "Heartbeat",
                    "Task",
                    "Note",
                    "Pod",
                    "Volume",
                ),
                rows=tuple(
                    (
                        f"gpu-20260131_0{number % 9}3012-5e1f7a{number:02}",
                        "active" if number % 3 else "error",
                        ago(seconds=20 * number),
                        None if number % 2 else "4f2a91c0",
                        "beats slowly since the last model change"
                        if number % 4
                        else "",
                        f"pod{number:04}",
                        "Peter",
                    )
                    for number in range(42)
                ),
            ),
            Table(
                title="Tasks by status",
                header=("Status", "Tasks"),
                rows=(("Queued", 1284), ("In Progress", 8), ("Failed", 163)),
            ),
        ),
        asks=(
            Ask(label="Orchestrator", words="orchestrator --hours 2"),
            Ask(label="Queue", words="queue"),
            Ask(label="Refresh", words="health --hours 24"),
        ),
        gaps=(Gap(source="runpod", reason="did not answer within 10 s"),),
        notes=("failure rate: over the last 24 h, without scaled-down workers",),
    )


def helped() -> Report:
    """What `help` answers."""
    return asked(
        "Ask about tasks, workers, queue, pods and logs.",
        words="help",
        private=True,
        window=None,
        reads=(),
        sections=(
            Table(
                title="Questions",
                header=("Type", "Answers"),
                rows=(
                    ("task ID", "Why did this task fail? Where is it now?"),
                    ("worker ID", "What is this worker doing, how did it die?"),
                    ("health", "Is the system well: workers, queue, errors, money?"),
                    ("runpod", "Which pods does nobody use, and what do they cost?"),
                    ("logs --search TEXT", "Search the logs"),
                ),
            ),
            Text(
                title="Ids",
                text="An id may be shortened to any unambiguous prefix of at least "
                "4 characters: `task 4f2a`.",
            ),
        ),
        asks=(
            Ask(label="Health", words="health"),
            Ask(label="Recent failures", words="tasks --status Failed"),
        ),
    )


def not_found() -> Report:
    """A question about what does not exist."""
    return asked(
        "no task or worker begins with 9zzz",
        words="task 9zzz",
        outcome=Outcome.NOT_FOUND,
        status=Status.UNKNOWN,
        hint="recent ones: `tasks --hours 2`",
    )


def supabase_down() -> Report:
    """A question that nobody could answer."""
    return asked(
        "Supabase did not answer about tasks within 8 s",
        words="tasks --hours 2",
        outcome=Outcome.SOURCE_DOWN,
        status=Status.UNKNOWN,
        hint="try again in a minute; `debug-bot doctor` tells more",
        reads=(),
        gaps=(Gap(source="supabase", reason="did not answer within 8 s"),),
    )


def hostile() -> Report:
    """A question about texts that mean harm, or merely do not fit."""
    long = "gpu-" + "0123456789abcdef" * 12 + "-end!"
    texts = (
        "<!channel> <@U0ALICE> <#C0OPS> <!here|now> @everyone",
        "<https://evil.example/steal|Press here to mend it> *bold* _it_ ~no~ `code`",
        "``` a fence that ends here ``` > a quotation &amp; &lt;tag&gt;",
        "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07a link\x1b]8;;\x07",
        "\u202egnp.exe\u202c",
        "\u05e9\u05dc\u05d5\u05dd and \u0645\u0631\u062d\u0628\u0627 again",
        "\U0001f525 \U0001f468\u200d\U0001f469\u200d\U0001f467 :fire:",
        "13:00:01 e\u0301\u0301 \x00\x07\ttab",
        f"{long} {long}",
        "x" * 3000,
    )
    steps = (
        a_line(words, at=ago(seconds=90 - number), worker_id=long, task_id=TASK)
        for number, words in enumerate(texts)
    )
    return asked(
        f"worker {long} wrote {texts[0]}",
        words=f"worker {long}",
        status=Status.WARNING,
        findings=(
            a_finding(
                title=texts[1],
                subject=Subject(kind="worker", id=long),
                evidence=texts[:8],
                remedy=texts[2],
            ),
        ),
        sections=(
            Facts(title=texts[0], rows=(("Id", long), ("Error", texts[3]))),
            Table(
                title="Its tasks",
                header=("Task", "Error"),
                rows=((TASK, texts[5]), (long, texts[6])),
            ),
            Text(title="Its error", text="\n".join(texts[:8]), quoted=True),
            Timeline(title="Timeline", lines=tuple(steps)),
        ),
        asks=(Ask(label=texts[0], words=f"worker {long} --startup"),),
    )


def all_samples() -> tuple[Report, ...]:
    return (
        hostile(),
        failed_task(),
        crashed_worker(),
        sick_system(),
        helped(),
        not_found(),
        supabase_down(),
    )
