"""A whole drill beside reality: no page of the real side shows anything of it."""

import re
from typing import Any

import pytest
from django.urls import reverse

from befreg_reserv.people.models import Ward
from befreg_reserv.people.wards import register
from custody.calls import taking
from custody.handouts import closing, missing_sheet
from custody.models import Binder, Handout
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.addresses import VIEWS
from tests.cast import Cast
from tests.conftest import SignIn
from tests.scenes import now

# What only the drill has: its ward, a caller, its numbers, the reason of its plan.
WARD, CALLER, PLAN = "Övningstältet", "ovare1", "uppgradering i övningen"
MARK = re.compile(rf"{WARD}|{CALLER}|{PLAN}|20000101\s*[KM]\s*0[0-5]|övningspärm|◆", re.IGNORECASE)
# A line above every page says that a drill goes on, and that is no list.
STRIP = re.compile(r'<div class="strip"\s+data-drill>.*?</div>\s*</div>', re.DOTALL)

# Each list of the application. ``test_every_list_is_judged`` fails when one is missing.
REAL = [
    *("/till/", "/till/live/", "/till/call/?new=1"),
    *("/ward/", "/ward/done/", "/ward/done/rows.csv"),
    *("/binder/", "/binder/overview/", "/binder/counts/", "/binder/lost/"),
    *("/outage/", "/outage/plans/", "/outage/{outage}/", "/outage/{outage}/open/"),
    *("/outage/{outage}/report/", "/outage/{outage}/late/", "/outage/{outage}/sign-off/"),
    *("/outage/{outage}/rows.csv", "/outage/{outage}/late-entries/"),
    *(f"/wards/search/?ward={WARD}", f"/wards/known/?ward={WARD}"),
]
OF_DRILLS = [
    *("/till/drill/", "/ward/?drill=1", "/ward/done/?drill=1", "/binder/?drill=1"),
    *("/binder/counts/?drill=1", "/outage/plans/?drill=1", "/outage/{drill}/"),
    *("/outage/{drill}/open/", "/outage/{drill}/report/", "/binder/overview/?drill=1"),
]
FRAMED = [*OF_DRILLS, "/outage/?drill=1", "/binder/lost/drill/"]


@pytest.fixture
def both(cast: Cast, real_binder: Binder, training_binder: Binder) -> dict[str, Any]:
    """Reality, with a handout open and one closed, and a drill that did all that there is."""
    outage = scenes.begin(cast.tilda)
    closing.void(scenes.handed_out(cast).pk, now(cast.adele), reason="not used")
    scenes.handed_out(cast)
    _play(cast)
    return {"outage": outage.pk, "drill": Outage.objects.get(drill=True).pk}


def _play(cast: Cast) -> None:
    drill = scenes.begin(cast.tilda, drill=True)
    ward = register.typed_in(WARD, drill=True)

    def given(**changes: Any) -> Handout:
        return scenes.handed_out(
            cast, outage_id=drill.pk, ward=_kept(ward), caller=CALLER, **changes
        )

    first, away = given(), given()
    missing_sheet.give_next(away.pk, now(cast.tilda))
    closing.void(given().pk, now(cast.adele), reason="not used")
    scenes.replaced(given().pk, scenes.TRAINING_WOMAN, now(cast.adele))
    taking.take(
        scenes.call(cast, sex="X", outage_id=drill.pk, ward=_kept(ward), caller=CALLER),
        now(cast.tilda),
    )
    unknown: dict[str, Any] = {"caller": "", "caller_name": CALLER, "ward": _kept(ward)}
    taking.take(scenes.call(cast, sex="X", outage_id=drill.pk, **unknown), now(cast.tilda))
    scenes.doubled(cast, first, ward=_kept(ward), caller=CALLER)
    scenes.miscounted(cast, first, "K999")
    scenes.treated_without(cast, drill, ward=_kept(ward))
    _planned(cast)


def _kept(ward: Ward) -> Ward:
    return register.keep_typed_in(ward)


def _planned(cast: Cast) -> None:
    plan = scenes.planned(cast, drill=True)
    type(plan).objects.filter(pk=plan.pk).update(reason=PLAN)


@pytest.mark.parametrize("who", ["tilda", "adele", "gunde"])
def test_nothing_of_it_is_on_a_page_of_reality(
    cast: Cast, both: dict[str, Any], sign_in: SignIn, who: str
) -> None:
    client, found = sign_in(getattr(cast, who)), {}
    for path in REAL:
        answer = client.get(path.format(**both))
        page = STRIP.sub("", answer.getvalue().decode())
        if marks := set(MARK.findall(page)) | set(re.findall('<body class="drill"', page)):
            found[path] = marks
    assert found == {}


def test_and_afterwards(cast: Cast, both: dict[str, Any], sign_in: SignIn) -> None:
    for outage in Outage.objects.all():
        lifecycle.end(outage, now(cast.tilda))
    test_nothing_of_it_is_on_a_page_of_reality(cast, both, sign_in, "adele")


def test_it_is_on_the_pages_of_drills_in_their_frame(
    cast: Cast, both: dict[str, Any], sign_in: SignIn
) -> None:
    pages = {path: sign_in(cast.adele).get(path.format(**both)).content.decode() for path in FRAMED}
    assert [path for path, page in pages.items() if '<body class="drill"' not in page] == []
    plain = {path: STRIP.sub("", pages[path]) for path in OF_DRILLS}
    assert [path for path, page in plain.items() if not MARK.search(page)] == []


def test_the_administrator_finds_its_ward_under_its_own_heading_alone(
    cast: Cast, both: dict[str, Any], sign_in: SignIn
) -> None:
    page = STRIP.sub("", sign_in(cast.adele).get(reverse("wards:index")).content.decode())
    real = page[: page.index('id="of-drills"')] + page[page.index('id="people"') :]
    assert WARD in page
    assert WARD not in real


# Pages that list nothing, are of one thing, or are the log: who looked at what, drills too.
JUDGED = re.compile(
    r"^(admin/|audit/|browsers/|masked/|log-years/|people/|registers/|styleguide/|sign-|lock|locked|still-here|language|keys|password|pin/|account/|colleague/|tour/|$)"
    r"|<int:"  # of one outage, call, handout: named above, or framed if it is a drill's
    r"|^(wards/$|outage/start/|outage/past/|outage/doubt/tick/|outage/plans/new/|binder/load/|numbers/find/|routine/|wards/file/|wards/names/|wards/every/|wards/clinics/)"
    r"|drill/"
)


def test_every_list_is_judged() -> None:
    asked = {re.sub(r"\?.*", "", path).lstrip("/") for path in REAL}
    routes = {route for route in VIEWS if not JUDGED.search(route)}
    assert routes - asked == {"till/hand-out/", "till/call/anew/"}
