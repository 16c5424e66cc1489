"""A person at the local Slack's page, in a real browser."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bot.demo.pods import Pod
from bot.demo.stack import Stack
from tests.chromium import CHROMIUM, a_browser
from tests.counterparts import at_rest, standing
from tests.integration.bot import serving

pytestmark = [pytest.mark.browser, pytest.mark.slack, pytest.mark.postgrest]

WORKER = "gpu-20260101_000000-ab000001"
ORPHANS = {
    "orphana1b2c3d4": "gpu-20260101_010000-ab000002",
    "orphanb1b2c3d4": "gpu-20260101_020000-ab000003",
}
TASK = "41345358-0000-4000-8000-000000000001"
PICTURES = Path(__file__).parents[2] / ".testbed" / "pictures"

# Its clock is ahead, so that this heartbeat stays fresh while the tests run.
_WORLD = f"""
insert into workers (id, instance_type, status, created_at, last_heartbeat, metadata)
values ('{WORKER}', 'NVIDIA GeForce RTX 4090', 'active', now() - interval '2 hours',
        now() + interval '1 hour', '{{"runpod_id": "podbrowser", "ram_tier": 72}}');
insert into tasks (id, task_type, status, worker_id, output_location, created_at,
                   generation_started_at, attempts)
values ('{TASK}', 'travel_segment', 'Failed', '{WORKER}',
        'CUDA out of memory. Tried to allocate 2.40 GiB (GPU 0; 23.65 GiB total)',
        now() - interval '14 minutes', now() - interval '11 minutes', 0);
insert into system_logs (timestamp, source_type, source_id, log_level, message, task_id,
                         worker_id)
values
 (now() - interval '11 minutes', 'edge_function', 'claim-next-task', 'INFO',
  'Task claimed successfully', '{TASK}', null),
 (now() - interval '10 minutes 58 seconds', 'worker', '{WORKER}', 'INFO',
  'HEADLESS: Processing travel_segment task', '{TASK}', '{WORKER}'),
 (now() - interval '10 minutes 50 seconds', 'worker', '{WORKER}', 'INFO',
  'MODEL: MODEL SWITCH: switching from (no model loaded) to wan_2_2_i2v', '{TASK}',
  '{WORKER}'),
 (now() - interval '9 minutes', 'worker', '{WORKER}', 'INFO',
  'QUEUE: Model switch completed in 104.2s', '{TASK}', '{WORKER}'),
 (now() - interval '8 minutes', 'worker', '{WORKER}', 'WARNING',
  'GENERATION: VRAM at 97 % before sampling', '{TASK}', '{WORKER}'),
 (now() - interval '7 minutes', 'worker', '{WORKER}', 'ERROR',
  'QUEUE: Task {TASK} failed after 238.1s: CUDA out of memory',
  '{TASK}', '{WORKER}');
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """All counterparts, with a worker, its task and two orphaned pods."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    with standing() as stack:
        assert stack.postgres is not None
        assert stack.runpod is not None
        assert stack.slack is not None
        assert stack.front is not None
        stack.postgres.sql(_WORLD)
        old = datetime.now(UTC) - timedelta(hours=2)
        stack.runpod.load(
            Pod(id="podbrowser", name=WORKER, created_at=old),
            *(Pod(id=id, name=name, created_at=old) for id, name in ORPHANS.items()),
        )
        stack.front.steer(rate=0)
        yield stack


@pytest.fixture(scope="module")
def port(stack: Stack) -> Iterator[int]:
    """The bot, by where it listens."""
    with serving(stack.environment) as url:
        yield int(url.rpartition(":")[2])


@pytest.fixture(scope="module")
def page(stack: Stack, port: int) -> Iterator[Page]:
    """The page of a local Slack with the bot in its channel."""
    assert stack.slack is not None
    with a_browser() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(stack.slack.url)
        yield page


@pytest.fixture(autouse=True)
def channel(page: Page, stack: Stack, port: int) -> None:
    """Each begins in the channel, whatever the one before left open or unsaid."""
    assert stack.slack is not None
    at_rest(port)
    page.goto(stack.slack.url)
    # What was said before is there at once, or else "No messages yet".
    expect(page.locator(".messages > *").first).to_be_visible()
    page.wait_for_timeout(300)


def _say(page: Page, text: str) -> None:
    box = page.locator("textarea").first
    box.fill(text)
    box.press("Enter")


def test_a_person_asks_reads_and_asks_on(page: Page) -> None:
    """Types a command, sees the verdict, opens the thread, presses a button."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    threads = page.get_by_role("button", name="Last reply")
    before = threads.count()
    _say(page, "/debug task 41345358")
    verdict = page.get_by_text("CUDA out of memory").first
    expect(verdict).to_be_visible()
    page.screenshot(path=PICTURES / "1-verdict.png")

    expect(threads).to_have_count(before + 1)
    threads.last.click()
    expect(page.get_by_text("Model switch completed").first).to_be_visible()
    page.screenshot(path=PICTURES / "2-thread.png")

    page.get_by_role("button", name="Its worker", exact=True).last.click()
    expect(page.get_by_text(f"{WORKER} is active").first).to_be_visible()
    page.screenshot(path=PICTURES / "3-next-question.png")


def test_a_picture_follows_into_the_thread(page: Page) -> None:
    """With its words for whoever can't see it; drawn whole."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    threads = page.get_by_role("button", name="Last reply")
    before = threads.count()
    _say(page, f"/debug worker {WORKER}")
    expect(threads).to_have_count(before + 1)
    threads.last.click()
    picture = page.locator(f"img[alt^='{WORKER} has lived']")
    expect(picture).to_be_visible()
    picture.scroll_into_view_if_needed()
    page.screenshot(path=PICTURES / "6-picture.png")

    expect(picture).to_have_js_property("naturalWidth", 1200)


def test_a_person_ends_what_nobody_uses(page: Page, stack: Stack) -> None:
    """Types a command, reads the plan, presses the red button, reads the outcome."""
    assert stack.runpod is not None
    PICTURES.mkdir(parents=True, exist_ok=True)
    _say(page, "/debug runpod terminate")
    button = page.get_by_role("button", name="Do it: 2 items").first
    expect(button).to_be_visible()
    page.screenshot(path=PICTURES / "4-plan.png")

    button.click()
    done = page.get_by_text("runpod terminate: 2 done, started by Alice").first
    expect(done).to_be_visible()
    page.screenshot(path=PICTURES / "5-outcome.png")

    expect(button).to_have_count(0)
    assert stack.runpod.left() == {"podbrowser"}
    asked = [each["body"] for each in stack.runpod.requests()]
    for id in ORPHANS:
        assert sum("podTerminate" in body and id in body for body in asked) == 1


def test_a_person_chooses_what_is_missing(page: Page) -> None:
    """Types a command without its id, chooses in the form, reads the answer."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    _say(page, "/debug task --hours 30")
    expect(page.get_by_text("the newest first")).to_be_visible()
    choice = page.get_by_role("combobox").last
    expect(choice.get_by_role("option", name=TASK[:8])).to_have_count(1)
    page.screenshot(path=PICTURES / "6-form.png")
    page.set_viewport_size({"width": 420, "height": 900})
    page.screenshot(path=PICTURES / "6-form-narrow.png")
    page.set_viewport_size({"width": 1280, "height": 1000})

    choice.select_option(value=TASK)
    page.get_by_role("button", name="Ask", exact=True).click()

    understood = page.get_by_text(f"task {TASK} --hours 30")
    expect(understood.first).to_be_visible()


def test_a_person_opens_the_home_tab(page: Page) -> None:
    """Sees how the system is, presses a recent question, and reads where it is."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    _say(page, "/debug orphans")
    expect(page.get_by_text("orphans · ").last).to_be_visible()
    page.get_by_role("button", name="debug", exact=False).first.click()
    expect(page.get_by_text("What you may do", exact=True)).to_be_visible()
    expect(page.get_by_text("you are Alice Anderson").first).to_be_visible()
    page.screenshot(path=PICTURES / "7-home.png")
    page.set_viewport_size({"width": 640, "height": 1000})
    page.screenshot(path=PICTURES / "7-home-narrow.png")
    page.set_viewport_size({"width": 1280, "height": 1000})

    page.get_by_role("button", name="orphans", exact=True).click()

    expect(page.get_by_text("is answered under Messages")).to_be_visible()
