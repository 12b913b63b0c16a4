"""The slip as a printer gets it: the size of the paper, one page, and codes that scan."""

import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Browser, Page, expect

from befreg_reserv.people.models import Clinic, Ward
from custody.models import Binder, Handout, ReserveNumber
from custody.numbers.identities import training_numbers
from custody.views.number.slip import SIZES, content
from tests import cast as casting
from tests import scenes
from tests.browser.conftest import Sit
from tests.browser.hands import follow
from tests.cast import Cast
from tests.served import ROOT
from tests.tooling import programs

STYLE = "vendor/designsystemet/designsystemet.css"
MILLIMETRES = {"a6": (105, 148), "label": (62, 100)}
LABEL_PRINTER, FINE = 203, 300  # dots per inch
DOTS = LABEL_PRINTER / 25.4  # per millimetre
DOTS_PER_PIXEL = LABEL_PRINTER / 96
WITH_X = ["19930829X802", "20000101X803"]
# The longest words that the database lets through: as they come, and as wide as they come.
LONG = ("Kliniken för allmän barnmedicin " * 4)[:120], ("Avdelningen för övervakning " * 5)[:120]
WIDE = "W" * 120, "W" * 120


@pytest.fixture(autouse=True)
def _programs() -> None:
    programs.skip_without()


def handout(
    value: str, *, clinic: str = "Anestesikliniken", ward: str = "IVA", name: str = "Driftstopp"
) -> Handout:
    """Return a handout that no database knows: a slip of it looks like any other."""
    born = date(int(value[:4]), int(value[4:6]), int(value[6:8]))
    training = value in training_numbers(born)
    binder = Binder(birth_date=born, family_name=name, given_name=name, training=training)
    return Handout(
        number=ReserveNumber(binder=binder, value=value, training=training),
        ward=Ward(name=ward, clinic=Clinic(name=clinic)),
        handed_out_at=datetime(2026, 11, 22, 13, 5, tzinfo=UTC),
        handed_out_by="w" * 30 if ward == WIDE[1] else "tilda",
    )


def sheet(size: str, *handouts: Handout) -> str:
    """Return a document of slips alone, dressed as the page is."""
    names = (STYLE, "befreg.css", "print.css")
    css = "".join((ROOT / "static" / name).read_text(encoding="utf-8") for name in names)
    slips = "".join(
        render_to_string("custody/_slip.html", content(each, size)) for each in handouts
    )
    return f'<!DOCTYPE html><style>{css}</style><main><div class="paper">{slips}</div></main>'


@pytest.fixture(scope="module")
def desk(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture
def page(desk: Page) -> Iterator[Page]:
    """A page for documents that no server sends; each new one would start a process."""
    yield desk
    desk.emulate_media(media="null")


def printed(page: Page, folder: Path) -> Path:
    """Print the page on the paper it asks for, as a browser does: without backgrounds."""
    pdf = folder / "slip.pdf"
    page.pdf(path=pdf, prefer_css_page_size=True, print_background=False)
    return pdf


def scanned(pdf: Path, dpi: int) -> list[str]:
    """Return what a scanner reads on each page, drawn in black dots and white as printers do."""
    folder = pdf.with_name(f"{dpi}")
    folder.mkdir()
    subprocess.run(["pdftoppm", "-mono", "-r", str(dpi), pdf, folder / "page"], check=True)
    read = subprocess.run(
        ["zbarimg", "--quiet", "--nodbus", *sorted(folder.iterdir())],
        check=False,  # it fails when it finds nothing, and then says so by saying nothing
        capture_output=True,
        text=True,
    )
    return sorted(read.stdout.splitlines())


def both_codes(*numbers: str) -> list[str]:
    return sorted(f"{code}:{number}" for number in numbers for code in ("CODE-128", "QR-Code"))


def facts(pdf: Path) -> dict[str, str]:
    """Return what pdfinfo tells."""
    told = subprocess.run(["pdfinfo", pdf], check=True, capture_output=True, text=True).stdout
    return {
        name: value.strip()
        for name, _, value in (line.partition(":") for line in told.splitlines())
    }


def millimetres(pdf: Path) -> list[float]:
    width, _by, height, *_ = facts(pdf)["Page size"].split()
    return [float(points) / 72 * 25.4 for points in (width, height)]


@pytest.mark.parametrize("dpi", [LABEL_PRINTER, pytest.param(FINE, marks=pytest.mark.long)])
@pytest.mark.parametrize("size", SIZES)
def test_a_scanner_reads_every_number_from_paper(
    page: Page, tmp_path: Path, size: str, dpi: int
) -> None:
    numbers = [*training_numbers(date(2000, 1, 1)), *scenes.REAL[:2], *WITH_X]
    page.set_content(sheet(size, *map(handout, numbers)))
    pdf = printed(page, tmp_path)
    assert facts(pdf)["Pages"] == str(len(numbers))
    assert scanned(pdf, dpi) == both_codes(*numbers)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("value", [scenes.REAL[-1], scenes.TRAINING[-1]], ids=["reality", "drill"])
@pytest.mark.parametrize("words", [LONG, WIDE], ids=["long", "wide"])
def test_however_long_the_words_it_is_one_page_of_the_right_size(
    page: Page, tmp_path: Path, size: str, value: str, words: tuple[str, str]
) -> None:
    clinic, ward = words
    page.set_content(sheet(size, handout(value, clinic=clinic, ward=ward, name=ward[:60])))
    pdf = printed(page, tmp_path)
    assert facts(pdf)["Pages"] == "1"
    assert millimetres(pdf) == pytest.approx(MILLIMETRES[size], abs=0.5)
    assert overflowing(page) == []
    assert scanned(pdf, LABEL_PRINTER) == both_codes(value)


def overflowing(page: Page) -> list[str]:
    """Return what of the slip passes the edge of its content, by the name of its class."""
    page.emulate_media(media="print")
    found: list[str] = page.evaluate(
        """() => {
          const slip = document.querySelector(".slip");
          const style = getComputedStyle(slip);
          const box = slip.getBoundingClientRect();
          const bottom = box.bottom - parseFloat(style.paddingBottom);
          const right = box.right - parseFloat(style.paddingRight);
          return [...slip.querySelectorAll("p, h2, dl, dl > div, li, .qr")]
            .filter((part) => {
              const edge = part.getBoundingClientRect();
              return edge.bottom > bottom + 1 || edge.right > right + 1;
            })
            .map((part) => part.className || part.tagName);
        }"""
    )
    return found


def test_without_its_limits_the_longest_name_would_overflow(page: Page) -> None:
    clinic, ward = WIDE
    value = scenes.TRAINING[-1]
    page.set_content(sheet("label", handout(value, clinic=clinic, ward=ward, name=ward[:60])))
    page.add_style_tag(content=".slip dl > div { -webkit-line-clamp: none !important; }")
    assert overflowing(page)


@pytest.mark.parametrize("size", SIZES)
def test_the_longest_real_words_are_not_cut(page: Page, size: str) -> None:
    clinic, ward = LONG
    page.set_content(sheet(size, handout(scenes.TRAINING[-1], clinic=clinic, ward=ward)))
    page.emulate_media(media="print")
    cut = page.locator(".slip dl > div").evaluate_all(
        "parts => parts.filter((part) => part.scrollHeight > part.clientHeight + 1).length"
    )
    assert cut == 0


def dots(pdf: Path) -> list[str]:
    """Return a label printer's lines of dots: 1 is black."""
    subprocess.run(
        ["pdftoppm", "-mono", "-r", str(LABEL_PRINTER), "-singlefile", pdf, pdf.with_suffix("")],
        check=True,
    )
    _kind, size, picture = pdf.with_suffix(".pbm").read_bytes().split(b"\n", 2)
    width = int(size.split()[0])
    length = (width + 7) // 8
    lines = (picture[begin : begin + length] for begin in range(0, len(picture), length))
    return ["".join(f"{byte:08b}" for byte in line)[:width] for line in lines]


@pytest.mark.parametrize(("value", "framed"), [(scenes.TRAINING[0], True), (scenes.REAL[0], False)])
def test_only_a_drill_has_a_frame_and_it_is_printed(
    page: Page, tmp_path: Path, value: str, framed: bool
) -> None:
    page.set_content(sheet("label", handout(value)))
    upper_edge = dots(printed(page, tmp_path))[int(3.1 * DOTS)]
    black = upper_edge.count("1") / len(upper_edge)
    assert black > 1 / 3 if framed else black < 1 / 20


@pytest.mark.parametrize(("css", "white"), [("", True), (".code128 { position: static }", False)])
def test_the_frame_stops_where_the_bars_need_white(
    page: Page, tmp_path: Path, css: str, white: bool
) -> None:
    page.emulate_media(media="print")
    page.set_content(f"{sheet('label', handout(scenes.TRAINING[0]))}<style>.slip {css}</style>")
    box = page.locator(".code128").bounding_box()
    assert box
    left, top, high = (round(box[side] * DOTS_PER_PIXEL) for side in ("x", "y", "height"))
    lines = dots(printed(page, tmp_path))[top + 1 : top + high - 1]
    # Ten modules of three dots, less what is rounded.
    assert all("1" not in line[left + 1 : left + 29] for line in lines) is white


@pytest.fixture
def people(transactional_db: None) -> Cast:
    return casting.assemble()


@pytest.fixture
def real(people: Cast) -> Handout:
    scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
    return scenes.handed_out(people, outage_id=scenes.begin(people.tilda).pk)


@pytest.fixture
def drilled(people: Cast) -> Handout:
    scenes.lay_in("Övningspärm", scenes.TRAINING, training=True)
    return scenes.handed_out(people, outage_id=scenes.begin(people.tilda, drill=True).pk)


# A real number's and a drill's, each in one size; the long form has the other two.
@pytest.mark.parametrize(
    "sizes", [("a6", "label"), pytest.param(("label", "a6"), marks=pytest.mark.long)]
)
def test_the_page_itself_prints_as_one_slip(
    people: Cast,
    real: Handout,
    drilled: Handout,
    sit_down: Sit,
    tmp_path: Path,
    sizes: tuple[str, str],
) -> None:
    till = sit_down(people.tilda)
    for each, size in zip((real, drilled), sizes, strict=True):
        till.goto(f"/till/handouts/{each.pk}/slip/?size={size}")
        (folder := tmp_path / size).mkdir()
        pdf = printed(till, folder)
        assert facts(pdf)["Pages"] == "1"
        assert millimetres(pdf) == pytest.approx(MILLIMETRES[size], abs=0.5)
        assert scanned(pdf, LABEL_PRINTER) == both_codes(each.number.value)


def test_on_the_screen(people: Cast, real: Handout, sit_down: Sit) -> None:
    till = sit_down(people.tilda)
    till.add_init_script("window.print = () => { document.title = 'printed'; }")
    till.emulate_media(color_scheme="dark")
    till.goto(f"/till/handouts/{real.pk}/slip/")

    # Black on white in the dark too.
    colours = till.locator(".slip, .slip *:not(svg *)").evaluate_all(
        "all => [...new Set(all.map((each) => getComputedStyle(each).color))]"
    )
    assert colours == ["rgb(0, 0, 0)"]
    expect(till.locator(".slip")).to_have_css("background-color", "rgb(255, 255, 255)")

    # The whole slip on a telephone.
    till.set_viewport_size({"width": 360, "height": 740})
    assert till.evaluate("document.documentElement.scrollWidth") <= 360
    assert till.locator(".paper").evaluate("paper => paper.scrollWidth <= paper.clientWidth")

    # A button that prints, and no advice that nobody needs.
    expect(till.locator("[data-print-hint]")).to_be_hidden()
    till.locator("[data-print]").click()
    expect(till).to_have_title("printed")


@pytest.mark.long
def test_without_script_the_page_says_how_to_print(
    people: Cast, real: Handout, sit_down: Sit
) -> None:
    till = sit_down(people.tilda, javascript=False)
    till.goto(f"/till/handouts/{real.pk}/slip/")
    expect(till.locator("[data-print-hint]")).to_be_visible()
    expect(till.locator("[data-print]")).to_be_hidden()
    follow(till, till.locator('a[href="?size=label"]'))
    expect(till.locator(".slip.label")).to_be_visible()
    follow(till, till.locator(f'main a[href="/till/handouts/{real.pk}/"]'))
    expect(till).to_have_url(re.compile(rf"/till/handouts/{real.pk}/$"))
