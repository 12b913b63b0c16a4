"""The hospital's identity provider, as the environment names it (OpenID Connect)."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from befreg_reserv.environment import env


@dataclass(frozen=True)
class IdentityProvider:
    """Where people sign in, and what it is asked and believed.

    ``vgr_id``: the claim that names the person. ``mapped``: the claims that may give roles and
    wards; no other is kept. ``strong``: values of ``acr`` that count as a strong sign-in, for
    ``strong_minutes``; none: no page asks for one. ``fresh``: every sign-in asks for the password
    or card again, whoever used the browser before.
    """

    issuer: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...] = ("openid", "profile")
    vgr_id: str = "preferred_username"
    mapped: tuple[str, ...] = ("groups",)
    strong: tuple[str, ...] = ()
    strong_minutes: int = 15
    recheck_seconds: int = 45
    fresh: bool = True


# Somebody who was removed there is out here within a minute.
LONGEST_RECHECK = 60


def read(*, production: bool) -> IdentityProvider | None:
    """Return the provider that OIDC_… names, or None without OIDC_ISSUER.

    Raises ImproperlyConfigured for one that is named by half, and for http:// in production:
    whoever is on the line could sign in as anybody.
    """
    issuer = env.web_address("OIDC_ISSUER")
    if not issuer:
        return None
    if production and urlsplit(issuer).scheme != "https":
        raise ImproperlyConfigured("OIDC_ISSUER: write https:// in production.")
    client_id, secret = env.text("OIDC_CLIENT_ID"), env.text("OIDC_CLIENT_SECRET")
    if not (client_id and secret):
        raise ImproperlyConfigured(
            "OIDC_ISSUER: set OIDC_CLIENT_ID and OIDC_CLIENT_SECRET (or …_FILE) too."
        )
    recheck = env.positive("OIDC_RECHECK_SECONDS", 45)
    if recheck > LONGEST_RECHECK:
        raise ImproperlyConfigured(f"OIDC_RECHECK_SECONDS={recheck}: write 1 to 60.")
    scopes = env.listing("OIDC_SCOPES", "openid,profile")
    if "openid" not in scopes:
        raise ImproperlyConfigured("OIDC_SCOPES: openid must be one of them.")
    return IdentityProvider(
        issuer=issuer,
        client_id=client_id,
        client_secret=secret,
        scopes=tuple(scopes),
        vgr_id=env.text("OIDC_VGR_ID_CLAIM", "preferred_username"),
        mapped=tuple(env.listing("OIDC_MAPPED_CLAIMS", "groups")),
        strong=tuple(env.listing("OIDC_STRONG_ACR")),
        strong_minutes=env.positive("OIDC_STRONG_MINUTES", 15),
        recheck_seconds=recheck,
        fresh=env.flag("OIDC_FRESH_SIGN_IN", default=True),
    )
