"""What the registers of wards and people leave to do, and their steps of an installation."""

from collections.abc import Callable, Iterator

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from befreg_reserv.people.models import Membership, User, Ward
from befreg_reserv.people.roles import Role
from befreg_reserv.people.wards import register as known
from befreg_reserv.to_do import installation, waiting
from befreg_reserv.to_do.installation import Step
from befreg_reserv.to_do.waiting import Asked, Waiting

MOST_NAMED = 5  # wards that a sentence names


def typed_in(asked: Asked) -> Iterator[Waiting]:
    """Yield that wards were typed in at the till and wait for a word."""
    count = known.waiting().count()
    text = ngettext(
        "%(count)d ward was typed in at the till and isn't in the register.",
        "%(count)d wards were typed in at the till and aren't in the register.",
        count,
    )
    yield from _counted(asked, _("Wards"), count, text, reverse("wards:index"), _("Settle them"))


def people_without_ward(asked: Asked) -> Iterator[Waiting]:
    """Yield that people with the role of a ward belong to none."""
    count = known.people_without().count()
    text = ngettext(
        "%(count)d person belongs to no ward and sees no numbers.",
        "%(count)d people belong to no ward and see no numbers.",
        count,
    )
    address = reverse("wards:index") + "#people"
    yield from _counted(asked, _("People"), count, text, address, _("Give them a ward"))


def wards_without_people(asked: Asked) -> Iterator[Waiting]:
    """Yield that nobody who may sign in belongs to some wards."""
    members = Membership.objects.filter(ward=OuterRef("pk"), user__is_active=True)
    wards = _confirmed().exclude(Exists(members))
    count = wards.count()
    text = ngettext(
        "%(count)d ward has nobody who can sign in: %(names)s.",
        "%(count)d wards have nobody who can sign in: %(names)s.",
        count,
    )
    address, leads = reverse("staff:index"), _("Give them people")
    # While nobody is at any ward, the step that lets people in says so.
    step = "" if Membership.objects.filter(user__is_active=True).exists() else "staff:index"
    yield from _named(asked, wards, count, text, address, leads, step)


def wards_without_mail(asked: Asked) -> Iterator[Waiting]:
    """Yield that no reminder can reach some wards."""
    wards = _confirmed().filter(email="")
    count = wards.count()
    text = ngettext(
        "%(count)d ward has no e-mail address, so no reminder reaches it: %(names)s.",
        "%(count)d wards have no e-mail address, so no reminder reaches them: %(names)s.",
        count,
    )
    address = reverse("wards:every")
    yield from _named(asked, wards, count, text, address, _("Write their addresses"))


def _confirmed() -> QuerySet[Ward]:
    return Ward.objects.filter(confirmed=True, closed_on=None)


def _named(
    asked: Asked,
    wards: QuerySet[Ward],
    count: int,
    text: str,
    address: str,
    leads: str,
    step: str = "",
) -> Iterator[Waiting]:
    if not count:
        return
    first = wards.select_related("clinic")[:MOST_NAMED]
    names = [str(ward) for ward in first]
    if count > MOST_NAMED:
        names.append(_("%(count)d more") % {"count": count - MOST_NAMED})
    yield from _counted(asked, _("Wards"), count, text, address, leads, " · ".join(names), step)


def _counted(
    asked: Asked,
    label: str,
    count: int,
    text: str,
    address: str,
    leads: str,
    names: str = "",
    step: str = "",
) -> Iterator[Waiting]:
    if count:
        yield Waiting(
            label,
            Role.ADMINISTRATOR.label,
            text % {"count": count, "names": names},
            address=asked.to(address, "people.change_ward"),
            leads=leads,
            step=step,
        )


def _has(role: Role) -> Callable[[], bool]:
    return User.objects.filter(is_active=True, groups__name=role.value).exists


def wards_are_known() -> bool:
    """Tell whether the register has a ward."""
    return _confirmed().exists()


def people_can_work() -> bool:
    """Tell whether somebody has the till's role, and somebody a ward."""
    members = Membership.objects.filter(user__is_active=True)
    return _has(Role.TILL)() and members.exists()


STEPS = (
    Step(
        10,
        gettext_lazy("Load the wards"),
        gettext_lazy("The till finds a caller's ward in this list."),
        "wards:file",
        "people.change_ward",
        wards_are_known,
    ),
    Step(
        20,
        gettext_lazy("Let people in"),
        gettext_lazy("At least one at the till, and one at a ward who closes its numbers."),
        "staff:index",
        "people.view_user",
        people_can_work,
    ),
)


def register() -> None:
    """Add this room's sources and steps."""
    waiting.register(130, typed_in)
    waiting.register(140, people_without_ward)
    waiting.register(150, wards_without_people)
    waiting.register(160, wards_without_mail)
    installation.register(*STEPS)
