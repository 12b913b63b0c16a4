"""``make pictures``: the pictures of README and docs, taken of a demonstration in Chromium.

A database of its own, training numbers only, the screens in Swedish.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import LAUNCH_ARGS, require

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"


@contextmanager
def demonstration() -> Iterator[tuple[str, dict[str, str]]]:
    """Serve a demonstration on a scratch database; yield its address and one cookie per person."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BEFREG_VAR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "befreg_reserv.settings"
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        os.environ.pop("DATABASE_URL", None)
        django.setup()
        from django.core.management import call_command  # noqa: PLC0415  after django.setup

        from befreg_reserv.people.models import User  # noqa: PLC0415
        from tests.served import collect_static, serving, session_of  # noqa: PLC0415

        call_command("migrate", verbosity=0)
        call_command("demo", stdout=sys.stderr)
        collect_static(Path(folder))
        cookies = {user.username: session_of(user) for user in User.objects.all()}
        with serving(Path(folder)) as served:
            yield served.url, cookies


def take(page: Page, name: str, *, whole: bool = True) -> None:
    """Take one picture, as wide as the window and, unless told, as long as the page."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=whole)


class Open:
    """Opens the application as one of the demonstration's people."""

    def __init__(self, browser: Browser, url: str, cookies: dict[str, str]) -> None:
        self.browser, self.url, self.cookies = browser, url, cookies

    def __call__(self, username: str) -> Page:
        """Return a page at the person's own door."""
        context = self.browser.new_context(
            base_url=self.url, viewport={"width": 1366, "height": 768}
        )
        context.add_cookies(
            [{"name": "sessionid", "value": self.cookies[username], "url": self.url}]
        )
        page = context.new_page()
        page.goto("/")
        return page


def walk(open_as: Open) -> None:
    """Do the main job once and take a picture of every main screen."""
    till = open_as("demka")
    take(till, "till-no-outage")
    till.get_by_label("övning").check()
    till.get_by_role("button", name="starta").click()
    till.get_by_label("Kvinna").check()
    till.get_by_label("vgr-id").fill("demav")
    till.get_by_label("Avdelning", exact=True).fill("Anestesikliniken / IVA")
    take(till, "till-call")
    till.get_by_role("button", name="Lämna ut").click()
    take(till, "till-number")
    till.keyboard.type("K007")
    till.keyboard.press("Enter")
    till.get_by_role("status").wait_for()

    ward = open_as("demav")
    take(ward, "ward-open")
    ward.locator(".cards a").first.click()
    take(ward, "ward-handout")

    administrator = open_as("demad")
    take(administrator, "administrator-binder")
    auditor = open_as("demgr")
    auditor.goto("/audit/?number=20000101K007")
    take(auditor, "auditor-log", whole=False)
    till.set_viewport_size({"width": 390, "height": 844})
    take(till, "till-number-narrow")


def main() -> None:
    """Take all pictures anew."""
    with demonstration() as (url, cookies), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=require(), args=LAUNCH_ARGS)
        walk(Open(browser, url, cookies))
        browser.close()


if __name__ == "__main__":
    main()
