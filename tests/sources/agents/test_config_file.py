from datetime import timedelta
from pathlib import Path

from bot.sources.agents.config_file import config, configured
from tests.sources.agents.files import a_folder, snapshot, untold_by, write


def test_the_real_configuration_is_read() -> None:
    """Its agents, their models, and the limits for heat."""
    folder, _ = snapshot("5_agents_back")
    found = config(folder, None)

    assert found is not None
    assert dict(found.agents) == dict.fromkeys(
        ("gpu-1", "gpu-2", "gpu-4"), "qwen2.5:7b"
    )
    assert (found.max_hot, found.max_attempts) == (4, 3)
    assert (found.gpu_warning_c, found.gpu_critical_c) == (75.0, 90.0)
    assert found.load_cooldown is None
    assert found.values["timeouts.poll_interval_seconds"] == "5"
    assert found.values["auto_default_enabled"] == "false"
    assert not any(name.startswith("_") for name in found.values)


def test_a_configuration_lies_where_it_is_said_to(tmp_path: Path) -> None:
    """Otherwise where it mostly does; none is no error."""
    folder = a_folder(tmp_path)
    write(tmp_path / "agents" / "config.json", {"max_hot_workers": 1})
    write(tmp_path / "other.json", {"max_hot_workers": 2})

    usual, other = config(folder, None), config(folder, Path("other.json"))

    assert usual is not None
    assert usual.max_hot == 1
    assert other is not None
    assert other.max_hot == 2
    assert config(folder, Path("none.json")) is None
    assert config(a_folder(tmp_path / "empty"), None) is None


def test_a_configuration_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """And one that a setting names and that is not there; the usual one need not be."""
    folder = a_folder(tmp_path)
    none = untold_by(lambda: config(folder, None))
    other = untold_by(lambda: config(folder, Path("none.json")))
    write(tmp_path / "config.json", {})
    well = untold_by(lambda: config(folder, None))
    write(tmp_path / "agents" / "config.json", "[]")
    odd = untold_by(lambda: config(folder, None))
    far = write(tmp_path / "far" / "config.json", "[]")
    away = untold_by(lambda: config(a_folder(tmp_path / "root"), far))

    assert (none, well) == ([], [])
    assert other == ["none.json is not there: see AGENTS_CONFIG"]
    assert odd == ["agents/config.json holds no JSON object: is it half written?"]
    assert away == [f"{far} holds no JSON object: is it half written?"]


def test_the_older_generations_workers_are_agents() -> None:
    """By the word of their time."""
    found = configured(
        {
            "workers": [{"name": "worker-1"}, {"gpu": 2}],
            "timeouts": {"resource_task_cooldown_seconds": 45},
        }
    )

    assert dict(found.agents) == {"worker-1": None}
    assert found.load_cooldown == timedelta(seconds=45)
