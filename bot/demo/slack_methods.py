"""Slack's methods that the front answers itself, or whose answers it corrects."""

from bot.demo import view_methods
from bot.demo.slack_desk import Arguments, Desk
from bot.demo.slack_refusals import SCOPES, stranger
from bot.demo.workspace import App


async def pass_on(desk: Desk, app: App, arguments: Arguments, method: str) -> Arguments:
    """Let local-slack answer; remember what changed something."""
    answer = await desk.ask(app, method, arguments)
    if answer.get("ok") and SCOPES.get(method, "").endswith(":write"):
        where = arguments.get("channel") or arguments.get("channel_id")
        ts = arguments.get("ts") or arguments.get("timestamp")
        desk.memory.record(method, where, ts, arguments)
    return answer


async def _usergroup_users(
    desk: Desk, _: App, arguments: Arguments, __: str
) -> Arguments:
    users = desk.memory.options.usergroups.get(str(arguments.get("usergroup")))
    if users is None:
        return {"ok": False, "error": "no_such_subteam"}
    return {"ok": True, "users": users}


async def _usergroups(desk: Desk, _: App, __: Arguments, ___: str) -> Arguments:
    groups = [
        {"id": id, "handle": id.lower(), "name": id, "user_count": len(users)}
        for id, users in desk.memory.options.usergroups.items()
    ]
    return {"ok": True, "usergroups": groups}


async def _join(desk: Desk, app: App, arguments: Arguments, _: str) -> Arguments:
    channel = str(arguments.get("channel"))
    desk.memory.joined.add((app.bot_user_id, channel))
    return await desk.ask(app, "conversations.info", {"channel": channel})


async def _history(
    desk: Desk, app: App, arguments: Arguments, method: str
) -> Arguments:
    """Answer conversations.history and .replies as they were meant, within limits."""
    answer = await desk.ask(app, method, arguments)
    if not answer.get("ok"):
        return answer
    channel = str(arguments.get("channel"))
    oldest = float(arguments.get("oldest") or 0)
    latest = float(arguments.get("latest") or "inf")
    inclusive = str(arguments.get("inclusive", "")).lower() in ("1", "true")
    messages = []
    for message in answer["messages"]:
        kept = desk.memory.kept.get((channel, message["ts"]))
        at = float(message["ts"])
        if kept is not None and kept.ephemeral_to is not None:
            continue
        if (inclusive and oldest <= at <= latest) or oldest < at < latest:
            messages.append(desk.memory.original(channel, message))
    limit = int(arguments.get("limit") or 100)
    more = len(messages) > limit
    return {**answer, "messages": messages[:limit], "has_more": more}


async def _address(
    desk: Desk, app: App, arguments: Arguments, method: str
) -> Arguments:
    """Give an address of ours for a file's bytes, before local-slack's own."""
    answer = await desk.ask(app, method, arguments)
    if answer.get("ok"):
        desk.memory.uploads[answer["file_id"]] = answer["upload_url"]
        answer["upload_url"] = f"{desk.home}/upload/{answer['file_id']}"
    return answer


async def _share(desk: Desk, app: App, arguments: Arguments, method: str) -> Arguments:
    """Show files in a channel that the bot is in; a person is none."""
    channel = str(arguments.get("channel_id") or "")
    files = arguments.get("files") or []
    if any(file.get("id") not in desk.memory.uploads for file in files):
        return {"ok": False, "error": "file_not_found"}
    if channel:
        where = "" if channel.startswith("U") else channel
        error = await stranger(desk, app, {"channel": where}, public=False)
        if error is not None:
            # chat:write.public is about messages alone.
            desk.memory.note("refused", method=method, error=error)
            return {"ok": False, "error": error}
    return await pass_on(desk, app, arguments, method)


OWN = {
    "files.getUploadURLExternal": _address,
    "files.completeUploadExternal": _share,
    "views.open": view_methods.open_view,
    "views.push": view_methods.open_view,
    "views.update": view_methods.update_view,
    "views.publish": view_methods.publish_view,
    "usergroups.users.list": _usergroup_users,
    "usergroups.list": _usergroups,
    "conversations.join": _join,
    "conversations.history": _history,
    "conversations.replies": _history,
}
