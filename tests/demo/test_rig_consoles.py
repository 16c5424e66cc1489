"""What a rig's programs wrote line by line."""

import json
import re

from bot.demo.rig_consoles import GROWN, console, of_brain, plain, text
from tests.demo.rigs import a_rig
from tests.sources.agents.files import SAMPLES

LOGS = SAMPLES / "2026-03" / "logs"


def test_an_agents_lines_are_as_the_real_ones() -> None:
    """Of each kind that it writes when it starts and works, the real one wrote some."""
    rig = a_rig()
    agent, batch = rig.gpu(), rig.batch(rig.ago(minutes=3), "plan")
    task = rig.task(batch, "render")
    rig.claim(agent, task, rig.ago(minutes=2))
    rig.end(agent, task, rig.ago(minutes=1))

    path, file = console(rig, agent)

    assert path == "logs/console/gpu-1.log"
    real = (LOGS / "console" / "gpu-4.log").read_text()
    known = {_shape(line) for line in real.splitlines()}
    assert {_shape(line) for line in file.text.splitlines()} <= known


def _shape(line: str) -> str:
    """Return the line without what differs from one task or agent to another."""
    line = re.sub(r"\b[0-9a-f]{8}\b", "ID", line)
    return re.sub(r"\([a-z_0-9]+\)|\d+", "#", line)


def test_a_chatty_agent_tells_each_look() -> None:
    """Until its last beat; a cpu agent writes whole times."""
    rig = a_rig(debug=True)
    chatty, cpu = rig.gpu(minutes=1), rig.cpu()

    _, file = console(rig, chatty)
    path, other = console(rig, cpu)

    assert file.text.count("DEBUG: Queue empty") == 11
    assert path == "logs/cpu_workers/cpu-agent-cpu-pi2.log"
    assert other.text.startswith("2026-01-31T11:02:00 [cpu-pi2] starting: queue=")


def test_a_grown_log_begins_with_nothing() -> None:
    """Its last lines are as ever."""
    rig = a_rig()
    rig.grown = rig.cpu().name

    _, file = console(rig, rig.agents[rig.grown])

    assert file.hole == GROWN
    assert "starting: queue=" in file.text


def test_the_brains_console_repeats_its_decisions() -> None:
    """It looked at everything each 30 s; what is yet to come it has not written."""
    rig = a_rig()
    rig.decide(rig.ago(seconds=-9), "RETRY", "too early")

    files = dict(of_brain(rig))

    told = [
        json.loads(it)
        for it in files["logs/brain_decisions.log"].text.split("\n")
        if it
    ]
    assert {each["type"] for each in told} == {"MONITOR"}
    assert len(told) == 120
    lines = files["logs/console/brain.log"].text.splitlines()
    assert lines[-1] == f"11:59:46 [brain] INFO: [MONITOR] {told[-1]['message']}"


def test_times_within_anything_are_written_as_texts() -> None:
    """Lists and objects alike."""
    rig = a_rig()

    assert plain(rig, {"a": [rig.now], "b": 1}) == {
        "a": ["2026-01-31T12:00:00.000000"],
        "b": 1,
    }
    assert text(["a", "b"]) == "a\nb\n"
