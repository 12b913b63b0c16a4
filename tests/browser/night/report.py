"""What the auditor reads of the night, and that it is what the rows say."""

import csv
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import Any

from django.urls import reverse
from playwright.sync_api import Page

from outage.models import Outage
from tests.browser.night.recomputed import Recomputed
from tests.paper import read

SECTIONS = """() => Object.fromEntries([...document.querySelectorAll("section")].map((part) => {
    const texts = (from, what) => [...from.querySelectorAll(what)].map((each) => each.innerText);
    const names = texts(part, "dt"), values = texts(part, "dd");
    return [part.getAttribute("aria-labelledby"), {
        facts: names.map((name, at) => [name, values[at].trim()]),
        rows: [...part.querySelectorAll("tbody tr")].map((row) => texts(row, "th, td")),
    }];
}))"""
TIME = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d)(?: (summer|standard) time)?")
WHICH_HOUR = re.compile(r"(?<![+\d])02:\d\d(?!\s*(?:summer|standard) time|\+0[12]:00)")


@dataclass
class Report:
    """What the auditor reads: the story, the page by section, the paper, and the file's lines."""

    story: list[str]
    page: dict[str, Any]
    paper: str
    file: str

    @property
    def lines(self) -> list[dict[str, str]]:
        """Return the lines of the file."""
        return list(csv.DictReader(StringIO(self.file), delimiter=";"))

    def facts(self, section: str) -> dict[str, str]:
        """Return the names and values of a section."""
        return dict(self.page[section]["facts"])

    def rows(self, section: str) -> list[list[str]]:
        """Return the rows of a section's table."""
        rows: list[list[str]] = self.page[section]["rows"]
        return rows


def read_report(auditor: Page, outage: Outage, folder: Path) -> Report:
    """Read the story, open the report, and fetch its files."""
    story = []
    for page in ("1", "2"):
        auditor.goto(f"{outage.get_absolute_url()}?page={page}")
        story += auditor.locator(".timeline > li").all_inner_texts()
    auditor.goto(reverse("outage:report", args=[outage.pk]))
    paper, file = (
        auditor.request.get(reverse(f"outage:{name}", args=[outage.pk])).body()
        for name in ("report-pdf", "rows")
    )
    return Report(story, auditor.evaluate(SECTIONS), read(paper, folder), file.decode("utf-8-sig"))


def tells_the_rows(report: Report, rows: Recomputed) -> None:
    """Every figure is what the rows say, on the page, on paper and in the file."""
    assert report.facts("window") == rows.window()
    assert report.facts("given") == rows.given()
    assert report.rows("wards") == rows.wards()
    assert report.facts("calls") == rows.of_calls()
    assert report.rows("times") == rows.times()
    assert list(report.facts("open").values()) == ["0", "–", "0"]
    assert list(report.facts("planned").values()) == ["–", "–"]
    assert report.rows("counts") == rows.counts()
    assert report.rows("supply") == rows.supply()
    assert report.rows("over-time") == rows.curve()
    told = {name: int(figure) for name, figure in report.facts("deviations").items()}
    assert {name: figure for name, figure in told.items() if figure} == rows.deviations()
    lines = [{name: line[name] for name in rows.file()[0]} for line in report.lines]
    assert [line for line in lines if line["Handed out"]] == rows.file()
    for section in report.page.values():
        for cell in chain.from_iterable([*section["facts"], *section["rows"]]):
            assert bare(cell) in bare(report.paper)


def tells_each_deviation(report: Report, rows: Recomputed) -> None:
    """Each step with a reason stands among the deviations, on the page and in its number's line."""
    by_line = {line["Reserve number"]: line["Deviations"] for line in report.lines[::-1]}
    for kind, number, who, reason in rows.listed():
        assert any(
            row[0].startswith(kind) and row[1].startswith(number) and row[2:] == [who, reason]
            for row in report.rows("listed")
        )
        assert all(words in by_line[number] for words in (kind, who, reason))


def tells_the_night_in_order(report: Report, rows: Recomputed) -> None:
    """The story has every step, in the order of the night, and each 02:10 says which it is."""
    entries = [bare(entry) for entry in report.story]
    for number, when, who in rows.steps():
        assert any(bare(f"{number}{when}, {who}") in entry for entry in entries)
    times = [moment for entry in report.story for moment in TIME.findall(entry)[:1]]
    assert [moment_of(*moment) for moment in times] == sorted(moment_of(*each) for each in times)
    for text in (*report.story, str(report.page), report.paper, report.file):
        assert WHICH_HOUR.findall(text) == []


def moment_of(written: str, season: str) -> datetime:
    """Return a time as the story writes it, in UTC."""
    read = datetime.strptime(written, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    summer = season == "summer" or (not season and read.hour < 3)
    return read - timedelta(hours=1 + summer)


def bare(text: str) -> str:
    """Return a text without its blanks: paper breaks lines where it must."""
    return "".join(text.split())
