"""What the database itself keeps of who is who at the identity provider, by trigger."""

from befreg_reserv.audit.triggers import Trigger, set_once, unchangeable, undeletable
from befreg_reserv.people.sso.models import Identity, Vouched

RULES: list[Trigger] = [
    *undeletable(Identity),
    unchangeable(Identity, "user", "issuer", "subject", "linked_at"),  # nobody becomes another
    unchangeable(Vouched, "identity", "began_at"),
    set_once(Vouched, "ended_at"),  # a session that has ended never begins again
]
