"""Addresses of outages, to which custody adds those that show numbers; the routine, registers."""

from django.urls import URLPattern, path

from outage.views import contacts, doubt, outages, plans, routine, targets

outage_urls: list[URLPattern] = [
    path("", outages.index, name="index"),
    path("start/", outages.start, name="start"),
    path("past/", outages.past, name="past"),
    path("doubt/tick/", doubt.tick, name="tick"),
    path("doubt/<int:pk>/clear/", doubt.clear, name="clear"),
    path("plans/", plans.index, name="plans"),
    path("plans/new/", plans.announce, name="plan-new"),
    path("plans/<int:pk>/", plans.show, name="plan"),
    path("plans/<int:pk>/change/", plans.change, name="plan-change"),
    path("plans/<int:pk>/planned-end/", plans.move_end, name="plan-end"),
    path("plans/<int:pk>/cancel/", plans.cancel, name="plan-cancel"),
    path("plans/<int:pk>/send-again/", plans.send_again, name="plan-send-again"),
    path("plans/<int:pk>/start/", plans.start, name="plan-start"),
    path("plans/<int:pk>/need/<int:ward_pk>/", plans.need, name="plan-need"),
    path("<int:pk>/note/", outages.note, name="note"),
    path("<int:pk>/end/", outages.end, name="end"),
]

routine_urls: list[URLPattern] = [
    path("", routine.show, name="show"),
    path("versions/", routine.versions, name="versions"),
    path("versions/<int:pk>/", routine.version, name="version"),
    path("new/", routine.new, name="new"),
]

contacts_urls: list[URLPattern] = [
    path("", contacts.index, name="index"),
    path("new/", contacts.new, name="new"),
    path("<int:pk>/", contacts.show, name="contact"),
    path("<int:pk>/change/", contacts.change, name="change"),
    path("<int:pk>/hours/", contacts.hours, name="hours"),
    path("<int:pk>/days/", contacts.add_day, name="add-day"),
    path("days/<int:pk>/drop/", contacts.drop_day, name="drop-day"),
]

targets_urls: list[URLPattern] = [
    path("", targets.show, name="show"),
    path("change/", targets.change, name="change"),
]
