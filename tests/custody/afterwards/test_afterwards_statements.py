"""What an outage leaves behind is read with as few statements among 5,000 handouts as among 100."""

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType

from befreg_reserv.people.models import User
from befreg_reserv.sql import batch
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.afterwards.aftermath import crowd
from tests.pages import statements

FEW = 100  # some pages of the story; its first ones are the same among many
PAGES = {
    "story": ("adele", "", 40),
    "story, its beginning": ("adele", "?order=oldest", 40),
    "story, its second page": ("adele", "?order=oldest&page=2", 40),
    "story of a ward": ("wilma", "", 40),
    "open items": ("adele", "open/", 30),
    "report": ("gunde", "report/", 34),
    "PDF": ("tilda", "report.pdf", 30),
    "sign-off": ("adele", "sign-off/", 25),
}


def cost(sign_in: SignIn, outage: Outage) -> dict[str, int]:
    """Return how many statements each page takes."""
    clients = {who: sign_in(User.objects.get(username=who)) for who, _, _ in PAGES.values()}
    return {
        name: statements(clients[who], f"{outage.get_absolute_url()}{page}")
        for name, (who, page, _most) in PAGES.items()
    }


# A drill's pages ask the same of the other binder.
@pytest.mark.one_database("statements")
@pytest.mark.parametrize(
    ("practised", "many"),
    [
        (False, 200),
        *(
            pytest.param(practised, many, marks=pytest.mark.long)
            for practised, many in ((True, 200), (False, 400), (True, 400), (False, 5_000))
        ),
    ],
)
def test_no_page_grows_with_the_handouts(
    cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, *, practised: bool, many: int
) -> None:
    # Or the log of who saw the numbers, some fifty at most, would be written in one part or in two.
    monkeypatch.setattr(batch, "MOST_ROWS", 1_000)
    outage = scenes.begin(cast.tilda, drill=practised)
    crowd(cast, outage, FEW)
    ContentType.objects.get_for_models(*apps.get_models())  # a process reads them once
    few = cost(sign_in, outage)
    crowd(cast, outage, many - FEW)
    assert outage.handouts.count() == many
    assert cost(sign_in, outage) == few
    assert {name for name, (_who, _page, most) in PAGES.items() if few[name] > most} == set()
