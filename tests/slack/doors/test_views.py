"""Views are shown, and what is gone is no fault."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from bot.slack.client import slack_client
from bot.slack.doors.views import Shown, Views
from bot.slack.metrics import Metrics
from tests.slack.little_slack import TOKEN, LittleSlack

VIEW = {"type": "modal", "blocks": []}
SHOWN = Shown(id="V1", hash="1.a")


@pytest.fixture
async def views(little: LittleSlack, metrics: Metrics) -> AsyncIterator[Views]:
    """Return what shows views in the little Slack."""
    views = Views(slack_client(TOKEN, f"{little.url}/api"), metrics)
    yield views
    await views.close()


def show(little: LittleSlack, method: str) -> None:
    """Answer the next call with a view."""
    body = {"ok": True, "view": {"id": "V1", "hash": "1.a"}}
    little.answer(method, web.json_response(body))


async def test_each_way_of_showing_tells_what_is_shown(
    little: LittleSlack, views: Views
) -> None:
    """By its id and hash, with which it can be changed."""
    for method in ("views.open", "views.update", "views.publish"):
        show(little, method)

    assert await views.open("1.2", VIEW) == SHOWN
    assert await views.update(SHOWN, VIEW) == SHOWN
    assert await views.publish("U1", VIEW, over=SHOWN) == SHOWN
    assert little.payloads[0]["trigger_id"] == "1.2"
    assert little.payloads[1]["hash"] == little.payloads[2]["hash"] == "1.a"
    assert little.payloads[2]["user_id"] == "U1"


async def test_a_first_home_tab_is_over_nothing(
    little: LittleSlack, views: Views
) -> None:
    """Whatever was there."""
    await views.publish("U1", VIEW)

    assert "hash" not in little.payloads[0]


@pytest.mark.parametrize(
    ("error", "level"),
    [
        ("not_found", "INFO"),
        ("hash_conflict", "INFO"),
        ("expired_trigger_id", "INFO"),
        ("ratelimited", "WARNING"),
        ("invalid_arguments", "WARNING"),
        ("fatal_error", "WARNING"),
    ],
)
async def test_a_refusal_is_told_by_its_weight(
    little: LittleSlack,
    views: Views,
    caplog: pytest.LogCaptureFixture,
    error: str,
    level: str,
) -> None:
    """People close what they opened; a view of ours that is wrong is our fault."""
    caplog.set_level("INFO", "bot.slack.doors.views")
    little.refuse("views.update", error)

    assert await views.update(SHOWN, VIEW) is None
    assert [it.levelname for it in caplog.records] == [level]


async def test_a_refusal_is_counted(
    little: LittleSlack, views: Views, metrics: Metrics
) -> None:
    """By Slack's word."""
    little.refuse("views.open", "not_found")
    await views.open("1.2", VIEW)

    assert 'error="not_found"' in metrics.text()


async def test_a_slack_that_does_not_answer_is_given_up(
    little: LittleSlack, views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A view that comes too late is of no use."""
    monkeypatch.setattr("bot.slack.doors.views.SECONDS", 0.05)
    little.delay = 1

    assert await views.open("1.2", VIEW) is None
