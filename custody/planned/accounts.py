"""What each ward asked for before a planned outage, beside what was prepared and became of it."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from befreg_reserv.people.access import seen_by
from befreg_reserv.people.models import User, Ward
from custody.models import PreparedNumber
from custody.numbers.identities import Sex
from custody.planned import prepared
from custody.planned.prepared import Outcome
from outage.models import Need, Plan


@dataclass(frozen=True)
class Account:
    """A ward's numbers of one sex: how many it asked for, and what became of those prepared."""

    ward: Ward
    sex: Sex
    needed: int = 0
    prepared: int = 0
    used: int = 0
    unused: int = 0

    @property
    def label(self) -> str:
        """What the sex is called on a screen."""
        labels = {Sex.WOMAN: _("Women"), Sex.MAN: _("Men"), Sex.UNKNOWN: _("Unknown sex")}
        return labels[self.sex]

    @property
    def waiting(self) -> int:
        """Return how many nobody has marked yet."""
        return self.prepared - self.used - self.unused

    @property
    def missing(self) -> int:
        """Return how many are still to be prepared."""
        return max(self.needed - self.prepared, 0)


@dataclass(frozen=True)
class Sums:
    """All that a person may see of a plan, added up; too many of one ward help no other."""

    needed: int
    prepared: int
    missing: int


def accounts(plan: Plan, user: User) -> list[Account]:
    """Return each ward's account as far as the person may see, in Swedish order, women's first.

    A ward has one for each sex that it has asked numbers for, or has got numbers of.
    """
    needed, counted = _needed(plan, user), _counted(prepared.visible_to(user).filter(plan=plan))
    keys = needed.keys() | counted.keys()
    wards = Ward.objects.select_related("clinic").in_bulk({ward for ward, _sex in keys})
    in_order = {ward.pk: place for place, ward in enumerate(sorted(wards.values(), key=_place))}
    sexes = list(Sex)
    return [
        Account(wards[ward], sex, needed.get((ward, sex), 0), **counted.get((ward, sex), {}))
        for ward, sex in sorted(keys, key=lambda key: (in_order[key[0]], sexes.index(key[1])))
    ]


def sums(found: list[Account]) -> Sums:
    """Return these accounts added up."""
    return Sums(
        needed=sum(account.needed for account in found),
        prepared=sum(account.prepared for account in found),
        missing=sum(account.missing for account in found),
    )


Key = tuple[int, Sex]


def _needed(plan: Plan, user: User) -> dict[Key, int]:
    answers = Need.objects.filter(plan=plan, concerned=True, answered_at__isnull=False)
    found: dict[Key, int] = {}
    for need in seen_by(answers.order_by(), user, "custody.see_all_wards"):
        found |= {(need.ward_id, Sex.WOMAN): need.women, (need.ward_id, Sex.MAN): need.men}
    return {key: number for key, number in found.items() if number}


def _counted(numbers: QuerySet[PreparedNumber]) -> dict[Key, dict[str, int]]:
    counted = {
        "prepared": Count("pk"),
        "used": Count("pk", filter=Q(outcome=Outcome.USED)),
        "unused": Count("pk", filter=Q(outcome=Outcome.UNUSED)),
    }
    rows: QuerySet[Any] = numbers.order_by().values("ward_id", "sex").annotate(**counted)
    return {
        (row["ward_id"], Sex(row["sex"])): {name: row[name] for name in counted} for row in rows
    }


def _place(ward: Ward) -> tuple[str, str, int]:
    return (ward.clinic.key if ward.clinic else "", ward.key, ward.pk)
