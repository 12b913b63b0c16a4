"""The report on paper, read back with pdftotext: its figures are the page's."""

import re
import shutil
import subprocess
import zlib
from base64 import a85decode
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone, translation

from befreg_reserv.acts.event import Event
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.audit.seals import heads, note, sealing
from befreg_reserv.people.models import User, Ward
from custody.afterwards.report import words
from custody.afterwards.report.figures import report
from custody.afterwards.report.pdf import pdf
from custody.handouts import doubles
from custody.models import Binder
from outage import lifecycle
from outage.models import Outage, TimelineEntry
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.afterwards.aftermath import Aftermath, lay_out
from tests.ground.scenery import scene
from tests.pages import text_of
from tests.paper import read

pytestmark = pytest.mark.one_database("layout")


@scene
def after(cast: Cast, real_binder: Binder) -> Aftermath:
    return lay_out(cast)


@scene
def practised(cast: Cast, training_binder: Binder) -> Aftermath:
    return lay_out(cast, drill=True)


@scene
def adele(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.adele)


def bare(text: str) -> str:
    """Return a text without its blanks: paper breaks lines where it must."""
    return re.sub(r"\s+", "", text)


@pytest.fixture
def _at_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let page and paper be asked for at the same time: figures of what is open grow older."""
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)


def of_page(adele: Client, outage: Outage) -> tuple[str, bytes]:
    url = outage.get_absolute_url()
    return text_of(adele.get(f"{url}report/")), adele.get(f"{url}report.pdf").content


@pytest.mark.usefixtures("_at_one_moment")
@pytest.mark.parametrize("name", ["after", "practised"])
def test_every_word_and_figure_of_the_page_stands_on_the_paper(
    request: pytest.FixtureRequest, adele: Client, tmp_path: Path, name: str
) -> None:
    User.objects.update(language="en")  # as this test's own words are
    outage = request.getfixturevalue(name).outage
    page, paper = of_page(adele, outage)
    # Cell by cell, or a cell of two lines would be torn apart by those beside it.
    page, paper_text = bare(page), bare(read(paper, tmp_path, "pdftotext", "-raw"))
    made = report(outage, outage.ended_at)
    sections = words.sections(made)
    assert len(sections) >= 9
    for section in sections:
        assert bare(section.title) in page
        assert bare(section.title) in paper_text
    for cells in _tables(adele, outage):
        for cell in cells:
            assert bare(cell) in page
            assert bare(cell) in paper_text


def _tables(adele: Client, outage: Outage) -> list[tuple[str, ...]]:
    """Return every fact and every row of the page, its drawing's too."""
    made = adele.get(f"{outage.get_absolute_url()}report/").context["report"]
    rows = [cells for part in words.sections(made) for cells in (*part.facts, *part.rows)]
    return [*rows, *words.curve_rows(made.curve)]


def test_a_table_has_its_figures_in_the_pages_order(after: Aftermath, tmp_path: Path) -> None:
    made = report(after.outage, after.at(600))
    text = " ".join(read(pdf(made), tmp_path, "pdftotext", "-layout").split())
    for row in (
        "From call to number 3 40 s 1 min 30 s",
        "From number to real number 2 2 h 30 min 3 h 0 min",
        "From number to RAPS notice 1 2 h 10 min 2 h 10 min",
        "Ögonkliniken / Ögonmottagning 0 1 1 1",
    ):
        assert row in text


def test_it_embeds_its_letters_and_counts_its_pages(after: Aftermath, tmp_path: Path) -> None:
    paper = pdf(report(after.outage, after.at(600)))
    fonts = read(paper, tmp_path, "pdffonts").splitlines()[2:]
    assert fonts
    assert all(" yes yes yes " in " ".join(font.split()) + " " for font in fonts if "Vera" in font)
    pages = read(paper, tmp_path).split("\f")[:-1]
    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page


def test_every_page_of_a_drill_says_so(adele: Client, practised: Aftermath, tmp_path: Path) -> None:
    answer = adele.get(f"{practised.outage.get_absolute_url()}report.pdf")
    for page in read(answer.content, tmp_path).split("\f")[:-1]:
        assert "ÖVNING" in page
    # "ÖVNING-", as the header of a file's name has it
    assert "filename*=utf-8''%C3%96VNING-" in answer.headers["Content-Disposition"]


def test_a_real_outages_paper_does_not(adele: Client, after: Aftermath, tmp_path: Path) -> None:
    answer = adele.get(f"{after.outage.get_absolute_url()}report.pdf")
    assert "ÖVNING" not in read(answer.content, tmp_path)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert "attachment" in answer.headers["Content-Disposition"]


def test_what_people_wrote_is_text_and_no_markup(after: Aftermath, tmp_path: Path) -> None:
    wrote = "<b>1 < 2 & 3</b> <para> åäö ÅÄÖ"
    lifecycle.note(
        after.outage,
        Event.now(after.cast.adele, after.at(500)),
        text=wrote,
        act=TimelineEntry.Act.CAUSE,
    )
    text = read(pdf(report(after.outage, after.at(600))), tmp_path)
    assert wrote in " ".join(text.split())


def test_a_row_that_is_longer_than_a_page_goes_on_on_the_next(
    after: Aftermath, tmp_path: Path
) -> None:
    alarm = scenes.doubled(after.cast, after.open).alarm
    Ward.objects.filter(pk=after.cast.eye.pk).update(name="W" * 120)
    doubles.settle(alarm.pk, scenes.now(after.cast.adele), done=f"{'W' * 497}END")
    paper = read(pdf(report(after.outage, after.at(600))), tmp_path, "pdftotext", "-raw")
    assert bare(paper).count("WEND") == len((alarm.first, alarm.second))


def test_an_empty_outage_has_a_report_too(cast: Cast, outage: Outage, tmp_path: Path) -> None:
    text = read(pdf(report(outage, outage.started_at)), tmp_path)
    assert "No number was given." in text


def test_it_is_logged(adele: Client, after: Aftermath) -> None:
    adele.get(f"{after.outage.get_absolute_url()}report.pdf")
    logged = LogEntry.objects.filter(act="report_pdf")
    assert logged.get(content_type__model="outage").object_id == after.outage.pk
    assert after.voided.number.value in logged.values_list("number", flat=True)


def test_the_newest_seal_stands_on_page_and_paper(
    adele: Client, after: Aftermath, tmp_path: Path
) -> None:
    assert "Ingenting är förseglat än" in of_page(adele, after.outage)[0]
    *_older, head = sealing.seal_all(note.new_signer("befreg-reserv"))
    page, file = of_page(adele, after.outage)
    code = heads.claimed(head.note).code()
    assert code in page
    assert bare(code) in bare(read(file, tmp_path))
    if shutil.which("zbarimg") and shutil.which("pdftoppm"):
        assert " ".join(head.note.split()) in " ".join(scanned(file, tmp_path).split())


def scanned(file: bytes, folder: Path) -> str:
    """Return what a scanner reads in the codes on the paper."""
    paper = folder / "scanned.pdf"
    paper.write_bytes(file)
    subprocess.run(["pdftoppm", "-r", "150", "-png", paper, folder / "page"], check=True)
    pages = sorted(folder.glob("page*.png"))
    done = subprocess.run(
        ["zbarimg", "--quiet", "--raw", *pages], check=False, capture_output=True, text=True
    )
    return done.stdout


# --- what a screen reader is told, as poppler reads the structure -----------------------------


@pytest.fixture
def paper(after: Aftermath) -> bytes:
    with translation.override("sv"):
        return pdf(report(after.outage, timezone.now()))


def test_it_has_title_language_and_structure(paper: bytes, tmp_path: Path) -> None:
    told = read(paper, tmp_path, "pdfinfo")
    assert re.search(r"^Tagged: +yes$", told, re.MULTILINE)
    assert re.search(r"^Title: +Rapport över driftstoppet", told, re.MULTILINE)
    assert b"/Lang (sv)" in paper
    assert b"/DisplayDocTitle true" in paper
    assert b"<pdfuaid:part>1</pdfuaid:part>" in paper


def test_everything_is_an_element_and_heads_say_of_what(paper: bytes, tmp_path: Path) -> None:
    lines = read(paper, tmp_path, "pdfinfo", "-struct").splitlines()
    told = [line.split()[0].rstrip(":") for line in lines if line.strip()]
    kinds = [each for each in told if each in {"Document", "H1", "Figure"}]
    assert kinds == ["Document", "H1", "Figure"]
    assert told.count("H2") >= 9
    assert told.count("TD") > told.count("TR") > told.count("Table") >= 5
    text = "\n".join(lines)
    assert text.count("/Scope /Column") + text.count("/Scope /Row") == told.count("TH")


def test_it_is_read_in_the_order_of_the_page(paper: bytes, tmp_path: Path) -> None:
    said = bare(read(paper, tmp_path, "pdfinfo", "-struct-text"))
    places = [said.index(bare(head)) for head in ("Utlämnade nummer", "Samtal", "Över tid")]
    assert places == sorted(places)
    assert "Sida1av" not in said  # which every page has, and nobody wants to hear


def test_the_curve_is_said_in_words(paper: bytes) -> None:
    assert b"/Alt" in paper


def test_headings_are_bookmarks(paper: bytes) -> None:
    assert paper.count(b"/Title (") + paper.count(b"/Title <") > 9


def test_nothing_is_drawn_outside_of_the_structure(paper: bytes) -> None:
    codes = pages(paper)
    assert len(codes) > 1
    assert [line for code in codes for line in outside(code)] == []
    unmarked = re.sub(rb"/Artifact BMC(.*?)EMC", rb"\1", codes[0], flags=re.DOTALL)
    assert outside(unmarked)  # so it would be found


def pages(paper: bytes) -> list[bytes]:
    """Return what draws each page."""
    packed = re.findall(
        rb"ASCII85Decode /FlateDecode.*?stream\r?\n(.*?)endstream", paper, re.DOTALL
    )
    codes = [zlib.decompress(a85decode(b"<~" + each.strip(), adobe=True)) for each in packed]
    return [code for code in codes if b" BDC" in code]


def outside(code: bytes) -> list[bytes]:
    """Return the lines that show text or paint while no mark is open."""
    depth, found = 0, []
    for line in code.splitlines():
        depth += line.endswith((b"BDC", b"BMC")) - line.count(b"EMC")
        if depth == 0 and re.search(rb"(Tj|TJ|T\*|\b[SsfBb]\*?)$", line.rstrip()):
            found.append(line)
    return found
