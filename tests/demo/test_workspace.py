"""The made-up workspace."""

from bot.demo.workspace import APPS, CHANNELS, HTTP_APP, OPS, RANDOM, configuration


def test_the_bots_are_in_one_channel_of_two() -> None:
    """So that not being a member can be tried."""
    members = {str(channel["id"]): channel["members"] for channel in CHANNELS}

    assert all(app.bot_user_id in members[OPS] for app in APPS)
    assert not any(app.bot_user_id in members[RANDOM] for app in APPS)


def test_only_the_app_in_events_mode_has_a_request_url() -> None:
    """The other one is called over its sockets."""
    apps = configuration(request_url="http://127.0.0.1:1/x")["apps"]

    assert [app["appId"] for app in apps if "requestUrl" in app] == [HTTP_APP.app_id]
