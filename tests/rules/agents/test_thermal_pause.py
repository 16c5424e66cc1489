from bot.domain.file_queue import Configured, ThermalPause
from bot.domain.findings import Severity
from tests.file_queues import a_file, a_folder, an_agent, found, of_queue
from tests.world import ago

RULE = "thermal-pause"
PAUSE = ThermalPause(reasons=("gpu_1 82C >= 75C",), until=ago(seconds=-20), attempts=2)


def test_an_agent_that_is_cool_or_gone() -> None:
    """What a lost agent said of its heat is past."""
    gone = an_agent(pause=PAUSE, beat_at=ago(minutes=9))

    assert not found(RULE, a_folder(agents=(an_agent(), gone)))
    assert not found(RULE, of_queue(None))


def test_a_paused_agent() -> None:
    """Until when, why, and how hot it is."""
    agent = an_agent(pause=PAUSE, temperature_c=82.0)
    limits = Configured(gpu_warning_c=75.0)

    [one] = found(RULE, a_folder(agents=(agent,), configured=limits, tasks=(a_file(),)))

    assert one.title == (
        "gpu-1 pauses for heat until 2026-01-31 12:00:20Z: gpu_1 82C >= 75C"
    )
    assert one.evidence[1:] == (
        "it is at 82 C; the limit is 75 C",
        "it is pause number 2 in a row",
        "it holds 1 task: 22d25838",
    )


def test_an_agent_held_back_without_a_pause() -> None:
    """Worth knowing alone."""
    agents = (
        an_agent(constrained=("hot",), temperature_c=76.5),
        an_agent("gpu-2", pause=ThermalPause()),
        an_agent("gpu-3", constrained=()),
    )

    one, two, three = found(RULE, a_folder(agents=agents))

    assert one.severity is Severity.INFO
    assert one.title == "gpu-1 is held back for heat: hot"
    assert one.evidence[1] == "it is at 76.5 C"
    assert two.title == "gpu-2 pauses for heat"
    assert three.title == "gpu-3 is held back for heat"
