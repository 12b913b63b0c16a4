"""What matters stands above the fold: on the board of a bad night, and of what is done."""

import pytest

from befreg_reserv.people.models import Clinic, Ward
from custody.calls import taking
from custody.handouts import closing
from tests import scenes
from tests.browser.conftest import Sit
from tests.cast import Cast
from tests.scenes import now

HEIGHT = 768
LONG = "Ortopedi- och kirurgkliniken / Akutvårdsavdelning 57 med övervakningsplatser"


def bad_night(cast: Cast, waiting: str = "KMK") -> None:
    """Two numbers weren't read back, the last X is left, and patients of these sexes wait.

    All are of a ward with a long name.
    """
    scenes.lay_in("Pärm AKM", ["20000101K064", "20000101M078", "20000101X803"], training=False)
    scenes.begin(cast.tilda)
    clinic, _slash, name = LONG.partition(" / ")
    ward = Ward.objects.create(clinic=Clinic.objects.create(name=clinic), name=name)
    for sex in "KM" + waiting:
        taking.take(scenes.call(cast, sex=sex, ward=ward), now(cast.tilda))


SHOWN = {
    "state": ".strip[data-outage] .row",
    "next call": ".call-button",
    "left": ".left",
    "first who waits": ".owed-row",
    "to call back": ".owed-row [href^=tel]",
    "to serve": "[data-key=s]",
    "not read back": "[id^=unread-]",
    "to let it be read back": "[id^=unread-] + [href^=tel]",
}


@pytest.mark.parametrize(
    ("width", "height", "waiting"), [(1366, HEIGHT, "KMK"), (390, 844, "KMKMKMKMKM")]
)
def test_it_is_above_the_fold(
    cast: Cast, sit_down: Sit, width: int, height: int, waiting: str
) -> None:
    bad_night(cast, waiting)
    page = sit_down(cast.tilda, width=width, height=height)
    boxes = {name: page.locator(each).first.bounding_box() for name, each in SHOWN.items()}
    ends = {name: box["y"] + box["height"] if box else None for name, box in boxes.items()}
    assert {name: end for name, end in ends.items() if end is None or end > height} == {}
    assert page.locator(".left > li").count() == len("KMX")
    # On a telephone the others who wait stand below.
    everybody = page.locator(".owed-row:visible").count()
    assert everybody == len(waiting) + (3 if width == 390 else 2)


def test_what_is_done_is_seen_below_its_filter(cast: Cast, sit_down: Sit) -> None:
    scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
    scenes.begin(cast.tilda, drill=True)
    outage = scenes.begin(cast.tilda)
    given, _another = (
        scenes.handed_out(cast, outage_id=outage.pk, ward=each) for each in (cast.iva, cast.eye)
    )
    closing.void(given.pk, now(cast.wilma), reason="the patient had a card")
    page = sit_down(cast.adele, height=HEIGHT)
    page.goto("/ward/done/")
    box = page.locator("main tbody tr").first.bounding_box()
    assert box
    assert box["y"] + box["height"] <= HEIGHT
