"""Short names that people say for a ward, added and taken away by an administrator."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import Refused
from befreg_reserv.audit import trail
from befreg_reserv.audit.acts import Logged
from befreg_reserv.people.models import Alias, Ward
from befreg_reserv.people.wards import register
from befreg_reserv.people.wards.register import NotConfirmed
from befreg_reserv.text import clean_line, sort_key

NAME_LENGTH = 40
MOST = 9  # of one ward: each is compared in every search


class TooMany(Refused):
    """The ward has as many short names as a search compares."""

    field = "name"

    def __init__(self, ward: Ward) -> None:
        text = _("%(ward)s has %(most)d short names already. Take one away first.")
        super().__init__(text % {"ward": ward, "most": MOST})


class AnothersName(Refused):
    """Another ward is called so: a call for it would be written on the wrong one."""

    field = "name"

    def __init__(self, name: str, other: Ward) -> None:
        text = _("“%(name)s” is what %(ward)s is called. Whoever says so means that ward.")
        super().__init__(text % {"name": name, "ward": other})


def every() -> QuerySet[Alias]:
    """Return all short names, by ward."""
    return Alias.objects.select_related("ward__clinic").order_by(
        "ward__clinic__key", "ward__key", "key"
    )


@act
def add(ward: Ward, name: str, event: Event) -> Done[Alias]:
    """Let a ward be found by a short name too. One that it has already is answered with it.

    Raises NotConfirmed unless the register has the ward, AnothersName if another is called so,
    TooMany if it has enough of them.
    """
    locked = _locked(ward.pk)
    if not (locked.confirmed and locked.is_open):
        raise NotConfirmed(locked)
    has = {alias.key: alias for alias in locked.aliases.all()}
    if there := has.get(sort_key(name)):
        return Done(there, new=False)
    if other := next((other for other in register.called(name) if other != locked), None):
        raise AnothersName(clean_line(name), other)
    if len(has) >= MOST:
        raise TooMany(locked)
    alias = Alias(ward=locked, name=clean_line(name))
    alias.derive()
    record.insert(alias)
    said = record.said(name=alias.name, ward=locked.pk)
    record.record(alias, Logged.CREATE, event, said, action=trail.Action.CREATE)
    _let_it_be_found(locked)
    return Done(alias)


@act
def drop(alias: Alias, event: Event) -> Done[Ward]:
    """Let a ward no longer be found by a short name. What was said with it keeps its words."""
    ward = _locked(alias.ward_id)
    there = ward.aliases.filter(pk=alias.pk).first()
    if there is None:
        return Done(ward, new=False)
    changes = {"name": (there.name, None), "ward": (ward.pk, None)}
    record.record(there, Logged.DELETE, event, changes, action=trail.Action.DELETE)
    Alias.objects.filter(pk=there.pk).delete()
    _let_it_be_found(ward)
    return Done(ward)


def _locked(key: int) -> Ward:
    """Return the ward, locked. A call that names it meanwhile needn't wait: its key stays."""
    wards = Ward.objects.select_for_update(of=("self",), no_key=True)
    return wards.select_related("clinic").get(pk=key)


def _let_it_be_found(ward: Ward) -> None:
    """Write what a search compares, by the ward's present names."""
    ward.derive()
    Ward.objects.filter(pk=ward.pk).update(searched=ward.searched)
