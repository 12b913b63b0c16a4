"""The ward: its handouts, and each step from real number to notice."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.acts.act import Done
from befreg_reserv.acts.answers import event, status_of, typed_event
from befreg_reserv.addresses import asks_for_drills
from befreg_reserv.audit.trail import looked_at
from befreg_reserv.people.access import answers_on, guarded, may, person, wards_of
from befreg_reserv.people.models import User, Ward
from befreg_reserv.people.signing_in.strong import needs_strong_sign_in
from custody.afterwards import tasks
from custody.afterwards.tasks import Filter, TaskKind
from custody.forms.fields import ReasonForm, SettledForm
from custody.forms.ward import NoticeForm, PairReasonForm, ReplaceForm
from custody.handouts import bedside, closing, doubles, notices, switches
from custody.handouts.followup import moved_from
from custody.ledger.refusals import BadIdentity, SamePerson
from custody.logged import Logged
from custody.models import Handout, Patient
from custody.models.states import State
from custody.numbers.describing import in_words
from custody.numbers.identities import is_as_long, lacks_century, same_sex
from custody.views import doubled
from custody.views.refused import answers_refusals, log_hit
from custody.views.ward import same_person
from custody.views.ward.page import Data, do, page_of, readable, visible

PAGE_SIZE = 50
MOST_ELSEWHERE = 20  # the oldest; the others follow as these are done
MAY_CLOSE = "custody.close_handout"
REPLACE_OPTIONS = ("sex_may_differ", "reason", "searched", "same_person", "same_reason")


@guarded("custody.view_handout")
def open_handouts(request: HttpRequest) -> HttpResponse:
    """List what the person's wards have left to do, the oldest first; less of it if asked."""
    return listed(request, drill=asks_for_drills(request))


def listed(request: HttpRequest, failed: SettledForm | None = None, *, drill: bool) -> HttpResponse:
    """Render the ward's page with an empty form for each waiting patient, or the one that failed.

    Callers have authorised. ``drill``: what is of drills, which the page of reality leaves out.
    """
    user, wanted = person(request), _wanted(request)
    page = tasks.tasks(user, wanted, request.GET.get("page"), drill=drill, size=PAGE_SIZE)
    handouts = [task.row for task in page if isinstance(task.row, Handout)]
    elsewhere = list(moved_from(user).filter(outage__drill=drill)[:MOST_ELSEWHERE])
    looked_at(request, *(task.row for task in page), *elsewhere)
    context = {
        "drill": drill,
        "page": page,
        "tasks": [(task, _settling(task.row, failed)) for task in page],
        "doubled": doubled.shown(
            request, doubles.waiting_for(user).filter(second__outage__drill=drill)
        ),
        "wards": wards_of(user),
        "choices": _choices(user, drill=drill),
        "kinds": TaskKind,
        "wanted": wanted,
        "switch_lists": switches.of(handouts),
        "elsewhere": elsewhere,
    }
    return render(request, "custody/ward.html", context, status=status_of(failed))


def _wanted(request: HttpRequest) -> Filter:
    """Return which tasks the address asks for; what makes no sense is left out."""
    kind, ward = request.GET.get("kind", ""), request.GET.get("ward", "")
    return Filter(
        TaskKind(kind) if kind in TaskKind else None,
        int(ward) if is_key(ward) else None,
        mine="mine" in request.GET,
    )


def _choices(user: User, *, drill: bool) -> list[Ward]:
    """Return the wards of which the list can be cut down to one."""
    if may(user, "custody.see_all_wards"):
        return tasks.wards(user, drill=drill)
    return list(wards_of(user))


def _settling(row: Model, failed: SettledForm | None) -> SettledForm | None:
    if not isinstance(row, Patient):
        return None
    ids = f"settle_{row.pk}_%s"
    return failed if failed and failed.auto_id == ids else SettledForm(auto_id=ids)


def is_key(text: str) -> bool:
    """Tell whether a text of an address could be the key of a row."""
    return text.isascii() and text.isdecimal() and len(text) < len(str(2**63))


@guarded("custody.view_handout")
def handout(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one handout, its history, and what can be done next."""
    return page_of(request, readable(request, pk))


@guarded("custody.view_handout")
def notice_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what to enter in RAPS, to be printed; logged as a print."""
    found = visible(request, pk)
    if not found.real_identity:
        return redirect(found)
    looked_at(request, found, act=Logged.NOTICE_SHEET)
    context = {
        "handout": found,
        "drill": found.number.training,
        "notice_fields": notices.fields(found),
        "separate": notices.to_separate(found),
        "also": same_person.also(request, found),
    }
    return render(request, "custody/notice_sheet.html", context)


@guarded(MAY_CLOSE, "POST")
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Check a number while it is typed, as registering it would. Writes nothing."""
    found = visible(request, pk)
    text = request.POST.get("number", "")
    context: dict[str, Any] = {"handout": found, "two_short": lacks_century(text)}
    if is_as_long(text) and found.state == State.HANDED_OUT:
        try:
            identity = closing.check_real_number(found, text, today=timezone.localdate())
        except SamePerson as question:
            context["earlier"] = same_person.asked(request, question)
            context["form"] = ReplaceForm(request.POST, auto_id="replace_%s")
        except BadIdentity as refusal:
            context["refused"] = refusal.advice
            log_hit(request, refusal)
        else:
            context["identity"] = identity
            context["words"] = in_words(identity)
            context["kind"] = notices.KINDS[identity.kind]
            context["differs"] = not same_sex(identity.sex, found.patient_sex)
    return render(request, "custody/_check.html", context)


@answers_on("ward:handout")
@guarded(MAY_CLOSE, "POST")
@answers_refusals
def replace(request: HttpRequest, pk: int) -> HttpResponse:
    """Register the real number."""
    form = ReplaceForm(request.POST, auto_id="replace_%s")

    def act(data: Data) -> Done[Handout]:
        options = {name: data[name] for name in REPLACE_OPTIONS}
        when = typed_event(request, data)
        return bedside.register(pk, data["number"], form.found, when, **options)

    done = _("The real number is registered. Next: the notice in RAPS, and the switch list.")
    return do(request, pk, form, act, done)


@answers_on("ward:handout")
@guarded(MAY_CLOSE, "POST")
@answers_refusals
def file_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that the notice was filed in RAPS."""
    form = NoticeForm(request.POST, auto_id="notice_%s")

    def act(data: Data) -> Done[Handout]:
        named = {name: data[name] for name in ("reference", "witness", "identity") if name in data}
        return notices.file_notice(pk, typed_event(request, data), **named)

    return do(request, pk, form, act, _("The notice is filed. The handout is closed."))


Correction = Callable[..., Done[Handout]]


def _correct(
    request: HttpRequest,
    pk: int,
    correction: Correction,
    done: str,
    kind: type[ReasonForm] = PairReasonForm,
) -> HttpResponse:
    """Carry out a correction. Its form has a reason, and the real number that is withdrawn."""
    form = kind(request.POST, auto_id=f"{correction.__name__}_%s")

    def act(data: Data) -> Done[Handout]:
        return correction(pk, event(request), **data)

    return do(request, pk, form, act, done)


@answers_on("ward:handout")
@needs_strong_sign_in
@guarded("custody.undo_handout", "POST")
@answers_refusals
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo a handout recorded by mistake."""
    return _correct(request, pk, closing.undo, _("The handout is undone."), ReasonForm)


@answers_on("ward:handout")
@guarded(MAY_CLOSE, "POST")
@answers_refusals
def withdraw_replacement(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a wrong real number."""
    return _correct(request, pk, closing.withdraw_replacement, _("The real number is withdrawn."))


@answers_on("ward:handout")
@guarded(MAY_CLOSE, "POST")
@answers_refusals
def withdraw_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that the notice was withdrawn."""
    return _correct(
        request, pk, notices.withdraw_notice, _("The notice is withdrawn. File a new one in RAPS.")
    )
