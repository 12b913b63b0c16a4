"""The composition root: with the settings, the only file that knows every app."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from befreg_reserv.audit.review import asking
from befreg_reserv.audit.review import views as audit
from befreg_reserv.making import views as making
from befreg_reserv.pages import browsers, errors, kept, tour
from befreg_reserv.pages.unanswered import may_be_sent_twice
from befreg_reserv.people import preferences
from befreg_reserv.people import views as people
from befreg_reserv.people.access import guarded
from befreg_reserv.people.account import views as account
from befreg_reserv.people.break_glass import views as glass
from befreg_reserv.people.disposal import views as disposal
from befreg_reserv.people.redacting import views as redacting
from befreg_reserv.people.resets import views as colleague
from befreg_reserv.people.reviews import views as reviews
from befreg_reserv.people.sso import views as sign_on
from befreg_reserv.people.sso.claims import views as claims
from befreg_reserv.people.staff import views as staff
from befreg_reserv.people.wards import views
from befreg_reserv.people.wards.changes import views as changes
from befreg_reserv.people.wards.clinics import views as clinics
from befreg_reserv.people.workstations import views as workstations
from befreg_reserv.serving.budget import long_work
from custody.urls import (
    binder_urls,
    extract_urls,
    numbers_urls,
    story_urls,
    switch_list_urls,
    till_urls,
    ward_urls,
)
from custody.views.styleguide import styleguide
from outage.urls import contacts_urls, outage_urls, routine_urls, targets_urls

# The audit log is a lower layer than people and knows no roles, so its page is guarded here.
reads_log = guarded("audit.view_logentry")
audit_urls = [
    path("", long_work(reads_log(audit.log)), name="log"),
    path("reviews/", reviews.index, name="reviews"),
    path("reviews/draw/", long_work(may_be_sent_twice(reviews.draw)), name="draw"),
    path("reviews/month/", reviews.month, name="review"),
    *(
        page
        for kind in asking.QUESTIONS
        for page in (
            path(f"{kind}/", long_work(reads_log(asking.question)), {"kind": kind}, name=kind),
            path(
                f"{kind}/file/",
                long_work(reads_log(asking.as_file)),
                {"kind": kind},
                name=f"{kind}-file",
            ),
        )
    ),
]

# Files lie in the memory of the process that makes them.
making_urls = [
    path("<int:pk>/", long_work(making.file), name="file"),
    path("<int:pk>/fetch/", long_work(making.fetch), name="fetch"),
    path("<int:pk>/stop/", long_work(making.stop), name="stop"),
]

disposal_urls = [
    path("", disposal.index, name="index"),
    path("propose/", disposal.propose, name="propose"),
    path("<int:pk>/confirm/", disposal.confirm, name="confirm"),
]

redacting_urls = [
    path("", redacting.index, name="index"),
    path("new/", long_work(redacting.new), name="new"),
]

wards_urls = [
    path("", views.index, name="index"),
    path("search/drill/", views.search, {"drill": True}, name="search"),
    path("search/", views.search, {"drill": False}, name="search"),
    path("known/", views.known, name="known"),
    path("file/", long_work(views.load), name="file"),
    path("names/", views.short_names, name="names"),
    path("names/<int:pk>/drop/", views.drop_name, name="drop-name"),
    path("clinics/", clinics.index, name="clinics"),
    path("clinics/new/", clinics.new, name="new-clinic"),
    path("clinics/<int:pk>/", clinics.show, name="clinic"),
    path("clinics/<int:pk>/correct/", clinics.correct, name="correct-clinic"),
    path(
        "clinics/<int:pk>/close/",
        long_work(clinics.change),
        {"kind": "close"},
        name="close-clinic",
    ),
    path(
        "clinics/<int:pk>/rename/",
        long_work(clinics.change),
        {"kind": "rename"},
        name="rename-clinic",
    ),
    path("every/", changes.every, name="every"),
    path("every/new/", changes.new, name="new"),
    path("every/<int:pk>/", changes.ward, name="ward"),
    path("every/<int:pk>/correct/", changes.correct, name="correct"),
    path("every/<int:pk>/close/", changes.change, {"kind": "close"}, name="close"),
    path("every/<int:pk>/merge/", changes.change, {"kind": "merge"}, name="merge-into"),
    path("every/<int:pk>/rename/", changes.change, {"kind": "rename"}, name="rename"),
    path("every/<int:pk>/split/", changes.change, {"kind": "split"}, name="split"),
    path("every/<int:pk>/move-on/", changes.move_on, name="move-on"),
    path("<int:pk>/", views.waiting, name="waiting"),
    path("<int:pk>/merge/", views.merge, name="merge"),
    path("<int:pk>/confirm/", views.confirm, name="confirm"),
    path("people/<int:pk>/", views.member, name="member"),
]

staff_urls = [
    path("", staff.index, name="index"),
    path("several/", long_work(staff.several), name="several"),
    path("new/", staff.new, name="new"),
    path("file/", long_work(staff.load), name="file"),
    path("<int:pk>/", staff.show, name="person"),
    path("<int:pk>/change/", staff.change, name="change"),
    path("<int:pk>/move/", staff.move, name="move"),
    path("<int:pk>/deactivate/", staff.deactivate, name="deactivate"),
    path("<int:pk>/reactivate/", staff.reactivate, name="reactivate"),
    path("<int:pk>/one-time/", staff.one_time, name="one-time"),
]

sign_on_urls = [
    path("", sign_on.start, name="start"),
    path("back/", sign_on.back, name="back"),
    path("ended/", sign_on.ended, name="ended"),
]

glass_urls = [
    path("", glass.index, name="index"),
    path("make/", glass.make, name="make"),
    path("<int:pk>/seal/", glass.seal, name="seal"),
    path("uses/<int:pk>/end/", glass.end, name="end"),
    path("done/", glass.done, name="done"),
]

claims_urls = [
    path("", claims.index, name="index"),
    path("add/", claims.add, name="add"),
    path("<int:pk>/drop/", claims.drop, name="drop"),
    path("people/<int:pk>/let-in/", sign_on.let_in, name="let-in"),
]

colleague_urls = [
    path("", colleague.index, name="index"),
    path("confirm/", colleague.confirm, name="confirm"),
    path("decline/", colleague.decline, name="decline"),
    path("every/", colleague.every, name="every"),
    path("seen/", colleague.see, name="seen"),
]

workstations_urls = [
    path("", workstations.index, name="index"),
    path("enrol/", workstations.enrol, name="enrol"),
    path("<int:pk>/withdraw/", workstations.withdraw, name="withdraw"),
]

urlpatterns = [
    path("", errors.door, name="door"),
    path("sign-in/", people.SignIn.as_view(), name="sign-in"),
    path("sign-in/glass/", glass.BreakGlass.as_view(), name="break-glass"),
    path("sign-on/", include((sign_on_urls, "sign-on"))),
    path("sign-out/", people.SignOut.as_view(), name="sign-out"),
    path("locked/", people.Unlock.as_view(), name="locked"),
    path("lock/", people.lock, name="lock"),
    path("still-here/", people.still_here, name="still-here"),
    path("language/", people.choose_language, name="language"),
    path("keys/", preferences.single_keys, name="keys"),
    path("password/", preferences.password, name="password"),
    path("account/", account.show, name="account"),
    path("account/sessions/end/", account.end, name="end-sessions"),
    path("pin/", workstations.pin, name="pin"),
    path("pin/drop/", workstations.drop_pin, name="drop-pin"),
    *(path(f"tour/{who}/", tour.show, {"who": who}, name="tour") for who in tour.TOURS),
    path("colleague/", include((colleague_urls, "colleague"))),
    path("till/", include((till_urls, "till"))),
    path("ward/", include((ward_urls, "ward"))),
    path("wards/", include((wards_urls, "wards"))),
    path("people/", include((staff_urls, "staff"))),
    path("binder/", include((binder_urls, "binder"))),
    path("numbers/", include((numbers_urls, "numbers"))),
    # One namespace for two apps: custody, the higher one, adds the story of an outage.
    path("outage/", include(([*outage_urls, *story_urls], "outage"))),
    path("files/", include((making_urls, "making"))),
    path("routine/", include((routine_urls, "routine"))),
    path("registers/", kept.index, name="registers"),
    path("registers/break-glass/", include((glass_urls, "glass"))),
    path("registers/sign-on/", include((claims_urls, "claims"))),
    path("registers/contacts/", include((contacts_urls, "contacts"))),
    path("registers/switch-list/", include((switch_list_urls, "switch-list"))),
    path("registers/workstations/", include((workstations_urls, "workstations"))),
    path("registers/targets/", include((targets_urls, "targets"))),
    path(settings.BROWSER_REPORTS.strip("/") + "/", browsers.report, name="browser-report"),
    path("browsers/", browsers.index, name="browsers"),
    path("log-years/", include((disposal_urls, "disposal"))),
    path("masked/", include((redacting_urls, "redacting"))),
    path("audit/", include(([*audit_urls, *extract_urls], "audit"))),
]

if settings.DJANGO_ADMIN:
    urlpatterns += [
        path("admin/login/", people.admin_sign_in),
        path("admin/", admin.site.urls),
    ]

# The pieces of the screens, for developers.
if not settings.PRODUCTION:
    urlpatterns.append(path("styleguide/", styleguide, name="styleguide"))

handler400 = "befreg_reserv.pages.errors.bad_request"
handler403 = "befreg_reserv.pages.errors.forbidden"
handler404 = "befreg_reserv.pages.errors.not_found"
handler500 = "befreg_reserv.pages.errors.server_error"
