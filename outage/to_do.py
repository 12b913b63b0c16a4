"""What routine, contacts and mails about plans leave to do, and their installation's steps."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv.people.roles import Role
from befreg_reserv.to_do import installation, waiting
from befreg_reserv.to_do.installation import Step
from befreg_reserv.to_do.waiting import Asked, Waiting
from outage.calling import contacts
from outage.models import Contact
from outage.plans import reached
from outage.routine.worries import Worries, worries
from outage.templatetags.calls import gap_in_words

OWNER = Role.ADMINISTRATOR.label


def routine_and_contacts(asked: Asked) -> Iterator[Waiting]:
    """Yield what is wrong with the routine, and when nobody of whom it names answers."""
    found = worries(timezone.localdate(asked.now), contacts.calls(asked.now))
    not_kept = contacts.not_kept()  # a step says so, which is shown again then
    yield from _of_the_routine(asked, found)
    silent = [purpose for purpose in found.silent if purpose not in not_kept]
    if silent:
        text = _("The routine says to call somebody who doesn't answer now: %(whom)s.")
        yield _of_contacts(asked, _("Routine"), text % {"whom": _listed(silent)})
    for gap in contacts.gaps(asked.now):
        if gap.purpose not in found.silent or gap.since > asked.now:
            yield _of_contacts(asked, _("Contacts"), gap_in_words(gap))


def _of_the_routine(asked: Asked, found: Worries) -> Iterator[Waiting]:
    routine = found.routine
    if found.undecided:
        text = _("Nobody has decided on the routine yet: what came with the installation is shown.")
    elif found.past:
        words = _(
            "Version %(version)s of the routine held until %(day)s, and is still shown."
            " Responsible: %(who)s."
        )
        day, who = routine.valid_until, routine.responsible
        text = words % {"version": routine, "day": day, "who": who}
    else:
        return
    writes = asked.to(reverse("routine:new"), "outage.keep_routine")
    yield Waiting(
        _("Routine"),
        OWNER,
        text,
        address=writes or reverse("routine:show"),
        leads=_("Read it through, and decide on a version") if writes else _("Read it"),
        step="routine:new" if found.undecided else "",
    )


def _of_contacts(asked: Asked, label: str, text: str) -> Waiting:
    address = asked.to(reverse("contacts:index"), "outage.change_contact")
    return Waiting(label, OWNER, text, address=address, leads=_("See to their hours"))


def _listed(purposes: list[Contact.Purpose]) -> str:
    return " · ".join(str(purpose.label) for purpose in purposes)


def mails_about_plans(asked: Asked) -> Iterator[Waiting]:
    """Yield the planned outages of which wards don't know, since no mail came through."""
    for plan in reached.not_reached(asked.now):
        yield Waiting(
            _("Mail"),
            OWNER,
            since=plan.since,
            piece="outage/to_do/not_reached.html",
            about=plan,
        )


def contacts_are_kept() -> bool:
    """Tell whether somebody is kept for each kind that must be called."""
    return not contacts.not_kept()


def contacts_not_kept() -> str:
    """Say of which kinds nobody is kept."""
    words = _("The register keeps no telephone number for: %(whom)s.")
    why = _("Write one there: until then people are sent elsewhere")
    return f"{words % {'whom': _listed(contacts.not_kept())}} {why}."


def routine_is_decided() -> bool:
    """Tell whether somebody has decided on a version of the routine."""
    return not worries(timezone.localdate(), contacts.calls(timezone.now())).undecided


STEPS = (
    Step(
        30,
        gettext_lazy("Write whom to call"),
        gettext_lazy("Support, till and administrator, with the hours at which each answers."),
        "contacts:index",
        "outage.change_contact",
        contacts_are_kept,
        missing=contacts_not_kept,
    ),
    Step(
        40,
        gettext_lazy("Decide on the routine"),
        gettext_lazy("The wards read it when Befreg doesn't answer."),
        "routine:new",
        "outage.keep_routine",
        routine_is_decided,
        needed=False,
    ),
)


def register() -> None:
    """Add this app's source and steps."""
    waiting.register(125, mails_about_plans)
    waiting.register(210, routine_and_contacts)
    installation.register(*STEPS)
