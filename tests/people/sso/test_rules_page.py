"""The page of what claims give: a look before each change, and who may look."""

import pytest
from django.test import Client

from befreg_reserv.people.roles import Role
from befreg_reserv.people.sso import leaving
from befreg_reserv.people.sso.models import ClaimRule, Identity
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.people.sso.conftest import Provider, come, rule

PAGE = "/registers/sign-on/"


@pytest.mark.both_databases
def test_a_rule_is_previewed_added_and_dropped(
    sign_in: SignIn, client: Client, cast: Cast, provider: Provider
) -> None:
    come(client, provider)
    adele = sign_in(cast.adele)
    form = {"claim": "groups", "value": "till", "role": "", "ward": "iva"}
    shown = adele.post(f"{PAGE}add/", form).content.decode()
    assert ("tilda" in shown, str(cast.iva) in shown) == (True, True)
    assert not ClaimRule.objects.exists()
    confirmed = {**form, "confirmed": "1"}
    assert adele.post(f"{PAGE}add/", confirmed).headers["Location"] == PAGE
    assert adele.post(f"{PAGE}add/", confirmed).status_code == 400
    kept = ClaimRule.objects.get()
    assert list(cast.tilda.wards.all()) == [cast.iva]
    assert str(cast.iva) in adele.get(PAGE).content.decode()
    assert "tilda" in adele.post(f"{PAGE}{kept.pk}/drop/").content.decode()
    assert adele.post(f"{PAGE}{kept.pk}/drop/", {"confirmed": "1"}).headers["Location"] == PAGE
    assert not cast.tilda.wards.exists()
    assert adele.post(f"{PAGE}{kept.pk}/drop/", {"confirmed": "1"}).status_code == 404


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"claim": "groups", "value": "till"},
        {"claim": "groups", "value": "till", "role": "till", "ward": "iva"},
        {"claim": "groups", "value": "till", "role": "king"},
        {"claim": "name", "value": "till", "role": "till"},
        {"claim": "groups", "value": "x" * 201, "role": "till"},
        {"claim": "groups", "value": "x", "ward": "no such ward anywhere"},
    ],
)
def test_what_is_no_rule_is_refused(
    sign_in: SignIn, cast: Cast, provider: Provider, form: dict[str, str]
) -> None:
    assert sign_in(cast.adele).post(f"{PAGE}add/", {**form, "confirmed": "1"}).status_code == 400
    assert not ClaimRule.objects.exists()


@pytest.mark.both_databases
def test_a_withdrawn_person_is_let_in_again(
    sign_in: SignIn, client: Client, cast: Cast, provider: Provider
) -> None:
    come(client, provider)
    identity = Identity.objects.get()
    leaving.withdraw(identity, scenes.now(cast.adele))
    adele = sign_in(cast.adele)
    assert "tilda" in adele.get(PAGE).content.decode()
    assert adele.post(f"{PAGE}people/{identity.pk}/let-in/").headers["Location"] == PAGE
    assert Identity.objects.get().withdrawn_at is None


def test_without_a_provider_the_page_says_so(sign_in: SignIn, cast: Cast) -> None:
    rule(cast, "till", Role.TILL)
    page = sign_in(cast.gunde).get(PAGE).content.decode()
    assert "Ingen inloggningstjänst är angiven" in page
