"""What outages leave to do: prepared numbers to mark, reminders that reach nobody, a signature."""

from collections.abc import Iterator

from django.db.models import Count, Min
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from befreg_reserv.people.models import Heir, Membership, Ward
from befreg_reserv.people.roles import Role
from befreg_reserv.times import moment
from befreg_reserv.to_do.waiting import MOST, Asked, Waiting
from custody.handouts import followup, reminders
from custody.planned import prepared
from outage import lifecycle


def unmarked(_asked: Asked) -> Iterator[Waiting]:
    """Yield the planned outages with prepared numbers of which nobody says what became of them."""
    since = Coalesce("plan__outage__ended_at", "plan__cancelled_at")
    plans = prepared.owed().order_by().values("plan", "plan__planned_start")
    for row in plans.annotate(count=Count("pk"), since=Min(since)).order_by("since"):
        text = ngettext(
            "%(count)d number that was prepared for %(time)s isn't marked as used or unused.",
            "%(count)d numbers that were prepared for %(time)s aren't marked as used or unused.",
            row["count"],
        )
        yield Waiting(
            _("Prepared"),
            _("The wards"),
            text % {"count": row["count"], "time": moment(row["plan__planned_start"])},
            row["since"],
            reverse("outage:prepared", args=[row["plan"]]),
            _("The prepared numbers"),
        )


def unsigned(asked: Asked) -> Iterator[Waiting]:
    """Yield the outages, or drills, that are over and that nobody has signed off."""
    for outage in lifecycle.unsigned(drill=asked.drill)[: MOST + 1]:
        words = (
            _("The drill that began %(time)s isn't signed off.")
            if outage.drill
            else _("The outage that began %(time)s isn't signed off.")
        )
        signs = asked.to(reverse("outage:sign-off", args=[outage.pk]), "custody.sign_off")
        yield Waiting(
            _("Sign-off"),
            Role.ADMINISTRATOR.label,
            words % {"time": moment(outage.started_at)},
            outage.ended_at,
            signs or outage.get_absolute_url(),
            _("See what is left, and sign it off") if signs else _("See what is left"),
        )


def unreached(asked: Asked) -> Iterator[Waiting]:
    """Yield that wards have open numbers and no mail can remind them, or the last came back."""
    wards = [row.ward for row in followup.open_by_ward(asked.now)]
    yield from _to_mend(
        [ward for ward in wards if not ward.email],
        _(
            "Numbers are open, and no mail can remind of them: the register has no e-mail address"
            " of"
        ),
    )
    yield from _to_mend(
        reminders.unreached(wards),
        _(
            "Numbers are open, and the last reminder did not get through. The e-mail address in the"
            " register doesn't work:"
        ),
    )


def nobody_there(asked: Asked) -> Iterator[Waiting]:
    """Yield the wards with open numbers to which nobody belongs who may sign in.

    A closed ward's numbers are seen by its successors' people.
    """
    rows = [row for row in followup.open_by_ward(asked.now) if row.ward.confirmed]
    wards = [row.ward.pk for row in rows]
    members = Membership.objects.filter(user__is_active=True)
    served = set(members.filter(ward__in=wards).values_list("ward", flat=True))
    heirs = Heir.objects.filter(ward__in=wards, heir__membership__in=members)
    served |= set(heirs.values_list("ward", flat=True))
    for row in rows:
        if row.ward.pk not in served:
            text = ngettext(
                "%(count)d number is open at %(ward)s, where nobody can sign in.",
                "%(count)d numbers are open at %(ward)s, where nobody can sign in.",
                row.total,
            )
            yield Waiting(
                _("Nobody there"),
                Role.ADMINISTRATOR.label,
                text % {"count": row.total, "ward": row.ward},
                row.oldest,
                f"{reverse('ward:open')}?ward={row.ward.pk}",
                _("Close them or move them"),
                color="overdue",
            )


def _to_mend(wards: list[Ward], text: str) -> Iterator[Waiting]:
    if wards:
        owner = Role.ADMINISTRATOR.label
        piece = "custody/to_do/wards_to_mend.html"
        yield Waiting(_("Reminders"), owner, text, piece=piece, about=wards)
