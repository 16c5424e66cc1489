"""Walking through a browser: pictures of each step, and presses of buttons."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

PICTURES = Path(__file__).parents[2] / ".testbed" / "pictures" / "walk"
WINDOWS = {"wide": (1280, 1000), "narrow": (420, 900)}

# The page is made for wide windows. On a phone, Slack shows the thread or the channel.
PHONE = """
.narrow .sidebar, .narrow .topbar, .narrow .composer { display: none }
.narrow .main:has(~ *) { display: none }
.narrow .body > * { width: 100% !important; max-width: none !important; flex: 1 }
"""


def film(page: Page, step: str) -> None:
    """Take a picture of the page on a wide and on a narrow window."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, (width, height) in WINDOWS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(
            "narrow => document.body.classList.toggle('narrow', narrow)", width < 600
        )
        page.wait_for_timeout(150)
        page.screenshot(path=PICTURES / f"{step}-{name}.png")
    page.evaluate("document.body.classList.remove('narrow')")
    page.set_viewport_size({"width": 1280, "height": 1000})


def press(page: Page, name: str) -> None:
    """Press the last button of that name."""
    button: Locator = page.get_by_role("button", name=name, exact=True).last
    expect(button).to_be_visible()
    button.scroll_into_view_if_needed()
    button.click()


def say(page: Page, text: str) -> None:
    """Type a message, or a command, into the channel."""
    box = page.locator("textarea").first
    box.fill(text)
    box.press("Enter")
