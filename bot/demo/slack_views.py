"""Modals and Home tabs as Slack keeps them: whose, under which id, and how meant.

local-slack has one stack for all people, checks no hash and gives a view a new id
whenever it changes; its page can't ask a bot what a select holds.
"""

import time
import uuid
from dataclasses import dataclass
from typing import Any

View = dict[str, Any]
# What Slack fills in itself; a bot that reads a view back finds these.
FILLED = ("root_view_id", "previous_view_id", "team_id", "app_id", "bot_id")


@dataclass(slots=True, kw_only=True)
class KeptView:
    """A view as its bot meant it."""

    id: str
    app_id: str
    user: str
    meant: View
    hash: str
    upstream_id: str | None
    """What local-slack calls it now; None where it does not show it."""
    filled: View

    @property
    def shown(self) -> View:
        """Return it as Slack would send it back."""
        return {**self.meant, **self.filled, "id": self.id, "hash": self.hash}


class ViewBook:
    """The views that are open, and the Home tab of each person and app."""

    def __init__(self) -> None:
        self.modals: dict[str, KeptView] = {}
        self.homes: dict[tuple[str, str], KeptView] = {}

    def opened(
        self, app_id: str, user: str, meant: View, upstream: View | None
    ) -> KeptView:
        """Remember a modal that was opened."""
        kept = _kept(app_id, user, meant, upstream)
        self.modals[kept.id] = kept
        return kept

    def published(
        self, app_id: str, user: str, meant: View, upstream: View
    ) -> KeptView:
        """Remember a Home tab; it keeps its id for ever."""
        before = self.homes.get((app_id, user))
        kept = _kept(app_id, user, meant, upstream)
        if before is not None:
            kept.id = before.id
        self.homes[app_id, user] = kept
        return kept

    def changed(self, kept: KeptView, meant: View, upstream: View | None) -> None:
        """Remember how a view looks now."""
        kept.meant = meant
        kept.hash = new_hash()
        kept.upstream_id = upstream["id"] if upstream else None

    def named(self, app_id: str, arguments: View) -> KeptView | None:
        """Return the modal that views.update means."""
        id, external = arguments.get("view_id"), arguments.get("external_id")
        for kept in self.modals.values():
            mine = kept.app_id == app_id
            if mine and (kept.id == id or (external and _external(kept) == external)):
                return kept
        return None

    def upstream(self, id: str) -> KeptView | None:
        """Return the modal that local-slack calls so."""
        found = (kept for kept in self.modals.values() if kept.upstream_id == id)
        return next(found, None)

    def restored(self, payload: View) -> View:
        """Return a view's payload of local-slack as Slack would have sent it."""
        drawn = payload["view"]
        kept = self.upstream(str(drawn.get("id")))
        if kept is None:
            return payload
        values = drawn.get("state", {}).get("values", {})
        state = {"values": _as_meant(values, kept.meant)}
        if payload.get("type") in ("view_submission", "view_closed"):
            self.modals.pop(kept.id, None)
        return {**payload, "view": {**kept.shown, "state": state}}


def new_hash() -> str:
    """Return a hash as Slack makes them: when, and something random."""
    return f"{int(time.time())}.{uuid.uuid4().hex[:8]}"


def selects(view: View) -> list[View]:
    """Return the elements whose options a bot is asked for."""
    blocks = [it for it in view.get("blocks") or [] if isinstance(it, dict)]
    elements = [
        element
        for block in blocks
        for element in [block.get("element"), block.get("accessory")]
    ]
    elements += [it for block in blocks for it in block.get("elements") or []]
    return [
        element
        for element in elements
        if isinstance(element, dict) and element.get("type") == "external_select"
    ]


def with_options(view: View, found: dict[str, list[View]]) -> View:
    """Return the view with what its selects hold, as its page can draw it."""

    def drawn(value: Any) -> Any:
        if isinstance(value, list):
            return [drawn(item) for item in value]
        if not isinstance(value, dict):
            return value
        if value.get("type") != "external_select":
            return {name: drawn(item) for name, item in value.items()}
        kept = {k: it for k, it in value.items() if k != "min_query_length"}
        options = found.get(str(value.get("action_id")), [])
        return {**kept, "type": "static_select", "options": options}

    return {**view, "blocks": drawn(view.get("blocks") or [])}


def _kept(app_id: str, user: str, meant: View, upstream: View | None) -> KeptView:
    id = upstream["id"] if upstream else f"V{uuid.uuid4().hex[:10].upper()}"
    filled = {name: upstream[name] for name in FILLED} if upstream else {}
    return KeptView(
        id=id,
        app_id=app_id,
        user=user,
        meant=meant,
        hash=new_hash(),
        upstream_id=upstream["id"] if upstream else None,
        filled={**filled, "app_id": app_id},
    )


def _external(kept: KeptView) -> Any:
    return kept.meant.get("external_id")


def _as_meant(values: View, meant: View) -> View:
    """Return the state with the kinds of elements that the bot meant."""
    kinds = {element.get("action_id"): "external_select" for element in selects(meant)}
    return {
        block: {
            action: {**held, "type": kinds.get(action, held.get("type"))}
            for action, held in actions.items()
        }
        for block, actions in values.items()
    }
