"""The till: the board, a call, the number, the read-back, a missing sheet."""

from datetime import datetime
from typing import Any, cast
from zlib import crc32

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from befreg_reserv.acts.answers import BAD_FORM, event, status_of
from befreg_reserv.audit.trail import looked_at
from befreg_reserv.health import seconds
from befreg_reserv.pages.unanswered import may_be_sent_twice
from befreg_reserv.people import vgr_id
from befreg_reserv.people.access import answers_on, fetched, guarded, person
from befreg_reserv.people.models import User
from befreg_reserv.people.signing_in import idle
from befreg_reserv.people.signing_in.sessions import SessionStore
from befreg_reserv.times import clock
from custody.binder import contents, journal_news
from custody.calls import taking, waiting
from custody.forms.fields import CalledAtField
from custody.forms.till import CallForm, ReadBackForm
from custody.handouts import doubles, missing_sheet
from custody.handouts.followup import not_read_back, not_shown, visible_to
from custody.handouts.read_back import confirm_read_back
from custody.journal import departures
from custody.logged import Logged
from custody.models import Call, Handout, Patient
from custody.models.states import State
from custody.numbers.readings import Reading, beside, marked
from custody.views.refused import answers_refusals
from custody.views.ward import same_person
from outage.calling import contacts
from outage.checklist import Checklist, checklist
from outage.models import Outage

MOST_SHOWN = 50
# In the session: the rows on each board. A look is logged once, not at every refresh.
SEEN = {False: "board_seen", True: "drill_board_seen"}
# In the form's address: a new call is meant, not the one whose answer was lost.
ANOTHER = "new"
GO_ON, EMPTY = "go_on", "empty"  # with a call that was begun and left, or without it
SAME_CALLER = "like"  # the earlier call, whose caller has one more
# The button that adds a patient to a call.
ONE_MORE = "one_more"


@guarded("custody.see_all_wards")
def board(request: HttpRequest, *, drill: bool) -> HttpResponse:
    """Show the outage, what is left, who waits, the latest handouts, and where a call begins.

    The board of reality and that of the drill have an address each.
    """
    context = _board(request, drill=drill, seen=[])
    context["refresh_seconds"] = settings.BOARD_REFRESH_SECONDS
    return render(request, "custody/board.html", context)


@idle.not_activity
@guarded("custody.see_all_wards")
def live(request: HttpRequest, *, drill: bool) -> HttpResponse:
    """Show the board's changing part, which the page polls."""
    shown = _board(request, drill=drill, seen=request.session.get(SEEN[drill], []))
    if shown["frame"] != request.GET.get("frame", ""):
        return HttpResponseClientRefresh()
    points = shown["checklist"]
    anew = points and points.mark != request.GET.get("shown", points.mark)
    return render(
        request,
        "custody/_live.html",
        shown | {"points_anew": anew, "with_keys": shown["outage"] is None},
    )


@guarded("custody.hand_out")
def call(request: HttpRequest, *, drill: bool) -> HttpResponse:
    """Show the form for a call; without an outage, the board says what to do instead."""
    left = idle.was_left(request, request.path) and GO_ON not in request.GET
    # What was left waits on while the same caller goes on.
    waits = left and SAME_CALLER in request.GET
    draft = {} if waits else idle.take_draft(request, request.path) or {}
    outage = _of_kind(_ongoing(), drill=drill)
    wanted = request.GET.get("outage") or str(draft.get("outage", ""))
    if outage is None or (wanted.isdecimal() and wanted != str(outage.pk)):
        if draft:  # kept for the outage that may be started next
            idle.keep_draft(request, request.path, draft, left=True)
        if outage:
            messages.warning(request, _("That call was another outage's. Nothing was sent."))
        return redirect("till:board", drill=drill)
    if EMPTY in request.GET or not _fits(draft, outage) or (left and _was_answered(draft)):
        draft = {}
    lost = None if ANOTHER in request.GET else _not_shown(person(request), outage)
    if lost:
        return _lost(request, lost, draft)
    if left and draft:
        return _begun(request, draft, outage)
    _point_out(request, draft)
    begun_with = draft or _same_caller(request, drill=drill)
    form = CallForm.blank(outage.pk, timezone.now(), begun_with, drill=drill)
    return _call(request, form, drill=drill)


def _point_out(request: HttpRequest, draft: idle.Draft) -> None:
    """Say when the call was begun that the form goes on with."""
    if begun := CalledAtField().clean(draft.get("called_at")):
        text = _("This call was begun at %(time)s. Is it another? Reload the page to empty it.")
        messages.info(request, text % {"time": clock(begun)})


def _same_caller(request: HttpRequest, *, drill: bool) -> idle.Draft:
    """Return what stays the same when the caller of an earlier call has one more."""
    key = request.GET.get(SAME_CALLER, "")
    calls = Call.objects.filter(drill=drill)
    earlier = calls.filter(pk=int(key[:18])).first() if key.isdecimal() else None
    return waiting.said_again(earlier) if earlier else {}


def _was_answered(draft: idle.Draft) -> bool:
    """Tell whether the call of this draft was recorded: then nothing of it is left to do."""
    key = CallForm.base_fields["request_key"]
    try:
        return Call.objects.filter(request_key=key.clean(draft.get("request_key"))).exists()
    except ValidationError:  # a draft without a key was never sent
        return False


def _begun(request: HttpRequest, draft: idle.Draft, outage: Outage) -> HttpResponse:
    """Ask whether to go on with a call that was begun and left, and keep it until then."""
    idle.keep_draft(request, request.path, draft, left=True)
    address = f"{request.path}?outage={outage.pk}&{ANOTHER}=1"
    context = {
        "who": draft.get("caller") or draft.get("caller_name", ""),
        "ward": draft.get("ward", ""),
        "at": CalledAtField().clean(draft.get("called_at")),
        "drill": outage.drill,
        "go_on": f"{address}&{GO_ON}=1",
        "empty": f"{address}&{EMPTY}=1",
    }
    return render(request, "custody/begun_call.html", context)


def _not_shown(user: User, outage: Outage) -> Handout | Call | None:
    """Return the person's latest handout, or call whose patients wait, if it was never shown."""
    return not_shown(user, outage) or waiting.not_shown(user, outage)


def _lost(request: HttpRequest, lost: Handout | Call, draft: idle.Draft) -> HttpResponse:
    """Ask whether this is the call whose answer was lost; keep the draft of another call."""
    if draft and draft.get("request_key") != str(lost.request_key):
        idle.keep_draft(request, request.path, draft, left=True)
    context = {
        "lost": lost,
        "handout": lost if isinstance(lost, Handout) else None,
        "at": lost.handed_out_at if isinstance(lost, Handout) else lost.taken_at,
        "drill": lost.drill,
        "another": ANOTHER,
    }
    return render(request, "custody/lost_answer.html", context)


@idle.keeps_draft("till:call")
@guarded("custody.hand_out", "POST")
@answers_refusals
@seconds.hands_out
def hand_out(request: HttpRequest, *, drill: bool) -> HttpResponse:
    """Take a call; the answer redirects to its number or its page, so that a reload takes no other.

    With the button for one more patient, the form is shown again, with that patient's fields.
    """
    if ONE_MORE in request.POST:
        return _call(request, CallForm.with_one_more(request.POST, drill=drill), drill=drill)
    form = CallForm(request.POST, drill=drill)
    if not form.is_valid():
        return _call(request, form, drill=drill)
    # The database's clock is read with the outage's lock.
    taken = taking.take(form.details, event(request, timezone.now())).row
    if taken.handouts:
        return redirect("till:number", taken.handouts[0].pk)
    return redirect(taken.call)


@guarded("custody.see_all_wards")
def number(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the number, large, and ask for the read-back."""
    return _number(request, _find(request, pk), ReadBackForm())


@answers_on("till:number")
@may_be_sent_twice
@guarded("custody.hand_out", "POST")
@answers_refusals
def read_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Check what the caller read back: show that it is right, or what differs."""
    handout = _find(request, pk)
    form = ReadBackForm(request.POST)
    if not form.is_valid():
        return _number(request, handout, form.emptied())
    reading = confirm_read_back(pk, form.cleaned_data["typed"], event(request)).row
    if reading.right:
        following = waiting.next_to_read(handout)
        return redirect("till:number", following.pk if following else pk)
    # With an empty field, for the next try.
    return _number(request, handout, ReadBackForm(), reading)


@answers_on("till:number")
@may_be_sent_twice
@guarded("custody.hand_out", "POST")
@answers_refusals
@seconds.hands_out
def sheet_missing(request: HttpRequest, pk: int) -> HttpResponse:
    """Set the number aside and show the next one."""
    _find(request, pk)
    done = missing_sheet.give_next(pk, event(request))
    return redirect("till:number", done.row.pk)


def _find(request: HttpRequest, pk: int) -> Handout:
    """Return the handout if the person may see it; 404 otherwise."""
    return fetched(request, _shown_to, pk)


def _shown_to(user: User) -> QuerySet[Handout]:
    return visible_to(user).select_related("successor", "ward__same_as__clinic")


def _call(request: HttpRequest, form: CallForm, *, drill: bool) -> HttpResponse:
    context = {
        "form": form,
        "drill": drill,
        "stock": contents.stock(training=drill),
        "several": len(form.patients) > 1,
        "one_more": ONE_MORE,
    }
    return render(request, "custody/call.html", context, status=status_of(form))


def _number(
    request: HttpRequest, handout: Handout, form: ReadBackForm, wrong: Reading | None = None
) -> HttpResponse:
    looked_at(request, handout, act=Logged.NUMBER_SHOWN)
    number, in_call = handout.number, waiting.numbers_of(handout.patient.call_id)
    # A sheet given out on paper is with its patient, also when a count has missed it before.
    missing = not handout.late and number.quarantines.exists()
    birth, last = marked(number.value, wrong.places if wrong else ())
    context = {
        "handout": handout,
        "missing": missing,
        # A number with a real number, or without a sheet, must not be read out any more.
        "in_hand": handout.state == State.HANDED_OUT and not missing,
        "wrong": wrong,
        "compared": beside(number.value, wrong) if wrong else [],
        "drill": number.training,
        "form": form,
        "birth": birth,
        "last": last,
        "odd_caller": bool(handout.caller) and vgr_id.looks_odd(handout.caller),
        "in_use": contents.in_use(number.binder, besides=number),
        "stock": contents.stock(training=number.training),
        "trouble": departures.trouble(),
        "doubled": doubles.about(handout),
        "in_call": in_call,
        "of_how_many": len(in_call),
        "also": same_person.also(request, handout),
    }
    status = BAD_FORM if wrong else status_of(form)
    return render(request, "custody/number.html", context, status=status)


def _board(request: HttpRequest, *, drill: bool, seen: list[str]) -> dict[str, Any]:
    """Return what a board shows, and log the look at handouts that aren't among ``seen``."""
    now = timezone.now()
    outages = _ongoing()
    outage = _of_kind(outages, drill=drill)
    support = contacts.ask(now)
    points = None if outage else checklist(drill=drill, at=now, call=support)
    latest = list(_latest(outage, now, drill=drill)[:MOST_SHOWN])
    unread = list(not_read_back(drill=drill)[:MOST_SHOWN])
    # A real alarm is too urgent for any other page.
    alarms = [alarm for alarm in doubles.waiting() if alarm.drill == drill or not alarm.drill]
    standing = doubles.described(alarms)
    doubled = [handout for each in standing for handout in each.handouts]
    patients, stock = waiting.queue(drill=drill), contents.stock(training=drill, with_tabs=True)
    can_be_served = [row for row in patients if stock.of(row.known_sex)]
    rows: list[Handout | Patient] = [*latest, *unread, *doubled, *patients]
    shown = {_seen_as(row): row for row in rows}
    looked_at(request, *(row for key, row in shown.items() if key not in seen))
    if list(shown) != request.session.get(SEEN[drill]):
        cast("SessionStore", request.session).note(SEEN[drill], list(shown))
    return {
        "now": now,
        "ongoing_outages": outages,
        "call": support,
        "checklist": points,
        "frame": _frame(outages, points, now),
        "outage": outage,
        "drill": drill,
        # On the drill's board: reality goes on all the same, and its board is elsewhere.
        "real_outage": _of_kind(outages, drill=False) if drill else None,
        "really_wait": len(waiting.queue(drill=False)) if drill else 0,
        "stock": stock,
        "handouts": latest,
        "doubled": standing,
        "not_read_back": unread,
        "patients": patients,
        # Whom the key serves: the first for whom a number lies there.
        "to_serve": next(iter(can_be_served or patients), None),
        "journal": journal_news.now(training=drill),
    }


def _seen_as(row: Handout | Patient) -> str:
    """Return how the session notes a row of the board that was shown."""
    return f"{row._meta.model_name} {row.pk}"


def _frame(outages: list[Outage], points: Checklist | None, now: datetime) -> str:
    """Return a checksum of what the board shows around its live part; if it differs, reload.

    It changes when an outage begins or ends, when its planned end is moved or passes, when the
    number to call changes, and when a planned outage is due.
    """
    ends = [outage.plan.planned_end if outage.plan else None for outage in outages]
    around: list[object] = [outage.pk for outage in outages]
    around += [(end, end <= now) for end in ends if end]
    if points:
        around += [points.call.line, points.call.until]
        around += [(plan.pk, plan.planned_start, plan.planned_end) for plan, _form in points.due]
    return f"{crc32(repr(around).encode()):x}"


def _ongoing() -> list[Outage]:
    ongoing = Outage.objects.filter(ended_at__isnull=True)
    return list(ongoing.select_related("plan").order_by("drill"))


def _of_kind(outages: list[Outage], *, drill: bool) -> Outage | None:
    """Return the real outage, or the drill."""
    return next((outage for outage in outages if outage.drill == drill), None)


def _fits(draft: idle.Draft, outage: Outage) -> bool:
    """Tell whether a draft belongs to this outage, or to another one of its kind."""
    key = str(draft.get("outage", ""))
    if key == str(outage.pk) or not key.isdecimal():
        return True
    return Outage.objects.filter(pk=int(key[:18]), drill=outage.drill).exists()


def _latest(outage: Outage | None, now: datetime, *, drill: bool) -> QuerySet[Handout]:
    """Return the handouts of the ongoing outage, or drill, and those of today, the latest first."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return (
        Handout.objects.select_related("number__binder", "outage", "ward__clinic")
        .filter(Q(outage=outage) | Q(handed_out_at__gte=midnight), outage__drill=drill)
        .order_by("-handed_out_at", "-id")
    )
