"""The slip: what stands on it, who may see it, and that its codes hold the number alone."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from befreg_reserv.audit import acts
from befreg_reserv.audit.models import LogEntry
from custody.handouts import closing
from custody.models import Binder, Handout
from custody.models.states import State
from custody.numbers import barcodes
from custody.numbers.barcodes import Bars
from custody.views.number import slip
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene

pytestmark = pytest.mark.one_database("layout")

# Code 128 from the standard and not from the library: widths of bars and spaces by value.
WIDTHS = [
    "212222",
    "222122",
    "222221",
    "121223",
    "121322",
    "131222",
    "122213",
    "122312",
    "132212",
    "221213",
    "221312",
    "231212",
    "112232",
    "122132",
    "122231",
    "113222",
    "123122",
    "123221",
    "223211",
    "221132",
    "221231",
    "213212",
    "223112",
    "312131",
    "311222",
    "321122",
    "321221",
    "312212",
    "322112",
    "322211",
    "212123",
    "212321",
    "232121",
    "111323",
    "131123",
    "131321",
    "112313",
    "132113",
    "132311",
    "211313",
    "231113",
    "231311",
    "112133",
    "112331",
    "132131",
    "113123",
    "113321",
    "133121",
    "313121",
    "211331",
    "231131",
    "213113",
    "213311",
    "213131",
    "311123",
    "311321",
    "331121",
    "312113",
    "312311",
    "332111",
    "314111",
    "221411",
    "431111",
    "111224",
    "111422",
    "121124",
    "121421",
    "141122",
    "141221",
    "112214",
    "112412",
    "122114",
    "122411",
    "142112",
    "142211",
    "241211",
    "221114",
    "413111",
    "241112",
    "134111",
    "111242",
    "121142",
    "121241",
    "114212",
    "124112",
    "124211",
    "411212",
    "421112",
    "421211",
    "212141",
    "214121",
    "412121",
    "111143",
    "111341",
    "131141",
    "114113",
    "114311",
    "411113",
    "411311",
    "113141",
    "114131",
    "311141",
    "411131",
    "211412",
    "211214",
    "211232",
]
STOP = "2331112"
START_B, START_C, TO_C, TO_B = 104, 105, 99, 100
NUMBERS = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=12, max_size=12)


def dark(bars: Bars) -> set[tuple[int, int]]:
    """Return the dark modules, column and row."""
    boxes = re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)h-\3z", bars.d)
    assert "".join("M{} {}h{}v{}h-{}z".format(*box, box[2]) for box in boxes) == bars.d
    return {
        (x + i, y + j)
        for x, y, w, h in (map(int, box) for box in boxes)
        for i in range(w)
        for j in range(h)
    }


def row(bars: Bars, y: int = 0) -> str:
    """Return one line across the code: 1 is dark."""
    modules = dark(bars)
    return "".join("1" if (x, y) in modules else "0" for x in range(bars.width))


def widths(modules: str) -> str:
    """Return how wide each bar and space is."""
    return "".join(str(len(run.group())) for run in re.finditer(r"1+|0+", modules))


def decoded(modules: str) -> str:
    """Read Code 128 slowly: sets B and C, the check character, the stop."""
    drawn = widths(modules.strip("0"))
    assert drawn.endswith(STOP)
    drawn = drawn.removesuffix(STOP)
    start, *values, check = [WIDTHS.index(drawn[i : i + 6]) for i in range(0, len(drawn), 6)]
    assert check == (start + sum(i * value for i, value in enumerate(values, 1))) % 103
    pairs = {START_B: False, START_C: True}[start]
    text = ""
    for value in values:
        if value in {TO_C, TO_B} and (value == TO_C) != pairs:
            pairs = value == TO_C
        else:
            text += f"{value:02}" if pairs else chr(value + 32)
    return text


@given(NUMBERS)
def test_code_128_says_what_was_put_in(text: str) -> None:
    assert decoded(row(barcodes.code128(text))) == text


@given(NUMBERS)
def test_code_128_keeps_its_quiet_zone(text: str) -> None:
    modules = row(barcodes.code128(text))
    assert modules.startswith("0" * 10 + "1")
    assert modules.endswith("1" + "0" * 10)


def test_every_number_is_as_wide_and_high_as_the_paper_has_room_for() -> None:
    sizes = {
        (bars.width, bars.height)
        for bars in map(barcodes.code128, [*scenes.REAL, *scenes.TRAINING, "19930829X802"])
    }
    [(width, height)] = sizes
    assert width == 154  # static/print.css counts on it
    assert height >= 0.15 * width


def test_what_code_128_cant_say_is_refused() -> None:
    with pytest.raises(ValueError, match="Illegal barcode"):
        barcodes.code128("20000101Å064")


@settings(max_examples=20)  # a code takes some 10 ms
@given(NUMBERS)
def test_the_qr_code_is_an_ordinary_one_with_its_quiet_zone(text: str) -> None:
    bars = barcodes.qr(text)
    modules = dark(bars)
    assert bars.width == bars.height == 29  # 21 and the quiet zone; print.css counts on it
    assert {min(axis) for axis in zip(*modules, strict=True)} == {4}
    assert {max(axis) for axis in zip(*modules, strict=True)} == {24}
    # Three corners have a finder; Micro QR has one.
    for x, y in ((4, 4), (18, 4), (4, 18)):
        ring = {(x + i, y + j) for i in range(7) for j in range(7) if {i, j} & {0, 6}}
        core = {(x + i, y + j) for i in range(2, 5) for j in range(2, 5)}
        assert ring | core <= modules


def test_a_quarter_of_the_qr_code_may_be_smudged() -> None:
    # The level stands first in the row under the upper left finder. Q is 11, masked with 10.
    modules = dark(barcodes.qr("20000101K064"))
    assert [(x, 12) in modules for x in (4, 5)] == [False, True]


@scene
def till(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.tilda)


@scene
def drilled(cast: Cast, training_binder: Binder, drill: Outage) -> Handout:
    return scenes.handed_out(cast, outage_id=drill.pk)


def ask(client: Client, handout: Handout, size: str = "a6") -> Any:
    return client.get(f"/till/handouts/{handout.pk}/slip/?size={size}")


def paper(client: Client, handout: Handout, size: str = "a6") -> str:
    """Return the slip alone, without the page around it."""
    answer = ask(client, handout, size)
    assert answer.status_code == 200
    page: str = answer.content.decode()
    return page.partition("<article")[2].partition("</article>")[0]


def test_all_that_identifies_stands_on_the_slip(till: Client, handout: Handout) -> None:
    Binder.objects.update(family_name="Driftstopp", given_name="Näl")
    at = timezone.localtime(handout.handed_out_at).strftime("%Y-%m-%d %H:%M")
    shown = " ".join(re.sub("<[^>]+>", " ", paper(till, handout)).split())
    for words in (
        "20000101 K 06 4",
        "Kalle, noll, sex, fyra",
        "Driftstopp, Näl",
        "2000-01-01",
        f"{at}, tilda",
        "Anestesikliniken / IVA",
    ):
        assert words in shown


def test_in_english_it_is_spelled_for_the_same_telephone(
    cast: Cast, till: Client, handout: Handout
) -> None:
    cast.tilda.language = "en"
    cast.tilda.save()
    assert '<span lang="sv">Kalle, noll, sex, fyra</span>' in paper(till, handout)


def test_both_codes_hold_the_number_alone(till: Client, handout: Handout) -> None:
    drawn = re.findall(r'<path d="([^"]+)"', paper(till, handout))
    assert drawn == [barcodes.code128("20000101K064").d, barcodes.qr("20000101K064").d]


def test_the_codes_are_named_for_those_who_hear_the_page(till: Client, handout: Handout) -> None:
    shown = paper(till, handout)
    assert len(re.findall(r'role="img"\s+aria-label="[^"]+"', shown)) == 2


def test_nothing_is_styled_or_scripted_inline(till: Client, handout: Handout) -> None:
    page = ask(till, handout).content.decode()
    assert not re.search(r'\sstyle=|<style|\son\w+="', page)
    assert all('src="' in script for script in re.findall("<script[^>]*>", page))


def test_a_drill_says_so_and_reality_does_not(
    till: Client, handout: Handout, drilled: Handout
) -> None:
    assert "data-drill" in paper(till, drilled)
    assert "ÖVNING" in paper(till, drilled)
    assert "data-drill" not in paper(till, handout)
    assert "ÖVNING" not in paper(till, handout)


def test_in_an_english_drill_the_word_is_english(
    cast: Cast, till: Client, drilled: Handout
) -> None:
    cast.tilda.language = "en"
    cast.tilda.save()
    assert "DRILL" in paper(till, drilled)


@pytest.mark.parametrize(
    ("asked", "given"), [("a6", "a6"), ("label", "label"), ("a4", "a6"), ("", "a6")]
)
def test_the_paper_is_chosen(till: Client, handout: Handout, asked: str, given: str) -> None:
    assert f'<article class="slip {given}"' in ask(till, handout, asked).content.decode()


def test_without_a_choice_it_is_a6(till: Client, handout: Handout) -> None:
    page = till.get(f"/till/handouts/{handout.pk}/slip/").content.decode()
    assert '<article class="slip a6"' in page
    assert re.search(r'href="\?size=a6"\s+aria-current="page"', page)


def test_each_showing_is_logged_as_a_print(cast: Cast, till: Client, handout: Handout) -> None:
    for _ in range(2):
        ask(till, handout)
    entries = LogEntry.objects.filter(act="slip")
    assert [(entry.actor, entry.number) for entry in entries] == [(cast.tilda, "20000101K064")] * 2
    assert acts.label("slip") == "Slip printed or shown"


def end(cast: Cast, handout: Handout) -> None:
    closing.void(handout.pk, scenes.now(cast.wilma), reason="not used")


def test_an_ended_handout_has_no_slip(cast: Cast, till: Client, handout: Handout) -> None:
    end(cast, handout)
    answer = ask(till, handout)
    assert answer.status_code == 409
    assert handout.get_absolute_url() in answer.content.decode()
    assert "<article" not in answer.content.decode()
    assert not LogEntry.objects.filter(act="slip").exists()


def test_a_replaced_handout_has_no_slip_either(cast: Cast, till: Client, handout: Handout) -> None:
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, scenes.now(cast.wilma))
    assert ask(till, handout).status_code == 409


def test_without_that_refusal_a_spent_number_would_be_printed(
    cast: Cast, till: Client, handout: Handout, monkeypatch: pytest.MonkeyPatch
) -> None:
    end(cast, handout)
    monkeypatch.setattr(slip, "WITH_SLIP", list(State))
    assert "Kalle, noll, sex, fyra" in paper(till, handout)


def test_an_ended_drills_refusal_is_framed(cast: Cast, till: Client, drilled: Handout) -> None:
    end(cast, drilled)
    assert re.search(r'<body\s+class="drill"', ask(till, drilled).content.decode())


def test_a_ward_prints_no_slip(cast: Cast, sign_in: SignIn, handout: Handout) -> None:
    assert ask(sign_in(cast.wilma), handout).status_code == 403
    assert not LogEntry.objects.filter(act="slip").exists()


def test_a_handout_that_is_not_there(till: Client, handout: Handout) -> None:
    assert till.get(f"/till/handouts/{handout.pk + 1}/slip/").status_code == 404


def test_long_words_are_set_smaller(cast: Cast, till: Client, handout: Handout) -> None:
    assert "data-crowded" not in paper(till, handout)
    cast.iva.name = "Ö" * 120
    cast.iva.save()
    shown = paper(till, handout)
    assert "data-crowded" in shown
    assert "Ö" * 120 in shown


def test_a_hostile_ward_name_is_only_text(cast: Cast, till: Client, handout: Handout) -> None:
    cast.iva.name = "<script>alert(1)</script>"
    cast.iva.save()
    assert "<script>alert" not in paper(till, handout)
