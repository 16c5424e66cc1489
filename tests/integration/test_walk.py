"""An incident from its alert to its report, in a browser: nothing is typed."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from bot.demo.pods import Pod
from bot.demo.stack import Stack
from bot.demo.workspace import ALICE, OPS
from tests.chromium import CHROMIUM, a_browser
from tests.counterparts import PATIENCE, standing
from tests.integration.bot import serving
from tests.integration.film import PHONE, film, press

pytestmark = [pytest.mark.browser, pytest.mark.slack, pytest.mark.postgrest]

WORKER = "gpu-20260101_000000-ab000001"
OTHER = "gpu-20260101_010000-ab000002"
POD = "podwalk1b2c3d4"
TASK = "41345358-0000-4000-8000-000000000001"
# A worker that died in a model load, its pod still running, its task still in progress.
_WORLD = f"""
insert into workers (id, instance_type, status, created_at, last_heartbeat, metadata)
values ('{WORKER}', 'NVIDIA GeForce RTX 4090', 'crashed', now() - interval '2 hours',
        now() - interval '3 minutes', '{{"runpod_id": "{POD}"}}'),
       ('{OTHER}', 'NVIDIA GeForce RTX 4090', 'active', now() - interval '1 hour',
        now() + interval '10 minutes', '{{"runpod_id": "podother2c3d4e"}}');
insert into tasks (id, task_type, status, worker_id, created_at, generation_started_at,
                   attempts)
values ('{TASK}', 'travel_segment', 'In Progress', '{WORKER}',
        now() - interval '14 minutes', now() - interval '6 minutes', 0);
insert into system_logs (timestamp, source_type, source_id, log_level, message, task_id,
                         worker_id)
values
 (now() - interval '6 minutes', 'worker', '{WORKER}', 'INFO',
  'HEADLESS: Processing travel_segment task', '{TASK}', '{WORKER}'),
 (now() - interval '5 minutes 50 seconds', 'worker', '{WORKER}', 'INFO',
  'MODEL: MODEL SWITCH: switching from (no model loaded) to wan_2_2_i2v', '{TASK}',
  '{WORKER}'),
 (now() - interval '10 seconds', 'worker', '{OTHER}', 'INFO', 'QUEUE: polling', null,
  '{OTHER}'),
 (now() - interval '10 seconds', 'orchestrator_gpu', 'orchestrator', 'INFO',
  'cycle complete', null, null);
"""
_TAKEN = f"""
update tasks set status = 'In Progress', worker_id = '{OTHER}',
       generation_started_at = now() where id = '{TASK}'
"""
_DONE = f"""
update tasks set status = 'Complete', generation_processed_at = now(),
       generation_created = true,
       output_location = 'https://store.example.test/result.mp4' where id = '{TASK}'
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """All counterparts; the channel is told of problems."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    with standing() as stack:
        assert stack.postgres is not None
        assert stack.runpod is not None
        assert stack.front is not None
        stack.postgres.sql(_WORLD)
        old = datetime.now(UTC) - timedelta(hours=2)
        stack.runpod.load(
            Pod(id=POD, name=WORKER, created_at=old),
            Pod(id="podother2c3d4e", name=OTHER, created_at=old),
        )
        stack.front.steer(rate=0)
        yield stack


@pytest.fixture(scope="module")
def page(stack: Stack) -> Iterator[Page]:
    """The page of a local Slack with the bot in its channel."""
    assert stack.slack is not None
    settings = {
        "DEBUG_BOT_ALERTS_CHANNEL": OPS,
        "DEBUG_BOT_ALERTS_EVERY": "5",
        "DEBUG_BOT_ALERTS_DIGEST": "never",
    }
    with serving({**stack.environment, **settings}), a_browser() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(stack.slack.url)
        page.add_style_tag(content=PHONE)
        yield page


def _until(found: Callable[[], object], seconds: float = PATIENCE) -> None:
    until = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.2)


def test_an_incident_from_its_alert_to_its_report(page: Page, stack: Stack) -> None:
    """Somebody is told, looks, ends what is dead, follows the task, writes it up."""
    assert stack.front is not None
    assert stack.postgres is not None
    front, sql = stack.front, stack.postgres.sql

    # Told without asking: the channel has an alert, with its own buttons.
    alert = page.get_by_text("task 41345358 is orphaned").first
    expect(alert).to_be_visible()
    film(page, "01-alert")
    press(page, "Acknowledge")
    expect(page.get_by_text("taken up by").first).to_be_visible()

    # The page has no menu of message shortcuts, so the front says that it was used.
    ts = next(each["ts"] for each in front.sent() if each["channel"] == OPS)
    said = front.shortcut(ALICE, OPS, ts=ts, callback_id="debug_this")
    assert said["acknowledged"]
    assert said["seconds"] < 1
    replies = page.get_by_role("button", name="Last reply")
    expect(replies).to_be_visible()
    replies.click()
    expect(page.get_by_role("button", name="Its worker", exact=True)).to_be_visible()
    film(page, "02-debug-this")

    press(page, "Its worker")
    expect(page.get_by_role("button", name="End it …")).to_be_visible()
    film(page, "03-worker")
    _until(lambda: _pictures(stack))
    film(page, "04-chart")

    press(page, "End it …")
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    film(page, "05-plan")
    page.get_by_role("button", name="Do it").last.click()
    done = page.get_by_text("1 done, started by Alice").last
    expect(done).to_be_visible()
    film(page, "06-outcome")
    assert stack.runpod is not None
    assert POD not in stack.runpod.left()

    press(page, "Follow it")
    expect(page.get_by_text("until").last).to_be_visible()
    film(page, "07-watch")
    sql(_TAKEN)
    expect(page.get_by_text(OTHER).last).to_be_visible()
    sql(_DONE)
    film(page, "08-watch-goes-on")
    expect(page.get_by_text("no longer kept current").last).to_be_visible()
    film(page, "09-watch-ends")

    # The channel's own message is closed by itself, and offers the report.
    press(page, "Report")
    written = page.get_by_role("link", name="Incident report").last
    expect(written).to_be_visible()
    film(page, "10-report")


def _pictures(stack: Stack) -> list[object]:
    """Return the pictures that were uploaded."""
    assert stack.front is not None
    return [
        each
        for each in stack.front.sent()
        if each["method"] == "files.completeUploadExternal"
    ]
