"""The till: the board, a call, the number, the read-back, a missing sheet."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID
from zlib import crc32

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from befreg_reserv.acts.answers import BAD_FORM, event, point_out, status_of
from befreg_reserv.audit.trail import looked_at
from befreg_reserv.health import seconds
from befreg_reserv.pages.straight import came_straight, comes_straight
from befreg_reserv.pages.unanswered import may_be_sent_twice
from befreg_reserv.people import vgr_id
from befreg_reserv.people.access import answers_on, guarded, may, only, own_only, person
from befreg_reserv.people.models import Draft, User
from befreg_reserv.people.signing_in import drafts, idle
from befreg_reserv.people.signing_in.sessions import SessionStore
from befreg_reserv.sql import batch, hot
from custody.binder import contents, journal_news
from custody.calls import taking, waiting
from custody.forms.fields import CalledAtField
from custody.forms.till import CallForm, ReadBackForm
from custody.handouts import doubles, missing_sheet
from custody.handouts.followup import EVERY_WARD, not_read_back, not_shown, visible_within
from custody.handouts.read_back import confirm_read_back
from custody.journal import departures
from custody.logged import Logged
from custody.models import Call, Handout, Patient, Quarantine
from custody.models.states import State
from custody.numbers.readings import ComparedReading, beside, marked
from custody.views import news
from custody.views.refused import answers_refusals
from custody.views.ward import same_person
from outage import ongoing
from outage.calling import contacts
from outage.checklist import Checklist, checklist
from outage.models import Outage

MOST_SHOWN = 50
NOTHING_TO_SHOW = 204
# In the session: the rows on each board. A look is logged once, not at every refresh.
SEEN = {False: "board_seen", True: "drill_board_seen"}
# In the form's address: a new call is meant, not the one whose answer was lost.
ANOTHER = "new"
SAME_CALLER = "like"  # the earlier call, whose caller has one more
# The button that adds a patient to a call.
ONE_MORE = "one_more"


@comes_straight
@guarded("custody.see_all_wards")
def board(request: HttpRequest, *, drill: bool) -> HttpResponse:
    """Show the outage, what is left, who waits, the latest handouts, and where a call begins.

    The board of reality and that of the drill have an address each.
    """
    mark = news.mark()
    context = _board(request, drill=drill, seen=[]) | {"mark": mark}
    context["refresh_seconds"] = settings.BOARD_REFRESH_SECONDS
    return render(request, "custody/board.html", context)


@idle.not_activity
@guarded("custody.see_all_wards")
def live(request: HttpRequest, *, drill: bool) -> HttpResponse:
    """Show the board's changing part, which the page polls; nothing, if nothing is new."""
    mark = news.mark()
    if nothing := news.nothing(request, mark):
        return nothing
    shown = _board(request, drill=drill, seen=request.session.get(SEEN[drill], []))
    if shown["frame"] != request.GET.get("frame", ""):
        return HttpResponseClientRefresh()
    points = shown["checklist"]
    anew = points and points.mark != request.GET.get("shown", points.mark)
    return render(
        request,
        "custody/_live.html",
        shown
        | {"points_anew": anew, "with_keys": shown["outage"] is None, "anew": True, "mark": mark},
    )


@guarded("custody.hand_out")
def call(request: HttpRequest, *, drill: bool) -> HttpResponse:
    """Show the form for a call; without an outage, the board says what to do instead."""
    outage = _of_kind(ongoing.outages(), drill=drill)
    begun = _begun(request)
    gone_on_with = _gone_on_with(request, begun)
    fields: drafts.Fields = gone_on_with.fields if gone_on_with else {}
    wanted = request.GET.get("outage") or str(fields.get("outage", ""))
    if outage is None or (wanted.isdecimal() and wanted != str(outage.pk)):
        if outage:
            messages.warning(request, _("That call was another outage's. Nothing was sent."))
        return redirect("till:board", drill=drill)
    lost = None if ANOTHER in request.GET else _not_shown(person(request), outage)
    if lost:
        return _lost(request, lost)
    # What was left waits on while the same caller goes on.
    if begun and not gone_on_with and SAME_CALLER not in request.GET:
        return _ask_whether_to_go_on(request, begun[0], outage)
    form = CallForm.blank(
        outage.pk, timezone.now(), fields or _same_caller(request, drill=drill), drill=drill
    )
    return _call(request, form, drill=drill, begun=gone_on_with)


@guarded("custody.hand_out", "POST")
def begin_anew(request: HttpRequest, *, drill: bool) -> HttpResponse:
    """Forget a call that was begun and not sent, and show an empty form."""
    draft, form = request.POST.get("draft", ""), reverse("till:call", kwargs={"drill": drill})
    if draft.isdecimal():
        drafts.forget(person(request), form, int(draft[:18]))
    return redirect(f"{form}?{ANOTHER}=1")


def _same_caller(request: HttpRequest, *, drill: bool) -> drafts.Fields:
    """Return what stays the same when the caller of an earlier call has one more."""
    key = request.GET.get(SAME_CALLER, "")
    calls = Call.objects.filter(drill=drill)
    earlier = calls.filter(pk=int(key[:18])).first() if key.isdecimal() else None
    return waiting.said_again(earlier) if earlier else {}


def _begun(request: HttpRequest) -> list[Draft]:
    """Return the person's calls that were begun and never answered, the latest first."""
    rows = drafts.kept(person(request), request.path, timezone.now())
    keys = {row.key: key for row in rows if (key := _key(row))}
    answered = Call.objects.filter(request_key__in=keys.values())
    known = set(answered.values_list("request_key", flat=True)) if keys else set()
    return [row for row in rows if keys.get(row.key) not in known]


def _key(draft: Draft) -> UUID | None:
    """Return the request key of a draft; None for one without: it was never sent."""
    try:
        return cast("UUID", CallForm.base_fields["request_key"].clean(draft.key))
    except ValidationError:
        return None


def _gone_on_with(request: HttpRequest, begun: list[Draft]) -> Draft | None:
    """Return the draft that the address names."""
    wanted = request.GET.get(drafts.GO_ON, "")
    return next((draft for draft in begun if str(draft.pk) == wanted), None)


def _ask_whether_to_go_on(request: HttpRequest, left: Draft, outage: Outage) -> HttpResponse:
    """Ask whether to go on with a call that was begun and left, and keep it until then."""
    context = {
        "who": left.fields.get("caller") or left.fields.get("caller_name", ""),
        "ward": left.fields.get("ward", ""),
        "at": _begun_at(left),
        "drill": outage.drill,
        "draft": left,
        "go_on": f"{left.get_absolute_url()}&outage={outage.pk}&{ANOTHER}=1",
    }
    return render(request, "custody/begun_call.html", context)


def _begun_at(draft: Draft) -> datetime | None:
    return CalledAtField().clean(draft.fields.get("called_at"))


def _not_shown(user: User, outage: Outage) -> Handout | Call | None:
    """Return the person's latest handout, or call whose patients wait, if it was never shown."""
    return not_shown(user, outage) or waiting.not_shown(user, outage)


def _lost(request: HttpRequest, lost: Handout | Call) -> HttpResponse:
    """Ask whether this is the call whose answer was lost."""
    context = {
        "lost": lost,
        "handout": lost if isinstance(lost, Handout) else None,
        "at": lost.handed_out_at if isinstance(lost, Handout) else lost.taken_at,
        "drill": lost.drill,
        "another": ANOTHER,
    }
    return render(request, "custody/lost_answer.html", context)


@drafts.keeps_draft("till:call")
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
    point_out(request, form, *form.patients)
    if taken.handouts:
        return redirect("till:number", taken.handouts[0].pk)
    return redirect(taken.call)


@comes_straight
@guarded("custody.see_all_wards")
def number(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the number, large, and ask for the read-back."""
    return _number(request, _find(request, pk), ReadBackForm())


@idle.not_activity
@may_be_sent_twice
@guarded("custody.hand_out", "POST")
def shown(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that a number that was sent with a form's answer stands on the screen."""
    looked_at(request, _find(request, pk), act=Logged.NUMBER_SHOWN)
    return HttpResponse(status=NOTHING_TO_SHOW)


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


@answers_on("till:number")
@may_be_sent_twice
@guarded("custody.hand_out", "POST")
@answers_refusals
@seconds.hands_out
def sheet_seen(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that the sheet lies in the binder, and show its number."""
    _find(request, pk)
    missing_sheet.saw_sheet(pk, event(request))
    return redirect("till:number", pk)


def _find(request: HttpRequest, pk: int) -> Handout:
    """Return the handout if the person may see it; 404 otherwise."""
    return only(_shown(key=pk, own=own_only(person(request), EVERY_WARD)))


@hot.rows(key=BigIntegerField(), own=BigIntegerField())
def _shown(key: Any, own: Any) -> QuerySet[Handout]:
    """Return a handout with what its page shows, if the person may see it.

    ``sheet_missed``: whether its sheet was ever missing.
    """
    rows = visible_within(own).select_related("successor", "ward__same_as__clinic").filter(pk=key)
    missed = Quarantine.objects.filter(number=OuterRef("number"))
    return missing_sheet.with_question(rows).annotate(sheet_missed=Exists(missed))


def _call(
    request: HttpRequest, form: CallForm, *, drill: bool, begun: Draft | None = None
) -> HttpResponse:
    context = {
        "begun": begun,
        "begun_at": _begun_at(begun) if begun else None,
        "form": form,
        "drill": drill,
        "stock": contents.stock(training=drill),
        "several": len(form.patients) > 1,
        "one_more": ONE_MORE,
    }
    return render(request, "custody/call.html", context, status=status_of(form))


def _number(
    request: HttpRequest, handout: Handout, form: ReadBackForm, wrong: ComparedReading | None = None
) -> HttpResponse:
    # The answer to a form may be lost: the page says when it is there (``shown``).
    sent = came_straight(request) and may(person(request), "custody.hand_out")
    looked_at(request, handout, act=Logged.NUMBER_SENT if sent else Logged.NUMBER_SHOWN)
    number = handout.number
    with batch.together():
        numbers_of_call = waiting.ask_numbers_of(handout.patient.call_id)
        in_use = contents.ask_in_use(number.binder, besides=number)
        stock = contents.ask_stock(training=number.training)
        doubled = doubles.ask_about(handout)
    in_call = numbers_of_call()
    # A sheet given out on paper is with its patient, also when a count has missed it before.
    missing = not handout.late and handout.sheet_missed  # type: ignore[attr-defined]
    birth, last = marked(number.value, wrong.places if wrong else ())
    context = {
        "handout": handout,
        "missing": missing,
        # A number with a real number, or without a sheet, must not be read out any more.
        "in_hand": handout.state == State.HANDED_OUT and not missing,
        "asks": not missing and handout.asks_for_sheet,  # type: ignore[attr-defined]
        "wrong": wrong,
        "compared": beside(number.value, wrong) if wrong else [],
        "drill": number.training,
        "form": form,
        "birth": birth,
        "last": last,
        "odd_caller": bool(handout.caller) and vgr_id.looks_odd(handout.caller),
        "in_use": in_use(),
        "stock": stock(),
        "trouble": departures.trouble(),
        "doubled": doubled(),
        "in_call": in_call,
        "of_how_many": len(in_call),
        "also": same_person.also(request, handout),
    }
    status = BAD_FORM if wrong else status_of(form)
    return render(request, "custody/number.html", context, status=status)


def _board(request: HttpRequest, *, drill: bool, seen: list[str]) -> dict[str, Any]:
    """Return what a board shows, and log the look at handouts that aren't among ``seen``."""
    now = timezone.now()
    outages = ongoing.outages()
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
    own = [row for row in patients if not row.from_before]
    can_be_served = [row for row in own if stock.of(row.known_sex)]
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
        "doubled": [each for each in standing if each.drill == drill],
        # Outside the drill's frame, or somebody takes them for a part of it.
        "real_alarms": [each for each in standing if drill and not each.drill],
        "not_read_back": unread,
        "patients": own,
        "from_before": [row for row in patients if row.from_before],
        # Whom the key serves: the first for whom a number lies there.
        "to_serve": next(iter(can_be_served or own), None),
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


def _of_kind(outages: list[Outage], *, drill: bool) -> Outage | None:
    """Return the real outage, or the drill."""
    return next((outage for outage in outages if outage.drill == drill), None)


def _latest(outage: Outage | None, now: datetime, *, drill: bool) -> QuerySet[Handout]:
    """Return the handouts of the ongoing outage, or drill, and those of today, the latest first."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    # None came before the outage: without this, all that ever were are looked through.
    since = min(midnight, outage.started_at) if outage else midnight
    return (
        Handout.objects.select_related("number__binder", "outage", "ward__clinic")
        .filter(Q(outage=outage) | Q(handed_out_at__gte=midnight), outage__drill=drill)
        .filter(handed_out_at__gte=since)
        .order_by("-handed_out_at", "-id")
    )
