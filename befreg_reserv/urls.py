"""The composition root: with the settings, the only file that knows every app."""

from django.contrib import admin
from django.urls import include, path

from befreg_reserv import pages
from befreg_reserv.audit import views as audit
from befreg_reserv.people import views as people
from befreg_reserv.people.access import guarded
from custody.urls import binder_urls, till_urls, ward_urls

# The audit log lies below people and knows no roles, so its page is guarded here.
audit_urls = [path("", guarded("audit.view_logentry")(audit.log), name="log")]

urlpatterns = [
    path("", pages.door, name="door"),
    path("sign-in/", people.SignIn.as_view(), name="sign-in"),
    path("sign-out/", people.SignOut.as_view(), name="sign-out"),
    path("language/", people.choose_language, name="language"),
    path("till/", include((till_urls, "till"))),
    path("ward/", include((ward_urls, "ward"))),
    path("binder/", include((binder_urls, "binder"))),
    path("outage/", include("outage.urls")),
    path("audit/", include((audit_urls, "audit"))),
    path("admin/login/", people.admin_sign_in),
    path("admin/", admin.site.urls),
]

handler400 = "befreg_reserv.pages.bad_request"
handler403 = "befreg_reserv.pages.forbidden"
handler404 = "befreg_reserv.pages.not_found"
handler500 = "befreg_reserv.pages.server_error"
