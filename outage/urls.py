"""Addresses under /outage/; custody adds those that tell of numbers."""

from django.urls import URLPattern, path

from outage import doubt_views, plan_views, views

outage_urls: list[URLPattern] = [
    path("", views.index, name="index"),
    path("start/", views.start, name="start"),
    path("past/", views.past, name="past"),
    path("doubt/tick/", doubt_views.tick, name="tick"),
    path("doubt/<int:pk>/clear/", doubt_views.clear, name="clear"),
    path("plans/", plan_views.index, name="plans"),
    path("plans/new/", plan_views.announce, name="plan-new"),
    path("plans/<int:pk>/", plan_views.show, name="plan"),
    path("plans/<int:pk>/change/", plan_views.change, name="plan-change"),
    path("plans/<int:pk>/planned-end/", plan_views.move_end, name="plan-end"),
    path("plans/<int:pk>/cancel/", plan_views.cancel, name="plan-cancel"),
    path("plans/<int:pk>/start/", plan_views.start, name="plan-start"),
    path("plans/<int:pk>/need/<int:ward_pk>/", plan_views.need, name="plan-need"),
    path("<int:pk>/note/", views.note, name="note"),
    path("<int:pk>/end/", views.end, name="end"),
]
