"""Django's admin is closed in production unless it is asked for, and no page needs it."""

import runpy
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from django.test import Client
from django.urls import clear_url_caches

from befreg_reserv import urls
from tests.cast import Cast
from tests.conftest import SignIn
from tests.serving.test_settings import PRODUCTION, Settings, read

__all__ = ["read"]
pytestmark = pytest.mark.one_database("words")
WITHOUT = "tests.urls_without_admin"
PAGES = ["/registers/", "/wards/", "/binder/overview/", "/people/", "/registers/contacts/"]


@pytest.fixture
def closed(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The addresses of a production that didn't ask for it."""
    settings.DJANGO_ADMIN = False
    module = ModuleType(WITHOUT)
    vars(module).update(runpy.run_path(str(urls.__file__)))
    monkeypatch.setitem(sys.modules, WITHOUT, module)
    settings.ROOT_URLCONF = WITHOUT
    clear_url_caches()
    yield
    clear_url_caches()


def test_production_has_it_only_if_it_asks(read: Settings) -> None:
    assert read()["DJANGO_ADMIN"]
    assert not read(**PRODUCTION)["DJANGO_ADMIN"]
    assert read(**PRODUCTION, DJANGO_ADMIN="1")["DJANGO_ADMIN"]


def test_closed_it_is_no_address_and_every_page_does_without(
    cast: Cast, sign_in: SignIn, closed: None
) -> None:
    adele: Client = sign_in(cast.adele)
    assert {adele.get(path).status_code for path in PAGES} == {200}
    assert "/admin/" not in "".join(adele.get(path).content.decode() for path in PAGES)
    assert [adele.get(path).status_code for path in ("/admin/", "/admin/login/")] == [404, 404]


def test_open_the_registers_lead_there(cast: Cast, sign_in: SignIn) -> None:
    assert 'href="/admin/"' in sign_in(cast.adele).get("/registers/").content.decode()
