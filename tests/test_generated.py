"""What is generated is as the code says; a message names what mends it."""

import json

import pytest
from jsonschema import Draft202012Validator

from bot.wiring import commands
from tests.tools import readme, schemas

PUBLISHED = schemas.published()
"""Made once: it takes as long as all of these tests."""


def test_the_readme_s_tables_are_those_of_the_code() -> None:
    """Commands and settings are documented as they are declared."""
    text = readme.README.read_text()

    assert text == readme.written(text), "stale tables: run make readme"


def test_every_command_and_setting_is_in_the_readme() -> None:
    """The tables stand where the markers are."""
    text = readme.README.read_text()

    assert readme.commands() in text
    assert readme.settings() in text


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_the_published_schemas_are_those_of_the_code(name: str) -> None:
    """A schema is published for every command."""
    path = schemas.FOLDER / name
    text = path.read_text() if path.exists() else ""

    assert text == PUBLISHED[name], "stale schema: run make schemas"


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_the_published_schemas_are_schemas(name: str) -> None:
    """Each is valid JSON Schema itself."""
    Draft202012Validator.check_schema(json.loads(PUBLISHED[name]))


def test_no_schema_is_left_over() -> None:
    """What no command has any more is not published."""
    stems = {path.name for path in schemas.FOLDER.glob("*.json")}

    assert stems == set(PUBLISHED)
    assert len(stems) == sum(not each.hidden for each in commands().values())
