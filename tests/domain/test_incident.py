"""What `report` finds, as JSON."""

from bot.domain.incident import IncidentData
from formatters.schemas import schema


def test_all_of_it_has_a_form_in_json() -> None:
    """And a timeline has at least what every command's has."""
    definitions = schema("report", IncidentData)["$defs"]

    assert {"at", "level", "source", "message", "task_id", "worker_id"} <= {
        *definitions["Moment"]["properties"]
    }
