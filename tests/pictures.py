"""``make pictures``: the pictures of README and docs, taken of a demonstration in Chromium.

A database of its own, training numbers only, the screens in Swedish.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import django
from PIL import Image
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


WIDE = {"width": 1366, "height": 768}
NARROW = {"width": 390, "height": 844}
# What is added to a picture's name for each way to look at the screen.
WAYS = {
    "": (WIDE, "light"),
    "-dark": (WIDE, "dark"),
    "-narrow": (NARROW, "light"),
    "-narrow-dark": (NARROW, "dark"),
}
COLORS = 128  # what a screen of ours needs; a third of the bytes


def take(page: Page, name: str) -> None:
    """Take a screen as it stands in four ways: wide and narrow, light and dark."""
    for way, (size, scheme) in WAYS.items():
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        picture = Image.open(BytesIO(page.screenshot(full_page=True)))
        picture.quantize(COLORS).save(PICTURES / f"{name}{way}.png", optimize=True)
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light")


class Open:
    """Opens the application as one of the demonstration's people."""

    def __init__(self, browser: Browser, url: str, cookies: dict[str, str]) -> None:
        self.browser, self.url, self.cookies = browser, url, cookies

    def __call__(self, username: str = "") -> Page:
        """Return a page at the person's own door; a stranger's is the sign-in page."""
        context = self.browser.new_context(base_url=self.url, viewport=WIDE)  # type: ignore[arg-type]
        if username:
            value = self.cookies[username]
            context.add_cookies([{"name": "sessionid", "value": value, "url": self.url}])
        page = context.new_page()
        page.goto("/")
        return page


def call(till: Page, *, ward: str = "Anestesikliniken / IVA", sex: str = "Kvinna") -> None:
    """Fill in a call."""
    till.goto("/till/call/")
    till.get_by_label(sex).check()
    till.get_by_label("vgr-id").fill("demav")
    till.locator("input[name=ward]").fill(ward)
    till.get_by_role("button", name="Lämna ut").click()
    till.wait_for_load_state()


def at_the_till(till: Page) -> None:
    """Start a drill, take calls, read back wrong and right, miss a sheet."""
    take(till, "till-no-outage")
    till.get_by_label("övning").check()
    till.get_by_role("button", name="starta").click()
    till.goto("/till/call/")
    till.get_by_label("Kvinna").check()
    till.get_by_label("vgr-id").fill("demav")
    till.locator("input[name=ward]").press_sequentially("ane")
    till.keyboard.press("ArrowDown")
    till.get_by_role("option").first.wait_for()
    take(till, "till-call")
    call(till)
    take(till, "till-number")
    number = till.url
    till.get_by_label("De fyra sista").fill("K070")
    till.keyboard.press("Enter")
    till.get_by_role("alert").wait_for()
    take(till, "till-read-back-wrong")
    till.get_by_label("De fyra sista").fill("K007")
    till.keyboard.press("Enter")
    till.get_by_role("status").wait_for()
    take(till, "till-read-back")
    till.goto(f"{number}slip/")
    take(till, "till-slip")
    call(till, ward="Rum 7 i källaren")
    till.get_by_role("button", name="Arket saknas").click()
    till.get_by_text("Inte K015").wait_for()
    take(till, "till-sheet-missing")
    call(till, sex="Man")
    till.goto("/till/")
    take(till, "till-board")
    till.keyboard.press("?")
    take(till, "till-keys")
    for _ in range(3):
        call(till)
    take(till, "till-none-left")


def on_the_ward(ward: Page) -> None:
    """Close one handout."""
    take(ward, "ward-open")
    ward.locator(".cards a").first.click()
    ward.wait_for_load_state()
    real = ward.locator(".card .number").first.inner_text()
    ward.get_by_label("Det riktiga numret").press_sequentially(real)
    ward.get_by_text("kan registreras").wait_for()
    take(ward, "ward-real-number")
    ward.get_by_role("button", name="Registrera").click()
    ward.get_by_role("status").wait_for()
    take(ward, "ward-notice")
    ward.get_by_role("link", name="Blad att skriva ut").click()
    ward.wait_for_load_state()
    take(ward, "ward-notice-sheet")
    ward.go_back()
    ward.get_by_role("button", name="Aviseringen").click()
    ward.get_by_role("status").wait_for()
    ward.goto("/ward/done/")
    take(ward, "ward-done")
    ward.get_by_role("button", name="Byt användare").click()
    ward.wait_for_load_state()
    take(ward, "locked")


def administering(administrator: Page) -> None:
    """Look at what waits, what is left, and the log."""
    for name, path in (
        ("administrator-overview", "/binder/overview/"),
        ("administrator-wards", "/wards/"),
        ("administrator-binder", "/binder/"),
        ("administrator-load", "/binder/load/"),
        ("outage", "/outage/1/"),
        ("audit-log", "/audit/?number=20000101K007"),
        ("styleguide", "/styleguide/"),
    ):
        administrator.goto(path)
        take(administrator, name)


def walk(open_as: Open) -> None:
    """Do the main job once and take a picture of every main screen."""
    take(open_as(), "sign-in")
    at_the_till(open_as("demka"))
    on_the_ward(open_as("demav"))
    administering(open_as("demad"))


def main() -> None:
    """Take all pictures anew."""
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    with demonstration() as (url, cookies), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=require(), args=LAUNCH_ARGS)
        walk(Open(browser, url, cookies))
        browser.close()


if __name__ == "__main__":
    main()
