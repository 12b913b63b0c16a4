"""One person, several numbers: what a page shows of the patient's other numbers, and to whom."""

from dataclasses import dataclass

from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.acts.refused import Refused
from befreg_reserv.audit.trail import looked_at
from befreg_reserv.people.access import person
from befreg_reserv.times import moment
from custody.forms.ward import ReplaceForm
from custody.handouts import chain, closing
from custody.handouts.followup import visible_to
from custody.ledger.refusals import SamePerson
from custody.logged import Logged
from custody.models import Handout, LateRegistration, PreparedNumber


@dataclass(frozen=True)
class Earlier:
    """Another number of a patient. ``key`` names it in the form that asks.

    ``number``: the whole emergency number for those who may see the handout, and its last four for
    the others: they need to recognise it, and no more. ``url``: its page, for the former.
    """

    words: str
    ward: str
    when: str
    number: str = ""
    url: str = ""
    key: str = ""


def asked(request: HttpRequest, question: SamePerson) -> Earlier:
    """Return the patient about whom the question is, and log that the page tells of it."""
    row = question.holder
    looked_at(request, row, act=Logged.NUMBER_CHECKED)
    if isinstance(row, Handout):
        return _handouts(request, [row], key=question.key)[0]
    return _elsewhere(row, key=question.key)


def question_of(request: HttpRequest, found: Handout, failed: object) -> Earlier | None:
    """Return the patient about whom a form that failed must be asked, if it must."""
    if not isinstance(failed, ReplaceForm) or not failed["number"].value():
        return None
    try:
        closing.check_real_number(found, failed["number"].value(), today=timezone.localdate())
    except SamePerson as question:
        return asked(request, question)
    except Refused:
        return None
    return None


def also(request: HttpRequest, *found: Handout) -> list[Earlier]:
    """Return the patients' other numbers, and log that the page tells of them."""
    others, elsewhere = chain.others(*found), chain.elsewhere(*found)
    looked_at(request, *others, *elsewhere, act=Logged.NUMBER_CHECKED)
    return [*_handouts(request, others), *(_elsewhere(row) for row in elsewhere)]


def _handouts(request: HttpRequest, rows: list[Handout], key: str = "") -> list[Earlier]:
    if not rows:
        return []
    keys = [row.pk for row in rows]
    may_see = set(visible_to(person(request)).filter(pk__in=keys).values_list("pk", flat=True))
    return [_handout(row, visible=row.pk in may_see, key=key) for row in rows]


def _handout(row: Handout, *, visible: bool, key: str) -> Earlier:
    return Earlier(
        _("Emergency number"),
        str(row.ward),
        moment(row.handed_out_at),
        number=row.number.value if visible else row.number.last_four,
        url=row.get_absolute_url() if visible else "",
        key=key,
    )


def _elsewhere(row: Model, key: str = "") -> Earlier:
    if isinstance(row, LateRegistration):
        when = moment(row.registered_at) if row.registered_at else ""
        return Earlier(_("Registered late"), str(row.ward), when, key=key)
    if not isinstance(row, PreparedNumber):
        raise TypeError(row)
    return Earlier(_("Prepared number"), str(row.ward), moment(row.plan.planned_start), key=key)
