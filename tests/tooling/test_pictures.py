"""The documents' pictures: each is of its document's language, is there, and is shown."""

import re

from tests.served import ROOT

SHOWN = re.compile(r"pictures/(\w\w)/([a-z-]+)\.png")
SWEDISH = {"README.sv.md", "handbok.md", "trial.md"}  # the trial was walked in Swedish


def test_each_document_shows_pictures_of_its_language_that_are_there() -> None:
    shown = set()
    for text in (*ROOT.glob("README*.md"), *(ROOT / "docs").glob("*.md")):
        found = SHOWN.findall(text.read_text("utf-8"))
        language = "sv" if text.name in SWEDISH else "en"
        assert {code for code, _name in found} <= {language}, text.name
        shown |= {f"{code}/{name}" for code, name in found}
    kept = {
        f"{file.parent.name}/{file.stem}" for file in (ROOT / "docs" / "pictures").rglob("*.png")
    }
    assert shown
    assert shown == kept
