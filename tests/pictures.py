"""``make pictures``: the pictures of README and docs, taken of a demonstration in Chromium.

A database of its own, training numbers only; once in Swedish and once in English, each for the
documents of its language. It is always the same evening, so that a picture changes only when its
page does. Those that no document shows aren't taken. The trial of a new ward nurse has a
demonstration of its own.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import django
from babel.messages.pofile import read_po
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page, sync_playwright

from befreg_reserv.acts.event import Event
from custody.numbers.identities import check_digit
from tests.browser.chromium import LAUNCH_ARGS, require
from tests.stopped import Clock, serving_here, stopped

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
CATALOGUE = ROOT / "befreg_reserv" / "locale" / "sv" / "LC_MESSAGES" / "django.po"
LANGUAGES = ("sv", "en")
# The language of this process's pictures.
LANGUAGE = sys.argv[1] if len(sys.argv) > 1 else LANGUAGES[0]
TRIAL, PASSWORD = "trial", "korrekt häst batteri 7"
NOW = datetime(2026, 11, 12, 18, 55, tzinfo=UTC)  # an evening of a working day


def shown() -> set[str]:
    """Return the names of the pictures of this language that a document shows."""
    texts = [*ROOT.glob("README*.md"), *(ROOT / "docs").glob("*.md")]
    pattern = rf"pictures/{LANGUAGE}/([a-z-]+)\.png"
    found = (re.findall(pattern, text.read_text("utf-8")) for text in texts)
    return {name for names in found for name in names}


# Parts of Swedish words on the screen, which no entry of the catalogue is by itself.
PARTS = {
    "Ange vad er avdelning behöver": "Say what your ward needs",
    "Aviseringen": "The notice is filed",
    "De fyra sista": "The last four",
    "Felet var bara lokalt": "It was only local",
    "Gjord tidigare": "Filed earlier",
    "Hur vet vi det?": "How do we know?",
    "Inte K015": "Not K015",
    "Ja, det saknas": "Yes, it is missing",
    "Jag har sökt i Befreg": "Befreg was searched",
    "Kontrollräkna": "Count",
    "Lägg undan nummer": "Set numbers aside",
    "Lämna ut": "Hand out",
    "Numren från Befreg": "The numbers from Befreg",
    "Registrera kontrollräkningen": "Record the count",
    "Skapat tidigare": "Created earlier",
    "Svara för": "Answer for",
    "Vad som framkom": "What was found",
    "eller skriv dem": "or write them",
    "kan registreras": "can be registered",
    "klistra in raderna": "paste the lines",
    "Markera det": "Mark it",
}


@cache
def _english() -> dict[str, str]:
    """Return the English of each Swedish text of the catalogue."""
    with CATALOGUE.open("rb") as file:
        return {str(message.string): str(message.id) for message in read_po(file) if message.id}


def say(swedish: str) -> str:
    """Return what stands on the screen in the language of the pictures.

    What people typed stands as it is. Raises KeyError for words that aren't in the catalogue.
    """
    if LANGUAGE == "sv" or swedish.startswith(": "):
        return swedish
    return PARTS.get(swedish) or _english()[swedish]


@contextmanager
def demonstration() -> Iterator[tuple[str, dict[str, str], Clock]]:
    """Serve a demonstration on a scratch database, at NOW.

    Yields its address, one cookie per person, and the clock.
    """
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BEFREG_VAR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "befreg_reserv.settings"
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        os.environ["ROUTINE_NETWORKS"] = "127.0.0.0/8"
        os.environ.pop("DATABASE_URL", None)
        django.setup()
        from django.core.management import call_command  # noqa: PLC0415  after django.setup

        from befreg_reserv.audit import trail  # noqa: PLC0415
        from befreg_reserv.people.models import User  # noqa: PLC0415
        from custody.demonstration import hospital  # noqa: PLC0415
        from tests.served import collect_static, session_of  # noqa: PLC0415

        # As of a week ago: the paper log of the pictures tells of sheets that lay there before now.
        with stopped(NOW - timedelta(days=7)) as clock:
            call_command("migrate", verbosity=0)
            with trail.command("demo"):
                hospital.lay_in({"Övningspärm": date(2000, 1, 1)})
            clock.move(days=7)
            collect_static(Path(folder))
            User.objects.update(language=LANGUAGE)
            cookies = {user.username: session_of(user) for user in User.objects.all()}
            with serving_here() as url:
                yield url, cookies, clock


WIDE = {"width": 1366, "height": 768}
NARROW = {"width": 390, "height": 844}
# What is added to a picture's name for each way to look at the screen.
WAYS = {
    "": (WIDE, "light"),
    "-dark": (WIDE, "dark"),
    "-narrow": (NARROW, "light"),
    "-narrow-dark": (NARROW, "dark"),
}
COLORS = 64  # what a screen of ours needs; a quarter of the bytes


def take(page: Page, name: str) -> None:
    """Take a screen as it stands, in the ways that are shown: wide and narrow, light and dark."""
    for way in sorted(shown() & {f"{name}{way}" for way in WAYS}):
        size, scheme = WAYS[way.removeprefix(name)]
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        keep(Image.open(BytesIO(page.screenshot(full_page=True, animations="disabled"))), way)
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light")


def keep(picture: Image.Image, name: str) -> None:
    """Write a picture, unless the one that is there shows the same."""
    file, small = PICTURES / LANGUAGE / f"{name}.png", picture.convert("RGB").quantize(COLORS)
    if file.exists():
        old, new = Image.open(file).convert("RGB"), small.convert("RGB")
        if old.size == new.size and ImageChops.difference(old, new).getbbox() is None:
            return
    small.save(file, optimize=True)


class Open:
    """Opens the application as one of the demonstration's people."""

    def __init__(self, browser: Browser, url: str, cookies: dict[str, str]) -> None:
        self.browser, self.url, self.cookies = browser, url, cookies

    def __call__(self, username: str = "") -> Page:
        """Return a page at the person's own door; a stranger's is the sign-in page."""
        context = self.browser.new_context(base_url=self.url, viewport=WIDE)  # type: ignore[arg-type]
        language = {"name": "django_language", "value": LANGUAGE, "url": self.url}
        context.add_cookies([language])  # type: ignore[list-item]
        if username:
            value = self.cookies[username]
            context.add_cookies([{"name": "sessionid", "value": value, "url": self.url}])
        page = context.new_page()
        page.goto("/")
        return page


def press(page: Page, name: str, role: Literal["button", "link"] = "button") -> None:
    """Press what leads to a page, and wait for that; its words hold ``name``.

    Not above the page: "my account" holds "Count".
    """
    with page.expect_navigation():
        page.get_by_role("main").get_by_role(role, name=say(name)).first.click()


def at_rest(till: Page) -> None:
    """Look into a first doubt: it was only local."""
    till.get_by_label(say("Vad som framkom")).first.fill("IVA och BB når inte Befreg heller")
    till.locator("#real-start_local").check()
    till.get_by_text(say("Avbockad")).wait_for()
    take(till, "till-checklist")
    press(till, "Felet var bara lokalt")


WARDS = ("Anestesikliniken / IVA", "Kvinnokliniken / Förlossning", "Ögonkliniken / Ögonmottagning")
BEGAN = timedelta(minutes=95)  # how long ago the drill of the pictures began
OUTAGE, PLAN = "/outage/1/", "/outage/plans/1/"
TILL, OF_DRILLS = "/till/drill/", "?drill=1"
# In a drill even what is created beforehand has training numbers.
PREPARED = ("19990101K00", "19990101K02", "19990101M01")


def minute_of_drill(minute: int) -> str:
    """Return a time of the drill as people type it; the demonstration is in Borås."""
    at = NOW - BEGAN + timedelta(minutes=minute)
    return at.astimezone(ZoneInfo("Europe/Stockholm")).strftime("%Y-%m-%d %H:%M")


def underway() -> None:
    """Let a planned drill have begun before NOW: no page starts one but now."""
    from befreg_reserv.people.models import User, Ward  # noqa: PLC0415  after django.setup
    from outage.plans import planning  # noqa: PLC0415

    wards = [ward for ward in Ward.objects.select_related("clinic") if str(ward) in WARDS]
    administrator, till = (User.objects.get(username=name) for name in ("demad", "demka"))
    terms = planning.Terms(NOW - BEGAN, NOW - BEGAN + timedelta(hours=2), wards)
    a_week_ago = NOW - timedelta(days=7)
    plan, _new = planning.announce(
        terms, Event.now(administrator, a_week_ago), drill=True, reason="Höstens övning"
    )
    planning.start(plan.pk, Event.now(till, NOW - BEGAN))


def preparing(administrator: Page) -> None:
    """Set numbers aside for a ward."""
    administrator.goto(f"{PLAN}numbers/")
    administrator.get_by_label(WARDS[0]).check()
    numbers = "\n".join(stem + check_digit(stem) for stem in PREPARED)
    administrator.get_by_label(say("Numren från Befreg")).fill(numbers)
    form = administrator.get_by_role("region", name=say("Lägg undan nummer"))
    with administrator.expect_navigation():
        form.get_by_role("button").click()


def planning_the_next(administrator: Page, ward: Page) -> None:
    """Announce the next drill, and let a ward say what it needs."""
    day = NOW + timedelta(days=14)
    administrator.goto("/outage/plans/new/")
    administrator.get_by_label(say("Börjar")).fill(f"{day:%Y-%m-%d} 20:00")
    administrator.get_by_label(say("Slutar")).fill(f"{day:%Y-%m-%d} 22:30")
    administrator.get_by_label(say("eller skriv dem")).fill("\n".join(WARDS))
    administrator.get_by_label(say("Varför stoppas Befreg?")).fill("Övning för kvällslagen")
    administrator.get_by_label(say("Det här är en övning")).check()
    press(administrator, "Kontrollera")
    press(administrator, "Meddela")
    ward.goto(f"/ward/{OF_DRILLS}")
    press(ward, "Ange vad er avdelning behöver", "link")
    ward.get_by_label(say("Nummer för kvinnor")).fill("2")
    ward.get_by_label(say("Nummer för män")).fill("1")
    take(ward, "outage-plan-need")
    press(ward, "Svara för")
    administrator.reload()
    take(administrator, "outage-plan")


def call(till: Page, clock: Clock, *, ward: str = WARDS[0], sex: str = "K") -> None:
    """Fill in a call, a minute after the one before."""
    clock.move(minutes=1)
    till.goto(f"{TILL}call/")
    press_if_asked(till, "Börja ett nytt samtal")  # not the one that a picture left half filled in
    till.locator(f"[name=sex][value={sex}]").check()
    till.get_by_label("vgr-id").fill("demav")
    till.locator("input[name=ward]").fill(ward)
    press(till, "Lämna ut")
    press_if_asked(till, "Nej, en annan patient")


def press_if_asked(page: Page, name: str) -> None:
    """Press a button that is there on some pages alone."""
    button = page.get_by_role("button", name=say(name))
    if button.count():
        with page.expect_navigation():
            button.click()


def at_the_till(till: Page, clock: Clock) -> None:
    """Take calls, read back wrong and right, miss a sheet."""
    till.goto(f"{TILL}call/")
    till.locator("[name=sex][value=K]").check()
    till.get_by_label("vgr-id").fill("demav")
    till.locator("input[name=ward]").press_sequentially("ane")
    till.keyboard.press("ArrowDown")
    till.get_by_role("option").first.wait_for()
    take(till, "till-call")
    call(till, clock)
    take(till, "till-number")
    till.get_by_label(say("De fyra sista")).fill("K070")
    till.keyboard.press("Enter")
    till.get_by_role("alert").wait_for()
    take(till, "till-read-back-wrong")
    till.get_by_label(say("De fyra sista")).fill("K007")
    till.keyboard.press("Enter")
    till.get_by_role("status").wait_for()
    call(till, clock, ward="Rum 7 i källaren")
    press(till, "Något blev fel", "link")
    till.locator("details").filter(has_text=say("Arket saknas")).locator("summary").click()
    press(till, "Ja, det saknas")
    till.get_by_text(say("Inte K015")).wait_for()
    take(till, "till-sheet-missing")
    call(till, clock, sex="M")
    till.goto(TILL)
    take(till, "till-board")
    for _ in range(3):
        call(till, clock)
    take(till, "till-none-left")


def ending(till: Page, ward: Page) -> None:
    """List patients without a number, end the drill, enter what was given out on paper."""
    for place, minute in (("Sal 2", 20), ("Sal 3, säng 1", 55)):
        ward.goto(f"{OUTAGE}late/")
        ward.get_by_label(say("Säng eller plats")).fill(place)
        ward.get_by_label(say("Behandlad när?")).fill(minute_of_drill(minute))
        press(ward, "Skriv upp")
    till.goto(OUTAGE)
    till.get_by_label(say("Hur vet vi det?")).fill("Inloggningen svarar igen")
    press(till, "Befreg svarar: avsluta")
    till.get_by_label(say("Vad är det?")).select_option(label=say("Vad som gick fel"))
    till.get_by_label(say("Med ord")).fill("Två avdelningar hittade inte kassans nummer")
    press(till, "Lägg till")
    till.goto(f"{OUTAGE}late-entries/batch/")
    lines = (
        f"{minute_of_drill(12)}; M003; {WARDS[2]}; demav; demka; 2102",
        f"{minute_of_drill(31)}; M029; {WARDS[0]}; demav; demka",
    )
    till.get_by_label(say("klistra in raderna")).fill("\n".join(lines))
    press(till, "Kontrollera och förhandsgranska")
    take(till, "late-entries-batch")
    press(till, "För in dessa utlämningar")


def type_real_number(ward: Page) -> None:
    """Type what the wristband says, and the number that the page of a drill's handout offers."""
    ward.locator("#replace_wristband").fill(ward.locator("h1 .number b").inner_text())
    ward.get_by_label(say("Jag har sökt i Befreg")).check()
    real = ward.locator(".card .number").first.inner_text()
    ward.locator("#replace_number").press_sequentially(real)
    ward.get_by_text(say("kan registreras")).wait_for()


def close_from_paper(ward: Page) -> None:
    """Close what was given out on paper, as it was done on paper too."""
    ward.goto(f"/ward/{OF_DRILLS}")
    press(ward, ": M029", "link")
    type_real_number(ward)
    ward.get_by_text(say("Skapat tidigare")).click()
    ward.get_by_label(say("När skapades det?")).fill(minute_of_drill(64))
    press(ward, "Registrera")
    ward.get_by_text(say("Gjord tidigare")).click()
    ward.get_by_label(say("När gjordes aviseringen?")).fill(minute_of_drill(78))
    press(ward, "Aviseringen")


def on_the_ward(ward: Page) -> None:
    """Close one handout, account for what was prepared, register one who was treated without."""
    ward.goto(f"/ward/{OF_DRILLS}")
    take(ward, "ward-open")
    press(ward, ": K007", "link")
    type_real_number(ward)
    take(ward, "ward-real-number")
    press(ward, "Registrera")
    take(ward, "ward-notice")
    press(ward, "Aviseringen")
    close_from_paper(ward)
    ward.goto(f"/ward/{OF_DRILLS}")
    press(ward, "Markera det", "link")
    press(ward, "Använt")
    press(ward, "Oanvänt")
    take(ward, "prepared")
    ward.goto(f"{OUTAGE}late/")
    row = ward.locator("li.card").first
    row.get_by_label(say("Numret från Befreg")).fill(row.locator(".number").first.inner_text())
    press(ward, "Registrerad i Befreg")
    take(ward, "late-list")


def counting(till: Page) -> None:
    """Count the binder: one sheet is missing."""
    till.goto(f"/binder/{OF_DRILLS}")
    press(till, "Kontrollräkna", "link")
    boxes = till.get_by_role("group", name=say("De här ska ligga där")).get_by_role("checkbox")
    boxes.first.check()
    take(till, "count")
    press(till, "Jämför och registrera")
    till.get_by_label(say("Orsak till avvikelsen")).fill("Fliken är tom, och ingen vet varför")
    press(till, "Registrera kontrollräkningen")
    take(till, "counted")


def administering(administrator: Page) -> None:
    """Look at what waits, what is left and what became of the drill."""
    for name, path in (
        ("administrator-overview", f"/binder/overview/{OF_DRILLS}"),
        ("administrator-wards", "/wards/"),
        ("refill", "/binder/1/refill/"),
        ("outage-story", OUTAGE),
        ("outage-report", f"{OUTAGE}report/"),
        ("outage-sign-off", f"{OUTAGE}sign-off/"),
    ):
        administrator.goto(path)
        take(administrator, name)


def walk(open_as: Open, clock: Clock) -> None:
    """Follow a drill from the first doubt to its report, and take the pictures on the way."""
    till, ward, administrator = open_as("demka"), open_as("demav"), open_as("demad")
    at_rest(till)
    underway()
    preparing(administrator)
    # Within what locks a workstation: five minutes at the till.
    at_the_till(till, clock)
    clock.move(minutes=1)
    ending(till, ward)
    clock.move(minutes=1)
    on_the_ward(ward)
    clock.move(minutes=1)
    counting(till)
    administering(administrator)
    planning_the_next(administrator, ward)


def trial(open_as: Open, clock: Clock) -> None:
    """Follow a new ward nurse through a drill, in Swedish."""
    from befreg_reserv.people.models import User  # noqa: PLC0415  after django.setup
    from outage import lifecycle  # noqa: PLC0415
    from tests.browser.trial import Case, Hand, walk  # noqa: PLC0415

    nurse, tilda = (User.objects.get(username=name) for name in ("demav", "demka"))
    nurse.set_password(PASSWORD)
    nurse.save()
    drill, _new = lifecycle.start(Event.now(tilda, NOW), drill=True)
    till = open_as("demka")
    till.goto(TILL)

    def restart() -> None:
        clock.move(minutes=5)
        lifecycle.end(drill, Event.now(tilda, NOW + timedelta(minutes=5)))

    case = Case("demav", PASSWORD, WARDS[0], "19300109K003", drill=True)
    walk(Hand(open_as(), mouse=True), Hand(till, mouse=False), case, restart, take)


def main() -> None:
    """Take all pictures of a language that are shown, and drop the others."""
    folder = PICTURES / LANGUAGE
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.png"):
        if file.stem not in shown():
            file.unlink()
    with demonstration() as (url, cookies, clock), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=require(), args=LAUNCH_ARGS)
        follow = trial if sys.argv[2:] == [TRIAL] else walk
        follow(Open(browser, url, cookies), clock)
        browser.close()


def each_in_its_own_process() -> None:
    """Take the pictures of every language: one demonstration, and one Django, for each."""
    for arguments in (*([language] for language in LANGUAGES), ["sv", TRIAL]):
        subprocess.run([sys.executable, "-m", "tests.pictures", *arguments], check=True)


if __name__ == "__main__":
    main() if len(sys.argv) > 1 else each_in_its_own_process()
