from bot.domain.agent_limits import BEAT_STALE, no_progress
from bot.domain.file_queue import Configured
from bot.settings import Settings
from bot.sources.agents.declared import CONSTANTS, settings

PROGRAMS = Settings.of({}).agents_programs


def test_variables_configuration_and_constants_are_told() -> None:
    """Each once, with what it means."""
    found = settings(PROGRAMS, None)
    names = [each.name for each in found]

    assert len(names) == len(set(names))
    assert {"GPU_LOG_LEVEL", "max_hot_workers", "orphan after"} <= set(names)
    assert all(each.explanation for each in found)


def test_what_is_configured_has_its_value_and_its_origin() -> None:
    """The rest has the default of the code."""
    known = Configured(values={"max_hot_workers": "2"})
    found = {each.name: each for each in settings(PROGRAMS, known)}
    hot, pause = found["max_hot_workers"], found["thermal_pause.max_seconds"]

    assert (hot.value, hot.default, hot.origin) == ("2", "4", "config.json")
    assert (pause.value, pause.origin) == ("300", "default")


def test_constants_are_those_that_rules_judge_by() -> None:
    """One fact, in one number."""
    told = {
        kind: float(CONSTANTS[f"no progress, {kind}"][0])
        for kind in ("script", "llm", "cpu", "meta", "other")
    }

    assert told == {kind: no_progress(kind).total_seconds() for kind in told}
    assert float(CONSTANTS["heartbeat stale"][0]) == BEAT_STALE.total_seconds()
