"""A sealed account and one that was used, for pages that show them."""

from uuid import UUID

from befreg_reserv.people.break_glass import keeping
from befreg_reserv.people.break_glass.keeping import NewAccount
from befreg_reserv.people.roles import Role
from befreg_reserv.people.signing_in.passwords import OneTime
from tests import scenes
from tests.cast import Cast


def laid_out(cast: Cast) -> dict[str, int]:
    """Add the accounts; return the keys of one and of a use that goes on."""
    sealed, used = (
        keeping.make(
            NewAccount(name, frozenset({Role.TILL}), "Kassaskåpet"),
            scenes.now(cast.adele),
            secret=OneTime("x", "!"),
            request_key=UUID(int=place),
        ).row
        for place, name in enumerate(("glas-1", "glas-2"), 900)
    )
    use = keeping.break_open(used.user, "Berit Ek, kassan", scenes.now(used.user)).row
    return {"glass": sealed.pk, "glass_use": use.pk}
