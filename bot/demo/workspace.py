"""The made-up Slack workspace: who is in it, and where."""

from dataclasses import dataclass
from typing import Any, Literal

TEAM = {"name": "Testbed", "domain": "testbed", "teamId": "T0TESTBED"}
ALICE = "U0ALICE"
BOB = "U0BOB"
OPS = "C0OPS"
RANDOM = "C0RANDOM"
ALERTS = "C0ALERTS"
ONCALL = "S0ONCALL"


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An installed app and its made-up secrets."""

    app_id: str
    bot_user_id: str
    name: str
    bot_token: str
    app_token: str
    signing_secret: str
    mode: Literal["socket", "events"]


SOCKET_APP = App(
    app_id="A0DEBUG",
    bot_user_id="U0DEBUG",
    name="debug",
    bot_token="xoxb-local-socket",  # noqa: S106 - made up
    app_token="xapp-local-socket",  # noqa: S106 - made up
    signing_secret="local-signing-secret",  # noqa: S106 - made up
    mode="socket",
)
HTTP_APP = App(
    app_id="A0HTTP",
    bot_user_id="U0HTTP",
    name="debug-http",
    bot_token="xoxb-local-http",  # noqa: S106 - made up
    app_token="xapp-local-http",  # noqa: S106 - made up
    signing_secret="local-signing-secret",  # noqa: S106 - made up
    mode="events",
)
APPS = (SOCKET_APP, HTTP_APP)
USERS = (
    {
        "id": ALICE,
        "name": "alice",
        "real_name": "Alice Anderson",
        "email": "alice@example.test",
        "tz": "Europe/London",
    },
    {
        "id": BOB,
        "name": "bob",
        "real_name": "Bob Brown",
        "email": "bob@example.test",
        "tz": "America/New_York",
    },
)
PEOPLE = (ALICE, BOB)
ALL = (*PEOPLE, *(app.bot_user_id for app in APPS))
CHANNELS = (
    {"id": OPS, "name": "ops", "members": ALL},
    {"id": RANDOM, "name": "random", "members": PEOPLE},
    {"id": ALERTS, "name": "alerts", "members": ALL},
)
USERGROUPS = {ONCALL: [ALICE]}


def configuration(*, request_url: str) -> dict[str, Any]:
    """Return what local-slack reads; apps in events mode are called at the URL."""
    apps = [
        {
            "appId": app.app_id,
            "botUserId": app.bot_user_id,
            "botName": app.name,
            "botToken": app.bot_token,
            "appToken": app.app_token,
            "signingSecret": app.signing_secret,
            "mode": app.mode,
            **({"requestUrl": request_url} if app.mode == "events" else {}),
        }
        for app in APPS
    ]
    return {
        "workspace": TEAM,
        "apps": apps,
        "users": list(USERS),
        "channels": list(CHANNELS),
    }
