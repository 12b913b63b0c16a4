"""My account: what the application knows of the person, and where they are signed in."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from befreg_reserv.acts.answers import event
from befreg_reserv.people.access import answers_on, guarded, person
from befreg_reserv.people.account import today
from befreg_reserv.people.models import User
from befreg_reserv.people.signing_in import held
from befreg_reserv.people.staff import finding

KEY_DIGITS = 18  # of a row's key


@guarded(None)
def show(request: HttpRequest) -> HttpResponse:
    """Show the person what is known of them: roles, wards, sessions, and the log of today."""
    user, now = person(request), timezone.now()
    sessions = held.of(user, now, request.session.session_key)
    somebody = finding.shown(finding.whole(User.objects.filter(pk=user.pk)).get())
    context = {
        "somebody": somebody,
        "roles": finding.in_words(somebody.roles),
        "sessions": sessions,
        "elsewhere": [each for each in sessions if not each.here],
        "today": today.of(user, now),
    }
    return render(request, "people/account.html", context)


@answers_on("account")
@guarded(None, "POST")
def end(request: HttpRequest) -> HttpResponse:
    """End one of the person's own sessions, or with no ``session`` all but this one."""
    user, asked = person(request), request.POST.get("session", "")
    if not asked:
        here = str(request.session.session_key)
        return _told(request, held.end_others(user, here, event(request)).row)
    known = asked.isascii() and asked.isdigit() and len(asked) <= KEY_DIGITS
    return _told(request, held.end(user, int(asked) if known else 0, event(request)).row)


def _told(request: HttpRequest, ended: int) -> HttpResponse:
    if ended:
        words = ngettext(
            "You are signed out in %(count)d other place.",
            "You are signed out in %(count)d other places.",
            ended,
        )
        messages.success(request, words % {"count": ended})
    else:
        messages.info(request, _("You were signed out there already."))
    return redirect("account")
