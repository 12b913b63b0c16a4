"""What happened to the outage itself: announced, doubted, noted, reminded of, signed off."""

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv.people.access import seen_by
from befreg_reserv.people.break_glass.models import Breaking
from befreg_reserv.people.models import User
from befreg_reserv.times import moment
from custody.afterwards.merged import Source
from custody.afterwards.story.happening import Happening, recorded
from custody.models import Reminder, SignOff
from outage.models import Outage, PlanChange, Tick, TimelineEntry

Act = TimelineEntry.Act
END = Q(act=Act.ENDED)
DRILL_ACTS: dict[str, Promise] = {
    Act.STARTED: gettext_lazy("Drill started"),
    Act.ENDED: gettext_lazy("Drill ended"),
}


def before(outage: Outage) -> list[Source]:
    """Return the sources of what came before the handouts."""
    return [
        Source(PlanChange.objects.filter(plan=outage.plan_id), "at", _announced, ("by", "plan")),
        Source(Tick.objects.filter(doubt__outage=outage), "at", _ticked, ("by",)),
        Source(_timeline(outage).exclude(END), "at", _noted),
    ]


def broken_glass(outage: Outage, user: User) -> list[Source]:
    """Return the source of the sealed accounts that were opened while a real outage went on."""
    if outage.drill or not user.has_perm("custody.see_all_wards"):
        return []
    uses = Breaking.objects.filter(at__gte=outage.started_at)
    if outage.ended_at:
        uses = uses.filter(at__lte=outage.ended_at)
    return [Source(uses, "at", _broken, ("seal__account__user",))]


def end(outage: Outage) -> Source:
    """Return the source of its end."""
    return Source(_timeline(outage).filter(END), "at", _noted)


def after(outage: Outage, user: User) -> list[Source]:
    """Return the sources of the reminders that the person may see, and of the sign-offs."""
    reminders = seen_by(Reminder.objects.filter(outage=outage), user, "custody.see_all_wards")
    return [
        of_reminders(reminders),
        Source(SignOff.objects.filter(outage=outage), "at", _signed_off, ("by", "outage")),
    ]


def of_reminders(reminders: QuerySet[Reminder]) -> Source:
    """Return the source of these mails."""
    return Source(reminders, "claimed_at", _reminded, ("ward__clinic",))


def _timeline(outage: Outage) -> QuerySet[TimelineEntry]:
    return TimelineEntry.objects.filter(outage=outage).select_related("recorded_by", "outage")


def _announced(change: PlanChange, at: datetime) -> Happening:
    window = f"{moment(change.planned_start)} – {moment(change.planned_end)}"
    drill = change.plan.drill
    what = _("Planned drill: %(act)s") if drill else _("Planned outage: %(act)s")
    what %= {"act": str(change.get_act_display()).lower()}
    return Happening(at, change.by.username, what, text=change.reason, detail=window)


def _ticked(tick: Tick, at: datetime) -> Happening:
    done = "" if tick.item == Tick.NOTE else _("Ticked")
    detail = _("Skipped in a hurry") if tick.skipped else done
    what = _("Checklist: %(item)s") % {"item": tick.get_item_display()}
    return Happening(at, tick.by.username, what, text=tick.text, detail=detail)


def _noted(note: TimelineEntry, at: datetime) -> Happening:
    late = recorded(at, note.by, note)
    what = DRILL_ACTS.get(note.act) if note.outage.drill else None
    return Happening(at, note.by, str(what or note.get_act_display()), text=note.text, **late)


def _broken(use: Breaking, at: datetime) -> Happening:
    until = _("open until %(until)s") % {"until": moment(use.until)}
    name = str(use.seal.account)
    return Happening(at, name, _("Break-glass account used"), text=use.reason, detail=until)


def _reminded(reminder: Reminder, at: datetime) -> Happening:
    count = _("%(count)d open") % {"count": reminder.handouts}
    return Happening(
        at,
        "",
        _("Reminder sent") if reminder.sent_at else _("Reminder not sent"),
        detail=" · ".join(filter(None, [count, reminder.failure])),
        ward=str(reminder.ward),
    )


def _signed_off(sign_off: SignOff, at: datetime) -> Happening:
    unread = sign_off.never_read_back
    detail = _("Never read back: %(number)d") % {"number": unread} if unread else ""
    what = _("Drill signed off") if sign_off.outage.drill else _("Outage signed off")
    return Happening(at, sign_off.by.username, what, sign_off.text, detail)
