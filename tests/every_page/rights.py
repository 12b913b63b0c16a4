"""Who may come where, as the handbook has it, and not as the code does."""

from functools import cache

from django.test import Client

from befreg_reserv.pages import tour
from custody.models import Handout

OPEN = {
    "sign-in/": "a stranger must be able to sign in",
    "sign-in/glass/": "a stranger must be able to break the glass",
    "sign-on/": "a stranger must be able to sign in; without a provider it isn't there",
    "sign-on/back/": "a stranger comes back from the provider",
    "sign-on/ended/": "the provider says that a session has ended; its token is checked",
    "sign-out/": "signing out twice harms nobody",
    "locked/": "the way back into a locked session; to a stranger it is the sign-in page",
    "lock/": "locks one's own session, which harms nobody",
    "still-here/": "tells a stranger nothing; to a locked page it must answer too",
    "routine/": "read without signing in within ROUTINE_NETWORKS; elsewhere it is the sign-in page",
    "language/": "chosen before sign-in too; changes nothing but the own language",
    "browsers/report/": "a browser says there what it refused, the sign-in page's too",
    "admin/login/": "leads to the sign-in page",
}
OPEN_POSTS = [
    "sign-in/",
    "sign-in/glass/",
    "sign-out/",
    "language/",
    "locked/",
    "lock/",
    "still-here/",
]
EVERY_ROLE = {"tilda", "wilma", "adele", "gunde"}
SEES_ALL = {"tilda", "adele", "gunde"}
CLOSES = {"wilma", "adele"}
CORRECTS = {"tilda", *CLOSES}
RUNS = {"tilda", "adele"}
KEEPS = {"tilda", "adele"}
STATE_NEEDS = {"wilma", "adele"}
RIGHTS = {
    "": EVERY_ROLE,
    "keys/": {*EVERY_ROLE, "noone"},
    "password/": {*EVERY_ROLE, "noone"},
    "account/": {*EVERY_ROLE, "noone"},
    "colleague/": {"tilda"},
    "colleague/confirm/": {"tilda"},
    "colleague/decline/": {"tilda"},
    "colleague/every/": {"adele"},
    "colleague/seen/": {"adele"},
    "account/sessions/end/": {*EVERY_ROLE, "noone"},
    "pin/": {*EVERY_ROLE, "noone"},
    "pin/drop/": {*EVERY_ROLE, "noone"},
    **{f"tour/{who}/": {*EVERY_ROLE, "noone"} for who in tour.TOURS},
    "styleguide/": {*EVERY_ROLE, "noone"},
    # Then the file itself asks for the right by which it was made: tests/making.
    "files/<int:pk>/": {*EVERY_ROLE, "noone"},
    "files/<int:pk>/fetch/": {*EVERY_ROLE, "noone"},
    "files/<int:pk>/stop/": {*EVERY_ROLE, "noone"},
    **{
        f"till/{board}{page}": people
        for board in ("", "drill/")
        for page, people in {
            "": SEES_ALL,
            "live/": SEES_ALL,
            "call/": {"tilda"},
            "call/anew/": {"tilda"},
            "hand-out/": {"tilda"},
        }.items()
    },
    "till/calls/<int:pk>/": SEES_ALL,
    "till/calls/<int:pk>/slips/": SEES_ALL,
    "binder/calls/<int:pk>/caller/": {"adele"},
    "till/patients/<int:pk>/serve/": {"tilda"},
    "till/patients/<int:pk>/withdraw/": {"tilda"},
    "till/patients/<int:pk>/correct/": {"tilda"},
    "till/patients/<int:pk>/settle/": CLOSES,
    "till/handouts/<int:pk>/": SEES_ALL,
    "till/handouts/<int:pk>/shown/": {"tilda"},
    "till/handouts/<int:pk>/read-back/": {"tilda"},
    "till/handouts/<int:pk>/sheet-seen/": {"tilda"},
    "till/handouts/<int:pk>/sheet-missing/": {"tilda"},
    "till/handouts/<int:pk>/slip/": SEES_ALL,
    "ward/": EVERY_ROLE,
    "ward/done/": EVERY_ROLE,
    "ward/done/rows.csv": EVERY_ROLE,
    "ward/handouts/<int:pk>/": EVERY_ROLE,
    "ward/handouts/<int:pk>/check/": CLOSES,
    "ward/handouts/<int:pk>/notice-sheet/": EVERY_ROLE,
    "ward/handouts/<int:pk>/bedside/": CLOSES,
    "ward/handouts/<int:pk>/switches/": CLOSES,
    "ward/handouts/<int:pk>/witness/": CLOSES,
    "ward/handouts/<int:pk>/replace/": CLOSES,
    "ward/handouts/<int:pk>/notice/": CLOSES,
    "ward/handouts/<int:pk>/wrong/": CORRECTS,
    "ward/handouts/<int:pk>/transfer/": CORRECTS,
    "ward/handouts/<int:pk>/correct/": CORRECTS,
    "ward/handouts/<int:pk>/wrong-sex/": {"tilda"},
    "ward/handouts/<int:pk>/void/": CORRECTS,
    "ward/handouts/<int:pk>/undo/": {"adele"},
    "ward/handouts/<int:pk>/withdraw-confirmation/": CLOSES,
    "ward/handouts/<int:pk>/withdraw-replacement/": CLOSES,
    "ward/handouts/<int:pk>/withdraw-notice/": CLOSES,
    "wards/": {"adele"},
    "wards/search/": CORRECTS,
    "wards/search/drill/": CORRECTS,
    "wards/known/": {"adele"},
    "wards/file/": {"adele"},
    "wards/names/": {"adele"},
    "wards/names/<int:pk>/drop/": {"adele"},
    "wards/<int:pk>/": {"adele"},
    "wards/<int:pk>/merge/": {"adele"},
    "wards/<int:pk>/confirm/": {"adele"},
    "wards/people/<int:pk>/": {"adele"},
    "wards/every/": {"adele", "gunde"},
    "wards/every/<int:pk>/": {"adele", "gunde"},
    **{
        f"wards/every/{page}/": {"adele"}
        for page in (
            "new",
            *(
                f"<int:pk>/{act}"
                for act in ("correct", "close", "merge", "rename", "split", "move-on")
            ),
        )
    },
    "wards/clinics/": {"adele", "gunde"},
    "wards/clinics/<int:pk>/": {"adele", "gunde"},
    **{
        f"wards/clinics/{page}/": {"adele"}
        for page in ("new", *(f"<int:pk>/{act}" for act in ("correct", "close", "rename")))
    },
    "people/": {"adele", "gunde"},
    "people/several/": {"adele"},
    "people/new/": {"adele"},
    "people/file/": {"adele"},
    "people/<int:pk>/": {"adele", "gunde"},
    "people/<int:pk>/change/": {"adele"},
    "people/<int:pk>/move/": {"adele"},
    "people/<int:pk>/deactivate/": {"adele"},
    "people/<int:pk>/reactivate/": {"adele"},
    "people/<int:pk>/one-time/": {"adele"},
    "numbers/find/": EVERY_ROLE,
    "numbers/<int:pk>/": EVERY_ROLE,
    "binder/": SEES_ALL,
    "binder/load/": {"adele"},
    "binder/overview/": {"adele", "gunde"},
    "binder/missing/<int:pk>/explain/": {"adele"},
    "binder/doubled/<int:pk>/": {"adele"},
    "binder/<int:pk>/count/": KEEPS,
    "binder/<int:pk>/refill/": {"adele"},
    "binder/lost/": SEES_ALL,
    "binder/lost/drill/": SEES_ALL,
    "binder/counts/": SEES_ALL,
    "binder/counts/<int:pk>/": SEES_ALL,
    "binder/count-lines/<int:pk>/destroyed/": {"adele"},
    "binder/foreign-sheets/<int:pk>/explain/": {"adele"},
    "outage/": EVERY_ROLE,
    "outage/start/": RUNS,
    "outage/doubt/tick/": RUNS,
    "outage/doubt/<int:pk>/clear/": RUNS,
    "outage/plans/": EVERY_ROLE,
    "outage/plans/new/": {"adele"},
    "outage/plans/<int:pk>/": EVERY_ROLE,
    "outage/plans/<int:pk>/change/": {"adele"},
    "outage/plans/<int:pk>/planned-end/": {"adele"},
    "outage/plans/<int:pk>/cancel/": {"adele"},
    "outage/plans/<int:pk>/send-again/": {"adele"},
    "outage/plans/<int:pk>/start/": RUNS,
    "outage/plans/<int:pk>/need/<int:ward_pk>/": STATE_NEEDS,
    "outage/plans/<int:pk>/numbers/": EVERY_ROLE,
    "outage/plans/<int:pk>/numbers/enter/": {"adele"},
    "outage/plans/<int:pk>/numbers/<int:ward_pk>/": EVERY_ROLE,
    "outage/prepared/<int:pk>/mark/": CLOSES,
    "outage/prepared/<int:pk>/move/": {"adele"},
    "outage/past/": RUNS,
    "outage/<int:pk>/late-entries/": KEEPS,
    "outage/<int:pk>/late-entries/batch/": KEEPS,
    "outage/<int:pk>/late/": EVERY_ROLE,
    "outage/<int:pk>/late/list/": CLOSES,
    "outage/late/<int:pk>/register/": CLOSES,
    "outage/late/<int:pk>/withdraw/": CLOSES,
    "outage/late/<int:pk>/strike/": CLOSES,
    "outage/<int:pk>/": EVERY_ROLE,
    "outage/<int:pk>/open/": EVERY_ROLE,
    "outage/<int:pk>/report/": SEES_ALL,
    "outage/<int:pk>/report.pdf": SEES_ALL,
    "outage/<int:pk>/rows.csv": SEES_ALL,
    "outage/<int:pk>/sign-off/": {"adele"},
    "outage/<int:pk>/note/": RUNS,
    "outage/<int:pk>/end/": RUNS,
    "routine/versions/": EVERY_ROLE,
    "routine/versions/<int:pk>/": EVERY_ROLE,
    "routine/new/": {"adele"},
    "registers/": {"adele", "gunde"},
    "registers/break-glass/": {"adele", "gunde"},
    "registers/break-glass/make/": {"adele"},
    "registers/break-glass/done/": {*EVERY_ROLE, "noone"},
    "registers/break-glass/<int:pk>/seal/": {"adele"},
    "registers/break-glass/uses/<int:pk>/end/": {"adele"},
    "registers/sign-on/": {"adele", "gunde"},
    "registers/sign-on/add/": {"adele"},
    "registers/sign-on/<int:pk>/drop/": {"adele"},
    "registers/sign-on/people/<int:pk>/let-in/": {"adele"},
    "registers/contacts/": SEES_ALL,
    "registers/contacts/new/": {"adele"},
    "registers/contacts/<int:pk>/": SEES_ALL,
    "registers/contacts/<int:pk>/change/": {"adele"},
    "registers/contacts/<int:pk>/hours/": {"adele"},
    "registers/contacts/<int:pk>/days/": {"adele"},
    "registers/contacts/days/<int:pk>/drop/": {"adele"},
    "registers/switch-list/": {"adele", "gunde"},
    "registers/switch-list/new/": {"adele"},
    "registers/switch-list/<int:pk>/": {"adele"},
    "registers/workstations/": {"adele", "gunde"},
    "registers/workstations/enrol/": {"adele"},
    "registers/workstations/<int:pk>/withdraw/": {"adele"},
    "registers/targets/": {"adele", "gunde"},
    "registers/targets/change/": {"adele"},
    "audit/": {"adele", "gunde"},
    "browsers/": {"adele", "gunde"},
    "audit/extract/": {"adele", "gunde"},
    "audit/reviews/": {"adele", "gunde"},
    "audit/reviews/draw/": {"adele", "gunde"},
    "audit/reviews/month/": {"adele", "gunde"},
    **{
        f"audit/{kind}/{file}": {"adele", "gunde"}
        for kind in ("number", "person", "unit")
        for file in ("", "file/")
    },
    "log-years/": {"adele", "gunde"},
    "log-years/propose/": {"adele"},
    "log-years/<int:pk>/confirm/": {"adele"},
    "masked/": {"adele", "gunde"},
    "masked/new/": {"adele"},
}
# Show and change nothing but what is one's own.
OF_ONES_OWN = {
    *("keys/", "password/"),
    "registers/break-glass/done/",
    *(route for route in RIGHTS if route.startswith(("files/", "account/", "pin/"))),
}
STRANGER = Client()  # for what is refused before anybody is looked for
# Forms, so that what is asked for stands in no address.
ASKS = {"audit/extract/", "numbers/find/", "ward/done/", "ward/done/rows.csv"}
# An auditor's own work: a word on what the log says changes nothing of it.
REVIEWS = {"audit/reviews/draw/", "audit/reviews/month/"}
ONLY_SENT = {"audit/reviews/draw/"}
# Asked by the page itself; no form of its own.
BY_SCRIPT = {"/ward/handouts/<int:pk>/check/", "/till/handouts/<int:pk>/shown/"}
OF_A_HANDOUT = [route for route in RIGHTS if route.startswith("ward/handouts/")]


def address(route: str, handout: Handout) -> str:
    """Return the route with the handout's key, its outage's, its call's or its patient's."""
    pk = handout.pk
    if route.startswith("outage/"):
        pk = handout.outage_id
    elif route.startswith(("routine/", "registers/", "log-years/")):
        pk = 1
    elif route.startswith("people/"):
        pk = handout.recorded_by_id or 1
    elif route.startswith("numbers/"):
        pk = handout.number_id or 1
    elif handout.patient_id and "/calls/" in route:
        pk = handout.patient.call_id
    elif handout.patient_id and "/patients/" in route:
        pk = handout.patient_id
    return "/" + route.replace("<int:pk>", str(pk)).replace(
        "<int:ward_pk>", str(handout.ward_id or 1)
    )


@cache
def methods(route: str) -> frozenset[str]:
    """Return the methods that an address says it takes."""
    refused = STRANGER.put(address(route, Handout(pk=1, outage_id=1)))
    assert refused.status_code == 405
    return frozenset(refused.headers["Allow"].split(", "))
