"""Slack's methods for views, as strict as Slack about hashes and what was closed."""

from typing import Final

from bot.demo.drawing import drawable_view
from bot.demo.slack_desk import Arguments, Desk
from bot.demo.slack_memory import with_ids
from bot.demo.slack_views import KeptView, selects, with_options
from bot.demo.workspace import App

UNKNOWN: Final = "not_found"
CHANGED: Final = "hash_conflict"


async def open_view(
    desk: Desk, app: App, arguments: Arguments, method: str
) -> Arguments:
    """Open a modal for whoever pulled the trigger."""
    memory, view = desk.memory, _with_ids(arguments["view"])
    user = memory.puller(str(arguments.get("trigger_id")))
    upstream = None
    if memory.spare_trigger is not None:
        sent = {"trigger_id": memory.spare_trigger, "view": _drawn(view)}
        answer = await desk.ask(app, method, sent)
        if not answer.get("ok"):
            return answer
        upstream = answer["view"]
    kept = memory.views.opened(app.app_id, user, view, upstream)
    return _shown_view(desk, app, kept, method, arguments)


async def update_view(
    desk: Desk, app: App, arguments: Arguments, method: str
) -> Arguments:
    """Change a modal that is still open, and as its bot believes it to be."""
    memory, view = desk.memory, _with_ids(arguments["view"])
    kept = memory.views.named(app.app_id, arguments)
    if kept is None or not await _still_open(desk, kept):
        return _refused(desk, method, UNKNOWN)
    if arguments.get("hash") not in (None, "", kept.hash):
        return _refused(desk, method, CHANGED)
    upstream = None
    if kept.upstream_id is not None:
        sent = {"view_id": kept.upstream_id, "view": _drawn(view)}
        upstream = (await desk.ask(app, method, sent))["view"]
    memory.views.changed(kept, view, upstream)
    return _shown_view(desk, app, kept, method, arguments)


async def publish_view(
    desk: Desk, app: App, arguments: Arguments, method: str
) -> Arguments:
    """Show a person's Home tab."""
    memory, view = desk.memory, _with_ids(arguments["view"])
    user = str(arguments.get("user_id"))
    before = memory.views.homes.get((app.app_id, user))
    given = arguments.get("hash")
    if given not in (None, "") and (before is None or given != before.hash):
        return _refused(desk, method, CHANGED)
    sent = {"user_id": user, "view": _drawn(view)}
    answer = await desk.ask(app, method, sent)
    if not answer.get("ok"):
        return answer
    kept = memory.views.published(app.app_id, user, view, answer["view"])
    return _shown_view(desk, app, kept, method, arguments)


def _refused(desk: Desk, method: str, error: str) -> Arguments:
    desk.memory.note("refused", method=method, error=error, messages=[])
    return {"ok": False, "error": error}


def _shown_view(
    desk: Desk, app: App, kept: KeptView, method: str, arguments: Arguments
) -> Arguments:
    """Return the answer; have the options of its selects drawn afterwards."""
    desk.memory.record(method, kept.user or None, None, arguments)
    if kept.upstream_id is not None and selects(kept.meant):
        desk.spawn(_draw_options(desk, app, kept, kept.hash))
    return {"ok": True, "view": kept.shown}


async def _draw_options(desk: Desk, app: App, kept: KeptView, hash: str) -> None:
    """Draw what a bot answers where nothing is typed: the page can't ask it."""
    found = {}
    for element in selects(kept.meant):
        wanted = {"user": kept.user, "view_id": kept.id, "app_id": app.app_id}
        wanted["action_id"] = element["action_id"]
        answer = await desk.interactions.suggest(wanted)
        found[element["action_id"]] = answer["options"] or []
    if kept.hash != hash or not await _still_open(desk, kept):
        return
    drawn = drawable_view(with_options(kept.meant, found))
    sent = {"view_id": kept.upstream_id, "view": drawn}
    kept.upstream_id = (await desk.ask(app, "views.update", sent))["view"]["id"]


async def _still_open(desk: Desk, kept: KeptView) -> bool:
    """Tell whether a person still looks at the modal; local-slack tells nobody."""
    if kept.upstream_id is None:
        return True
    stack = (await desk.page())["modalStack"]
    return any(view["id"] == kept.upstream_id for view in stack)


def _with_ids(view: Arguments) -> Arguments:
    return {**view, "blocks": with_ids(view["blocks"])}


def _drawn(view: Arguments) -> Arguments:
    return drawable_view(with_options(view, {}))
