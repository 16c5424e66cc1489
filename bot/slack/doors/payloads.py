"""Slack's payloads, of which anything may be missing or of another kind."""

from collections.abc import Mapping
from typing import Any


def text(payload: Mapping[str, Any], name: str) -> str:
    """Return the text as a database can hold it: JSON may hold what is no text."""
    value = payload.get(name)
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def mapping(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the object of that name; an empty one where there is none."""
    value = payload.get(name)
    return value if isinstance(value, Mapping) else {}


def pressed(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the first thing that was pressed; an empty one where nothing was."""
    return next(iter(actions(payload)), {})


def actions(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what was pressed or chosen; what is no action is an empty one."""
    found = payload.get("actions")
    return [
        action if isinstance(action, Mapping) else {}
        for action in (found if isinstance(found, list) else ())
    ]
