"""Pages on paper, as a printer gets them: A4, without backgrounds, with pictures to look at.

Some are printed in `make test`; all that show a page, in the long form. The slip has sheets of its
own size (``tests/browser/at_work/test_slip.py``), the report a PDF besides.
"""

import re
import subprocess
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize

from tests import cast as casting
from tests.browser.every_state.test_layout import SOURCE
from tests.browser.states import GROUPS, Group, State
from tests.browser.visit import WIDE, Window, only, resize
from tests.browser.watch import Watch
from tests.served import ROOT
from tests.tooling import programs

PICTURES = ROOT / "var" / "prints"
# The width of what is between the margins: 210 - 2 × 14 mm at 96 dots per inch.
UPRIGHT: ViewportSize = {"width": 688, "height": 1000}
TURNED: ViewportSize = {"width": 1017, "height": 670}
MARGIN = 13 / 25.4 * 72  # what a printer may not reach, and a word must not stand in
FOOT = re.compile(r"läget \d{4}-\d\d-\d\d \d\d:\d\d\.( Utskrivet av \w+\.)?\s+Sida (\d+) av (\d+)")
MAIN = {
    "count, used tabs",
    "life of a number",
    "log",
    "prepared list of a drill",
    "report",
    "story, administrator",
}
OF_THEIR_OWN = {"styleguide", "label", "slip", "slip in a drill", "slips of a call"}


@pytest.fixture(autouse=True, scope="module")
def _with_source(window_context: tuple[BrowserContext, Watch]) -> None:
    programs.skip_without()
    window_context[0].add_init_script(path=SOURCE)


def printed(page: Page, folder: Path, name: str) -> Path:
    """Print the page as a browser does; return the PDF."""
    pdf = folder / f"{re.sub(r'[^a-z]+', '-', name)}.pdf"
    page.pdf(path=pdf, prefer_css_page_size=True, print_background=False)
    return pdf


def on_paper(page: Page) -> Iterator[str]:
    """Yield what should not be on paper, or lies wrong there."""
    page.emulate_media(media="print")
    resize(page, UPRIGHT)
    turned = page.evaluate("getComputedStyle(document.body).page") == "turned"
    resize(page, TURNED if turned else UPRIGHT)
    yield from page.evaluate("layout.printed()")
    page.emulate_media(media="null")
    resize(page, WIDE)


def sheets_of(pdf: Path) -> list[str]:
    """Return the text of each sheet, laid out as it is."""
    command = ["pdftotext", "-layout", str(pdf), "-"]
    text: str = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return text.rstrip("\f").split("\f")


def wrong_with(pdf: Path, headings: set[str], *, drill: bool) -> Iterator[str]:
    """Yield what is wrong with the sheets: feet, ends and edges."""
    sheets = sheets_of(pdf)
    for number, sheet in enumerate(sheets, 1):
        *lines, foot = [line.strip() for line in sheet.splitlines() if line.strip()]
        said = FOOT.search(foot)
        if not said or said.group(2, 3) != (str(number), str(len(sheets))):
            yield f"sheet {number} ends with: {foot}"
        if drill and "ÖVNING" not in sheet.replace(" ", ""):
            yield f"sheet {number} doesn't say that it is of a drill"
        if lines and number < len(sheets) and lines[-1] in headings:
            yield f"sheet {number} ends with the heading {lines[-1]}"
        if not lines:
            yield f"sheet {number} is empty"
    yield from beyond(pdf)


def beyond(pdf: Path) -> Iterator[str]:
    """Yield the words that stand in a margin at the side, or are cut there."""
    command = ["pdftotext", "-bbox", str(pdf), "-"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    width = 0.0
    for line in told.splitlines():
        if page := re.search(r'<page width="([\d.]+)"', line):
            width = float(page[1])
        word = re.search(r'xMin="([-\d.]+)".* xMax="([-\d.]+)".*?>(.*)</word>', line)
        if word and not MARGIN <= float(word[1]) <= float(word[2]) <= width - MARGIN:
            yield f"stands in the margin: {word[3]}"


def complaints(page: Page, pdf: Path) -> list[str]:
    """Return all that is wrong with the page on paper."""
    headings = page.evaluate(
        "[...document.querySelectorAll('h1, h2, h3')].map((each) => each.innerText.trim())"
    )
    drill = page.evaluate("document.body.matches('.drill')")
    return [*on_paper(page), *wrong_with(pdf, set(headings), drill=drill)]


def printable(state: State) -> bool:
    """Tell whether the state is a page as it comes, also one that says what a form would do."""
    plain = state.status == HTTPStatus.OK and not state.then and not state.instead
    return plain and state.name not in OF_THEIR_OWN


def check(group: Group, window: Window, folder: Path) -> None:
    """Print each state of the group; keep pictures of the sheets."""
    places = group.situation(casting.assemble())
    wrong: list[str] = []
    for state in group.states:
        window.show(state, places)
        pdf = printed(window.page, folder, state.name)
        wrong += [f"{state.name}: {each}" for each in complaints(window.page, pdf)]
        picture(pdf)
    assert not wrong, "\n".join(wrong)


def picture(pdf: Path) -> None:
    """Keep a picture of each sheet, small enough to be looked through and large enough to read."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for old in PICTURES.glob(f"{pdf.stem}-[0-9]*.png"):
        old.unlink(missing_ok=True)
    subprocess.run(["pdftoppm", "-r", "75", "-gray", "-png", pdf, PICTURES / pdf.stem], check=True)


@pytest.mark.parametrize("group", only(GROUPS, lambda state: state.name in MAIN), ids=str)
def test_what_is_printed_most(group: Group, window: Window, tmp_path: Path) -> None:
    check(group, window, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("group", only(GROUPS, printable), ids=str)
def test_each_page_on_paper(group: Group, window: Window, tmp_path: Path) -> None:
    check(group, window, tmp_path)


PLANTS = {
    "form:not(.x) { display: block !important }": "can be pressed: ",
    "main { position: fixed }": "lies over others: ",
    "main { min-width: 1200px }": "the page is 1",
    "@page { @bottom-right { content: none } }": "sheet 1 ends with: ",
    "h1 { margin-left: -12mm }": "stands in the margin: ",
    "h1 { margin-bottom: 255mm }": "sheet 1 ends with the heading ",
}


@pytest.mark.parametrize("css", PLANTS)
def test_a_fault_on_paper_is_found(window: Window, tmp_path: Path, css: str) -> None:
    window.page.goto("/sign-in/")
    window.page.evaluate(
        "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);"
        " document.adoptedStyleSheets = [sheet]; }",
        css,
    )
    pdf = printed(window.page, tmp_path, "planted")
    assert [each for each in complaints(window.page, pdf) if each.startswith(PLANTS[css])]
