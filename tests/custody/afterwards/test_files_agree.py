"""What is counted in the lines of the file stands in the report, on the page and on paper."""

import csv
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from befreg_reserv.people.models import User
from custody.models import Binder
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
    """An outage with every state, and one number of unknown sex, on paper."""
    scenes.lay_in("Pärm X", ["20000101X803"], training=False)
    after = lay_out(cast)
    scenes.from_paper(cast, after.outage, number="X803", ward=cast.eye)
    return after


@pytest.fixture
def lines(cast: Cast, after: Aftermath, sign_in: SignIn) -> list[dict[str, str]]:
    """The file's lines of handouts that weren't undone."""
    User.objects.update(language="en")
    answer: Any = sign_in(cast.adele).get(f"{after.outage.get_absolute_url()}rows.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = csv.DictReader(StringIO(text, newline=""), delimiter=";")
    return [row for row in rows if row["Handed out"] and row["State"] != "Undone"]


@pytest.fixture
def texts(
    cast: Cast, after: Aftermath, sign_in: SignIn, lines: list[dict[str, str]], tmp_path: Path
) -> list[str]:
    """The report's page and its paper, each as one line."""
    adele: Client = sign_in(cast.adele)
    page = text_of(adele.get(f"{after.outage.get_absolute_url()}report/"))
    paper = adele.get(f"{after.outage.get_absolute_url()}report.pdf").content
    return [page, " ".join(read(paper, tmp_path, "pdftotext", "-layout").split())]


def test_the_numbers_given(lines: list[dict[str, str]], texts: list[str]) -> None:
    sexes, states = (Counter(row[column] for row in lines) for column in ("Sex", "State"))
    late = sum(row["Entered afterwards"] == "yes" for row in lines)
    assert (len(lines), sexes["X"], late) == (5, 1, 1)
    for said in (
        f"In all {len(lines)} Women {sexes['K']} Men {sexes['M']} Unknown sex {sexes['X']} ",
        f"Of these, entered afterwards {late} Of these, voided {states['Voided']} ",
    ):
        assert [said in text for text in texts] == [True, True]


def test_each_wards_line(lines: list[dict[str, str]], texts: list[str]) -> None:
    for ward in {row["Ward"] for row in lines}:
        own = [row for row in lines if row["Ward"] == ward]
        sexes = [sum(row["Sex"] == sex for row in own) for sex in "KMX"]
        still_open = sum(row["State"] in {"Handed out", "Real number registered"} for row in own)
        said = " ".join(map(str, [ward, *sexes, len(own), still_open]))
        assert [said in text for text in texts] == [True, True]
