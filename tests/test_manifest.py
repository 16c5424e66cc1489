"""The manifest says what the commands say, and Slack would take it."""

import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml as pyyaml

from bot.command import Command
from bot.domain.errors import Misread
from bot.manifest import EVENTS, SCOPES, Manifest, manifest, print_manifest, yaml
from bot.slack.doors.shortcuts import CALLBACK
from bot.wiring import commands

ROOT = Path(__file__).parents[1]
SCHEMA: dict[str, Any] = json.loads(
    (ROOT / "tests" / "data" / "manifest.schema.json").read_text()
)


def printed(*words: str) -> str:
    """Return what is printed."""
    out = io.StringIO()
    assert print_manifest(words, out) == 0
    return out.getvalue()


def test_the_file_is_up_to_date() -> None:
    """To mend it: make manifest."""
    assert (ROOT / "manifest.yml").read_text() == printed(), "run `make manifest`"


@pytest.mark.parametrize(
    "words", [(), ("--http", "https://bot.example.test"), ("--command", "/dbg")]
)
def test_slack_would_take_it(words: tuple[str, ...]) -> None:
    """By Slack's own schema, which knows no other fields."""
    jsonschema.validate(pyyaml.safe_load(printed(*words)), SCHEMA)


def test_yaml_reads_as_what_was_meant() -> None:
    """Another reader finds the same values."""
    assert pyyaml.safe_load(printed()) == manifest(commands())


@pytest.mark.parametrize(
    "value",
    ["plain", "two words", "", "true", "No", "a: b", "#1f2a37", "- x", "1.5", "a\nb"],
)
def test_any_text_survives_yaml(value: str) -> None:
    """It stays a text, and the same one."""
    meant: Manifest = {"a": {"b": [{"c": value, "d": [value]}, {"e": False}]}}

    assert pyyaml.safe_load("\n".join(yaml(meant))) == meant


def test_socket_mode_needs_no_address() -> None:
    """It is the default."""
    built = manifest(commands())

    assert built["settings"]["socket_mode_enabled"] is True
    assert "url" not in built["features"]["slash_commands"][0]


@pytest.mark.parametrize(
    "url",
    [
        "https://bot.example.test",
        "https://bot.example.test/",
        "https://bot.example.test/slack/events",
    ],
)
def test_http_names_one_address_four_times(url: str) -> None:
    """For commands, events, presses, and what a form lists."""
    built = manifest(commands(), url=url)
    settings = built["settings"]

    assert settings["socket_mode_enabled"] is False
    assert {
        built["features"]["slash_commands"][0]["url"],
        settings["event_subscriptions"]["request_url"],
        settings["interactivity"]["request_url"],
        settings["interactivity"]["message_menu_options_url"],
    } == {"https://bot.example.test/slack/events"}


def test_it_asks_for_what_the_bot_listens_to() -> None:
    """Mentions and direct messages, each with its scope; a Home tab needs none."""
    assert (
        *("app_home_opened", "app_mention", "message.im"),
        *("reaction_added", "reaction_removed"),
    ) == EVENTS
    assert {"app_mentions:read", "im:history", "commands"} <= set(SCOPES)


def test_it_has_the_shortcut_and_the_home_tab_that_the_bot_answers() -> None:
    """By the same name, or a press would go nowhere."""
    features = manifest(commands())["features"]

    assert [each["callback_id"] for each in features["shortcuts"]] == [CALLBACK]
    assert features["app_home"]["home_tab_enabled"] is True


def test_every_command_is_described() -> None:
    """Hidden ones are not."""
    text = manifest(commands())["display_information"]["long_description"]

    for each in commands().values():
        assert (f"/debug {each.usage}: " in text) is not each.hidden


def test_very_many_commands_still_fit() -> None:
    """Slack takes 4,000 characters; we stop earlier, and say so."""
    template = commands()["health"]
    many = {
        f"c{number}": Command(
            name=f"command-{number}",
            answers=template.answers,
            query=template.query,
            handler=template.handler,
        )
        for number in range(200)
    }
    built = manifest(many)

    jsonschema.validate(built, SCHEMA)
    assert built["display_information"]["long_description"].endswith("/debug help")


@pytest.mark.parametrize(
    "words",
    [
        ("--http",),
        ("--http", "http://bot.example.test"),
        ("--http=ftp://x",),
        ("--command", "debug"),
        ("--command", "/Debug"),
        ("--command", "/" + "x" * 32),
        ("--socket",),
        ("now",),
    ],
)
def test_wrong_words_are_refused(words: tuple[str, ...]) -> None:
    """Nothing is printed."""
    with pytest.raises(Misread):
        printed(*words)
