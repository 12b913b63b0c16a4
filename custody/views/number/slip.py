"""The slip: the number on paper, to read aloud and to scan."""

from typing import Any, Final

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from befreg_reserv.audit.trail import looked_at
from befreg_reserv.people.access import fetched, guarded
from befreg_reserv.people.models import User
from custody.calls import waiting
from custody.handouts import missing_sheet
from custody.handouts.followup import visible_to
from custody.handouts.refusals import NoSlip
from custody.logged import Logged
from custody.models import Call, Handout
from custody.models.states import State
from custody.numbers.barcodes import code128, qr
from custody.views.refused import answers_refusals

# The page sizes that static/print.css defines, the usual one first.
SIZES: Final[dict[str, str | Promise]] = {"a6": _("A6 sheet"), "label": _("Label, 62 mm")}
USUAL: Final = next(iter(SIZES))
# A number that has been replaced by the real one must not be printed any more.
WITH_SLIP: Final = (State.HANDED_OUT,)
# The characters of name, ward and vgr-id that fit in full size; longer text is set smaller.
ROOM: Final = 80


@guarded("custody.see_all_wards")
@answers_refusals
def slip(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the slip until there is a real number; every view of it is logged as a print."""
    handout = fetched(request, _with_question, pk)
    if handout.state not in WITH_SLIP:
        raise NoSlip(handout)
    if asking := _asking([handout]):
        return asking
    looked_at(request, handout, act=Logged.SLIP)
    return _page(request, [handout])


@guarded("custody.see_all_wards")
@answers_refusals
def of_call(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the slips of all numbers of a call that stand, to be printed at once.

    One a patient, the latest: an earlier one was read back before its sheet was found missing.
    """
    call = fetched(request, lambda _user: Call.objects.all(), pk)
    given = list(waiting.handouts_of(call))
    latest = {handout.patient_id: handout for handout in given}.values()
    handouts = [handout for handout in latest if handout.state in WITH_SLIP]
    if not handouts:
        raise NoSlip(given[0]) if given else Http404
    if asking := _asking(handouts):
        return asking
    looked_at(request, *handouts, act=Logged.SLIP)
    return _page(request, handouts)


def _with_question(user: User) -> QuerySet[Handout]:
    return missing_sheet.with_question(visible_to(user))


def _asking(handouts: list[Handout]) -> HttpResponse | None:
    """Lead to the first number that waits for a look at its sheet: a slip would go past it."""
    asks = (row for row in handouts if row.asks_for_sheet)  # type: ignore[attr-defined]
    first = next(asks, None)
    return redirect("till:number", first.pk) if first else None


def _page(request: HttpRequest, handouts: list[Handout]) -> HttpResponse:
    size = request.GET.get("size", USUAL)
    slips = [content(handout, size if size in SIZES else USUAL) for handout in handouts]
    return render(request, "custody/slip.html", slips[0] | {"slips": slips})


def content(handout: Handout, size: str) -> dict[str, Any]:
    """Return what the slip's templates need. The codes hold the number and nothing else."""
    value, name = handout.number.value, handout.number.name_in_befreg
    return {
        "handout": handout,
        "name": name,
        "crowded": len(f"{name}{handout.ward}{handout.handed_out_by}") > ROOM,
        "drill": handout.number.training,
        "size": size,
        "sizes": SIZES.items(),
        "code128": code128(value),
        "qr": qr(value),
    }
