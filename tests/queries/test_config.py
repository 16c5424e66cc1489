"""`config`."""

from dataclasses import fields, replace

import pytest

from bot.domain.errors import Lacks
from bot.domain.findings import Status
from bot.domain.report import Text
from bot.domain.vocabulary import Vocabulary
from bot.queries.config import ConfigData, ConfigEntry, ConfigQuery, answer
from bot.settings import Settings
from tests.file_queues import a_life, a_queue
from tests.world import a_world, data_of, facts_of, table_of, titles_of, words_of

# Values with which nothing contradicts anything.
SOUND = {
    "TASK_STUCK_TIMEOUT_SEC": "1800",
    "GPU_IDLE_TIMEOUT_SEC": "1200",
    "ENABLE_DB_LOGGING": "true",
}


async def _found(environment: dict[str, str]) -> ConfigData:
    asked = a_world().asked(environment=environment)
    return data_of(await answer(ConfigQuery(), asked), ConfigData)


def _entry(data: ConfigData, name: str) -> ConfigEntry:
    [found] = [each for each in data.settings if each.name == name]
    return found


async def test_each_setting_tells_its_value_and_where_it_comes_from() -> None:
    """What is set here, and what the orchestrator would take otherwise."""
    data = await _found({"GPU_IDLE_TIMEOUT_SEC": "300"})

    entry = _entry(data, "GPU_IDLE_TIMEOUT_SEC")
    assert {each.name: getattr(entry, each.name) for each in fields(entry)} == {
        "name": "GPU_IDLE_TIMEOUT_SEC",
        "value": "300",
        "default": "600",
        "origin": "environment",
        "used": True,
        "explanation": entry.explanation,
        "example": "300",
    }
    assert "four uses" in entry.explanation
    assert _entry(data, "MIN_ACTIVE_GPUS").origin == "default"
    assert _entry(data, "RUNPOD_STORAGE_NAME").value is None


async def test_a_secret_is_never_shown() -> None:
    """Only that it is set."""
    key, address = "rpa_MADEUPMADEUPMADEUP", "https://madeup.supabase.co"
    given = {"RUNPOD_API_KEY": key, "SUPABASE_URL": address}
    asked = a_world().asked(environment=given)

    report = await answer(ConfigQuery(explain=True), asked)

    assert _entry(data_of(report, ConfigData), "RUNPOD_API_KEY").value == "set"
    assert _entry(data_of(report, ConfigData), "SUPABASE_URL").value == "set"
    assert key not in repr(report)
    assert address not in repr(report)


async def test_defaults_of_the_code_contradict_nobody() -> None:
    """The deployed orchestrator reads an environment of its own."""
    report = await answer(ConfigQuery(), a_world().asked(environment={}))

    data = data_of(report, ConfigData)
    assert data.contradictions == ()
    assert [said.split()[0] for said in data.by_default] == [
        "TASK_STUCK_TIMEOUT_SEC",
        "GPU_IDLE_TIMEOUT_SEC",
        "ENABLE_DB_LOGGING",
    ]
    assert report.status is Status.OK
    assert report.summary.endswith(
        ", 0 contradictions; 3 defaults of the code to be checked where the"
        " orchestrator is deployed"
    )
    assert titles_of(report) == [
        "Not set here; so it is if the deployed orchestrator sets none",
        "Settings",
    ]


async def test_sound_settings_contradict_nothing() -> None:
    """The limits themselves are still sound."""
    asked = a_world().asked(environment=SOUND)

    report = await answer(ConfigQuery(), asked)

    assert data_of(report, ConfigData).contradictions == ()
    assert report.status is Status.OK
    assert titles_of(report) == ["Settings"]
    assert ", 3 set here, 10 without effect, 0 contradictions" in report.summary


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"TASK_STUCK_TIMEOUT_SEC": "1799"}, "below the worker's own segment timeout"),
        ({"GPU_IDLE_TIMEOUT_SEC": "1199"}, "below the time that a fresh install"),
        ({"MIN_ACTIVE_GPUS": "11"}, "MIN_ACTIVE_GPUS (11) is above MAX_ACTIVE_GPUS"),
        ({"MACHINES_TO_KEEP_IDLE": "11"}, "MACHINES_TO_KEEP_IDLE (11) is above"),
        ({"MAX_ACTIVE_GPUS": "1"}, "MIN_ACTIVE_GPUS (2) is above MAX_ACTIVE_GPUS (1)"),
        ({"ENABLE_DB_LOGGING": "no"}, "cannot tell whether it lives"),
        ({"MIN_SCALING_INTERVAL_SEC": "5"}, "is set but has no effect: nothing reads"),
    ],
)
async def test_what_cannot_work_together_is_said(
    given: dict[str, str], said: str
) -> None:
    """One sentence for each, and the answer is a warning."""
    asked = a_world().asked(environment=SOUND | given)

    report = await answer(ConfigQuery(), asked)

    [contradiction] = data_of(report, ConfigData).contradictions
    assert said in contradiction
    assert report.status is Status.WARNING
    assert report.sections[0] == Text(title="Contradictions", text=f"- {contradiction}")


@pytest.mark.parametrize("text", ["many", "inf", "nan", "-1", "1e300"])
async def test_a_number_that_is_none_is_said_and_falls_back(text: str) -> None:
    """The orchestrator would stop; here the comparison goes on with the default."""
    data = await _found(SOUND | {"MAX_ACTIVE_GPUS": text})

    [contradiction] = data.contradictions
    assert contradiction == (
        f"MAX_ACTIVE_GPUS is set to '{text}', which is no number that it could be: 10"
        " is reckoned with here"
    )


async def test_a_setting_that_wants_no_number_may_hold_any_text() -> None:
    """Or none."""
    data = await _found(SOUND | {"RUNPOD_STORAGE_NAME": ""})

    assert data.contradictions == ()


async def test_a_setting_without_any_number_counts_as_zero() -> None:
    """Neither its value nor its default is one."""
    world = a_world()
    asked = world.asked(environment=SOUND)
    world.settings = tuple(
        replace(each, value="many", default=None)
        if each.name == "MACHINES_TO_KEEP_IDLE"
        else each
        for each in world.settings
    )

    report = await answer(ConfigQuery(explain=True), asked)

    story = report.sections[0]
    assert isinstance(story, Text)
    assert "; 0 spare and 2 active ones are kept" in story.text


async def test_explaining_adds_the_meanings_and_the_story() -> None:
    """With the numbers that are in force."""
    asked = a_world().asked(environment=SOUND | {"ORCHESTRATOR_POLL_SEC": "45"})

    brief = await answer(ConfigQuery(), asked)
    explained = await answer(ConfigQuery(explain=True), asked)

    assert words_of(brief) == ["config --explain", "orchestrator"]
    assert words_of(explained) == ["config", "orchestrator"]
    assert titles_of(explained) == [
        "When a worker is ended",
        "Built in, without a variable",
        "Settings",
    ]
    built_in = facts_of(explained, "Built in, without a variable")
    assert built_in["a task without a worker is queued again"] == "after 15 min"
    assert data_of(brief, ConfigData).built_in == built_in
    story = explained.sections[0]
    assert isinstance(story, Text)
    assert "is ended 20 min after its last completed task" in story.text
    assert "at most 45 s later" in story.text
    assert "A task in progress for 30 min makes its worker fail." in story.text
    row = next(
        row
        for row in table_of(explained, "Settings")
        if row[0] == "TASKS_PER_GPU_THRESHOLD"
    )
    [timeout] = [
        row
        for row in table_of(explained, "Settings")
        if row[0] == "SPAWNING_TIMEOUT_SEC"
    ]
    assert str(timeout[3]).endswith("; its sample file sets 300")
    assert row[2] == "default, unused"
    assert row[3] == "read but never applied: scaling is one worker per task"
    assert table_of(brief, "Settings")[0] == (
        "ORCHESTRATOR_POLL_SEC",
        "45",
        "environment",
    )


async def test_a_system_without_settings_has_nothing_to_explain() -> None:
    """Then that is the answer."""
    world = a_world()
    asked = world.asked()
    world.settings = ()

    with pytest.raises(Lacks, match="has no settings to explain"):
        await answer(ConfigQuery(), asked)


async def test_another_systems_settings_are_told_without_reighs_story() -> None:
    """It has none of those that contradict each other."""
    asked = a_world().asked()
    settings = Settings.of({"GPU_LOG_LEVEL": "DEBUG"}).agents_programs
    system = replace(asked.system, settings=settings)
    report = await answer(
        ConfigQuery(explain=True), replace(asked, opens=lambda: system)
    )
    data = data_of(report, ConfigData)

    assert _entry(data, "GPU_LOG_LEVEL").value == "DEBUG"
    assert (data.contradictions, data.by_default) == ((), ())
    assert data.built_in == {}
    assert "When a worker is ended" not in titles_of(report)
    assert "orchestrator" not in " ".join(report.notes)


async def test_what_the_programs_write_is_explained_where_it_can_be_seen() -> None:
    """No source is asked without need; what config.json sets is counted."""
    world = a_world()
    world.vocabulary = Vocabulary(coordinator="brain")
    world.scene = a_queue(lives=a_life(levels=frozenset({"INFO"})))
    asked = world.asked()
    setting = Settings.of({}).agents_programs[0]
    world.settings = (replace(setting, origin="config.json"),)

    explained = await answer(ConfigQuery(explain=True), asked)
    brief = await answer(ConfigQuery(), asked)

    assert titles_of(explained)[0] == "Levels seen in their newest lines"
    [seen] = data_of(explained, ConfigData).levels or ()
    assert (seen.program, seen.levels) == ("gpu-1", ("INFO",))
    assert explained.reads
    assert "1 settings, 0 set here, 1 in config.json, 0 without" in explained.summary
    assert explained.asks[1].label == "Brain"
    assert data_of(brief, ConfigData).levels is None
    assert (brief.reads, len(world.looks)) == ((), 1)
