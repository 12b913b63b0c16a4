"""The provider as the environment names it: whole, or no start."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from befreg_reserv.environment import identity_provider

WHOLE = {
    "OIDC_ISSUER": "https://idp.example",
    "OIDC_CLIENT_ID": "befreg",
    "OIDC_CLIENT_SECRET": "s",
}


def read(patch: pytest.MonkeyPatch, *, production: bool = True, **changes: str) -> object:
    for name, value in {**WHOLE, **changes}.items():
        patch.setenv(name, value)
    return identity_provider.read(production=production)


def test_without_an_issuer_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, OIDC_ISSUER="") is None


def test_a_whole_one_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, OIDC_MAPPED_CLAIMS="groups, unit", OIDC_STRONG_ACR="a,b") == (
        identity_provider.IdentityProvider(
            "https://idp.example", "befreg", "s", mapped=("groups", "unit"), strong=("a", "b")
        )
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OIDC_ISSUER", "http://idp.example"),
        ("OIDC_ISSUER", "idp.example"),
        ("OIDC_ISSUER", "https://user:secret@idp.example"),
        ("OIDC_CLIENT_ID", ""),
        ("OIDC_CLIENT_SECRET", ""),
        ("OIDC_SCOPES", "profile"),
        ("OIDC_RECHECK_SECONDS", "61"),
        ("OIDC_RECHECK_SECONDS", "0"),
        ("OIDC_STRONG_MINUTES", "soon"),
        ("OIDC_FRESH_SIGN_IN", "perhaps"),
    ],
)
def test_half_a_provider_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setitem(WHOLE, name, value)
    with pytest.raises(ImproperlyConfigured, match="OIDC_"):
        read(monkeypatch)


def test_http_will_do_in_development(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, production=False, OIDC_ISSUER="http://127.0.0.1:1")
