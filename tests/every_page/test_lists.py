"""A form over a list keeps its ticks to itself: no browser puts them back on another list.

Chromium restores ticks and texts after Back by their place among fields of one name, unless the
form says that it mustn't: on a list that has changed meanwhile, they are another row's.
"""

import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from tests import everywhere
from tests.every_page.walks import ALL, LOOK, OURS, walk
from tests.served import ROOT

pytestmark = pytest.mark.one_database("words")

TEMPLATES = ROOT / "templates"
FORM = re.compile(r"<form\b[^>]*?method=\"post\"[^>]*>")
# Forms that stand alone, whose words a person may want back; or that hold nothing but a button.
ALONE = {
    "_key_list.html": "a button",
    "_lock.html": "a button",
    "_top.html": "buttons",
    "_unanswered.html": "a button, with the form that was sent",
    "custody/_asks_for_sheet.html": "buttons, whose address is the handout's",
    "custody/_correction.html": "a handout's reason",
    "custody/binder_load.html": "a file, or lines that took long to paste",
    "custody/handout/replaced.html": "a handout's notice",
    "custody/late_batch.html": "a file, or lines that took long to paste; its list is told below",
    "custody/_patient.html": "one patient's reasons",
    "custody/number.html": "one number's read-back",
    "custody/prepared_mark.html": "one number's mark",
    "custody/same_call.html": "a button, with the call that was sent",
    "custody/refill.html": "lines that took long to paste",
    "custody/wrong/_sheet_missing.html": "a button, whose address is the handout's",
    "making/file.html": "a button",
    "outage/_due_plans.html": "a button each, whose address is the plan's",
    "outage/_end_form.html": "a note",
    "outage/_note_form.html": "a note",
    "outage/_send_again.html": "a button",
    "outage/contacts/contact.html": "a button each, whose address is the single day's",
    "outage/past.html": "one outage",
    "outage/plan.html": "one plan's reasons",
    "outage/plan_change.html": "a button, with what was looked at",
    "outage/plan_new.html": "a button, with what was looked at",
    "people/account.html": "a button each, whose session is the row's",
    "people/colleague.html": "a browser may know the password; the reset is the section's",
    "people/colleague_every.html": "a button each, whose reset is the row's",
    "people/_sign_in_form.html": "a browser may know the password",
    "people/password.html": "a browser may know the password",
    "people/workstations/pin.html": "a button",
    "people/workstations/index.html": "a button, whose address is the computer's",
    "people/staff/file.html": "a file, or lines that took long to paste",
    "people/staff/person.html": "a button each, whose address is the person's",
    "people/ward_file.html": "a file, or lines that took long to paste",
    "people/ward_names.html": "a button each, whose address is the short name's",
    "people/ward_waiting.html": "one ward's names",
}


class Forms(HTMLParser):
    """What a page's forms are: their own words, and the boxes in each."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.within = False
        self.found: list[tuple[dict[str, str | None], list[dict[str, str | None]]]] = []
        self.feed(page)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.within = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        words = dict(attrs)
        if tag == "form":
            self.found.append((words, []))
            self.within = True
        elif tag == "input" and self.within and words.get("type") in {"checkbox", "radio"}:
            self.found[-1][1].append(words)

    @property
    def restored(self) -> list[str | None]:
        """Return the actions of forms whose ticks a browser might put on another row."""
        return [form.get("action") for form, boxes in self.found if _restorable(form, boxes)]


def _restorable(form: dict[str, str | None], boxes: list[dict[str, str | None]]) -> bool:
    names = Counter(box.get("name") for box in boxes if box["type"] == "checkbox")
    shared = any(count > 1 for count in names.values())
    kept = form.get("method") == "post" and form.get("autocomplete") != "off"
    return shared or (kept and len(boxes) > 1)


def test_every_form_is_one_alone_for_a_reason_or_asks_not_to_be_restored() -> None:
    asks = {
        file.relative_to(TEMPLATES).as_posix()
        for file in TEMPLATES.rglob("*.html")
        if any('autocomplete="off"' not in form for form in FORM.findall(file.read_text("utf-8")))
    }
    assert asks == ALONE.keys()


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("wilma", OURS),
        (everywhere.ROOT, ALL),
        *(pytest.param(name, OURS, marks=pytest.mark.long) for name in ("tilda", "adele")),
    ],
)
def test_no_tick_is_put_back_on_another_row(db: None, name: str, where: re.Pattern[str]) -> None:
    shown = {path: page for path, page in walk(name, LOOK, where, 1).shown.items() if page.html}
    forms = {path: Forms(page.html) for path, page in shown.items() if page.status == 200}
    assert {path: form.restored for path, form in forms.items() if form.restored} == {}
    assert any(boxes for form in forms.values() for _words, boxes in form.found)


@pytest.mark.parametrize(
    "page",
    [
        '<form method="post"><input type="checkbox" name="a"><input type="checkbox" name="b">',
        '<form method="post" autocomplete="off">' + '<input type="checkbox" name="a">' * 2,
        '<form method="post">' + '<input type="radio" name="a">' * 2,
    ],
)
def test_a_form_that_would_be_restored_is_found(page: str) -> None:
    assert Forms(page).restored == [None]
