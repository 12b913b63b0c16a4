"""Whatever is only asked for changes nothing: every address, every person, GET, HEAD and OPTIONS.

HEAD is the one to fear: it carries no token, and a view that asks ``method == "GET"`` takes it for
a form.
"""

import re
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path

from befreg_reserv.people.models import Clinic
from tests import everywhere
from tests.addresses import every_path
from tests.cast import Cast
from tests.every_page.walks import (
    ALL,
    EVERY_WAY,
    LOOK,
    OF_EACH_KIND,
    OURS,
    SENT,
    Ways,
    asked,
    walk,
)
from tests.ground.scenery import scene
from tests.served import ROOT

# A view's way with a method is the same whoever asks, one place alone tells a form from a look
# (below), and the registers of history are of one class: the one who comes to all of them looks at
# all and sends a form to every fourth, where the others look; in the long form all is everybody's.
EVERY = {"wilma": 1}  # as the lists are looked at by her: it is one walk
ASKED = [
    pytest.param(everywhere.ROOT, LOOK, ALL, 1, id="root"),
    pytest.param(everywhere.ROOT, SENT, OF_EACH_KIND, 4, id="root with a form"),
    *(pytest.param(name, LOOK, OURS, EVERY.get(name, 4), id=name) for name in everywhere.WHO),
    *(
        pytest.param(name, EVERY_WAY, ALL, 1, id=f"{name} in every way", marks=pytest.mark.long)
        for name in [everywhere.ROOT, *everywhere.WHO]
    ),
]
# On PostgreSQL ``test_growth`` opens all but the registers, and a whole run fails for one it lost.
WHERE = ALL if connection.vendor == "sqlite" else re.compile("/admin/")
# A file is its session's alone, and this session has none.
LOST = {"/admin/nothing-here/", "/files/1/", "/files/1/fetch/"}
# Nor is there an identity provider.
LOST |= {"/sign-on/", "/sign-on/back/"}


@pytest.mark.one_database("methods")
@pytest.mark.parametrize(("name", "ways", "where", "every"), ASKED)
def test_asking_changes_nothing(
    db: None, name: str, ways: Ways, where: re.Pattern[str], every: int
) -> None:
    assert walk(name, ways, where, every).wrote == set()


def test_the_administrator_comes_to_every_page_there_is(db: None) -> None:
    found = walk(everywhere.ROOT, LOOK, WHERE, 1).shown
    lost = {path for path, page in found.items() if page.status == 404}
    assert lost == set(filter(WHERE.match, LOST))


@scene
def places(cast: Cast) -> dict[str, Any]:
    return everywhere.laid_out(cast)


def test_an_address_without_an_object_is_named(places: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match="unheard/<int:pk>/"):
        every_path(places, __name__)


# --- that it would be found -----------------------------------------------------------------------


def asks_for_get(request: HttpRequest) -> HttpResponse:
    """Show a page to GET, and take all else for its form: so five views were written."""
    if request.method != "GET":
        Clinic.objects.get_or_create(name=request.method)
    return HttpResponse()


urlpatterns = [path("asks-for-get/", asks_for_get), path("unheard/<int:pk>/", asks_for_get)]


@pytest.mark.one_database("methods")
def test_a_view_that_asks_for_get_is_found(places: dict[str, Any]) -> None:
    with override_settings(ROOT_URLCONF=__name__):
        found = asked(everywhere.client_of("adele"), ["/asks-for-get/"], EVERY_WAY).wrote
    assert found == {
        "HEAD /asks-for-get/: people_clinic",
        "OPTIONS /asks-for-get/: people_clinic",
        "people_clinic",
        "logged create",
    }


def test_one_place_alone_tells_a_form_from_a_look() -> None:
    sources = [
        file
        for app in ("befreg_reserv", "custody", "outage")
        for file in (ROOT / app).rglob("*.py")
    ]
    asking = {
        file.name for file in sources if re.search(r"\brequest\.method\b", file.read_text("utf-8"))
    }
    assert asking == {"access.py", "lines.py"}  # the second writes it down
