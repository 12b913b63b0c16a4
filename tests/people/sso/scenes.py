"""A rule and a withdrawn person, for pages that show them."""

from django.utils import timezone

from befreg_reserv.people.models import User
from befreg_reserv.people.roles import Role
from befreg_reserv.people.sso import leaving
from befreg_reserv.people.sso.claims import mapping
from befreg_reserv.people.sso.models import Identity
from tests import scenes
from tests.cast import Cast


def laid_out(cast: Cast, somebody: User) -> dict[str, int]:
    """Add a rule, and an identity of whom the provider has said no; return their keys."""
    now = timezone.now()
    known = {"issuer": "https://idp.example", "subject": "s", "linked_at": now, "seen_at": now}
    claims = {"groups": ["akuten"]}
    identity = Identity.objects.create(user=somebody, claims=claims, **known)
    rule = mapping.add("groups", "akm-till", Role.TILL, scenes.now(cast.adele)).row
    leaving.withdraw(identity, scenes.now(cast.adele))
    return {"claim_rule": rule.pk, "identity": identity.pk}
