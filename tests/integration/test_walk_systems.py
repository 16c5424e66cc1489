"""The other systems in a browser: what is wrong, a task, its worker, and the way back.

Nothing is typed but the first question; all else is a press of a button.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bot.demo.plays import OctoPlay, RigPlay
from bot.demo.stack import Stack
from tests.chromium import CHROMIUM, a_browser
from tests.counterparts import standing
from tests.integration.bot import serving
from tests.integration.film import PHONE, film, press, say

pytestmark = [pytest.mark.browser, pytest.mark.slack]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A Slack alone: these systems need neither a database nor a RunPod."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    with standing(postgres=False, runpod=False) as stack:
        assert stack.front is not None
        stack.front.steer(rate=0)
        yield stack


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> tuple[RigPlay, Path]:
    """The demo's incident of the agents, and where it lies."""
    root = tmp_path_factory.mktemp("rig")
    return RigPlay(datetime.now(UTC), root), root


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OctoPlay]:
    """The demo's incident of OctoLLM, whose services answer until the end."""
    play = OctoPlay(datetime.now(UTC), tmp_path_factory.mktemp("octollm"))
    yield play
    play.close()


@pytest.fixture(scope="module")
def page(
    stack: Stack, play: tuple[RigPlay, Path], services: OctoPlay
) -> Iterator[Page]:
    """The page of a local Slack with the bot in its channel."""
    assert stack.slack is not None
    own = {**RigPlay.settings(play[1]), **services.settings}
    with serving({**stack.environment, **own}), a_browser() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(stack.slack.url)
        yield page


def _afresh(page: Page) -> None:
    """Close whatever thread another walk has left open."""
    page.reload()
    page.add_style_tag(content=PHONE)
    expect(page.locator(".messages > *").first).to_be_visible()


def _ask(page: Page, words: str) -> None:
    """Ask in the channel, and wait until what is told in the thread is there as well.

    Else the last thread is that of the question before.
    """
    replies = page.get_by_role("button", name="Last reply")
    before = replies.count()
    say(page, words)
    expect(replies).to_have_count(before + 1)


def test_the_agents_from_their_health_to_a_workers_lines(
    page: Page, stack: Stack, play: tuple[RigPlay, Path]
) -> None:
    """What is wrong, the task that failed, its agent, and what the agent wrote."""
    incident, _ = play
    assert stack.front is not None

    _afresh(page)
    incident.beat(datetime.now(UTC))
    _ask(page, "/debug health --system agents")
    expect(page.get_by_text("was killed or froze").first).to_be_visible()
    replies = page.get_by_role("button", name="Last reply").last
    expect(replies).to_be_visible()
    replies.click()
    film(page, "agents-01-health")

    killed = incident.asks[3][0].split()[-1]
    press(page, f"Worker {killed}")
    expect(page.get_by_role("button", name="How it started").last).to_be_visible()
    film(page, "agents-02-worker")

    press(page, "Its running task")
    expect(page.get_by_text("is left in progress").last).to_be_visible()
    film(page, "agents-03-task")

    press(page, "Its worker")
    press(page, "Its claims")
    expect(page.get_by_text("claims").last).to_be_visible()
    film(page, "agents-04-claims")

    _ask(page, f"/debug {incident.asks[1][0].removeprefix('/debug ')}")
    expect(page.get_by_text("CUDA out of memory").last).to_be_visible()
    film(page, "agents-05-failed-task")
    assert [it for it in stack.front.notes() if it.get("error") != "ratelimited"] == []


def test_octollm_from_its_health_to_an_arm(
    page: Page, stack: Stack, services: OctoPlay
) -> None:
    """What is wrong, the arm that is down, and all services beside it."""
    assert stack.front is not None

    _afresh(page)
    services.beat(datetime.now(UTC))
    _ask(page, "/debug health --system octollm")
    expect(page.get_by_text("never stored").last).to_be_visible()
    film(page, "octollm-01-health")

    _ask(page, "/debug workers --system octollm")
    expect(page.get_by_text("workers --system octollm · ").last).to_be_visible()
    film(page, "octollm-02-workers")

    _ask(page, "/debug worker coder")
    expect(page.get_by_text("coder is down").last).to_be_visible()
    film(page, "octollm-03-arm")
    assert [it for it in stack.front.notes() if it.get("error") != "ratelimited"] == []
