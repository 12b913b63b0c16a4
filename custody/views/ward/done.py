"""What a ward has finished: the list, and the same as a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.acts.answers import BAD_FORM
from befreg_reserv.addresses import asks_for_drills, of_kind
from befreg_reserv.audit.trail import looked_at
from befreg_reserv.lists import Uncounted
from befreg_reserv.making import csv_file
from befreg_reserv.pages.unanswered import may_be_sent_twice
from befreg_reserv.people.access import guarded, may, person, sent, wards_of
from befreg_reserv.people.models import User, Ward
from befreg_reserv.serving.budget import long_work
from custody.afterwards import finding
from custody.afterwards.report import rows_csv
from custody.forms.binder import FindForm
from custody.handouts.followup import ended_for, ended_rows
from custody.logged import Logged
from custody.models import Handout
from custody.models.states import OPEN, State
from custody.views.ward.handouts import is_key

PAGE_SIZE = 50
SEES_ROWS = "custody.view_handout"
ENDED = [(state.value, state.label) for state in State if state not in OPEN]


@dataclass(frozen=True)
class LookedFor:
    """Which finished handouts are asked for: in a state, of a ward, one's own; and by a number."""

    state: str = ""
    ward: int | None = None
    mine: bool = False
    typed: str = ""

    def __bool__(self) -> bool:
        """Tell whether anything is left out."""
        return bool(self.state or self.ward or self.mine or self.typed)

    def condition(self, user: User, *, drill: bool) -> tuple[Q, bool]:
        """Return the condition on handouts, and whether more numbers may fit than are shown."""
        only = Q(state=self.state) if self.state else Q()
        if self.ward:
            only &= Q(ward=self.ward) | Q(ward__same_as=self.ward)
        if self.mine:
            only &= Q(caller=user.username)
        if not self.typed:
            return only, False
        found = finding.find(self.typed, user, ended_rows(user, drill=drill, only=only))
        return only & Q(number__in=found), len(found) == finding.MOST_FOUND


@guarded(SEES_ROWS, "GET", "POST")
@may_be_sent_twice
def ended_handouts(request: HttpRequest) -> HttpResponse:
    """List what is closed, voided or undone, the latest first; less of it if asked.

    A number to look for is sent as a form, so that none stands in an address.
    """
    drill, user = asks_for_drills(request), person(request)
    form = FindForm(sent(request), auto_id="life_%s")
    wanted = _wanted(request, form)
    only, more = wanted.condition(user, drill=drill)
    ended = ended_for(user, drill=drill, only=only)
    page = Uncounted(ended, PAGE_SIZE).get_page(request.GET.get("page"))
    looked_at(request, *page)
    context = {
        "page": page,
        "drill": drill,
        "form": form,
        "wanted": wanted,
        "more": more,
        "states": ENDED,
        "choices": _choices(user, drill=drill),
    }
    return render(
        request, "custody/ward_done.html", context, status=BAD_FORM if form.errors else 200
    )


def _wanted(request: HttpRequest, form: FindForm) -> LookedFor:
    """Return what the address and the form ask for; what makes no sense is left out."""
    state, ward = request.GET.get("state", ""), request.GET.get("ward", "")
    return LookedFor(
        state if state in dict(ENDED) else "",
        int(ward) if is_key(ward) else None,
        mine="mine" in request.GET,
        typed=form.cleaned_data["number"] if form.is_valid() else "",
    )


def _choices(user: User, *, drill: bool) -> list[Ward]:
    """Return the wards of which the list can be cut down to one."""
    if not may(user, "custody.see_all_wards"):
        return list(wards_of(user))
    served = Handout.objects.filter(ward=OuterRef("pk"))
    found = Ward.objects.select_related("clinic").filter(Exists(served))
    # A ward that was invented in a drill is on no page of reality; drills have every ward.
    return list(found if drill else found.filter(drill=False))


@long_work
@guarded(SEES_ROWS, "GET", "POST")
@may_be_sent_twice
def rows(request: HttpRequest) -> HttpResponseBase:
    """Return the list as a file; of many rows, the page that tells how far it is."""
    user, drill = person(request), asks_for_drills(request)
    form = FindForm(sent(request))
    only, _more = _wanted(request, form).condition(user, drill=drill)
    if form.is_bound and not form.is_valid():
        return redirect(of_kind(reverse("ward:done"), drill=drill))
    found = ended_rows(user, drill=drill, only=only)
    order = csv_file.order(
        request,
        back=of_kind(reverse("ward:done"), drill=drill),
        permission=SEES_ROWS,
        name=_name(drill=drill),
        drill=drill,
        total=found.count(),
        parts=partial(_parts, request, found, drill=drill),
    )
    return csv_file.answer(request, order)


def _parts(
    request: HttpRequest, found: QuerySet[Handout], *, drill: bool
) -> Iterator[tuple[int, str]]:
    """Yield the file in parts, with the handouts so far. What a part shows is logged before it."""
    words, done = rows_csv.Words.of(drill=drill), 0
    yield done, rows_csv.head(words)
    for handouts in rows_csv.chunks(found):
        looked_at(request, *handouts, act=Logged.DONE_CSV)
        done += len(handouts)
        yield done, rows_csv.lines(handouts, words, [])


def _name(*, drill: bool) -> str:
    """Return what the file is called, ``avslutade-nummer-2026-11-22.csv``."""
    words = _("finished-numbers")
    name = f"{words}-{timezone.localdate().isoformat()}.csv"
    return f"{_('DRILL')}-{name}" if drill else name
