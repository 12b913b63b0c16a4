"""What becomes of each variant of a table is what ``docs/tables.md`` says."""

import pytest
from django.utils import translation

from tests.typed.variants import DOCUMENT, VARIANTS, Variant, document, line_of

WRITTEN = DOCUMENT.read_text("utf-8")


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: f"{variant.kind}, {variant.what}")
def test_becomes_what_the_document_says(variant: Variant) -> None:
    with translation.override("en"):
        assert line_of(variant) in WRITTEN


def test_the_document_has_no_other_lines() -> None:
    with translation.override("en"):
        assert document() == WRITTEN
